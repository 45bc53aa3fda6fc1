"""A conversation's state, event by event."""

from __future__ import annotations

import pytest

from articleqa.types import Answer, Citation, Outcome, Quotes, Retrieved, Sentence, Token
from articleqa.ui.exchange import Exchange, history


def citation(number: int) -> Citation:
    return Citation(number, "a", 1, "Title", None, None, None, number, number + 1, "x")


def test_an_exchange_gathers_what_comes_in() -> None:
    exchange = Exchange("Why?")
    for event in (Retrieved(()), Quotes((citation(1), citation(2))), Token("Beca"), Token("use [2]. And")):
        exchange = exchange.after(event)
    assert exchange.quotes == (citation(1), citation(2))
    assert exchange.draft == "Because [2]. And"
    assert exchange.citations == ()
    assert not exchange.finished


def test_a_judged_sentence_leaves_the_draft() -> None:
    exchange = Exchange("Why?", draft="It is so in 24 hours [1]. And then")
    exchange = exchange.after(Sentence("It is so in 24 hours.", (citation(1),)))
    assert exchange.draft == "And then"
    assert exchange.citations == (citation(1),)


@pytest.mark.parametrize(
    ("draft", "sentence", "rest"),
    [
        ("It is so.", "It is so.", ""),
        ("It is so. [1][2] Next", "It is so.", "Next"),
        ('"It is so." [1, 2] “Next', '"It is so."', "“Next"),
        ("It is so. 2024 was", "It is so.", "2024 was"),
        ("Something else", "It is so.", ""),
        ("…", "…", ""),
    ],
)
def test_what_comes_after_a_sentence_stays(draft: str, sentence: str, rest: str) -> None:
    assert Exchange("Why?", draft=draft).after(Sentence(sentence)).draft == rest


def test_a_citation_that_two_sentences_share_is_there_once() -> None:
    sentences = (Sentence("B.", (citation(2), citation(1))), Sentence("A.", (citation(1),)))
    assert Exchange("Why?", sentences=sentences).citations == (citation(1), citation(2))


def test_the_answer_is_the_last_word() -> None:
    answer = Answer("Because. [1]", Outcome.ANSWERED, citations=(citation(1),))
    exchange = Exchange("Why?", quotes=(citation(1), citation(2))).after(answer)
    assert exchange.finished
    assert exchange.citations == (citation(1),)


def test_only_what_was_answered_is_history() -> None:
    answered = Exchange("Who?", answer=Answer("He. [1]", Outcome.ANSWERED))
    exchanges = (answered, Exchange("Why?", failure="no"), Exchange("When?", stopped=True))
    assert history(exchanges) == [{"role": "user", "text": "Who?"}, {"role": "assistant", "text": "He. [1]"}]
