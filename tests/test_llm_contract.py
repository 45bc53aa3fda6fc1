"""What every kind of language model keeps to, with real weights (SmolLM2-135M)."""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from llama_index.core.llms import LLM, ChatMessage, MessageRole

import language_model
from articleqa.llm import check, close_llm, complete_text, stream_text
from articleqa.llm.local import LocalModel
from articleqa.types import LanguageModelError
from asking import PATIENCE, opened

pytestmark = pytest.mark.llm

CONTEXT = 1024
ANSWER_TOKENS = 12
WAIT = 4 * PATIENCE
LIST = " ".join(f"Shelf {number} holds {number * 7 % 23} jars." for number in range(12))
COLOURS = [("user", "Name three colours.")]


@pytest.fixture(
    scope="module",
    params=[
        "gguf",
        "openvino",
        *(pytest.param(kind, marks=pytest.mark.slow) for kind in ("endpoint", "folder")),
    ],
)
def llm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LLM]:
    reason = language_model.missing()
    if (
        reason is None
        and request.param in ("openvino", "folder")
        and importlib.util.find_spec("openvino_genai") is None
    ):
        reason = "openvino-genai is not installed"
    if reason is not None:
        pytest.skip(reason)
    options: dict[str, Any] = {"context": CONTEXT, "threads": 1}
    if request.param == "endpoint":
        with language_model.served_language_model(**options) as served:
            yield opened(served.spec, key=served.key).model_copy(update={"max_tokens": ANSWER_TOKENS})
        return
    spec = f"{request.param}:{language_model.model_file()}"
    if request.param == "folder":
        spec = f"openvino:{language_model.openvino_folder(tmp_path_factory.mktemp('model'))}"
    model = opened(spec, **options).model_copy(update={"max_tokens": ANSWER_TOKENS})
    yield model
    close_llm(model)


@pytest.fixture
def local(llm: LLM) -> LocalModel:
    if not isinstance(llm, LocalModel):
        pytest.skip("only for models in the process")
    return llm


def test_an_answer_is_streamed(llm: LLM) -> None:
    deltas = list(stream_text(llm, COLOURS, timeout=WAIT))
    assert 3 < len(deltas) <= ANSWER_TOKENS
    assert "".join(deltas).strip()
    assert check(llm, timeout=WAIT) is None


def test_it_repeats_itself(llm: LLM) -> None:
    question = [("system", LIST), ("user", "Which shelf holds most jars?")]
    first = complete_text(llm, question, timeout=WAIT)
    complete_text(llm, [("system", LIST), ("user", "Name a shelf.")], timeout=WAIT)
    assert complete_text(llm, question, timeout=WAIT) == first


def test_a_stop_string_ends_the_answer_and_is_no_part_of_it(llm: LLM) -> None:
    messages = [ChatMessage(role=MessageRole.USER, content="Name three colours.")]
    whole = [response.delta or "" for response in llm.stream_chat(messages)]
    text = "".join(whole)
    stop = text[len(text) // 2 :][:4]
    cut = "".join(response.delta or "" for response in llm.stream_chat(messages, stop=[stop, "never written"]))
    assert cut == text[: text.index(stop)]


def test_it_is_free_again_when_a_reader_goes(llm: LLM) -> None:
    long = llm.model_copy(update={"max_tokens": 600})
    with closing(stream_text(long, [("user", "Write a very long story about a lighthouse.")], timeout=WAIT)) as deltas:
        next(deltas)
    assert complete_text(llm, COLOURS, timeout=WAIT)


def test_a_prompt_that_is_too_long_is_refused(llm: LLM) -> None:
    with pytest.raises(LanguageModelError, match="llm_context") as caught:
        complete_text(llm, [("user", "word " * 3000)], timeout=WAIT)
    assert "\n" not in str(caught.value)
    assert complete_text(llm, COLOURS, timeout=WAIT)


def test_two_callers_get_what_each_would_get_alone(llm: LLM) -> None:
    questions = [COLOURS, [("user", "Count to five.")]]
    alone = [complete_text(llm, question, timeout=WAIT) for question in questions]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda question: complete_text(llm, question, timeout=WAIT), questions))
    assert together == alone


def test_what_was_read_is_not_read_again(local: LocalModel) -> None:
    def usage(question: str) -> dict[str, int]:
        messages = [
            ChatMessage(role=MessageRole.SYSTEM, content=f"{LIST} {LIST}"),
            ChatMessage(role=MessageRole.USER, content=question),
        ]
        extra: dict[str, int] = local.chat(messages, max_tokens=2).additional_kwargs
        return extra

    usage("Which shelf holds most jars?")
    again = usage("Which one holds none?")
    assert again["prompt_tokens"] - again["cached_tokens"] <= 160
    assert again["cached_tokens"] >= 128
    assert again["completion_tokens"] == 2


def test_a_cancelled_task_ends_the_reading_of_a_prompt(local: LocalModel) -> None:
    async def cancelled() -> object:
        long = [ChatMessage(role=MessageRole.USER, content="Look: " + 5 * LIST)]
        task = asyncio.ensure_future(local.achat(long, max_tokens=100))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        answer = await local.achat([ChatMessage(role=MessageRole.USER, content="Name three colours.")])
        return answer.message.content

    assert asyncio.run(cancelled()) == complete_text(local, COLOURS, timeout=WAIT)


def test_it_says_what_it_reads(local: LocalModel) -> None:
    assert local.metadata.context_window == CONTEXT
    assert local.metadata.is_chat_model
    assert 2 <= local.count_tokens("Name three colours.") <= 8
    assert local.complete("Name three colours.").text == complete_text(local, COLOURS, timeout=WAIT)


def test_a_model_in_the_process_reads_no_more_than_it_was_trained_on() -> None:
    path = language_model.model_file()
    if path is None or language_model.missing():
        pytest.skip("the model is not installed")
    assert opened(f"gguf:{path}", context=1_000_000).metadata.context_window == 8192


def test_closing_ends_what_runs() -> None:
    if language_model.missing():
        pytest.skip("the model is not installed")
    model = opened(f"gguf:{language_model.model_file()}", context=CONTEXT, threads=1)
    begun = threading.Event()
    lines: list[str] = []

    def ask() -> None:
        try:
            for _ in stream_text(model, [("user", "Write a very long story about a lighthouse.")], timeout=WAIT):
                begun.set()
        except LanguageModelError as error:
            lines.append(str(error))

    reader = threading.Thread(target=ask)
    reader.start()
    assert begun.wait(WAIT)
    close_llm(model)
    reader.join(PATIENCE)
    assert len(lines) == 1
    assert "was closed" in lines[0]
    with pytest.raises(LanguageModelError, match="was closed"):
        complete_text(model, COLOURS, timeout=WAIT)
