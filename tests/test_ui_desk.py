"""What a person does at the page, over a real library: ask, open what is cited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from threading import Thread

import pytest

from articleqa import Article, Assistant, Encoder, Settings
from articleqa.ui.desk import Desk, Exchanges
from endpoints import misbehaving_endpoint

LIGHTHOUSE = (
    "The lighthouse of Nordholm was built in 1871 by Ada Lindqvist.\n\n"
    "Its lamp could be seen from thirty miles away. It was put out for ever in 1954.\n\n"
    "Today the tower belongs to the birds, and to the tourists who come for them."
)
BUILT = "Who built the lighthouse of Nordholm?"


@pytest.fixture
def assistant(tmp_path: Path, encoder: Encoder) -> Iterator[Assistant]:
    with Assistant.open(Settings(index=tmp_path / "index"), encoder=encoder) as opened:
        opened.add(
            Article("The lighthouse", LIGHTHOUSE, id="lighthouse", source="Coast Weekly", published="2024-05-01")
        )
        yield opened


@pytest.fixture
def desk(assistant: Assistant) -> Desk:
    return Desk(assistant)


def ask(desk: Desk, question: str, exchanges: Exchanges = (), **sent: object) -> Exchanges:
    *_, last = desk.ask({"question": question, **sent}, exchanges, visitor="one")
    return last


def cited(markup: str) -> str:
    return unescape("".join(re.findall(r'<mark class="cited"[^>]*>(.*?)</mark>', markup, re.DOTALL)))


def test_a_question_is_answered_by_a_quote_that_opens_in_its_article(desk: Desk) -> None:
    exchanges = ask(desk, BUILT)
    answer = exchanges[-1].answer
    assert answer is not None
    assert answer.citations[0].quote == "The lighthouse of Nordholm was built in 1871 by Ada Lindqvist."
    assert cited(desk.open({"turn": 0, "number": 1}, exchanges)) == answer.citations[0].quote


def test_what_is_quoted_is_drawn_once_and_each_asking_is_another(desk: Desk) -> None:
    (first,) = desk.ask({"question": BUILT}, (), visitor="one")
    (again,) = desk.ask({"question": BUILT, "turn": 0}, first, visitor="one")
    assert first[-1].finished
    assert desk.conversation(again) != desk.conversation(first)


def test_a_conversation_grows(desk: Desk) -> None:
    exchanges = ask(desk, "And when was its lamp put out?", ask(desk, BUILT))
    assert [exchange.question for exchange in exchanges] == [BUILT, "And when was its lamp put out?"]
    assert len(desk.conversation(exchanges)) == 2


def test_a_question_can_take_the_place_of_an_earlier_one(desk: Desk) -> None:
    exchanges = ask(desk, "Who comes today?", ask(desk, "When was the lamp put out?", ask(desk, BUILT)))
    changed = ask(desk, "How far could the lamp be seen?", exchanges, turn=1)
    assert [exchange.question for exchange in changed] == [BUILT, "How far could the lamp be seen?"]
    assert ask(desk, BUILT, changed, turn=0)[-1].answer is not None
    for nowhere in (-1, 2, 99, "0", None, True):
        assert len(ask(desk, BUILT, changed, turn=nowhere)) == 3


def test_only_the_articles_that_were_chosen_answer(desk: Desk, assistant: Assistant) -> None:
    assistant.add(
        Article("The mill", "The mill of Nordholm was built in 1650 by Ole Krag.", id="mill", source="Inland")
    )
    question = "Who built what stands in Nordholm?"
    for scope, allowed in (({"sources": ["Inland"]}, "mill"), ({"articles": ["lighthouse"]}, "lighthouse")):
        (exchange,) = ask(desk, question, scope=scope)
        assert exchange.answer is not None
        assert {passage.article_id for passage in exchange.answer.passages} == {allowed}
    (exchange,) = ask(desk, BUILT, scope={"after": "2025-01-01", "undated": False})
    assert exchange.answer is not None
    assert not exchange.answer.answered
    (shown,) = desk.conversation((exchange,))
    assert "Only from 1 January 2025 · dated only" in shown
    assert "Ask all of them" in shown


@pytest.mark.parametrize("scope", [None, 7, [], {}, {"sources": "x", "after": 3, "articles": None}, {"sources": []}])
def test_filters_that_are_none_leave_every_article(desk: Desk, scope: object) -> None:
    (exchange,) = ask(desk, BUILT, scope=scope)
    assert exchange.filters is None
    assert exchange.citations


def test_a_date_that_is_none_is_said(desk: Desk) -> None:
    (exchange,) = ask(desk, BUILT, scope={"after": "yesterday"})
    assert exchange.failure is not None
    assert "'yesterday' is not a date" in exchange.failure
    (exchange,) = ask(desk, BUILT, scope={"after": "2025-01-02", "before": "2025-01-01"})
    assert "no article can be both" in str(exchange.failure)


def test_an_abstention_opens_the_nearest_passage(desk: Desk) -> None:
    exchanges = ask(desk, "What is the capital of France?")
    assert "The articles do not say." in desk.conversation(exchanges)[-1]
    passage = exchanges[-1].passages[0]
    shown = cited(desk.open({"turn": 0, "passage": 0}, exchanges))
    assert "".join(shown.split()) == "".join(passage.text.split())


def test_an_empty_question_asks_nothing(desk: Desk) -> None:
    assert list(desk.ask({"question": " \n "}, (), visitor="one")) == []
    assert list(desk.ask({}, (), visitor="one")) == []


def test_a_question_that_is_too_long_is_refused(desk: Desk, assistant: Assistant) -> None:
    longest = assistant.settings.max_question_characters
    (failed,) = ask(desk, "x" * (longest + 1))
    assert failed.failure == f"Ask in no more than {longest:,} characters."
    assert len(failed.question) == longest


@pytest.mark.parametrize(
    "sent",
    [
        *({}, {"turn": 0}, {"turn": 7, "number": 1}, {"turn": -1, "number": 1}, {"turn": 0, "number": 99}),
        *(
            {"turn": 0, "passage": -1},
            {"turn": 0, "passage": 99},
            {"turn": 0, "quoted": 99},
            {"turn": True, "number": 1},
        ),
        *({"turn": "0", "number": "1"}, {"article": 3}, {"turn": None, "number": []}),
    ],
)
def test_what_a_browser_makes_up_opens_nothing(desk: Desk, sent: dict[str, object]) -> None:
    assert "earlier conversation" in desk.open(sent, ask(desk, BUILT))


def test_an_article_that_was_removed_leaves_its_quote(desk: Desk, assistant: Assistant) -> None:
    exchanges = ask(desk, BUILT)
    assistant.remove("lighthouse")
    shown = desk.open({"turn": 0, "number": 1}, exchanges)
    assert "changed or removed since" in shown
    assert "built in 1871 by Ada Lindqvist." in shown
    assert "no longer in the library" in desk.open({"article": "lighthouse"}, exchanges)


def test_an_article_that_changed_is_never_highlighted_wrongly(desk: Desk, assistant: Assistant) -> None:
    exchanges = ask(desk, BUILT)
    assistant.add(Article("The lighthouse", "Something new stands first.\n\n" + LIGHTHOUSE, id="lighthouse"))
    shown = desk.open({"turn": 0, "number": 1}, exchanges)
    assert cited(shown) in ("", "The lighthouse of Nordholm was built in 1871 by Ada Lindqvist.")
    assert "changed since" in shown or "changed or removed since" in shown


def test_a_composed_answer_is_stopped_where_it_stands(tmp_path: Path, encoder: Encoder) -> None:
    with misbehaving_endpoint("stalls", text="It was Ada Lindqvist [1]. And nobody knows what") as endpoint:
        settings = Settings(index=tmp_path / "index", llm=endpoint.spec)
        with Assistant.open(settings, encoder=encoder) as assistant:
            assistant.add(Article("The lighthouse", LIGHTHOUSE, id="lighthouse"))
            desk = Desk(assistant)
            states = desk.ask({"question": BUILT}, (), visitor="one")
            for state in states:
                if state[-1].draft or state[-1].sentences:
                    break
            assert list(desk.ask({"question": "Another?"}, state, visitor="one")) == []
            stopping = Thread(target=desk.stop, args=({},), kwargs={"visitor": "one"})
            stopping.start()
            *_, last = states
            stopping.join()
    assert last[-1].stopped
    assert last[-1].quotes
    assert last[-1].answer is None
    assert cited(desk.open({"turn": 0, "quoted": 0}, last)) == ""  # the library is closed
