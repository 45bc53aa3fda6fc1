"""How files are when they are looked at, and whether those that are not there are gone for good."""

from __future__ import annotations

import os
import stat
from collections.abc import Set
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Self

# Of a file that was never looked at: no file is like this.
_NEVER = -1


@dataclass(frozen=True, slots=True)
class FileState:
    """What tells two states of a file apart, without reading it; times are in nanoseconds.

    ``device`` is what the file's folder lies on. It is no part of the comparison: it may get another number when the
    machine starts again.
    """

    modified: int
    size: int
    changed: int
    device: int = field(compare=False)

    @property
    def text(self) -> str:
        """The state as :meth:`parsed` reads it."""
        return f"{self.modified} {self.size} {self.changed} {self.device}"

    @classmethod
    def parsed(cls, text: str) -> Self:
        """The state that ``text`` says; one that no file has where it says nothing."""
        try:
            modified, size, changed, device = map(int, text.split())
        except ValueError:
            return cls.unread()
        return cls(modified, size, changed, device)

    @classmethod
    def unread(cls) -> Self:
        """The state of a file of which only articles are known."""
        return cls(_NEVER, _NEVER, _NEVER, _NEVER)

    @property
    def was_read(self) -> bool:
        """Whether it is the state of a file at all."""
        return self.size != _NEVER


def look(path: str, *, devices: dict[str, int] | None = None) -> FileState | None:
    """How the file at ``path`` is; None where there is none.

    Args:
        devices: what folders lie on, so that many files in a row ask for it once.

    Raises:
        OSError: if that cannot be told.
    """
    folder = os.path.dirname(path)  # noqa: PTH120  (of thousands in a row, a Path for each takes twice as long)
    device = devices.get(folder) if devices is not None else None
    try:
        status = os.stat(path)  # noqa: PTH116
        if device is None:
            device = os.stat(folder).st_dev  # noqa: PTH116
            if devices is not None:
                devices[folder] = device
    except (FileNotFoundError, NotADirectoryError):
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    return FileState(status.st_mtime_ns, status.st_size, status.st_ctime_ns, device)


class Whereabouts(Enum):
    """What can be said of a file that was read once."""

    THERE = auto()
    GONE = auto()
    HIDDEN = auto()
    """It is not to be seen, but may lie where one cannot look just now."""


def whereabouts(
    path: str, origin: str, known: FileState, *, renumbered: Set[tuple[int, int]], populated: bool
) -> Whereabouts:
    """Where a file is that was as ``known`` when it was read.

    A disk that is not mounted leaves an empty folder behind, which lies on another device. ``renumbered`` pairs the
    former with the present numbers of devices; of a file that was never looked at, it has to do that its watched folder
    is ``populated``.
    """
    try:
        if _is_there(path) or _is_there(origin):
            return Whereabouts.THERE
        folder = next(parent for parent in map(str, Path(path).parents) if _is_there(parent))
        device = os.stat(folder).st_dev  # noqa: PTH116
    except (OSError, ValueError):
        return Whereabouts.HIDDEN
    is_same = known.device == device or (known.device, device) in renumbered
    return Whereabouts.GONE if is_same or (populated and not known.was_read) else Whereabouts.HIDDEN


def _is_there(path: str) -> bool:
    """Whether there is something, be it a link that leads nowhere.

    Raises:
        OSError: if that cannot be told.
    """
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
