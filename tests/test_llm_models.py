from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from llama_index.core.llms import (
    CompletionResponse,
    CustomLLM,
    LLMMetadata,
    MockLLM,
)
from llama_index.core.llms.callbacks import llm_completion_callback
from pydantic import PrivateAttr

import language_model
from articleqa.llm import check, complete_text, stream_text
from articleqa.llm.visible import VisibleText
from articleqa.types import LanguageModelError
from asking import PATIENCE, QUESTION, failure, fetching_threads, opened
from endpoints import misbehaving_endpoint


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    for thread in fetching_threads():
        thread.join(PATIENCE)
    assert fetching_threads() == []


# Any LlamaIndex model


class Scripted(CustomLLM):
    """A completion-only model whose responses a test makes."""

    _responses: Any = PrivateAttr()

    def __init__(self, responses: Any) -> None:
        super().__init__()
        self._responses = responses

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata()

    @property
    def api_key(self) -> str:
        return "key-of-the-server"

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        return CompletionResponse(text="whole")

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> Any:
        return self._responses()


def test_mock_models_work() -> None:
    assert complete_text(MockLLM(max_tokens=3), QUESTION, timeout=PATIENCE) == "text text text"
    assert complete_text(MockLLM(max_tokens=3, is_chat_model=True), QUESTION, timeout=PATIENCE) == "text text text"
    assert "user: Is it so?" in complete_text(MockLLM(), QUESTION, timeout=PATIENCE)
    assert check(MockLLM(max_tokens=1)) is None


def test_a_completion_only_endpoint_gets_a_prompt() -> None:
    with misbehaving_endpoint("answers", text="It is so.") as endpoint:
        llm = opened(endpoint.spec)
        completion_only = llm.model_copy(update={"is_chat_model": False})
        assert complete_text(completion_only, QUESTION, timeout=PATIENCE) == "It is so."
    assert "Is it so?" in endpoint.requests[0]["prompt"]


def test_growing_texts_without_deltas_are_cut_into_deltas() -> None:
    llm = Scripted(lambda: (CompletionResponse(text=text) for text in ("It", "It is", "It is so.")))
    assert list(stream_text(llm, QUESTION, timeout=PATIENCE)) == ["It", " is", " so."]


def test_a_model_that_cannot_stream_is_asked_for_the_whole() -> None:
    def responses() -> Iterator[CompletionResponse]:
        raise NotImplementedError

    assert list(stream_text(Scripted(responses), QUESTION, timeout=PATIENCE)) == ["whole"]


def test_a_model_that_blocks_is_given_up() -> None:
    released = threading.Event()

    def responses() -> Iterator[CompletionResponse]:
        yield CompletionResponse(text="", delta="It")
        released.wait()

    try:
        deltas, line = failure(Scripted(responses), timeout=1.0)
    finally:
        released.set()
    assert deltas == ["It"]
    assert line.startswith("The language model Scripted wrote nothing for 1 s")


def test_empty_responses_are_no_sign_of_life() -> None:
    released = threading.Event()

    def responses() -> Iterator[CompletionResponse]:
        while not released.wait(0.02):
            yield CompletionResponse(text="", delta="")

    try:
        _, line = failure(Scripted(responses), timeout=0.5)
    finally:
        released.set()
    assert "wrote nothing for 0.5 s" in line


def test_reasoning_is_a_sign_of_life_but_no_answer() -> None:
    thinking = CompletionResponse(text="", delta="", additional_kwargs={"thinking_delta": "hm"})
    _, line = failure(Scripted(lambda: (thinking for _ in range(3))))
    assert "wrote its reasoning but no answer" in line
    answer = CompletionResponse(text="So.", delta="So.")
    assert complete_text(Scripted(lambda: (each for each in (thinking, answer))), QUESTION, timeout=PATIENCE) == "So."


def test_whatever_a_model_raises_is_one_line() -> None:
    def responses() -> Iterator[CompletionResponse]:
        yield CompletionResponse(text="", delta="It")
        raise ZeroDivisionError("division\nby " + "zero " * 100)

    deltas, line = failure(Scripted(responses))
    assert deltas == ["It"]
    assert "failed (ZeroDivisionError: division by zero" in line
    assert len(line) < 400


def test_an_error_of_ours_passes_unchanged() -> None:
    def responses() -> Iterator[CompletionResponse]:
        yield CompletionResponse(text="", delta="It")
        raise LanguageModelError("the weights are damaged: fetch them again")

    assert failure(Scripted(responses)) == (["It"], "the weights are damaged: fetch them again")


def test_a_slow_reader_does_not_count_as_a_stall() -> None:
    llm = Scripted(lambda: (CompletionResponse(text="", delta=f"{number} ") for number in range(300)))
    deltas = stream_text(llm, QUESTION, timeout=0.5)
    first = next(deltas)
    time.sleep(1.0)
    assert [first, *deltas] == [f"{number} " for number in range(300)]


def test_an_echoed_key_is_taken_out_of_the_line() -> None:
    def responses() -> Iterator[CompletionResponse]:
        yield CompletionResponse(text="", delta="It")
        raise ValueError("cannot use key-of-the-server")

    _, line = failure(Scripted(responses))
    assert "cannot use …" in line


# What a person may see


def shown(*deltas: str) -> str:
    visible = VisibleText()
    return "".join([*map(visible.feed, deltas), visible.finish()])


@pytest.mark.parametrize(
    ("deltas", "text"),
    [
        (["<think>hm</think>", "\n\n", "It is so."], "It is so."),
        (["<th", "ink>h", "m</thi", "nk>So."], "So."),
        (["a <think>b</think> c"], "a  c"),
        (["a <b and c <thi"], "a <b and c <thi"),
        (["<think>never ends"], ""),
        (["  \n "], ""),
        (["So\x00 be \ud83d", "it"], "So\ufffd be \ufffdit"),
    ],
)
def test_reasoning_and_what_cannot_be_encoded_are_hidden(deltas: list[str], text: str) -> None:
    assert shown(*deltas) == text


_TEXTS = st.lists(
    st.sampled_from(["<think>", "</think>", "<", "</", "<thi", "nk>", "think", " ", "\n", "so"]) | st.text(max_size=3),
    max_size=12,
)


@given(_TEXTS)
def test_where_the_deltas_are_cut_makes_no_difference(pieces: list[str]) -> None:
    text = "".join(pieces)
    expected = re.sub("[\x00\ud800-\udfff]", "\ufffd", re.sub(r"(?s)<think>.*?(</think>|\Z)", "", text)).lstrip()
    assert shown(*pieces) == shown(*text) == shown(text) == expected


# A real model


@contextmanager
def real_model() -> Iterator[language_model.ServedModel]:
    reason = language_model.missing()
    if reason is not None:
        pytest.skip(reason)
    with language_model.served_language_model() as served:
        yield served


@pytest.fixture(scope="module")
def served() -> Iterator[language_model.ServedModel]:
    with real_model() as model:
        yield model


@pytest.mark.llm
def test_a_real_model_streams(served: language_model.ServedModel) -> None:
    llm = opened(served.spec, key=served.key).model_copy(update={"max_tokens": 12})
    deltas = list(stream_text(llm, [("user", "Name three colours.")], timeout=120))
    assert 3 < len(deltas) <= 12
    assert "".join(deltas).strip()
    assert check(llm, timeout=120) is None


@pytest.mark.llm
def test_a_real_model_is_free_again_after_a_cancel(served: language_model.ServedModel) -> None:
    llm = opened(served.spec, key=served.key)
    with closing(stream_text(llm, [("user", "Write a very long story about a lighthouse.")], timeout=120)) as deltas:
        next(deltas)
    short = llm.model_copy(update={"max_tokens": 4})
    assert complete_text(short, [("user", "Name a colour.")], timeout=120)


@pytest.mark.llm
def test_a_real_server_refuses_a_wrong_key(served: language_model.ServedModel) -> None:
    _, line = failure(opened(served.spec, key="wrong"))
    assert "refuses the key (401): set ARTICLEQA_LLM_KEY" in line


@pytest.mark.llm
def test_a_real_server_refuses_a_prompt_that_is_too_long(served: language_model.ServedModel) -> None:
    llm = opened(served.spec, key=served.key)
    with pytest.raises(LanguageModelError, match=r"refuses the request \(400: .*lower the setting llm_context"):
        complete_text(llm, [("user", "word " * 6000)], timeout=120)
