"""Questions go first: while one is being answered, what fills the library waits."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from articleqa.types import Encoder, Matrix, Progress, ProgressCallback, Vector

T = TypeVar("T")

# How long a question is waited for. Quotes take a tenth of it; a model that writes for half a minute, or an answer that
# nobody reads to its end, holds up nothing for longer.
SECONDS = 1.0
# What gives way goes on for at least this long before it does so again: of many people who ask all the time, each stays
# somewhat quicker, and what fills the library comes to its end.
TURN = 0.03


class Precedence:
    """Knows which questions are being answered. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._until: dict[object, float] = {}
        self._gave_way = 0.0

    def of(self, events: Generator[T, None, None]) -> Generator[T, None, None]:
        """``events`` of an answer, from the first that is asked for to the last."""
        with self.asked():
            yield from events

    @contextmanager
    def asked(self) -> Iterator[None]:
        """While a question is being answered."""
        question = object()
        with self._changed:
            self._until[question] = time.monotonic() + SECONDS
        try:
            yield
        finally:
            with self._changed:
                del self._until[question]
                self._changed.notify_all()

    def give_way(self) -> None:
        """Wait for the questions that are being answered now, not for those that come meanwhile."""
        if not self._until or time.monotonic() - self._gave_way < TURN:
            return
        with self._changed:
            for question, until in list(self._until.items()):
                self._changed.wait_for(
                    lambda question=question: question not in self._until,  # type: ignore[misc]
                    timeout=max(0.0, until - time.monotonic()),
                )
            self._gave_way = time.monotonic()


class GivingWay:
    """An encoder of articles that gives way to questions before every batch."""

    def __init__(self, encoder: Encoder, precedence: Precedence) -> None:
        self._encoder = encoder
        self._precedence = precedence

    @property
    def name(self) -> str:
        """That of the encoder."""
        return self._encoder.name

    @property
    def revision(self) -> str:
        """That of the encoder."""
        return self._encoder.revision

    @property
    def dimension(self) -> int:
        """That of the encoder."""
        return self._encoder.dimension

    @property
    def max_tokens(self) -> int:
        """That of the encoder."""
        return self._encoder.max_tokens

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        """See :meth:`Encoder.encode_documents`. An encoder reports between its batches, which is where this waits."""

        def between(part: Progress) -> None:
            if progress is not None:
                progress(part)
            self._precedence.give_way()

        self._precedence.give_way()
        return self._encoder.encode_documents(texts, progress=between)

    def encode_query(self, text: str) -> Vector:
        """See :meth:`Encoder.encode_query`."""
        return self._encoder.encode_query(text)

    def count_tokens(self, text: str) -> int:
        """See :meth:`Encoder.count_tokens`, of which cutting an article calls many."""
        self._precedence.give_way()
        return self._encoder.count_tokens(text)
