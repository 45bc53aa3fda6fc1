"""Who holds a lock, for those who wait for it."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from articleqa.library.failures import unwritable
from articleqa.types import LibraryBusy

_BYTES = 512
_BLANK = b" " * _BYTES
# Behind the record: where the system locks what is read, a program that waits can still read the record.
_LOCKED_BYTE = 4096


@dataclass(frozen=True, slots=True)
class Holder:
    """A program that holds a lock. ``since`` is in seconds since 1970."""

    program: str
    process: int
    host: str
    since: float

    def __str__(self) -> str:
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.since))
        if (self.process, self.host) == (os.getpid(), platform.node()):
            return f"this program itself (since {since})"
        where = "" if self.host == platform.node() else f" on {self.host}"
        return f"{self.program} (process {self.process}{where}, since {since})"


class Record:
    """A small file that says who holds a lock. It is written into, never made anew: that costs microseconds.

    It is told on a best effort: what cannot be written is not said, and what a killed program left is not believed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._written = _BLANK
        self._program = program()

    def write(self) -> None:
        """Say that this program holds the lock."""
        holder = {"program": self._program, "process": os.getpid(), "host": platform.node(), "since": time.time()}
        self._written = json.dumps(holder).encode()[:_BYTES].ljust(_BYTES)
        with suppress(OSError):
            if self._descriptor is None:
                self._descriptor = _opened(self._path)
            _overwrite(self._descriptor, self._written)

    def clear(self) -> None:
        """Say that this program holds the lock no longer, unless another says already that it does."""
        with suppress(OSError):
            if self._descriptor is not None and _content(self._descriptor) == self._written:
                _overwrite(self._descriptor, _BLANK)

    def close(self) -> None:
        """Let go of the file."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)


def holder_of(path: Path) -> Holder | None:
    """Who says in the file at ``path`` that it holds the lock, and is still running; None where nobody does."""
    try:
        with path.open("rb") as file:
            holder = Holder(**json.loads(file.read(_BYTES)))
        alive = holder.host != platform.node() or _is_running(int(holder.process))
    except (OSError, ValueError, TypeError):
        return None
    return holder if alive else None


class Claim:
    """A lock for what takes long, held by one program at a time. The system lets go of it when that ends, however."""

    def __init__(self, path: Path, *, work: str) -> None:
        self._path = path
        self._work = work

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the lock while the block runs.

        Raises:
            LibraryBusy: if another holds it.
            LibraryError: if its file cannot be made.
        """
        record = Record(self._path)
        try:
            descriptor = _opened(self._path)
        except OSError as error:
            raise unwritable(self._path, error) from error
        try:
            if not _lock(descriptor):
                who = holder_of(self._path)
                raise LibraryBusy(f"{self._work} is under way already, by {who or 'another program'}: wait for its end")
            record.write()
            yield
            record.clear()
        finally:
            record.close()
            os.close(descriptor)


def program() -> str:
    """What this program is called, with its command where it is our own: ``articleqa watch``."""
    name = Path(sys.argv[0]).name if sys.argv and sys.argv[0] else ""
    if name == "__main__.py":
        name = Path(sys.argv[0]).parent.name
    if name in ("", "-c", "-m"):
        return "python"
    command = next((word for word in sys.argv[1:] if word.isalpha()), "") if name.startswith("articleqa") else ""
    return f"{name} {command}".strip()[:60]


def _opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)


def _is_running(process: int) -> bool:
    if sys.platform == "win32":
        return True  # a signal of 0 would end it there
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # it is somebody else's
    return True


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _content(descriptor: int) -> bytes:
        os.lseek(descriptor, 0, os.SEEK_SET)
        return os.read(descriptor, _BYTES)

    def _overwrite(descriptor: int, content: bytes) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, content)

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a file system without locks: what the library itself refuses has to be enough
        return True

    def _content(descriptor: int) -> bytes:
        return os.pread(descriptor, _BYTES, 0)

    def _overwrite(descriptor: int, content: bytes) -> None:
        os.pwrite(descriptor, content, 0)
