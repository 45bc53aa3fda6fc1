"""A reader that knows what to look for, to force what a trained one does now and then."""

from __future__ import annotations

from collections.abc import Sequence

from articleqa.types import Passage, Reading


class PointingReader:
    """Points at the first of ``words`` that a passage holds, surely; elsewhere at its first word, doubting it."""

    def __init__(self, *words: str) -> None:
        self._words = words
        self.read_passages: list[Passage] = []

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """One reading of each passage."""
        self.read_passages += passages
        return [self._reading(passage) for passage in passages]

    def _reading(self, passage: Passage) -> Reading:
        for words in self._words:
            start = passage.text.find(words)
            if start >= 0:
                return Reading(passage, start, start + len(words), words, 8.0, 0.01)
        first = passage.text.split()[0]
        start = passage.text.find(first)
        return Reading(passage, start, start + len(first), first, -2.0, 0.9)
