"""How quickly a language model reads, learnt from its answers, so that it is given what it reads in time."""

from __future__ import annotations

import threading
from collections import deque
from statistics import median

# The last answers tell: another program may have taken the processor meanwhile, or given it back.
_REMEMBERED = 5
# A prompt that begins as quickly as this was read from a server's cache, or hardly at all, and tells nothing.
_LEAST_SECONDS = 0.05


class Pace:
    """Characters of a prompt that a model reads in a second. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._speeds: deque[float] = deque(maxlen=_REMEMBERED)

    def observe(self, characters: int, seconds: float) -> None:
        """Note that the first token came ``seconds`` after a prompt of so many characters."""
        if characters > 0 and seconds >= _LEAST_SECONDS:
            with self._lock:
                self._speeds.append(characters / seconds)

    def readable(self, seconds: float) -> int | None:
        """How many characters are read in ``seconds``; None as long as nothing is known."""
        with self._lock:
            return int(median(self._speeds) * seconds) if self._speeds else None
