"""The files of a folder."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from articleqa.types import LoadingError


def files(folder: Path, *, suffixes: Collection[str]) -> Iterator[Path | LoadingError]:
    """The files below ``folder`` with one of the ``suffixes``, sorted by the parts of their paths, each once.

    Hidden files and folders and the lock files of Office are left out; links are followed, but never twice to the same
    place. A folder that cannot be read comes back as an error; so does one without any such file.
    """
    found = False
    for entry in walk(folder, suffixes=suffixes):
        found = True
        yield entry
    if not found:
        yield LoadingError(origin_of(folder), f"has no files that are read; they end in {', '.join(sorted(suffixes))}")


def walk(folder: Path, *, suffixes: Collection[str], within: Path | None = None) -> Iterator[Path | LoadingError]:
    """As :func:`files`, but a folder without any such file is no error.

    What lies between ``within`` and ``folder`` counts as seen: a link that leads back there is not followed.
    """
    seen: set[tuple[int, int]] = set()
    for parent in folder.parents if within is not None and within != folder else ():
        with suppress(OSError):  # it went away: so did the folder, which the search will find out
            _is_first(parent, seen)
        if parent == within:
            break
    pending = [folder]
    while pending:
        path = pending.pop()
        is_readable = path.suffix.lower() in suffixes
        try:
            if not _is_first(path, seen):
                continue
            if path.is_dir():
                pending += [path / name for name in reversed(_visible(path))]
                continue
        except OSError as error:
            if is_readable or path.is_dir():
                yield LoadingError(origin_of(path), f"cannot be read: {describe(error)}")
            continue
        if is_readable and path.is_file():
            yield path


def _visible(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if is_visible(entry.name))


def is_visible(name: str) -> bool:
    """Whether a file or folder of this name is read when it is found in a folder."""
    return not name.startswith((".", "~$"))


def _is_first(path: Path, seen: set[tuple[int, int]]) -> bool:
    """Whether no other way led to this place before. Hard links are files of their own.

    Raises:
        OSError: if there is nothing at ``path``.
    """
    status = path.stat()
    place = (status.st_dev, status.st_ino)
    is_repeated = place in seen and status.st_ino != 0
    seen.add(place)
    return not is_repeated or (status.st_nlink > 1 and not path.is_dir() and not path.is_symlink())


def origin_of(path: Path) -> str:
    """The identity of a file: its absolute path without links. A name that is not UTF-8 is escaped."""
    try:
        resolved = path.resolve()
    except (OSError, RuntimeError, ValueError):
        resolved = path.absolute()
    return os.fsencode(resolved).decode("utf-8", errors="backslashreplace")


def describe(error: OSError) -> str:
    """Why a file cannot be read, in a few words."""
    if isinstance(error, PermissionError):
        return "permission denied; change its permissions"
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder"
    return (error.strerror or type(error).__name__).lower()
