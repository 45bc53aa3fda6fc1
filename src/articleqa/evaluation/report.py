"""The figures of one run, and the file that keeps them."""

from __future__ import annotations

import json
import math
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from articleqa.evaluation.results import Result
from articleqa.types import InvalidInput

_FORMAT = "articleqa evaluation 1"


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The figures of one run. Shares are 0..1, latencies are milliseconds; what a set cannot measure is left out.

    Attributes:
        selection: the area of the risk-coverage curve, and the risk of answering everything.
        types: measures for each type of question.
        risk_coverage: points (coverage, risk) of the curve.
        calibration: tenths of the confidence, see :func:`articleqa.evaluation.curves.calibration`.
        results: question by question.
    """

    name: str
    questions: int
    articles: int
    retrieval: dict[str, float]
    answers: dict[str, float]
    refusals: dict[str, float]
    citations: dict[str, float]
    latency_ms: dict[str, dict[str, float]]
    seconds: float
    settings: dict[str, Any] = field(default_factory=dict)
    sentences: dict[str, float] = field(default_factory=dict)
    selection: dict[str, float] = field(default_factory=dict)
    follow_ups: dict[str, float] = field(default_factory=dict)
    types: dict[str, dict[str, float]] = field(default_factory=dict)
    risk_coverage: list[tuple[float, float]] = field(default_factory=list)
    calibration: list[dict[str, float]] = field(default_factory=list)
    results: tuple[Result, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON, without the results of the questions."""
        values = asdict(self)
        del values["results"]
        return values

    def table(self) -> list[tuple[str, str, str]]:
        """Rows of (section, measure, value), for people."""
        rows = [("set", "questions", str(self.questions)), ("set", "articles", str(self.articles))]
        for section in ("retrieval", "answers", "refusals", "citations", "sentences", "selection"):
            rows += [(section, name, shown(value)) for name, value in getattr(self, section).items()]
        rows += [("follow-ups", name, shown(value)) for name, value in self.follow_ups.items()]
        rows += [
            (f"type {kind}", name, shown(value)) for kind, part in self.types.items() for name, value in part.items()
        ]
        rows += [
            ("latency", f"{stage} p50 / p95", f"{part['p50']:.1f} / {part['p95']:.1f} ms")
            for stage, part in self.latency_ms.items()
        ]
        return rows


def shown(value: float) -> str:
    """A count or a share, for people."""
    return str(value) if isinstance(value, int) else f"{value:.3f}"


def save_report(report: EvaluationReport, path: Path) -> None:
    """Write a report with the results of its questions, as JSON, in the place of one that is there.

    Raises:
        InvalidInput: if the file cannot be written.
    """
    values = {"format": _FORMAT, **report.as_dict(), "results": [result.as_dict() for result in report.results]}
    write_whole(path, json.dumps(values, indent=1) + "\n")


def load_report(path: Path) -> EvaluationReport:
    """A report that :func:`save_report` wrote. The quotes and gold answers of its questions are not in it.

    Raises:
        InvalidInput: if the file cannot be read or is no such report.
    """
    from pydantic import TypeAdapter

    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidInput(_no_report(path)) from error
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read ({error.strerror}): name a file of `eval --save`") from error
    try:
        values = json.loads(text, parse_float=_finite, parse_constant=_finite)
        if isinstance(values, dict) and values.pop("format", None) == _FORMAT:
            return TypeAdapter(EvaluationReport).validate_python(values)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(_no_report(path)) from error
    raise InvalidInput(_no_report(path))


def check_target(path: Path) -> None:
    """Say before a long run that its report could not be written.

    Raises:
        InvalidInput: if ``path`` is a folder, or lies in none.
    """
    if path.is_dir():
        raise InvalidInput(f"{path} is a folder: name a file")
    if not path.parent.is_dir():
        raise InvalidInput(f"{path} cannot be written: there is no folder {path.parent}")


def write_whole(path: Path, text: str) -> None:
    """Write ``text``, in UTF-8, in the place of a file that is there: wholly or not at all.

    Raises:
        InvalidInput: if that cannot be done.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # A text may hold half of a surrogate pair, which no file in UTF-8 does.
        draft.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        draft.replace(path)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        raise InvalidInput(f"{path} cannot be written ({error.strerror}): check the disk and the rights") from error


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError(number)
    return value


def _no_report(path: Path) -> str:
    return f"{path} is no report that `articleqa eval --save` wrote"
