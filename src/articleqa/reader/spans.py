"""From logits of word pieces to exact spans of characters: pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import category

import numpy as np
from numpy.typing import NDArray

from articleqa.types import Passage, Reading

# Word pieces of the longest answer.
LONGEST_ANSWER = 64
# What a passage without a single word piece scores: less than any model says of a real one.
NOTHING_TO_READ = -100.0


@dataclass(frozen=True, slots=True)
class Found:
    """The best span of one window: characters of the passage, and the log-odds of it against there being none."""

    start: int
    end: int
    score: float


def best_span(logits: NDArray[np.float32], allowed: NDArray[np.bool_]) -> tuple[int, int, float]:
    """The word pieces at which the likeliest span begins and ends, and its log-odds against no span.

    Args:
        logits: for a first and for a last word piece, shape ``(tokens, 2)``; position 0 stands for no span.
        allowed: whether a span may begin or end at a word piece, shape ``(tokens,)``; at least one is.
    """
    places = np.flatnonzero(allowed)
    first, last = int(places[0]), int(places[-1]) + 1
    inside = np.where(allowed[first:last, None], logits[first:last], -np.inf)
    sums = inside[:, None, 0] + inside[None, :, 1]
    distance = np.arange(last - first)[None, :] - np.arange(last - first)[:, None]
    sums = np.where((distance >= 0) & (distance < LONGEST_ANSWER), sums, -np.inf)
    start, end = divmod(int(np.argmax(sums)), last - first)
    return first + start, first + end, float(sums[start, end] - logits[0].sum()) / 2


def reading(passage: Passage, found: Sequence[Found], no_answer: float) -> Reading:
    """What the best of the spans that were ``found`` in the windows of a passage comes to."""
    if not found:
        return Reading(passage, 0, 0, "", NOTHING_TO_READ, 1.0)
    best = max(found, key=lambda each: each.score)
    end = best.end
    # A tokenizer that drops accents ends a word before those that are characters of their own.
    while end < len(passage.text) and category(passage.text[end]).startswith("M"):
        end += 1
    return Reading(passage, best.start, end, passage.text[best.start : end], best.score, no_answer)


def readable(text: str) -> str:
    """``text``, as long as it is, with what a tokenizer refuses replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def sigmoid(logit: float) -> float:
    """The probability that a logit stands for."""
    return float(1 / (1 + np.exp(-np.clip(logit, -50, 50))))
