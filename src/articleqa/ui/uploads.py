"""Uploaded files under a name that stays: an article's identity is the path that it came from."""

from __future__ import annotations

import re
import shutil
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\/]')
_LONGEST_STEM = 120
_LONGEST_SUFFIX = 12


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


class Uploads:
    """A folder in which uploads stand for as long as they are being added.

    The same name again is a new version of that article. The library keeps the text, so that a file is deleted once it
    has been read: removing an article then leaves nothing of it behind.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = Lock()

    @contextmanager
    def named(self, files: Sequence[tuple[Path, str]]) -> Iterator[list[Path]]:
        """The files under their own names. One visitor at a time: two uploads may bear one name.

        A name that comes twice in one upload is numbered, so that neither file replaces the other.
        """
        with self._lock:
            self._folder.mkdir(parents=True, exist_ok=True)
            placed: list[Path] = []
            try:
                for source, name in files:
                    target = self._folder / _unused(safe_name(name), {path.name for path in placed})
                    placed.append(target)
                    shutil.move(source, target)
                yield placed
            finally:
                for path in placed:
                    path.unlink(missing_ok=True)


def _unused(name: str, taken: set[str]) -> str:
    path, number, candidate = Path(name), 2, name
    while candidate in taken:
        candidate = f"{path.stem} ({number}){path.suffix}"
        number += 1
    return candidate
