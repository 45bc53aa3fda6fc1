from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from articleqa import Answer, Assistant, InvalidInput, Settings
from articleqa.types import (
    Encoder,
    Event,
    Quotes,
    Retrieved,
    Token,
)
from articles import ARTICLES
from endpoints import Behaviour, misbehaving_endpoint


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Assistant]:
    """All the articles, for tests that change nothing."""
    with Assistant.open(Settings(index=tmp_path_factory.mktemp("index")), encoder=encoder) as opened:
        opened.add(*ARTICLES)
        yield opened


def test_async_callers_get_the_same(library: Assistant) -> None:
    question = "What do the repairs of the breakwater cost?"

    async def both() -> tuple[Answer, list[Event]]:
        return await library.aask(question), [event async for event in library.astream(question)]

    answer, events = asyncio.run(both())
    expected = library.ask(question)
    assert replace(answer, timings={}) == replace(expected, timings={})
    assert [type(event) for event in events[:2]] == [Retrieved, Quotes]
    assert isinstance(events[-1], Answer)
    assert replace(events[-1], timings={}) == replace(expected, timings={})


@pytest.mark.parametrize("question", ["", "x" * 4001])
def test_async_callers_get_the_same_errors(library: Assistant, question: str) -> None:
    async def stream() -> list[Event]:
        return [event async for event in library.astream(question)]

    with pytest.raises(InvalidInput):
        asyncio.run(library.aask(question))
    with pytest.raises(InvalidInput):
        asyncio.run(stream())


async def until_token(library: Assistant, left: threading.Event) -> None:
    """Follow an answer to its first token and then leave."""
    events = library.astream("Who is Petra Solvang?")
    async for event in events:
        if isinstance(event, Token):
            break
    await events.aclose()  # type: ignore[attr-defined]
    assert await asyncio.to_thread(left.wait, 30)


async def until_cancelled(library: Assistant, asked: threading.Event, left: threading.Event) -> None:
    """Follow an answer and be cancelled while the language model is silent."""

    async def follow() -> None:
        async for _ in library.astream("Who is Petra Solvang?"):
            pass

    task = asyncio.create_task(follow())
    assert await asyncio.to_thread(asked.wait, 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(left.wait, 30)


def test_an_async_caller_may_leave_in_the_middle(library: Assistant, encoder: Encoder) -> None:
    def opened(spec: str, timeout: float) -> Assistant:
        settings = library.settings.model_copy(update={"llm": spec, "llm_timeout": timeout})
        return Assistant.open(settings, encoder=encoder)

    with misbehaving_endpoint(Behaviour.ENDLESS, text=["word "]) as endpoint, opened(endpoint.spec, 30) as writing:
        asyncio.run(until_token(writing, endpoint.left))
    with misbehaving_endpoint(Behaviour.SILENT) as endpoint, opened(endpoint.spec, 1) as silent:
        asyncio.run(until_cancelled(silent, endpoint.asked, endpoint.left))
