"""What became of one question: everything that a measure counts, and nothing that must be looked up again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from articleqa.types import Outcome


@dataclass(frozen=True, slots=True)
class Result:
    """One question, asked and judged. What the set does not tell about it is None.

    Attributes:
        follow_up: whether it came with earlier turns.
        hit: the place of the first passage that is right, from 1; None where none is.
        gain: nDCG@10, 0..1; None where nothing is known to be relevant.
        contains: whether the answer's text holds a gold answer; ``holds``: whether one of its quotes does.
        f1: overlap in words with the nearest gold answer, 0..1.
        citations: their number; ``exact``: those that are spans of their article; ``right``: those that overlap gold
            evidence or hold a gold answer.
        gold: the number of gold spans; ``gold_cited``: those that a citation overlaps.
        sentences: the number of sentences of an answer, by support.
        milliseconds: per stage.
        quotes: the texts of the citations, and ``answers`` the gold answers: to be read, never saved.
    """

    id: str
    question: str
    type: str | None
    answerable: bool
    follow_up: bool
    outcome: Outcome
    confidence: float
    hit: int | None
    gain: float | None
    contains: bool | None
    holds: bool | None
    f1: float | None
    citations: int
    exact: int
    right: int | None
    gold: int
    gold_cited: int
    sentences: dict[str, int]
    milliseconds: dict[str, float]
    quotes: tuple[str, ...] = field(default=(), compare=False)
    answers: tuple[str, ...] = field(default=(), compare=False)

    @property
    def answered(self) -> bool:
        """Whether it was not refused."""
        return self.outcome in (Outcome.ANSWERED, Outcome.CONFLICTING)

    @property
    def wrong(self) -> bool | None:
        """Answerable and no quote is right, or unanswerable and answered; None where the set knows no answer."""
        if not self.answerable:
            return self.answered
        return None if self.right is None else not self.right

    def as_dict(self) -> dict[str, Any]:
        """The result as plain values, for JSON, without the texts of articles and gold answers."""
        values = asdict(self)
        del values["quotes"], values["answers"]
        return values
