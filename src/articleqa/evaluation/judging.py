"""Holds one answer against what its question's set knows."""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence

from articleqa.evaluation.results import Result
from articleqa.evaluation.sets import Evidence, Question
from articleqa.types import Answer, Citation, Passage


def judged(question: Question, answer: Answer, passages: Sequence[Passage], *, exact: int) -> Result:
    """What became of ``question``.

    Args:
        question: as the set has it.
        answer: to the question.
        passages: what was retrieved, best first.
        exact: how many citations of the answer are exact spans of their article.
    """
    gold, cited = question.evidence, answer.citations
    ranked = bool(question.relevant) and (question.answerable or not question.answers)
    asked = question.answerable and bool(question.answers)
    judgeable = question.answerable and bool(gold or question.answers)
    return Result(
        id=question.id,
        question=question.question,
        type=question.type,
        answerable=question.answerable,
        follow_up=bool(question.history),
        outcome=answer.outcome,
        confidence=answer.confidence,
        hit=_first_hit(question, passages) if ranked else None,
        gain=_ndcg(question.relevant, passages) if ranked else None,
        contains=holds(answer.text, question.answers) if asked else None,
        holds=any(holds(citation.quote, question.answers) for citation in cited) if asked else None,
        f1=_f1(question, answer) if asked else None,
        citations=len(cited),
        exact=exact,
        right=sum(_is_right(citation, question) for citation in cited) if judgeable else None,
        gold=len(gold),
        gold_cited=sum(any(_overlaps(citation, span) for citation in cited) for span in gold),
        sentences=dict(Counter(sentence.support.value for sentence in answer.sentences)) if answer.answered else {},
        milliseconds={stage: 1000 * seconds for stage, seconds in answer.timings.items()},
        quotes=tuple(citation.quote for citation in cited),
        answers=question.answers,
    )


def _first_hit(question: Question, passages: Sequence[Passage]) -> int | None:
    gold = question.evidence
    for place, passage in enumerate(passages, start=1):
        if gold and any(_overlaps(passage, span) for span in gold):
            return place
        if not gold and passage.article_id in question.relevant:
            return place
    return None


def _ndcg(relevant: frozenset[str], passages: Sequence[Passage]) -> float:
    order = list(dict.fromkeys(passage.article_id for passage in passages))[:10]
    gain = sum(1 / math.log2(place + 2) for place, article in enumerate(order) if article in relevant)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(10, len(relevant))))


def _f1(question: Question, answer: Answer) -> float:
    if not answer.answered:
        return 0.0
    return max(token_f1(answer.short or answer.text, gold) for gold in question.answers)


def _is_right(citation: Citation, question: Question) -> bool:
    return any(_overlaps(citation, span) for span in question.evidence) or holds(citation.quote, question.answers)


def _overlaps(found: Passage | Citation, span: Evidence) -> bool:
    return found.article_id == span.article_id and found.start < span.end and span.start < found.end


def holds(text: str, answers: Iterable[str]) -> bool:
    """Whether ``text`` has one of the ``answers`` in it; case and white space do not count."""
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
