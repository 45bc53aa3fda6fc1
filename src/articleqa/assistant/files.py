"""Which files articles came from, and how those were when they were read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from articleqa.ingest import Ingest
from articleqa.library import FileMark, Library
from articleqa.types import ArticleRecord


class Files:
    """What the library remembers of files. Paths are absolute, and origins are as :meth:`Assistant.add` gives them."""

    def __init__(self, library: Library, ingest: Ingest) -> None:
        self._library = library
        self._ingest = ingest

    def marks(self, folder: str) -> dict[str, FileMark]:
        """How the files below ``folder`` were when they were read, by their paths."""
        with self._library.reading() as snapshot:
            return snapshot.file_marks(folder)

    def origins(self, folder: str) -> list[str]:
        """The origins below ``folder`` that articles have."""
        with self._library.reading() as snapshot:
            return snapshot.origins_below(folder)

    def change(self, *, remember: Mapping[str, FileMark] | None = None, forget: Iterable[str] = ()) -> None:
        """Remember how files were when they were read, and forget other paths. Articles stay as they are."""
        with self._library.writing() as writer:
            writer.drop_file_marks(forget)
            writer.put_file_marks(remember or {})

    def remove_articles(self, origins: Iterable[str], *, but: Collection[str] = ()) -> list[ArticleRecord]:
        """Remove the articles of files, all but those of some ids; what was removed.

        A ``.jsonl`` file has many articles, whose origins begin with its own.

        Raises:
            ArticleNotFound: if somebody else removes one of them at the same moment; then all are still there.
        """
        with self._library.reading() as snapshot:
            ids = [
                article
                for origin in origins
                for article, given in snapshot.articles_of_file(origin).items()
                if article not in but and (given == origin or origin.lower().endswith(".jsonl"))
            ]
            records = [snapshot.record(article) for article in ids]
        if ids:
            self._ingest.remove(*ids)
        return records
