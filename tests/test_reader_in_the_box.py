"""The reader that comes along, with its own weights: it finds the words, and knows when there are none."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from safetensors import safe_open

from articleqa import Assistant, Settings
from articleqa.bundled import BUNDLED_SHA256
from articleqa.reader import builtin, open_reader
from articleqa.types import Encoder, Outcome, Reader, Vector

FOLDER = Path(builtin.__file__).parent
CARD = (FOLDER / "MODEL_CARD.md").read_text("utf-8")

pytestmark = pytest.mark.usefixtures("reader_in_the_box")


@pytest.fixture
def asked(all_articles: Path, encoder: Encoder, reader_in_the_box: None) -> Assistant:
    return Assistant.open(Settings(index=all_articles), encoder=encoder)


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("By how much does Velmora raise its harbour fees?", "14 percent"),
        ("How much did the repairs of the breakwater cost?", "9.4 million crowns"),
        ("Who is the fisheries minister of Aldmark?", "Petra Solvang"),
        ("How many turbines does Oskar Brandt want to build?", "38"),
        ("When was Norvik Dairy founded?", "1931"),
        ("How many people does Norvik Dairy employ?", "240"),
        ("Who is the keeper of the lighthouse in Kestrel Bay?", "Lorcan Pike"),
        ("Since when has the family kept the yeast?", "1958"),
    ],
)
def test_the_words_that_answer_lead(asked: Assistant, question: str, words: str) -> None:
    with asked:
        answer = asked.ask(question)
        assert answer.outcome is Outcome.ANSWERED
        assert answer.short is not None
        assert words in answer.short
        assert len(answer.short) <= len(words) + 20
        span = answer.spans[0]
        citation = answer.citations[span.number - 1]
        assert asked.article(citation.article_id).text[span.start : span.end] == span.text == answer.short


def test_it_is_opened_beside_the_first_search(
    asked: Assistant, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    begun, searching = threading.Event(), threading.Event()
    encode = encoder.encode_query

    def encode_query(text: str) -> Vector:
        assert begun.wait(60)
        searching.set()
        return encode(text)

    def open_slowly(name: str, *, threads: int) -> Reader | None:
        begun.set()
        assert searching.wait(60)
        opened.append(threading.current_thread().name)
        return open_reader(name, threads=threads)

    monkeypatch.setattr(encoder, "encode_query", encode_query)
    monkeypatch.setattr("articleqa.reader.open_reader", open_slowly)
    with asked:
        assert asked.ask("When was Norvik Dairy founded?").short == "1931"
        assert asked.ask("How many people does Norvik Dairy employ?").answered
    assert opened == ["articleqa-reader"]


@pytest.mark.parametrize(
    "question",
    ["Who won the Nobel Prize in chemistry?", "What is the capital of Mongolia?", "How tall is the Eiffel tower?"],
)
def test_what_no_article_says_is_refused(asked: Assistant, question: str) -> None:
    with asked:
        assert asked.ask(question).outcome is Outcome.NOT_FOUND


def test_it_is_the_one_that_people_have_who_set_none() -> None:
    assert Settings().reader == "builtin"
    assert open_reader("builtin") is open_reader("builtin")


def test_its_card_tells_of_these_weights() -> None:
    weights = FOLDER / builtin.WEIGHTS
    assert weights.stat().st_size < 25e6
    with safe_open(weights, framework="pt") as file:
        metadata = file.metadata()
    assert metadata["base_sha256"] == BUNDLED_SHA256
    assert f"{int(metadata['rows_read']):,} rows" in CARD
    for repository in re.findall(r": ([\w.-]+/[\w.-]+) \(", metadata["data"]):
        assert repository in CARD
