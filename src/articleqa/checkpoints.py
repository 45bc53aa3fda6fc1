"""Named points in everything that writes, at which tests kill the program.

``ARTICLEQA_KILL_AT=vectors.snapshot.written`` kills the process, as ``kill -9`` does, when it reaches the point of that
name; ``vectors.snapshot.written:3`` when it reaches it for the third time. Without it a point costs one comparison.
It imports nothing of ours.
"""

from __future__ import annotations

import os
import signal
import threading

_name, _, _times = os.environ.get("ARTICLEQA_KILL_AT", "").partition(":")
_left = int(_times or 1)
_lock = threading.Lock()


def reached(name: str) -> None:
    """Say that the program has come to the point ``name``: ``room.thing.what-was-done``."""
    if name == _name:
        _die()


def _die() -> None:
    global _left  # noqa: PLW0603
    with _lock:
        _left -= 1
        if _left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
