"""One run: the articles of a set are added, its questions asked and judged."""

from __future__ import annotations

import time
from pathlib import Path

from articleqa.assistant import Assistant
from articleqa.evaluation import curves, measures
from articleqa.evaluation.judging import judged
from articleqa.evaluation.report import EvaluationReport
from articleqa.evaluation.results import Result
from articleqa.evaluation.sets import Question, choose_questions
from articleqa.settings import Settings
from articleqa.types import Citation, InvalidInput, Progress, ProgressCallback

# nDCG@10 is over articles, and an article may have many passages.
_SEARCHED = 60


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
    questions = choose_questions(folder, limit=limit, seed=seed)
    # An answer that was kept would be measured instead of one that is made.
    with Assistant.open(settings.model_copy(update={"answer_cache": 0})) as assistant:
        report = assistant.add(folder / "articles.jsonl", progress=progress)
        if report.failed:
            raise InvalidInput(f"{report.failed[0][0]}: {report.failed[0][1]}")
        # The first question loads models; people wait for that once.
        assistant.ask(questions[0].question, asked_on=questions[0].asked_on)
        results = []
        for number, question in enumerate(questions, start=1):
            results.append(_asked(assistant, question))
            if progress is not None:
                progress(Progress("ask", number, len(questions)))
        articles = assistant.article_count()
    points, area = curves.risk_coverage(results)
    return EvaluationReport(
        name=folder.resolve().name,
        questions=len(questions),
        articles=articles,
        **{section: measures.figures(results, section) for section in measures.MEASURES},
        selection={} if area is None else {"AURC": area, "risk at full coverage": points[-1][1]},
        follow_ups=measures.follow_ups(results),
        types=measures.by_type(results),
        latency_ms=measures.latencies(results),
        risk_coverage=points,
        calibration=curves.calibration(results),
        seconds=time.perf_counter() - started,
        settings={"embedding": settings.embedding, "llm": settings.llm, "abstain_below": settings.abstain_below},
        results=tuple(results),
    )


def _asked(assistant: Assistant, question: Question) -> Result:
    answer = assistant.ask(question.question, history=question.history, asked_on=question.asked_on)
    # A follow-up is searched for with its history, which only the answer has.
    passages = answer.passages if question.history else assistant.search(question.question, limit=_SEARCHED)
    exact = sum(_is_exact(assistant, citation) for citation in answer.citations)
    return judged(question, answer, passages, exact=exact)


def _is_exact(assistant: Assistant, citation: Citation) -> bool:
    article = assistant.article(citation.article_id, revision=citation.revision)
    return article.text[citation.start : citation.end] == citation.quote
