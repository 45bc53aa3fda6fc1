"""How sure it is that the articles answer a question, as one calibrated number."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass

from articleqa.grounding.evidence import Candidate, Ranked
from articleqa.types import Reading, Support

# How many of the best passages count as what the articles say.
_PASSAGES = 2
# What a sentence is worth that a language model wrote: of answers that hold only partly, so much fewer are right
# (benchmarks/composed.py).
WORTH = {Support.SUPPORTED: 1.0, Support.PARTLY: 0.7, Support.UNSUPPORTED: 0.0}


@dataclass(frozen=True, slots=True)
class Signals:
    """What tells an answerable question from another, each 0..1 or a cosine.

    Attributes:
        sentence_cosine: likeness in meaning of the nearest sentence.
        sentence_coverage: share of the question's words, by weight, in the best sentence and its title.
        passage_cosine: likeness in meaning of the nearest passage.
        names: share of the question's names and numbers that are in the best passages.
        agreement: the fused score of the passage that words and meaning together put first; it is high where both do.
        smallness: how little there is that could look alike by chance: 1 for one passage, 0 for a million.
    """

    sentence_cosine: float
    sentence_coverage: float
    passage_cosine: float
    names: float
    agreement: float
    smallness: float


# Logistic regression, fitted by benchmarks/confidence.py on half of SQuAD's articles: (weights in the order of Signals'
# fields, intercept).
WEIGHTS = (4.54, 2.98, 1.58, 1.23, 3.04, 0.77)
INTERCEPT = -8.16
# The same where a reader has read: after the signals come the log-odds of the likeliest span that it points at, and of
# a passage answering at all. Fitted together they refuse more than where the reader's are added to what the rest says.
READ_WEIGHTS = (1.5, 0.15, 4.11, 0.86, 3.03, 0.61, 0.26, 0.19)
READ_INTERCEPT = -5.65
_SUREST = 8.0


def confidence(found: Signals) -> float:
    """The probability that the articles answer, 0..1."""
    return _weighed(astuple(found), WEIGHTS, INTERCEPT)


def _weighed(values: Sequence[float], weights: Sequence[float], intercept: float) -> float:
    return probability(intercept + sum(weight * value for weight, value in zip(weights, values, strict=True)))


def probability(odds: float) -> float:
    """What log-odds stand for, 0..1."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


def log_odds(chance: float) -> float:
    """What stands for a probability, kept from endless sureness."""
    kept = min(max(chance, 1e-9), 1 - 1e-9)
    return max(-_SUREST, min(_SUREST, math.log(kept / (1 - kept))))


def reading_signals(readings: Sequence[Reading]) -> tuple[float, float]:
    """What a reader adds to the :class:`Signals`, as log-odds."""
    span = max((each.score for each in readings), default=-_SUREST)
    answering = max((log_odds(1 - each.no_answer) for each in readings), default=-_SUREST)
    return max(-_SUREST, min(_SUREST, span)), answering


def after_reading(found: Signals, readings: Sequence[Reading]) -> float:
    """The confidence once a reader has read the best of what was ``found``."""
    return _weighed((*astuple(found), *reading_signals(readings)), READ_WEIGHTS, READ_INTERCEPT)


def after_verification(found: float, supports: Sequence[Support]) -> float:
    """The confidence in an answer whose sentences were judged so, where it was ``found`` before any was written."""
    return found * sum(WORTH[support] for support in supports) / len(supports) if supports else found


def signals(
    question: str,
    ranked: Sequence[Ranked],
    candidates: Sequence[Candidate],
    cosines: dict[int, float],
    stems: Callable[[str], list[str]],
    *,
    agreement: float,
    searched: int,
) -> Signals:
    """The signals of one question; all zero where nothing was found. ``searched`` is in passages."""
    if not ranked:
        return Signals(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    best: dict[int, set[str]] = {}
    for candidate in candidates:
        if candidate.rank < _PASSAGES:
            best.setdefault(candidate.passage.id, set()).update(candidate.stems, candidate.title_stems)
    names = {stem for name in _named(question) for stem in stems(name)}
    return Signals(
        sentence_cosine=max((entry.cosine for entry in ranked if entry.cosine is not None), default=0.0),
        sentence_coverage=max(entry.coverage for entry in ranked[:3]),
        passage_cosine=max((cosines.get(candidate.passage.id, 0.0) for candidate in candidates), default=0.0),
        names=max((len(names & words) / len(names) for words in best.values()), default=0.0) if names else 1.0,
        agreement=agreement,
        smallness=max(0.0, 1 - math.log10(max(1, searched)) / 6),
    )


_NAMED = re.compile(r"\b(?!I\b)(?:[A-Z][\w-]*|\d[\d.,:]*\d|\d)")


def _named(question: str) -> list[str]:
    """Names and numbers of a question; the word that it begins with is none, nor is "I"."""
    return [match.group() for match in _NAMED.finditer(question) if match.start() > 0]
