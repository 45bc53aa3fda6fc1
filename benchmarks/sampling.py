"""Which questions of a set are asked, and what shares of them come to."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from articleqa.evaluation import Question


def some(questions: Sequence[Question], *, answerable: int, others: int, seed: int) -> list[Question]:
    """So many questions that the articles answer, and then so many that they do not, the same ones every time."""
    rng = random.Random(seed)
    chosen: list[Question] = []
    for kind, wanted in ((True, answerable), (False, others)):
        of_kind = [question for question in questions if question.answerable is kind]
        chosen += rng.sample(of_kind, min(wanted, len(of_kind)))
    return chosen


def mean(values: Iterable[float]) -> float | None:
    """The mean of numbers, or the share of what is true; None of nothing."""
    numbers = [float(value) for value in values]
    return round(sum(numbers) / len(numbers), 3) if numbers else None
