"""The text of an answer, as a model writes it.

The model runs in a thread of its own, so that a silent one is given up in time whatever its code does, and so that a
reader who goes away ends the request at once.
"""

from __future__ import annotations

import atexit
import queue
import socket
import threading
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, TypeAlias

from articleqa.llm.failures import broken_off, empty, explain, named, silent
from articleqa.llm.visible import VisibleText
from articleqa.types import InvalidInput, LanguageModelError

if TYPE_CHECKING:
    import httpx
    from llama_index.core.llms import LLM, ChatResponse, CompletionResponse

Message: TypeAlias = tuple[str, str]

LONGEST_SILENCE = 86_400.0  # seconds: sockets and locks refuse an endless timeout

_EXIT_SECONDS = 2.0
_MOST_CHARACTERS = 100_000  # a server that ignores max_tokens can repeat itself for ever
_QUEUED_DELTAS = 64
_ROLES = ("system", "user", "assistant")


def stream_text(llm: LLM, messages: Sequence[Message], *, timeout: float) -> Generator[str, None, None]:
    """The model's answer to ``messages``, pairs of role (system, user, assistant) and text, as it is written.

    The deltas are never empty, together more than white space, and free of ``<think>`` blocks. The request begins with
    the first delta that is asked for; closing the iterator closes the connection.

    Raises:
        InvalidInput: if there is no message, a role is unknown, or ``timeout`` is not positive.
        LanguageModelError: while iterating, if the model is unreachable, refuses, writes nothing for ``timeout``
            seconds, sends what cannot be read, breaks off, or ends without an answer.
    """
    if not messages:
        raise InvalidInput("no message for the language model: give at least one")
    for role, _ in messages:
        if role not in _ROLES:
            raise InvalidInput(f"unknown role {role!r}: use one of {', '.join(_ROLES)}")
    if not timeout > 0:
        raise InvalidInput(f"timeout={timeout} must be more than 0 seconds")
    return _stream(llm, tuple(messages), min(timeout, LONGEST_SILENCE))


def complete_text(llm: LLM, messages: Sequence[Message], *, timeout: float) -> str:
    """The whole answer of :func:`stream_text`, with its errors; ``timeout`` is still that of silence."""
    return "".join(stream_text(llm, messages, timeout=timeout))


def check(llm: LLM, *, timeout: float = 5.0) -> str | None:
    """None when the model writes something within ``timeout`` seconds, else one line that says what is wrong."""
    try:
        with closing(stream_text(llm, [("user", "Answer with one word: ready?")], timeout=timeout)) as deltas:
            next(deltas)
    except LanguageModelError as error:
        return str(error)
    return None


class Call:
    """What the reader of an answer and the thread that fetches it share."""

    def __init__(self, timeout: float) -> None:
        self.timeout = timeout
        self._items: queue.Queue[str | Exception | None] = queue.Queue(_QUEUED_DELTAS)
        self._lock = threading.Lock()
        self._responses: list[httpx.Response] = []
        self._sockets: list[socket.socket] = []
        self._when_stopped: list[Callable[[], None]] = []
        self._stopped = False

    @property
    def stopped(self) -> bool:
        """Whether the reader has gone."""
        return self._stopped

    def put(self, item: str | Exception | None) -> bool:
        """Hand a delta, a failure or the end (None) over; False when nobody reads any more."""
        while not self._stopped:
            with suppress(queue.Full):
                self._items.put(item, timeout=0.1)
                return True
        return False

    def get(self) -> str | Exception | None:
        """What came next; ``queue.Empty`` after the timeout."""
        return self._items.get(timeout=self.timeout)

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        """Remember the sockets of the request (httpx's ``trace`` extension)."""
        if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            return
        connection = info["return_value"].get_extra_info("socket")
        if isinstance(connection, socket.socket):
            with self._lock:
                self._sockets.append(connection)
                if self._stopped:
                    _shut_down(connection)

    def answered(self, response: httpx.Response) -> None:
        """Remember a response, from the thread that fetches."""
        self._responses.append(response)

    def when_stopped(self, callback: Callable[[], None]) -> None:
        """Have ``callback`` called when the reader goes, in the reader's thread; at once if it has gone."""
        with self._lock:
            if not self._stopped:
                self._when_stopped.append(callback)
                return
        callback()

    def stop(self) -> None:
        """End the request, from the reader's thread."""
        with self._lock:
            self._stopped = True
            for connection in self._sockets:
                _shut_down(connection)
            callbacks, self._when_stopped = self._when_stopped, []
        for callback in callbacks:
            callback()

    def close(self) -> None:
        """Close what is still open, from the thread that fetched.

        OpenAI's streams are cycles. One that was broken off would be closed by the garbage collector, and if that runs
        while httpx takes a connection from its pool, both want the pool's lock and no request ever ends again.
        """
        for response in self._responses:
            response.close()
        with self._lock:
            for connection in self._sockets:
                connection.close()


_running: dict[threading.Thread, Call] = {}
current_call: ContextVar[Call | None] = ContextVar("articleqa_llm_call", default=None)


def _shut_down(connection: socket.socket) -> None:
    # Closing would not wake the thread that reads; an SSLSocket's own method would meddle with the reader's state.
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _stream(llm: LLM, messages: Sequence[Message], timeout: float) -> Generator[str, None, None]:
    call = Call(timeout)
    visible = VisibleText()
    received = 0
    thread = threading.Thread(target=_fetch, args=(call, llm, messages), name="articleqa-llm", daemon=True)
    _running[thread] = call
    thread.start()
    try:
        while True:
            try:
                item = call.get()
            except queue.Empty:
                raise LanguageModelError(silent(llm, timeout)) from None
            if isinstance(item, LanguageModelError):
                raise item
            if isinstance(item, Exception):
                raise LanguageModelError(explain(item, llm, timeout, begun=received > 0)) from item
            text = visible.finish() if item is None else visible.feed(item)
            if text:
                yield text
            if item is None:
                break
            received += len(item) or 1
            if received > _MOST_CHARACTERS:
                raise LanguageModelError(f"{named(llm)} does not stop writing: choose another model in the setting llm")
    finally:
        call.stop()
    if not visible.begun:
        if received:
            raise LanguageModelError(f"{named(llm)} wrote its reasoning but no answer: choose one that reasons less")
        raise LanguageModelError(empty(llm))


def _fetch(call: Call, llm: LLM, messages: Sequence[Message]) -> None:
    current_call.set(call)
    try:
        with closing(_deltas(llm, messages)) as deltas:
            for delta in deltas:
                if not call.put(delta):
                    return
        call.put(None)
    except Exception as error:  # noqa: BLE001 - whatever a model's code raises, the reader gets to see it
        call.put(error)
    finally:
        call.close()
        _running.pop(threading.current_thread(), None)


@atexit.register
def _end_what_runs() -> None:
    # A daemon thread that the interpreter kills inside native code (pydantic's, a model's) can abort the process.
    deadline = time.monotonic() + _EXIT_SECONDS
    for call in list(_running.values()):
        call.stop()
    for thread in list(_running):
        thread.join(max(0.0, deadline - time.monotonic()))


def _deltas(llm: LLM, messages: Sequence[Message]) -> Generator[str, None, None]:
    """What the model writes. An empty delta is reasoning: a sign of life, while an empty response is none."""
    seen = ""
    finished: bool | None = None
    try:
        with closing(_ask(llm, messages, stream=True)) as responses:
            for response in responses:
                delta = response.delta if response.delta is not None else _text(response).removeprefix(seen)
                seen += delta
                if delta or response.additional_kwargs.get("thinking_delta"):
                    yield delta
                for choice in getattr(response.raw, "choices", None) or ():
                    finished = bool(finished or getattr(choice, "finish_reason", True))
    except NotImplementedError:  # not every integration streams
        if seen:
            raise
        yield from map(_text, _ask(llm, messages, stream=False))
    if seen and finished is False:
        raise LanguageModelError(broken_off(llm))


def _ask(
    llm: LLM, messages: Sequence[Message], *, stream: bool
) -> Generator[ChatResponse | CompletionResponse, None, None]:
    from llama_index.core.base.llms.generic_utils import messages_to_prompt
    from llama_index.core.llms import ChatMessage, MessageRole

    chat = [ChatMessage(role=MessageRole(role), content=text) for role, text in messages]
    if llm.metadata.is_chat_model:
        yield from llm.stream_chat(chat) if stream else [llm.chat(chat)]
    else:
        prompt = (llm.messages_to_prompt or messages_to_prompt)(chat)
        yield from llm.stream_complete(prompt, formatted=True) if stream else [llm.complete(prompt, formatted=True)]


def _text(response: ChatResponse | CompletionResponse) -> str:
    from llama_index.core.llms import ChatResponse

    return response.message.content or "" if isinstance(response, ChatResponse) else response.text
