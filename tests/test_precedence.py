"""While a question is being answered, what fills the library waits; never for long, and never for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from articleqa import Answer, Article, Assistant
from articleqa.assistant import precedence as module
from articleqa.assistant.precedence import GivingWay, Precedence
from articleqa.types import Encoder, Matrix, Progress, ProgressCallback, Vector
from conftest import OpenAssistant

PATIENCE = 30.0


class Batches:
    """An encoder that reads one text at a time and tells which it has begun."""

    name, revision, dimension, max_tokens = "batches", "1", 2, 64

    def __init__(self) -> None:
        self.begun: list[str] = []

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        for number, text in enumerate(texts, start=1):
            self.begun.append(text)
            if progress is not None:
                progress(Progress("encode", number, len(texts)))
        return np.tile(np.array([1, 0], dtype=np.float32), (len(texts), 1))

    def encode_query(self, text: str) -> Vector:
        row: Vector = self.encode_documents([text])[0]
        return row

    def count_tokens(self, text: str) -> int:
        return len(text.split())


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A question is waited for as long as a slow machine may take."""
    monkeypatch.setattr(module, "SECONDS", PATIENCE)


@pytest.mark.usefixtures("patient")
def test_encoding_waits_between_its_batches_until_the_question_is_answered() -> None:
    inner, precedence = Batches(), Precedence()
    told: list[int] = []
    encoder = GivingWay(inner, precedence)
    rows: list[Matrix] = []
    worker = threading.Thread(
        target=lambda: rows.append(
            encoder.encode_documents(["a", "b", "c"], progress=lambda part: told.append(part.done))
        )
    )
    with precedence.asked():
        worker.start()
        worker.join(0.2)
        assert inner.begun == []
    worker.join(PATIENCE)
    assert (inner.begun, told, rows[0].shape) == (["a", "b", "c"], [1, 2, 3], (3, 2))


@pytest.mark.usefixtures("patient")
def test_a_question_that_comes_meanwhile_is_waited_for_by_the_next_batch() -> None:
    inner, precedence = Batches(), Precedence()
    encoder = GivingWay(inner, precedence)
    reached, asked = threading.Event(), threading.Event()

    def progress(part: Progress) -> None:
        if part.done == 1:
            reached.set()
            asked.wait(PATIENCE)

    worker = threading.Thread(target=lambda: encoder.encode_documents(["a", "b"], progress=progress))
    worker.start()
    reached.wait(PATIENCE)
    with precedence.asked():
        asked.set()
        worker.join(0.2)
        assert inner.begun == ["a"]
    worker.join(PATIENCE)
    assert inner.begun == ["a", "b"]


def test_an_answer_that_nobody_reads_to_its_end_holds_up_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.05)
    precedence = Precedence()

    def endless() -> Iterator[int]:
        while True:
            yield 1

    events = precedence.of(number for number in endless())
    next(events)
    encoder = GivingWay(Batches(), precedence)
    assert encoder.encode_documents([str(number) for number in range(100)]).shape == (100, 2)
    assert encoder.count_tokens("two words") == 2
    events.close()
    assert not precedence._until


@pytest.mark.usefixtures("patient")
def test_questions_that_come_later_are_not_waited_for_too() -> None:
    precedence = Precedence()
    second = threading.Event()
    with precedence.asked():
        waiting = threading.Thread(target=precedence.give_way)
        waiting.start()
        while not precedence._changed._waiters:  # type: ignore[attr-defined]
            time.sleep(0.001)
        later = threading.Thread(target=lambda: _ask(precedence, second))
        later.start()
        while len(precedence._until) < 2:
            time.sleep(0.001)
    waiting.join(PATIENCE)
    assert not waiting.is_alive()
    second.set()
    later.join(PATIENCE)


def _ask(precedence: Precedence, until: threading.Event) -> None:
    with precedence.asked():
        until.wait(PATIENCE)


def test_an_encoder_that_gives_way_is_the_same_encoder() -> None:
    inner = Batches()
    outer = GivingWay(inner, Precedence())
    assert isinstance(outer, Encoder)
    for name in ("name", "revision", "dimension", "max_tokens"):
        assert getattr(outer, name) == getattr(inner, name)
    assert outer.encode_query("a").tolist() == [1, 0]


@pytest.mark.usefixtures("patient")
def test_articles_are_added_once_the_answer_is_there(assistant: OpenAssistant) -> None:
    library: Assistant = assistant("index")
    library.add(Article(title="Fees", text="The harbour fees rise by 14 percent in March.", id="fees"))
    events = library.stream("By how much do the harbour fees rise?")
    first = next(events)
    adding = threading.Thread(target=lambda: library.add(Article(title="Pier", text="The pier is closed.", id="pier")))
    adding.start()
    adding.join(0.3)
    assert [record.id for record in library.articles()] == ["fees"]
    *_, last = [first, *events]
    assert isinstance(last, Answer)
    assert last.answered
    adding.join(PATIENCE)
    assert {record.id for record in library.articles()} == {"fees", "pier"}
