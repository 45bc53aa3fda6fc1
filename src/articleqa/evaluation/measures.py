"""Figures of results. Each measure is a sum over questions divided by another, so that any choice of them has it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

from articleqa.evaluation.results import Result
from articleqa.types import Support

CUTS = (1, 3, 5, 10)
UNTYPED = "(no type)"

# What a question adds to the numerator and to the denominator of a measure.
Tally: TypeAlias = tuple[float, float]

_NOTHING: Tally = (0.0, 0.0)


def _value(value: float | None) -> Tally:
    return _NOTHING if value is None else (float(value), 1.0)


def _hit(cut: int, result: Result) -> Tally:
    return _value(None if result.gain is None else result.hit is not None and result.hit <= cut)


def _reciprocal(result: Result) -> Tally:
    if result.gain is None:
        return _NOTHING
    return _value(1 / result.hit if result.hit is not None and result.hit <= 10 else 0.0)


def _refused(answerable: bool, result: Result) -> Tally:
    return _value(None if result.answerable is not answerable else not result.answered)


def _refusal_precision(result: Result) -> Tally:
    return _value(None if result.answered else not result.answerable)


def _citation_precision(result: Result) -> Tally:
    return _NOTHING if result.right is None else (float(result.right), float(result.citations))


def _citation_recall(result: Result) -> Tally:
    counts = result.answerable and result.answered
    return (float(result.gold_cited), float(result.gold)) if counts else _NOTHING


def _support(support: str, result: Result) -> Tally:
    return float(result.sentences.get(support, 0)), float(sum(result.sentences.values()))


MEASURES: dict[str, dict[str, Callable[[Result], Tally]]] = {
    "retrieval": {
        **{f"hit@{cut}": partial(_hit, cut) for cut in CUTS},
        "MRR": _reciprocal,
        "nDCG@10": lambda result: _value(result.gain),
    },
    "answers": {
        "contains": lambda result: _value(result.contains),
        "quote-contains": lambda result: _value(result.holds),
        "F1": lambda result: _value(result.f1),
        "quotes per answer": lambda result: _value(None if result.contains is None else result.citations),
    },
    "refusals": {
        "right (of unanswerable)": partial(_refused, False),
        "wrong (of answerable)": partial(_refused, True),
        "precision": _refusal_precision,
        "recall": partial(_refused, False),
    },
    "citations": {
        "exact": lambda result: (float(result.exact), float(result.citations)),
        "precision": _citation_precision,
        "recall": _citation_recall,
    },
    "sentences": {support.value: partial(_support, support.value) for support in Support},
}


def figures(results: Sequence[Result], section: str) -> dict[str, float]:
    """The measures of one section; those that no question counts for are left out."""
    found = {}
    for name, tally in MEASURES[section].items():
        tallies = [tally(result) for result in results]
        whole = sum(part for _, part in tallies)
        if whole:
            found[name] = sum(part for part, _ in tallies) / whole
    return found


def by_type(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """Counts, hit@5, quote-contains and refusals of each type of question, in the order of the types' first questions.

    Nothing where no question has a type.
    """
    kinds = dict.fromkeys(result.type for result in results)
    if set(kinds) <= {None}:
        return {}
    return {kind or UNTYPED: _quality([result for result in results if result.type == kind]) for kind in kinds}


def follow_ups(results: Sequence[Result]) -> dict[str, float]:
    """The count, hit@5 and quote-contains of the questions with history; nothing where there is none."""
    asked = [result for result in results if result.follow_up]
    return {"questions": len(asked), **_found(asked)} if asked else {}


def latencies(results: Sequence[Result]) -> dict[str, dict[str, float]]:
    """Median and 95th percentile of each stage, in milliseconds."""
    stages = dict.fromkeys(stage for result in results for stage in result.milliseconds)
    return {
        stage: {"p50": _percentile(times, 0.5), "p95": _percentile(times, 0.95)}
        for stage in stages
        for times in [[result.milliseconds[stage] for result in results if stage in result.milliseconds]]
    }


def _quality(results: Sequence[Result]) -> dict[str, float]:
    answerable = sum(result.answerable for result in results)
    refusals = figures(results, "refusals")
    kept = ("right (of unanswerable)", "wrong (of answerable)")
    return {
        "questions": len(results),
        "answerable": answerable,
        **_found(results),
        **{f"refused, {name}": refusals[name] for name in kept if name in refusals},
    }


def _found(results: Sequence[Result]) -> dict[str, float]:
    both = {**figures(results, "retrieval"), **figures(results, "answers")}
    return {name: both[name] for name in ("hit@5", "quote-contains") if name in both}


def _percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
