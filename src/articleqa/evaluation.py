"""Measures answers against a set of articles and questions: retrieval, quotes, refusals, citations, latency.

A set is a folder with ``articles.jsonl`` and ``questions.jsonl``. The measures:

- hit@k: one of the first k passages overlaps gold evidence (where a set has only relevant articles: is of one of them);
  MRR, over passages; nDCG@10, over articles in the order of their best passage, against ``qrels`` or the articles of
  the evidence (Järvelin and Kekäläinen, 2002).
- contains: the answer's text holds one of the gold answers; quote-contains: one of its quotes does; F1: token overlap
  with the nearest gold answer (Rajpurkar et al., 2016), of ``short`` where there is one. Refused questions count 0.
- refused: of the unanswerable questions (right) and of the answerable ones (wrong).
- exact citations: ``text[start:end] == quote``; citation precision: those that overlap gold evidence or hold an answer.
"""

from __future__ import annotations

import json
import math
import random
import re
import string
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from statistics import fmean
from typing import Any

from articleqa.assistant import Assistant
from articleqa.settings import Settings
from articleqa.types import Answer, Citation, InvalidInput, Passage, Progress, ProgressCallback

CUTS = (1, 3, 5, 10)
# nDCG@10 is over articles, and an article may have many passages.
_SEARCHED = 60


@dataclass(frozen=True, slots=True)
class Evidence:
    """A gold span."""

    article_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a set."""

    id: str
    question: str
    answers: tuple[str, ...]
    answerable: bool
    evidence: tuple[Evidence, ...]
    relevant: frozenset[str]
    history: tuple[dict[str, str], ...] = ()
    asked_on: date | None = None


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """The figures of one run. Shares are 0..1, latencies are milliseconds; what a set cannot measure is left out."""

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

    def as_dict(self) -> dict[str, Any]:
        """The report as plain values, for JSON."""
        return asdict(self)

    def table(self) -> list[tuple[str, str, str]]:
        """Rows of (section, measure, value), for people."""
        rows = [("set", "questions", str(self.questions)), ("set", "articles", str(self.articles))]
        for section in ("retrieval", "answers", "refusals", "citations"):
            rows += [(section, name, f"{value:.3f}") for name, value in getattr(self, section).items()]
        rows += [
            ("latency", f"{stage} p50 / p95", f"{part['p50']:.1f} / {part['p95']:.1f} ms")
            for stage, part in self.latency_ms.items()
        ]
        return rows


def evaluate(
    folder: Path,
    *,
    settings: Settings,
    limit: int | None = None,
    seed: int = 0,
    progress: ProgressCallback | None = None,
) -> EvaluationReport:
    """Add the articles of a set to the index of ``settings``, ask its questions, and measure.

    Args:
        folder: holds ``articles.jsonl`` and ``questions.jsonl``.
        settings: with an index folder of its own; one that holds the set already is used as it is.
        limit: ask this many questions only, the same ones for the same ``seed``.
        seed: which questions a limit takes.
        progress: is told of the indexing and, as stage ``ask``, of the questions.

    Raises:
        InvalidInput: if the folder holds no such set.
    """
    started = time.perf_counter()
    questions = load_questions(folder)
    if limit is not None and limit < len(questions):
        questions = random.Random(seed).sample(questions, limit)  # noqa: S311  (a sample, no secret)
    with Assistant.open(settings) as assistant:
        report = assistant.add(folder / "articles.jsonl", progress=progress)
        if report.failed:
            raise InvalidInput(f"{report.failed[0][0]}: {report.failed[0][1]}")
        # The first question loads models; people wait for that once.
        assistant.ask(questions[0].question, asked_on=questions[0].asked_on)
        runs = []
        for number, question in enumerate(questions, start=1):
            runs.append(_run(assistant, question))
            if progress is not None:
                progress(Progress("ask", number, len(questions)))
        exact = [_is_exact(assistant, citation) for run in runs for citation in run.answer.citations]
        return EvaluationReport(
            name=folder.resolve().name,
            questions=len(questions),
            articles=assistant.article_count(),
            retrieval=_retrieval(runs),
            answers=_answers(runs),
            refusals=_refusals(runs),
            citations=_citations(runs, exact),
            latency_ms=_latencies(runs),
            seconds=time.perf_counter() - started,
            settings={"embedding": settings.embedding, "llm": settings.llm, "abstain_below": settings.abstain_below},
        )


def load_questions(folder: Path) -> list[Question]:
    """The questions of a set, in their order.

    Raises:
        InvalidInput: if the file is missing or a line of it is not a question.
    """
    path = folder / "questions.jsonl"
    for name in ("articles.jsonl", "questions.jsonl"):
        if not (folder / name).is_file():
            raise InvalidInput(f"{folder} is no evaluation set: it has no {name}")
    questions = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                questions.append(_question(json.loads(line)))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise InvalidInput(
                    f"{path}, line {number}, is not a question of an evaluation set ({error})"
                ) from error
    if not questions:
        raise InvalidInput(f"{path} holds no question")
    return questions


def _question(entry: dict[str, Any]) -> Question:
    evidence = tuple(
        Evidence(str(span["article_id"]), int(span["start"]), int(span["end"])) for span in entry.get("evidence", ())
    )
    relevant = frozenset(map(str, entry.get("qrels", ()))) or frozenset(span.article_id for span in evidence)
    return Question(
        id=str(entry["id"]),
        question=str(entry["question"]),
        answers=tuple(map(str, entry.get("answers", ()))),
        answerable=bool(entry["answerable"]),
        evidence=evidence,
        relevant=relevant,
        history=tuple({"role": str(turn["role"]), "text": str(turn["text"])} for turn in entry.get("history", ())),
        asked_on=date.fromisoformat(entry["asked_on"][:10]) if entry.get("asked_on") else None,
    )


@dataclass(frozen=True, slots=True)
class _Run:
    """One question, asked."""

    question: Question
    answer: Answer
    passages: Sequence[Passage]


def _run(assistant: Assistant, question: Question) -> _Run:
    answer = assistant.ask(question.question, history=question.history, asked_on=question.asked_on)
    # A follow-up is searched for with its history, which only the answer has.
    passages = answer.passages if question.history else assistant.search(question.question, limit=_SEARCHED)
    return _Run(question, answer, passages)


def _retrieval(runs: Sequence[_Run]) -> dict[str, float]:
    ranked = [run for run in runs if run.question.relevant and (run.question.answerable or not run.question.answers)]
    if not ranked:
        return {}
    places = [_first_hit(run) for run in ranked]
    figures = {f"hit@{cut}": fmean(place is not None and place < cut for place in places) for cut in CUTS}
    figures["MRR"] = fmean(1 / (place + 1) if place is not None and place < 10 else 0.0 for place in places)
    figures["nDCG@10"] = fmean(_ndcg(run) for run in ranked)
    return figures


def _first_hit(run: _Run) -> int | None:
    gold = run.question.evidence
    for place, passage in enumerate(run.passages):
        if gold and any(_overlaps(passage, span) for span in gold):
            return place
        if not gold and passage.article_id in run.question.relevant:
            return place
    return None


def _ndcg(run: _Run) -> float:
    order = list(dict.fromkeys(passage.article_id for passage in run.passages))[:10]
    gain = sum(1 / math.log2(place + 2) for place, article in enumerate(order) if article in run.question.relevant)
    ideal = sum(1 / math.log2(place + 2) for place in range(min(10, len(run.question.relevant))))
    return gain / ideal


def _answers(runs: Sequence[_Run]) -> dict[str, float]:
    asked = [run for run in runs if run.question.answerable and run.question.answers]
    if not asked:
        return {}
    return {
        "contains": fmean(_holds(run.answer.text, run.question.answers) for run in asked),
        "quote-contains": fmean(
            any(_holds(citation.quote, run.question.answers) for citation in run.answer.citations) for run in asked
        ),
        "F1": fmean(
            max(token_f1(run.answer.short or run.answer.text, gold) for gold in run.question.answers)
            if run.answer.answered
            else 0.0
            for run in asked
        ),
        "quotes per answer": fmean(len(run.answer.citations) for run in asked),
    }


def _refusals(runs: Sequence[_Run]) -> dict[str, float]:
    figures = {}
    for name, answerable in (("right (of unanswerable)", False), ("wrong (of answerable)", True)):
        asked = [run for run in runs if run.question.answerable is answerable]
        if asked:
            figures[name] = fmean(not run.answer.answered for run in asked)
    refused = [run for run in runs if not run.answer.answered]
    if refused:
        figures["precision"] = fmean(not run.question.answerable for run in refused)
    return figures


def _citations(runs: Sequence[_Run], exact: Sequence[bool]) -> dict[str, float]:
    if not exact:
        return {}
    judged = [
        any(_overlaps(citation, span) for span in run.question.evidence) or _holds(citation.quote, run.question.answers)
        for run in runs
        if run.question.answerable and (run.question.evidence or run.question.answers)
        for citation in run.answer.citations
    ]
    return {"exact": fmean(exact), **({"precision": fmean(judged)} if judged else {})}


def _latencies(runs: Sequence[_Run]) -> dict[str, dict[str, float]]:
    stages = dict.fromkeys(stage for run in runs for stage in run.answer.timings)
    return {
        stage: {
            "p50": _percentile(times, 0.5),
            "p95": _percentile(times, 0.95),
        }
        for stage in stages
        for times in [[1000 * run.answer.timings[stage] for run in runs if stage in run.answer.timings]]
    }


def _is_exact(assistant: Assistant, citation: Citation) -> bool:
    article = assistant.article(citation.article_id, revision=citation.revision)
    return article.text[citation.start : citation.end] == citation.quote


def _overlaps(found: Passage | Citation, span: Evidence) -> bool:
    return found.article_id == span.article_id and found.start < span.end and span.start < found.end


def _holds(text: str, answers: Iterable[str]) -> bool:
    plain = _plain(text)
    return any(_plain(answer) in plain for answer in answers if answer.strip())


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def token_f1(text: str, gold: str) -> float:
    """Overlap of words as in SQuAD's own script: case, punctuation and articles do not count."""
    said, wanted = _words(text), _words(gold)
    common = sum((Counter(said) & Counter(wanted)).values())
    if not common:
        return float(said == wanted)
    precision, recall = common / len(said), common / len(wanted)
    return 2 * precision * recall / (precision + recall)


def _words(text: str) -> list[str]:
    return _ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split()


def _percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
