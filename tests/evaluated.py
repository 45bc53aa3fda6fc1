"""Judged questions for the tests of the evaluation, made without asking anything."""

from __future__ import annotations

from articleqa.evaluation import EvaluationReport, Result, curves, measures
from articleqa.types import Outcome


def result(
    identity: str,
    *,
    question: str = "When does it sail?",
    type: str | None = None,  # noqa: A002  (as a set calls it)
    answerable: bool = True,
    follow_up: bool = False,
    outcome: Outcome = Outcome.ANSWERED,
    confidence: float = 0.5,
    hit: int | None = 1,
    holds: bool | None = True,
    citations: int = 0,
    right: int | None = 1,
    gold: int = 1,
    gold_cited: int = 0,
    sentences: dict[str, int] | None = None,
    milliseconds: dict[str, float] | None = None,
    quotes: tuple[str, ...] = (),
    answers: tuple[str, ...] = (),
) -> Result:
    """A question that was asked: answered and right, unless told otherwise."""
    return Result(
        id=identity,
        question=question,
        type=type,
        answerable=answerable,
        follow_up=follow_up,
        outcome=outcome,
        confidence=confidence,
        hit=hit if answerable else None,
        gain=1.0 if answerable else None,
        contains=holds if answerable else None,
        holds=holds if answerable else None,
        f1=0.5 if answerable else None,
        citations=citations,
        exact=citations,
        right=right if answerable else None,
        gold=gold if answerable else 0,
        gold_cited=gold_cited,
        sentences=sentences or {},
        milliseconds=milliseconds or {"total": 10.0},
        quotes=quotes,
        answers=answers,
    )


def report(*results: Result, name: str = "ferries") -> EvaluationReport:
    """The report of a run with these results."""
    points, area = curves.risk_coverage(results)
    return EvaluationReport(
        name=name,
        questions=len(results),
        articles=2,
        retrieval=measures.figures(results, "retrieval"),
        answers=measures.figures(results, "answers"),
        refusals=measures.figures(results, "refusals"),
        citations=measures.figures(results, "citations"),
        sentences=measures.figures(results, "sentences"),
        selection={} if area is None else {"AURC": area},
        follow_ups=measures.follow_ups(results),
        types=measures.by_type(results),
        latency_ms=measures.latencies(results),
        risk_coverage=points,
        calibration=curves.calibration(results),
        seconds=1.0,
        settings={"llm": "none"},
        results=results,
    )
