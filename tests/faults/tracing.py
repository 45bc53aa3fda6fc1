"""What is written, made durable and named, in order: our own files by calls of the system, SQLite's by its VFS.

The rules are those of a disk that keeps what was synced, and of everything else whatever it likes.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any
from unittest import mock

import apsw

import articleqa
from articleqa.library import FILE_NAME

# What was done, to which file, with which content (or under which new name), and by which line.
Event = tuple[str, str, str, str]

_SOURCE = Path(articleqa.__file__).parent
_MANIFEST = re.compile(r"vectors-\d+\.json")


@contextmanager
def tracing(folder: Path) -> Iterator[list[Event]]:
    """Everything that is done to files meanwhile; of SQLite's, to those of the library in ``folder``."""
    events: list[Event] = []
    with _calls(events), _sqlite(folder.resolve(), events):
        yield events


@contextmanager
def _calls(events: list[Event]) -> Iterator[None]:
    """Note what is synced, renamed, deleted and made."""
    fsync, replace, rename, unlink, mkdir = os.fsync, os.replace, os.rename, os.unlink, os.mkdir

    def name(path: object) -> str:
        return os.path.realpath(os.fspath(path))  # type: ignore[call-overload, no-any-return]

    def synced(file: Any) -> None:
        path = Path(f"/proc/self/fd/{file if isinstance(file, int) else file.fileno()}").readlink()
        fsync(file)
        events.append(("sync", name(path), _digest(path), _line()))

    def renamed(call: Callable[..., None]) -> Callable[..., None]:
        def noted(source: Any, target: Any, **more: Any) -> None:
            events.append(("write", name(source), _digest(Path(source)), ""))
            call(source, target, **more)
            events.append(("rename", name(source), name(target), _line()))

        return noted

    def unlinked(path: Any, **more: Any) -> None:
        unlink(path, **more)
        if not more.get("dir_fd"):
            events.append(("delete", name(path), "", _line()))

    def made(path: Any, *arguments: Any, **more: Any) -> None:
        mkdir(path, *arguments, **more)
        if not more.get("dir_fd"):
            events.append(("make", name(path), "", _line()))

    with mock.patch.multiple(
        os, fsync=synced, replace=renamed(replace), rename=renamed(rename), unlink=unlinked, mkdir=made
    ):
        yield


def _line() -> str:
    """Where in the program a call came from: the function, and that which called it."""
    names: list[str] = []
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and len(names) < 2:
        if Path(frame.f_code.co_filename).is_relative_to(_SOURCE):
            names.append(frame.f_code.co_name)
        frame = frame.f_back
    return " < ".join(names)


def _digest(path: Path) -> str:
    return "" if path.is_dir() else hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def _sqlite(folder: Path, events: list[Event]) -> Iterator[None]:
    """Note what SQLite does to the files in ``folder``, with connections that are made meanwhile."""
    system = _FileSystem(apsw.vfs_names()[0], folder, events)
    try:
        yield
    finally:
        system.unregister()


class _FileSystem(apsw.VFS):
    def __init__(self, base: str, folder: Path, events: list[Event]) -> None:
        self._base, self._folder, self._events = base, folder, events
        super().__init__("traced", base, makedefault=True)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else name or "")
        if path.parent.resolve() != self._folder or not path.name.startswith(FILE_NAME):
            return apsw.VFSFile(self._base, name, flags)
        return _File(self._base, name, flags, path.name, self._events)


class _File(apsw.VFSFile):
    def __init__(
        self, base: str, name: str | apsw.URIFilename | None, flags: list[int], called: str, events: list[Event]
    ) -> None:
        self._called, self._events = called, events
        super().__init__(base, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._events.append(("page", self._called, "", ""))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802
        self._events.append(("cut", self._called, str(newsize), ""))
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        self._events.append(("pages kept", self._called, "", f"SQLite, {self._called}"))


# The rules


def violations(events: Sequence[Sequence[str]]) -> list[str]:
    """What a power cut could have spoiled.

    * What gets a name has been made durable as it is then.
    * A manifest gets its name once that of the snapshot which it names is durable.
    * A snapshot is deleted once no manifest that may be there names it.
    * Every name is durable when somebody is told; those of snapshots, which are made in the background, at the end.
    """
    found: list[str] = []
    contents: dict[str, str] = {}  # what was synced
    unsure: list[str] = []  # names whose folder was not synced since
    for what, name, more, _ in events:
        if what == "sync" and more:
            contents[name] = more
        elif what == "sync":
            unsure = [path for path in unsure if str(Path(path).parent) != name]
        elif what == "write" and contents.get(name) != more:
            found.append(f"{name} gets its name before its content is durable")
        elif what == "make" and not _is_draft(name):
            unsure.append(name)
        elif what == "rename":
            if _MANIFEST.fullmatch(Path(more).name):
                found += [f"{more} is named before {path}" for path in unsure if path.endswith(".faiss")]
            unsure.append(more)
        elif what == "delete" and name.endswith(".faiss"):
            found += [f"{name} is deleted before {path}" for path in unsure if path.endswith(".json")]
        elif what == "told":
            found += [f"{path} has a name that is not durable" for path in unsure if "vectors-" not in path]
    found += [f"{path} has a name that is not durable at the end" for path in unsure]
    return [*dict.fromkeys(found), *_violations_of_the_log(events)]


def _violations_of_the_log(events: Sequence[Sequence[str]]) -> list[str]:
    """The same of SQLite: the log before the file, the file before the log is given up, the log when one is told."""
    found: list[str] = []
    unsure: set[str] = set()
    for what, name, *_ in events:
        log, file = name.endswith("-wal"), name.removesuffix("-wal")
        if what == "pages kept":
            unsure.discard(name)
        elif what == "told":
            found += [f"{path} is not durable" for path in unsure if path.endswith("-wal")]
        elif what == "page":
            if not log and f"{name}-wal" in unsure:
                found.append(f"{name} is written before its log is durable")
            unsure.add(name)
            if log and file in unsure:
                found.append(f"the log is begun anew before {file} is durable")
        elif what == "cut" and log and file in unsure:
            found.append(f"the log is given up before {file} is durable")
    return [*dict.fromkeys(found), *(f"{name} is not durable at the end" for name in sorted(unsure))]


def lines(events: Sequence[Sequence[str]]) -> list[str]:
    """The places in the program that make something durable."""
    return sorted({line for what, _, _, line in events if what in ("sync", "pages kept")})


def without(events: Sequence[Sequence[str]], line: str) -> list[Sequence[str]]:
    """What would have happened if that place did not."""
    return [event for event in events if event[0] not in ("sync", "pages kept") or event[3] != line]


def _is_draft(name: str) -> bool:
    return "draft" in name
