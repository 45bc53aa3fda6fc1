"""What fills a library, and forgets the answers that were made of what it takes away."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from articleqa.assistant.cache.cache import AnswerCache
from articleqa.ingest import Ingest, Source
from articleqa.library import Library
from articleqa.loading import Limits
from articleqa.types import AddReport, Encoder, ProgressCallback, RebuildReport
from articleqa.vectors import Vectors


class PurgingIngest(Ingest):
    """The same, with nothing left in kept answers of an article that has changed or was removed."""

    def __init__(
        self,
        library: Library,
        vectors: Vectors,
        encoder: Callable[[], Encoder],
        limits: Limits,
        *,
        answers: AnswerCache,
    ) -> None:
        super().__init__(library, vectors, encoder, limits)
        self._answers = answers

    def add(self, sources: Iterable[Source], *, progress: ProgressCallback | None = None) -> AddReport:
        """See :meth:`Ingest.add`."""
        with self._settled():
            report = super().add(sources, progress=progress)
        if report.updated:
            self._answers.clear()
        return report

    def remove(self, *articles: str) -> None:
        """See :meth:`Ingest.remove`."""
        with self._settled():
            super().remove(*articles)
        self._answers.clear()

    def rebuild(self, *, progress: ProgressCallback | None = None) -> RebuildReport:
        """See :meth:`Ingest.rebuild`."""
        with self._settled():
            report = super().rebuild(progress=progress)
        self._answers.clear()
        return report

    def rollback(self, *, progress: ProgressCallback | None = None) -> RebuildReport:
        """See :meth:`Ingest.rollback`."""
        with self._settled():
            report = super().rollback(progress=progress)
        self._answers.clear()
        return report

    @contextmanager
    def _settled(self) -> Iterator[None]:
        """What breaks off may have taken something away before it did."""
        try:
            yield
        except BaseException:
            self._answers.settle()
            raise
