from __future__ import annotations

import gc
import threading
from collections.abc import Callable

import pytest

from articleqa.llm.engine import Request, Usage, Write
from articleqa.llm.worker import Worker, Writing
from articleqa.types import LanguageModelError
from asking import PATIENCE

QUESTION = Request((("user", "Is it so?"),), max_tokens=4)


class Slow:
    """An engine that writes one letter each time it is let go on, until nobody reads or it has written three."""

    def __init__(self) -> None:
        self.turns = threading.Semaphore(0)
        self.asked: list[Request] = []
        self.closed = threading.Event()

    def generate(self, request: Request, write: Write) -> Usage:
        self.asked.append(request)
        for number, letter in enumerate("abc"):
            assert self.turns.acquire(timeout=PATIENCE)
            if not write(letter):
                return Usage(1, 0, number)
        return Usage(1, 0, 3)

    def count_tokens(self, text: str) -> int:
        return len(text)

    def close(self) -> None:
        self.closed.set()


def written(writing: Writing) -> str:
    text = ""
    while isinstance(piece := writing.next(), str):
        text += piece
    return text


def in_thread(call: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    return thread


def test_an_engine_is_loaded_once_and_only_when_it_is_needed() -> None:
    loaded: list[Slow] = []

    def load() -> Slow:
        loaded.append(Slow())
        loaded[-1].turns.release(100)
        return loaded[-1]

    worker = Worker(load, name="m")
    assert loaded == []
    answers: list[str] = []
    threads = [in_thread(lambda: answers.append(written(worker.ask(QUESTION)))) for _ in range(4)]
    for thread in threads:
        thread.join(PATIENCE)
    assert answers == ["abc"] * 4
    assert worker.engine().count_tokens("four") == 4
    assert len(loaded) == 1
    worker.close()
    assert loaded[0].closed.is_set()


def test_who_leaves_the_queue_leaves_at_once_and_is_never_asked_for() -> None:
    engine = Slow()
    worker = Worker(lambda: engine, name="m")
    first, second = worker.ask(QUESTION), worker.ask(Request((("user", "Second?"),), max_tokens=4))
    third = worker.ask(QUESTION)
    left = in_thread(second.next)
    second.cancel()
    left.join(PATIENCE)  # the engine has not written a letter yet
    assert not left.is_alive()
    engine.turns.release(6)
    assert (written(first), written(third)) == ("abc", "abc")
    assert engine.asked == [QUESTION, QUESTION]
    worker.close()


def test_a_cancelled_answer_makes_room_for_the_next() -> None:
    engine = Slow()
    worker = Worker(lambda: engine, name="m")
    first, second = worker.ask(QUESTION), worker.ask(QUESTION)
    engine.turns.release()
    assert first.next() == "a"
    first.cancel()
    engine.turns.release(1 + 3)
    assert written(second) == "abc"
    worker.close()


def test_a_failure_to_load_is_the_readers_and_the_next_one_tries_again() -> None:
    engine = Slow()
    engine.turns.release(3)
    results: list[Slow | LanguageModelError] = [LanguageModelError("the file is not there"), engine]

    def load() -> Slow:
        result = results.pop(0)
        if isinstance(result, LanguageModelError):
            raise result
        return result

    worker = Worker(load, name="m")
    with pytest.raises(LanguageModelError, match="not there"):
        worker.engine()
    assert not worker.loading
    assert written(worker.ask(QUESTION)) == "abc"
    worker.close()


def test_closing_refuses_what_waits_and_what_comes() -> None:
    engine = Slow()
    worker = Worker(lambda: engine, name="m")
    running, waiting = worker.ask(QUESTION), worker.ask(QUESTION)
    engine.turns.release()
    assert running.next() == "a"
    engine.turns.release(2)
    worker.close()
    for writing in (running, waiting):
        with pytest.raises(LanguageModelError, match="m was closed"):
            written(writing)
    with pytest.raises(LanguageModelError, match="m was closed"):
        worker.ask(QUESTION)
    assert engine.closed.is_set()
    worker.close()


def test_a_worker_that_nobody_holds_lets_go_of_its_engine() -> None:
    engine = Slow()
    worker = Worker(lambda: engine, name="m")
    assert worker.engine() is engine
    del worker
    gc.collect()
    assert engine.closed.wait(PATIENCE)
