"""What holds for every answer, whatever was asked and whatever a language model wrote."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from articleqa import Answer, Assistant
from articleqa.types import Citation, Event, Outcome, Quotes, Retrieved, Sentence, Support, Token


def followed(assistant: Assistant, events: Iterable[Event]) -> list[Event]:
    """The events of one answer, once their order and the answer have been checked."""
    seen = list(events)
    assert isinstance(seen[0], Retrieved)
    assert isinstance(seen[-1], Answer)
    kinds = [type(event) for event in seen]
    assert kinds.count(Retrieved) == kinds.count(Answer) == 1
    assert kinds.count(Quotes) <= 2
    if Quotes in kinds:
        assert kinds[1] is Quotes, "the quotes are there before any language model has started"
        first_sentence = kinds.index(Sentence) if Sentence in kinds else len(kinds)
        assert Token not in kinds or kinds.index(Token) < first_sentence
    for event in seen:
        if isinstance(event, Quotes):
            check_citations(assistant, event.citations)
    check_answer(assistant, seen[-1])
    return seen


def answer_of(events: list[Event]) -> Answer:
    """The last event."""
    last = events[-1]
    assert isinstance(last, Answer)
    return last


def sentences_of(events: Iterable[Event]) -> list[Sentence]:
    """The sentences, in the order in which they came."""
    return [event for event in events if isinstance(event, Sentence)]


def check_answer(assistant: Assistant, answer: Answer) -> None:
    """Hold an answer to the promises that are made of every one."""
    check_citations(assistant, answer.citations)
    used = dict.fromkeys(citation for sentence in answer.sentences for citation in sentence.citations)
    assert tuple(used) == answer.citations, "numbered in the order of first use, and none without a use"
    for sentence in answer.sentences:
        assert sentence.text.strip()
        assert sentence.support is not Support.UNSUPPORTED or not sentence.citations
    assert 0 <= answer.confidence <= 1
    assert answer.answered == (answer.outcome in (Outcome.ANSWERED, Outcome.CONFLICTING))
    if answer.outcome is Outcome.NOT_FOUND:
        assert answer.text == "The articles do not say."
    if not answer.answered:
        assert not answer.citations
    place = 0
    for sentence in answer.sentences:
        place = answer.text.index(sentence.marked, place) + len(sentence.marked)
    assert place == len(answer.text)
    assert all(one.score >= other.score for one, other in pairwise(answer.passages))
    assert all(seconds >= 0 for seconds in answer.timings.values())
    assert "total" in answer.timings
    assert all(note.strip() and "\n" not in note for note in answer.notes)


def check_citations(assistant: Assistant, citations: Iterable[Citation]) -> None:
    """Numbers count from 1, and every quote is an exact span of that revision of its article."""
    for number, citation in enumerate(citations, start=1):
        assert citation.number == number
        article = assistant.article(citation.article_id, revision=citation.revision)
        assert article.text[citation.start : citation.end] == citation.quote
        assert citation.quote.strip() == citation.quote != ""
        assert (citation.title, citation.url, citation.source, citation.published) == (
            article.title,
            article.url,
            article.source,
            article.published,
        )
