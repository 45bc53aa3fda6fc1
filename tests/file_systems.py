"""A file system between SQLite and the real one: it says what is done, and fails when it is told to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import apsw

Call = tuple[str, str]


class _FileSystem(apsw.VFS):
    """Passes everything on to ``base``, and tells ``before`` of it first."""

    def __init__(self, base: str, before: Callable[[str, str], None]) -> None:
        self._base, self._before = base, before
        super().__init__("watched", base, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        return _File(self._base, name, flags, self._before)


class _File(apsw.VFSFile):
    def __init__(
        self, base: str, name: str | apsw.URIFilename | None, flags: list[int], before: Callable[[str, str], None]
    ) -> None:
        self._kind = "log" if flags[0] & apsw.SQLITE_OPEN_WAL else "file"
        self._before = before
        before("open", self._kind)
        super().__init__(base, name, flags)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        self._before("read", self._kind)
        return super().xRead(amount, offset)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._before("write", self._kind)
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._before("sync", self._kind)
        super().xSync(flags)


@contextmanager
def file_system(fails: Callable[[str, str], bool] = lambda what, kind: False) -> Iterator[list[Call]]:
    """SQLite opens files through one of our own while the block runs; everything has to be closed when it ends.

    Gives the list of what is done: ``("write", "log")``. What ``fails`` says so of ends in an error of the disk.
    """
    calls: list[Call] = []

    def before(what: str, kind: str) -> None:
        calls.append((what, kind))
        if fails(what, kind):
            raise apsw.IOError(f"{what} failed")

    ours = _FileSystem(apsw.vfs_names()[0], before)
    try:
        yield calls
    finally:
        ours.unregister()
