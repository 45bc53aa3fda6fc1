"""Files that were read: how each was when it was, and which articles came from it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from articleqa.library.rows import Rows


@dataclass(frozen=True, slots=True)
class FileMark:
    """One file, as it was when it was read: the origin of what came from it, and what tells its states apart."""

    origin: str
    state: str


class FileShelf(Rows):
    """What one unchanging view of the library says about files. Paths are absolute."""

    def file_marks(self, folder: str) -> dict[str, FileMark]:
        """The files below ``folder`` that were read, by their paths."""
        rows = self._rows(
            "SELECT path, origin, state FROM files WHERE path >= ? AND path < ?",
            tuple(os.fsencode(end) for end in _below(folder)),
        )
        return {os.fsdecode(row[0]): FileMark(row[1], row[2]) for row in rows}

    def origins_below(self, folder: str) -> list[str]:
        """The origins of the articles that came from ``folder``, ascending."""
        rows = self._rows(
            "SELECT DISTINCT origin FROM articles WHERE origin >= ? AND origin < ? ORDER BY origin", _below(folder)
        )
        return [str(row[0]) for row in rows]

    def articles_of_file(self, origin: str) -> dict[str, str]:
        """Origins by id of the articles of one file: its own, or that of a file of articles with something after #."""
        rows = self._rows(
            "SELECT id, origin FROM articles WHERE origin = ? OR (origin >= ? AND origin < ?) ORDER BY number",
            (origin, *_range(f"{origin}#")),
        )
        return {str(row[0]): str(row[1]) for row in rows}


class FileWriter(FileShelf):
    """Changes what is known of files. It is no change of the articles: the library's mark stays as it is."""

    def put_file_marks(self, marks: Mapping[str, FileMark]) -> None:
        """Remember how files were when they were read."""
        for path, mark in marks.items():
            self._rows(
                "INSERT OR REPLACE INTO files (path, origin, state) VALUES (?, ?, ?)",
                (os.fsencode(path), mark.origin, mark.state),
            )

    def drop_file_marks(self, paths: Iterable[str]) -> None:
        """Forget files. Articles stay."""
        for path in paths:
            self._rows("DELETE FROM files WHERE path = ?", (os.fsencode(path),))


def _below(folder: str) -> tuple[str, str]:
    return _range(folder if folder.endswith(os.sep) else folder + os.sep)


def _range(prefix: str) -> tuple[str, str]:
    """From where to where what begins with ``prefix`` is sorted; its last character is ASCII."""
    return prefix, prefix[:-1] + chr(ord(prefix[-1]) + 1)
