from __future__ import annotations

from collections.abc import Iterator

import pytest

from articleqa import Answer, Assistant, Filters, InvalidInput, Settings
from articleqa.types import (
    Encoder,
)
from articles import ARTICLES, MINISTER


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Assistant]:
    """All the articles, for tests that change nothing."""
    with Assistant.open(Settings(index=tmp_path_factory.mktemp("index")), encoder=encoder) as opened:
        opened.add(*ARTICLES)
        yield opened


def test_a_conversation_remembers_what_it_is_about(library: Assistant) -> None:
    conversation = library.conversation()
    assert not conversation.history
    assert conversation.ask("Who is Petra Solvang?").citations[0].article_id == MINISTER.id
    answer = conversation.ask("And what was said about wind farms?")
    assert answer.citations[0].article_id == MINISTER.id
    *_, last = conversation.stream("And by how much would she cut the cod quota?")
    assert isinstance(last, Answer)
    assert "by a third" in last.text
    assert [turn.role for turn in conversation.history] == ["user", "assistant"] * 3
    assert conversation.history[2].text == "And what was said about wind farms?"
    assert conversation.history[3].text == answer.text
    assert not library.conversation().history


def test_a_conversation_keeps_its_filters_unless_others_are_given(library: Assistant) -> None:
    conversation = library.conversation(filters=Filters(source="Coast Wire"))
    question = "What was said about wind farms?"
    assert {passage.source for passage in conversation.ask(question).passages} == {"Coast Wire"}
    other = conversation.ask(question, filters=Filters(source="Halden Courier"))
    assert {passage.source for passage in other.passages} == {"Halden Courier"}


def test_what_failed_or_was_left_is_not_remembered(library: Assistant) -> None:
    conversation = library.conversation()
    for question in ("", "x" * 4001):
        with pytest.raises(InvalidInput):
            conversation.ask(question)
        with pytest.raises(InvalidInput):
            conversation.stream(question)
    events = conversation.stream("Who is Petra Solvang?")
    next(events)
    events.close()
    assert not conversation.history


def test_a_long_conversation_forgets_its_beginning(library: Assistant) -> None:
    conversation = library.conversation()
    for number in range(25):
        conversation.ask(f"How many articles do you have{'?' * number}")
    assert len(conversation.history) == 40
    assert conversation.history[0].text == "How many articles do you have" + "?" * 5
