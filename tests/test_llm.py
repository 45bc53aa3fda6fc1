from __future__ import annotations

import gc
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress

import httpx
import pytest
from llama_index.core.llms import (
    ChatMessage,
    ChatResponse,
    MockLLM,
)

from articleqa.llm import check, complete_text, open_llm, stream_text
from articleqa.types import InvalidInput, LanguageModelError
from asking import PATIENCE, QUESTION, failure, fetching_threads, opened
from endpoints import MODEL, Behaviour, misbehaving_endpoint


@pytest.fixture(autouse=True)
def _no_thread_is_left() -> Iterator[None]:
    yield
    for thread in fetching_threads():
        thread.join(PATIENCE)
    assert fetching_threads() == []


# Opening


def test_none_is_no_model() -> None:
    assert open_llm("none") is None


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "gpt-4o",
        "http://localhost:11434/v1",
        "http://localhost:11434/v1#",
        "http://localhost:11434/v1# ",
        "http://#model",
        "http://localhost:port/v1#model",
        "http://[::1/v1#model",
        "http://localhost/v1?version=1#model",
        "http://local host/v1#model",
        "ftp://localhost/v1#model",
        "NONE",
    ],
)
def test_an_unknown_spec_is_refused_in_one_line(spec: str) -> None:
    with pytest.raises(InvalidInput, match="http://host:port/v1#model") as caught:
        open_llm(spec)
    assert "\n" not in str(caught.value)


def test_a_password_in_the_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(InvalidInput, match="ARTICLEQA_LLM_KEY") as caught:
        open_llm("http://me:hunter2@localhost/v1#model")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("key", ["schlüssel", "a\nb"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(InvalidInput, match="copy it again") as caught:
        open_llm("http://localhost/v1#model", key=key)
    assert key not in str(caught.value)


def test_opening_contacts_nobody() -> None:
    script = """
import socket, sys
def refuse(*arguments):
    sys.exit(f"contacted {arguments}")
socket.getaddrinfo = socket.create_connection = socket.socket.connect = refuse
from articleqa.llm import open_llm
llm = open_llm("https://models.example/v1#model", context=2048)
print(llm.model, llm.metadata.context_window, llm.metadata.is_chat_model)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "model 2048 True\n"), done.stderr


def test_importing_the_room_imports_no_framework() -> None:
    script = "import sys, articleqa.llm; print(sorted({'llama_index', 'openai', 'httpx'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "[]\n"


# Asking


def test_the_answer_is_streamed_and_the_request_is_what_was_asked() -> None:
    with misbehaving_endpoint("answers", text=["It is", " so ", "[1]."]) as endpoint:
        llm = opened(endpoint.spec)
        assert list(stream_text(llm, QUESTION, timeout=PATIENCE)) == ["It is", " so ", "[1]."]
        assert complete_text(llm, QUESTION, timeout=PATIENCE) == "It is so [1]."
    request = endpoint.requests[0]
    assert request["model"] == MODEL
    assert request["stream"] is True
    assert request["temperature"] == 0
    assert request["max_tokens"] == 256
    assert [(message["role"], message["content"]) for message in request["messages"]] == QUESTION


def test_nothing_of_the_environment_goes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, "leaked")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Custom: leaked\nAuthorization: Bearer leaked")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/leaked")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with misbehaving_endpoint("answers") as endpoint:
        complete_text(opened(endpoint.spec), QUESTION, timeout=PATIENCE)
        complete_text(opened(endpoint.spec, key=" given "), QUESTION, timeout=PATIENCE)
    without_key, with_key = endpoint.headers
    assert without_key["authorization"] == "Bearer none"
    assert with_key["authorization"] == "Bearer given"
    assert "leaked" not in repr(endpoint.headers)
    assert not [name for name in without_key if name.startswith(("x-", "openai-"))]


def test_a_model_elsewhere_is_asked_through_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with misbehaving_endpoint("answers", text="Through the proxy.") as proxy:
        monkeypatch.setenv("http_proxy", proxy.url.removesuffix("/v1"))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        answer = complete_text(opened("http://models.invalid/v1#model"), QUESTION, timeout=PATIENCE)
    assert answer == "Through the proxy."


def test_a_proxy_that_cannot_be_used_is_said_at_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "nonsense://proxy.invalid")
    with pytest.raises(LanguageModelError, match="nonsense"):
        open_llm("http://models.invalid/v1#model")


def test_a_model_may_be_given_all_the_time_of_the_world() -> None:
    with misbehaving_endpoint("answers", text="Slowly.") as endpoint:
        llm = opened(endpoint.spec, timeout=float("inf"))
        assert complete_text(llm, QUESTION, timeout=float("inf")) == "Slowly."


def test_the_global_settings_of_llama_index_stay_unset() -> None:
    from llama_index.core import Settings

    with misbehaving_endpoint("answers") as endpoint:
        complete_text(opened(endpoint.spec), QUESTION, timeout=PATIENCE)
    assert Settings._llm is None
    assert Settings._embed_model is None


@pytest.mark.parametrize(
    ("messages", "timeout"), [([], 1.0), ([("tool", "x")], 1.0), (QUESTION, 0.0), (QUESTION, float("nan"))]
)
def test_impossible_arguments_are_refused_at_once(messages: list[tuple[str, str]], timeout: float) -> None:
    with pytest.raises(InvalidInput):
        stream_text(MockLLM(), messages, timeout=timeout)


# Failures of an endpoint

_HALF = ["It", " is"]
_FAILURES: list[tuple[Behaviour, list[str], str]] = [
    (Behaviour.DOWN, [], "cannot be reached (.*refused.*): start its server"),
    (Behaviour.FAILS, [], r"failed \(500: out of memory\): look into its server's log"),
    (Behaviour.REFUSES, [], r"refuses the key \(401\): set ARTICLEQA_LLM_KEY"),
    (Behaviour.UNKNOWN_MODEL, [], r"is not there \(404: model 'scripted' not found\): .*/v1"),
    (Behaviour.TOO_LONG, [], r"refuses the request \(400: .*context size\): .*lower the setting llm_context"),
    (Behaviour.BUSY, [], r"takes no more requests now \(429: slow down\): ask again later"),
    (Behaviour.MOVED, [], r"is somewhere else \(307\): write the URL"),
    (Behaviour.GARBAGE, _HALF, "sent no answer in OpenAI's format .*: see that the URL is right"),
    (Behaviour.STRANGE, [], "sent no answer in OpenAI's format .*: see that the URL is right"),
    (Behaviour.PAGE, [], "sent no answer: see that the URL is right"),
    (Behaviour.EMPTY, [], "sent no answer: see that the URL is right"),
    (Behaviour.DIES, _HALF, "broke off in the middle of its answer: look into its server's log"),
    (Behaviour.ENDS, _HALF, "broke off in the middle of its answer: look into its server's log"),
    (Behaviour.SLAMS, [], "closed the connection: look into its server's log"),
    (Behaviour.REPORTS, _HALF, r"reports an error \(the slot was taken away\): look into its server's log"),
]


@pytest.mark.parametrize(("behaviour", "before", "line"), _FAILURES, ids=[row[0].value for row in _FAILURES])
def test_a_failure_is_one_line_that_says_what_to_do(behaviour: Behaviour, before: list[str], line: str) -> None:
    with misbehaving_endpoint(behaviour, text="It is so [1].") as endpoint:
        llm = opened(endpoint.spec, key="key-of-the-server")
        deltas, said = failure(llm)
        assert re.search(line, said), said
        assert said.startswith(f"The language model {MODEL} at {endpoint.url} ")
        assert "key-of-the-server" not in said
        # A reset may overtake the last of what was sent before it.
        assert deltas == before or (behaviour is Behaviour.DIES and deltas == before[: len(deltas)])
        assert check(llm, timeout=PATIENCE) == (None if deltas else said)


@pytest.mark.parametrize("behaviour", [Behaviour.SILENT, Behaviour.PINGS])
def test_a_model_that_does_not_begin_is_given_up_and_let_go(behaviour: Behaviour) -> None:
    with misbehaving_endpoint(behaviour) as endpoint:
        deltas, line = failure(opened(endpoint.spec), timeout=0.5)
        assert deltas == []
        assert "wrote nothing for 0.5 s: raise the setting llm_timeout" in line
        assert check(opened(endpoint.spec), timeout=0.5) == line
        assert endpoint.left.wait(PATIENCE)


def test_the_timeout_of_the_call_counts_and_not_that_of_the_opening() -> None:
    with misbehaving_endpoint("silent") as endpoint:
        _, line = failure(opened(endpoint.spec, timeout=0.1), timeout=0.7)
        assert "0.7 s" in line
        _, line = failure(opened(endpoint.spec, timeout=600), timeout=0.2)
        assert "0.2 s" in line


def test_a_stall_in_the_middle_is_noticed() -> None:
    with misbehaving_endpoint("stalls", text="It is so [1].") as endpoint:
        deltas, line = failure(opened(endpoint.spec), timeout=2.0)
        assert deltas == ["It", " is"]
        assert "wrote nothing for 2 s" in line
        assert endpoint.left.wait(PATIENCE)


def test_a_model_that_never_stops_is_stopped() -> None:
    with misbehaving_endpoint("endless", text=["again and again " * 500]) as endpoint:
        deltas, line = failure(opened(endpoint.spec))
        assert sum(map(len, deltas)) > 50_000
        assert "does not stop writing" in line
        assert endpoint.left.wait(PATIENCE)


# Going away


def test_closing_the_iterator_closes_the_connection() -> None:
    with misbehaving_endpoint("stalls") as endpoint:
        deltas = stream_text(opened(endpoint.spec), QUESTION, timeout=600)
        next(deltas)
        deltas.close()
        assert endpoint.left.wait(PATIENCE)


def test_dropping_the_iterator_closes_the_connection() -> None:
    with misbehaving_endpoint("stalls") as endpoint:
        deltas = stream_text(opened(endpoint.spec), QUESTION, timeout=600)
        next(deltas)
        del deltas
        assert endpoint.left.wait(PATIENCE)


def test_a_thread_with_a_full_queue_ends_when_the_reader_goes() -> None:
    with misbehaving_endpoint("endless", text=["more "]) as endpoint:
        deltas = stream_text(opened(endpoint.spec), QUESTION, timeout=600)
        assert next(deltas) == "more "
        assert len(fetching_threads()) == 1
        deltas.close()
        assert endpoint.left.wait(PATIENCE)


def test_closing_one_answer_leaves_the_other_alone() -> None:
    with misbehaving_endpoint("endless", text=["more "]) as endpoint:
        llm = opened(endpoint.spec)
        with (
            closing(stream_text(llm, QUESTION, timeout=PATIENCE)) as kept,
            closing(stream_text(llm, QUESTION, timeout=PATIENCE)) as dropped,
        ):
            assert (next(kept), next(dropped)) == ("more ", "more ")
            dropped.close()
            assert endpoint.left.wait(PATIENCE)
            assert [next(kept) for _ in range(200)] == ["more "] * 200


@pytest.mark.parametrize("behaviour", ["answers", "stalls", "endless", "strange", "garbage", "reports", "ends"])
def test_no_response_is_left_to_the_garbage_collector(behaviour: str) -> None:
    # Closed by the collector at the wrong moment, a response of OpenAI's client locks its pool for ever.
    gc.disable()
    try:
        with misbehaving_endpoint(behaviour) as endpoint:
            deltas = stream_text(opened(endpoint.spec), QUESTION, timeout=PATIENCE)
            with suppress(LanguageModelError):
                next(deltas)
                if behaviour not in ("answers", "stalls", "endless"):
                    list(deltas)
            deltas.close()
            for thread in fetching_threads():
                thread.join(PATIENCE)
            responses = [each for each in gc.get_objects() if type(each) is httpx.Response]
            assert [response for response in responses if not response.is_closed] == []
    finally:
        gc.enable()


def test_an_iterator_that_is_never_asked_sends_nothing() -> None:
    with misbehaving_endpoint("answers") as endpoint:
        stream_text(opened(endpoint.spec), QUESTION, timeout=PATIENCE).close()
        assert endpoint.requests == []


def test_what_still_runs_does_not_hold_the_interpreter() -> None:
    script = """
import sys, time
from llama_index.core.llms import MockLLM
from articleqa.llm import open_llm, stream_text

class Blocking(MockLLM):
    def stream_complete(self, prompt, formatted=False, **kwargs):
        yield from super().stream_complete(prompt, formatted)
        time.sleep(3600)

kept = [stream_text(llm, [("user", "?")], timeout=3600) for llm in (open_llm(sys.argv[1]), Blocking(max_tokens=1))]
print(*map(next, kept), flush=True)
"""
    with misbehaving_endpoint("stalls") as endpoint:
        command = [sys.executable, "-c", script, endpoint.spec]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert endpoint.left.wait(PATIENCE)
    assert (done.returncode, done.stdout, done.stderr) == (0, "It text\n", "")


# The endpoint itself


def test_the_endpoint_also_answers_whole() -> None:
    with misbehaving_endpoint("answers", text=lambda messages: f"You said {messages[-1]['content']}") as endpoint:
        response: ChatResponse = opened(endpoint.spec).chat([ChatMessage(role="user", content="hello")])
    assert response.message.content == "You said hello"
    assert not endpoint.requests[0].get("stream")
