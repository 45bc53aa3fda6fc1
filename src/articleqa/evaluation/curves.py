"""How much the confidence is worth: the risk-coverage curve with its area, and the calibration."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from articleqa.evaluation.results import Result

POINTS = 101
BINS = 10


def risk_coverage(results: Sequence[Result]) -> tuple[list[tuple[float, float]], float | None]:
    """The risk-coverage curve and its area, AURC (Geifman and El-Yaniv, "Selective classification for deep neural
    networks", NeurIPS 2017): the questions in the order of confidence, highest first; after each, the share answered so
    far (coverage) and the share of wrong ones among these (risk). The area is the mean of the risks; lower is better,
    0 is perfect, and an order that says nothing has the share of wrong ones as its area.

    Questions of the same confidence have no order: each counts as wrong to the share to which they all are. Questions
    of which the set knows no answer are left out.

    Returns:
        The points (coverage, risk), each 0..1, at most ``POINTS`` of them with the first and the last; and the area,
        None where there is no question.
    """
    known = [(result.confidence, result.wrong) for result in results if result.wrong is not None]
    if not known:
        return [], None
    confidence = np.array([entry[0] for entry in known])
    wrong = np.array([entry[1] for entry in known], dtype=np.float64)
    levels, level = np.unique(-confidence, return_inverse=True)
    expected = np.bincount(level, wrong, len(levels)) / np.bincount(level, minlength=len(levels))
    places = np.arange(1, len(known) + 1)
    risks = np.clip(np.cumsum(expected[np.sort(level)]) / places, 0.0, 1.0)
    shown = np.unique(np.linspace(0, len(known) - 1, min(POINTS, len(known))).round().astype(int))
    points = [(float(places[index]) / len(known), float(risks[index])) for index in shown]
    return points, float(risks.mean())


def areas(confidence: NDArray[np.float64], wrong: NDArray[np.float64], drawn: NDArray[np.int64]) -> NDArray[np.float64]:
    """AURC, as :func:`risk_coverage` has it, of many draws from the same questions at once.

    Args:
        confidence: of each question, shape ``(n,)``.
        wrong: 0 or 1 for each question, shape ``(n,)``.
        drawn: how often each draw has each question, shape ``(draws, n)``; each draw has at least one.

    Returns:
        Shape ``(draws,)``.
    """
    order = np.argsort(-confidence, kind="stable")
    firsts = np.flatnonzero(np.diff(confidence[order], prepend=np.inf))
    sizes = np.add.reduceat(drawn[:, order], firsts, axis=1)
    faults = np.add.reduceat(drawn[:, order] * wrong[order], firsts, axis=1)
    sizes_to, faults_to = sizes.cumsum(axis=1), faults.cumsum(axis=1)
    sizes_before, faults_before = sizes_to - sizes, faults_to - faults
    share = np.divide(faults, sizes, out=np.zeros_like(faults), where=sizes > 0)
    # The j-th of a level has the risk (faults_before + j share) / (sizes_before + j), which sums to harmonic numbers.
    most = int(sizes_to[:, -1].max())
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, most + 1))])
    total = faults + (faults_before - share * sizes_before) * (harmonic[sizes_to] - harmonic[sizes_before])
    result: NDArray[np.float64] = np.clip(total.sum(axis=1) / sizes_to[:, -1], 0.0, 1.0)
    return result


def calibration(results: Sequence[Result]) -> list[dict[str, float]]:
    """Tenths of the confidence, lowest first, without the empty ones.

    Returns:
        For each: the number of ``questions``, their mean ``confidence``, the share that is ``answerable`` (what the
        confidence claims), and the share that is answerable and was answered with a quote that is ``right``.
    """
    tenths: dict[int, list[Result]] = {}
    for result in results:
        if result.wrong is not None:
            tenths.setdefault(min(int(result.confidence * BINS), BINS - 1), []).append(result)
    return [
        {
            "questions": len(inside),
            "confidence": sum(result.confidence for result in inside) / len(inside),
            "answerable": sum(result.answerable for result in inside) / len(inside),
            "right": sum(result.answerable and not result.wrong for result in inside) / len(inside),
        }
        for _, inside in sorted(tenths.items())
    ]
