"""Two runs over the same questions: what differs, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from articleqa.evaluation.curves import areas
from articleqa.evaluation.measures import MEASURES
from articleqa.evaluation.report import EvaluationReport
from articleqa.evaluation.results import Result
from articleqa.evaluation.sets import Question
from articleqa.types import InvalidInput

DRAWS = 2000
# Fewer pairs that all differ in the same way may be chance: with five, a sign test has p = 2/2^5 > .05.
FEWEST = 6
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure in both runs. ``low`` and ``high`` bound 95 % of the differences that chance would make of it.

    ``beyond_noise``: these bounds leave out zero, and ``FEWEST`` questions at least count.
    """

    section: str
    measure: str
    before: float
    after: float
    low: float
    high: float
    questions: int
    beyond_noise: bool

    @property
    def change(self) -> float:
        """From the earlier run to the later one."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs on the ``questions`` that both runs asked, of ``before`` and ``after`` in each run."""

    questions: int
    before: int
    after: int
    differences: tuple[Difference, ...]

    def as_dict(self) -> dict[str, Any]:
        """The comparison as plain values, for JSON."""
        rows = [{**asdict(entry), "change": entry.change} for entry in self.differences]
        return {**asdict(self), "differences": rows}


def check_comparable(earlier: EvaluationReport, folder: Path, questions: Sequence[Question]) -> None:
    """Say before a long run that it could not be compared with ``earlier``.

    Raises:
        InvalidInput: if that is a report of another set, or has no question of ``questions``, or one that now reads
            differently.
    """
    wanted = [(question.id, question.question, question.answerable) for question in questions]
    _check(earlier, folder.resolve().name, wanted)


def compare(earlier: EvaluationReport, later: EvaluationReport, *, seed: int = 0, draws: int = DRAWS) -> Comparison:
    """The difference of each measure, with its 95 % interval by a paired bootstrap over the questions (Efron and
    Tibshirani, "An introduction to the bootstrap", 1993): of the questions that both runs asked, as many are drawn
    with replacement, ``draws`` times, and each draw measures both runs.

    Of twenty measures that do not differ, about one is beyond noise all the same. Latencies are of the machine, too.

    Raises:
        InvalidInput: as :func:`check_comparable`.
    """
    _check(earlier, later.name, [(result.id, result.question, result.answerable) for result in later.results])
    first = {result.id: result for result in earlier.results}
    last = {result.id: result for result in later.results if result.id in first}
    pairs = [(first[name], result) for name, result in last.items()]
    return Comparison(
        questions=len(pairs),
        before=len(earlier.results),
        after=len(later.results),
        differences=tuple(_differences(pairs, seed, draws)),
    )


def _check(earlier: EvaluationReport, name: str, questions: Sequence[tuple[str, str, bool]]) -> None:
    if earlier.name != name:
        raise InvalidInput(f"the saved report is of the set {earlier.name!r}, and this is {name!r}: nothing to compare")
    saved = {result.id: (result.question, result.answerable) for result in earlier.results}
    both = [(identity, (text, answerable)) for identity, text, answerable in questions if identity in saved]
    if not both:
        raise InvalidInput("the saved report has none of the questions asked: use its --limit and --seed")
    for identity, known in both:
        if saved[identity] != known:
            raise InvalidInput(f"the question {identity!r} is not what it was in the saved report: the set has changed")


@dataclass(frozen=True, slots=True)
class _Sums:
    """A measure that is a sum divided by another, as ``parts`` of shape ``(n, 4)``: both sums of both runs."""

    section: str
    measure: str
    parts: NDArray[np.float64]


def _sums(pairs: Sequence[tuple[Result, Result]]) -> Iterator[_Sums]:
    for section, measures in MEASURES.items():
        for name, tally in measures.items():
            yield _Sums(section, name, np.array([[*tally(before), *tally(after)] for before, after in pairs]))
    whole = [[result.milliseconds.get("total", 0.0) for result in pair] for pair in pairs]
    yield _Sums("latency", "mean total, ms", np.array([[before, 1.0, after, 1.0] for before, after in whole]))


def _differences(pairs: Sequence[tuple[Result, Result]], seed: int, draws: int) -> Iterator[Difference]:
    sums = [entry for entry in _sums(pairs) if entry.parts[:, 1].any() and entry.parts[:, 3].any()]
    known = np.array([before.wrong is not None and after.wrong is not None for before, after in pairs])
    confidence = np.array([[result.confidence for result in pair] for pair in pairs])
    wrong = np.array([[bool(result.wrong) for result in pair] for pair in pairs], dtype=np.float64)
    # One product for each run, of the same shape: equal runs have equal sums to the last bit.
    parts = [
        np.ascontiguousarray(np.hstack([entry.parts[:, 2 * run : 2 * run + 2] for entry in sums])) for run in (0, 1)
    ]

    def measured(drawn: NDArray[np.int64]) -> NDArray[np.float64]:
        """Both runs in every measure, the area last: shape ``(draws, measures, 2)``; NaN where a draw has nothing."""
        found = np.full((len(drawn), len(sums) + 1, 2), np.nan)
        often = drawn.astype(np.float64)
        for run in (0, 1):
            totals = often @ parts[run]
            above, below = totals[:, 0::2], totals[:, 1::2]
            np.divide(above, below, out=found[:, :-1, run], where=below > 0)
        usable = drawn[:, known].sum(axis=1) > 0
        if usable.any():
            for run in (0, 1):
                found[usable, -1, run] = areas(confidence[known, run], wrong[known, run], drawn[usable][:, known])
        return found

    count = len(pairs)
    random = np.random.default_rng(seed)
    shares = np.full(count, 1 / count)
    sizes = [min(_AT_ONCE, draws - start) for start in range(0, draws, _AT_ONCE)]
    drawn = np.concatenate([measured(random.multinomial(count, shares, size=size)) for size in sizes])
    actual = measured(np.ones((1, count), dtype=np.int64))[0]
    changes = drawn[:, :, 1] - drawn[:, :, 0]

    counted = [int(((entry.parts[:, 1] > 0) | (entry.parts[:, 3] > 0)).sum()) for entry in sums]
    names = [(entry.section, entry.measure) for entry in sums]
    columns = [*zip(names, counted, strict=True), (("selection", "AURC"), int(known.sum()))]
    for place, ((section, name), questions) in enumerate(columns):
        usable = changes[~np.isnan(changes[:, place]), place]
        if not questions or not len(usable):
            continue
        low, high = (float(bound) for bound in np.percentile(usable, (2.5, 97.5)))
        yield Difference(
            section=section,
            measure=name,
            before=float(actual[place, 0]),
            after=float(actual[place, 1]),
            low=low,
            high=high,
            questions=questions,
            beyond_noise=questions >= FEWEST and (low > 0 or high < 0),
        )
