"""Uploaded files under a name that stays: an article's identity is the path that it came from."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Condition

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\/]')
_LONGEST_STEM = 120
_LONGEST_SUFFIX = 12
_DEEPEST = 12


def safe_name(name: str) -> str:
    """``name`` as the name of one file in one folder: no path, no control characters, not hidden, not too long."""
    name = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8"))
    name = _FORBIDDEN.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(" .")
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(suffix) > _LONGEST_SUFFIX:
        stem, dot, suffix = name, "", ""
    while len(stem.encode()) > _LONGEST_STEM:
        stem = stem[:-1]
    return (stem.rstrip() or "upload") + dot + suffix


def safe_path(name: str) -> Path:
    """``name``, which may name folders, as a path that stays where it is put: every part of it a :func:`safe_name`."""
    parts = [part for part in name.replace("\\", "/").split("/") if part.strip(" .")]
    return Path(*map(safe_name, parts[-_DEEPEST:] or [""]))


class Uploads:
    """A folder in which uploads stand for as long as they are being added.

    The same name again, in the same folder, is a new version of that article. The library keeps the text, so that a
    file is deleted once it has been read: removing an article then leaves nothing of it behind.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._in_use: set[Path] = set()
        self._released = Condition()

    @contextmanager
    def named(self, files: Sequence[tuple[Path, str]]) -> Iterator[dict[str, str]]:
        """The paths of the files under their own names, and what each is called for the person.

        Whoever uploads a name that another visitor is just adding waits for that. A name that comes twice in one upload
        is numbered, so that neither file replaces the other.

        Raises:
            OSError: if the files cannot be stored.
        """
        sources: dict[Path, Path] = {}
        for source, name in files:
            sources[self._folder / _unused(safe_path(name), {path.relative_to(self._folder) for path in sources})] = (
                source
            )
        with self._released:
            self._released.wait_for(lambda: self._in_use.isdisjoint(sources))
            self._in_use.update(sources)
        try:
            with self._released:  # otherwise another upload might take the folder away as soon as it is made
                for target, source in sources.items():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.move(source, target)
            yield {str(target): str(target.relative_to(self._folder)) for target in sources}
        finally:
            with self._released:
                self._clear(sources)
                self._in_use.difference_update(sources)
                self._released.notify_all()

    def _clear(self, targets: Iterable[Path]) -> None:
        folders: set[Path] = set()
        for path in targets:
            path.unlink(missing_ok=True)
            folders.update(path.relative_to(self._folder).parents)
        for folder in sorted(folders, key=lambda path: -len(path.parts)):
            with suppress(OSError):  # another upload may stand in it
                (self._folder / folder).rmdir()


def _unused(path: Path, taken: Container[Path]) -> Path:
    number, candidate = 2, path
    while candidate in taken:
        candidate = path.with_name(f"{path.stem} ({number}){path.suffix}")
        number += 1
    return candidate
