"""A language model in the process as a LlamaIndex ``LLM``."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

from llama_index.core.base.llms.generic_utils import (
    achat_to_completion_decorator,
    astream_chat_to_completion_decorator,
    chat_to_completion_decorator,
    stream_chat_to_completion_decorator,
)
from llama_index.core.llms import (
    LLM,
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from pydantic import Field, PrivateAttr

from articleqa.llm.engine import Engine, Request, Usage
from articleqa.llm.stream import current_call
from articleqa.llm.worker import Worker, Writing


class LocalModel(LLM):
    """Runs in this process; its copies share the weights. Thread-safe: requests are answered one after the other.

    The weights are loaded by the first request. ``context_window`` is in tokens, prompt and answer together. Keyword
    arguments of a request: ``max_tokens``, ``stop``, ``temperature``. The last response of an answer says in
    ``additional_kwargs`` how many tokens it took (``prompt_tokens``, ``cached_tokens``, ``completion_tokens``).
    """

    model: str = Field(description="the name to show")
    context_window: int = Field(gt=0)
    max_tokens: int = Field(default=256, gt=0)
    temperature: float = Field(default=0.0, ge=0)
    stop: tuple[str, ...] = ()

    _worker: Worker = PrivateAttr()

    def __init__(self, load: Callable[[], Engine], **fields: Any) -> None:
        super().__init__(**fields)
        self._worker = Worker(load, name=self.model)

    @classmethod
    def class_name(cls) -> str:
        """The name that LlamaIndex stores."""
        return "articleqa_local_model"

    @property
    def metadata(self) -> LLMMetadata:
        """What LlamaIndex wants to know of a model."""
        return LLMMetadata(
            context_window=self.context_window,
            num_output=self.max_tokens,
            is_chat_model=True,
            model_name=self.model,
        )

    @property
    def loading(self) -> bool:
        """Whether the weights are being loaded now."""
        return self._worker.loading

    def count_tokens(self, text: str) -> int:
        """How many tokens ``text`` is; the weights are loaded if need be.

        Raises:
            LanguageModelError: if they cannot be loaded.
        """
        return self._worker.engine().count_tokens(text)

    def close(self) -> None:
        """Let go of the weights; whoever still waits for an answer gets an error."""
        self._worker.close()

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """The whole answer."""
        response = ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=""))
        for response in self._stream(messages, kwargs):  # noqa: B007 - the last one is the whole
            pass
        return response

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """The answer as it is written. Closing the generator ends it."""
        return self._stream(messages, kwargs)

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """The whole answer; the event loop is free meanwhile, and cancelling the task ends it."""
        response = ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=""))
        async for response in self._astream(messages, kwargs):  # noqa: B007 - the last one is the whole
            pass
        return response

    @llm_chat_callback()
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """The answer as it is written; cancelling the task ends it."""
        return self._astream(messages, kwargs)

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:  # noqa: ARG002
        """The answer to ``prompt`` as a person's message."""
        return chat_to_completion_decorator(self.chat)(prompt, **kwargs)

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:  # noqa: ARG002
        """The answer to ``prompt`` as a person's message, as it is written."""
        return stream_chat_to_completion_decorator(self.stream_chat)(prompt, **kwargs)

    @llm_completion_callback()
    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:  # noqa: ARG002
        """The answer to ``prompt`` as a person's message."""
        return await achat_to_completion_decorator(self.achat)(prompt, **kwargs)

    @llm_completion_callback()
    async def astream_complete(
        self,
        prompt: str,
        formatted: bool = False,  # noqa: ARG002
        **kwargs: Any,
    ) -> CompletionResponseAsyncGen:
        """The answer to ``prompt`` as a person's message, as it is written."""
        return await astream_chat_to_completion_decorator(self.astream_chat)(prompt, **kwargs)

    def _ask(self, messages: Sequence[ChatMessage], kwargs: dict[str, Any]) -> Writing:
        stop = kwargs.get("stop", self.stop) or ()
        request = Request(
            tuple((message.role.value, message.content or "") for message in messages),
            max_tokens=int(kwargs.get("max_tokens") or self.max_tokens),
            stop=(stop,) if isinstance(stop, str) else tuple(stop),
            temperature=float(kwargs.get("temperature", self.temperature)),
        )
        writing = self._worker.ask(request)
        call = current_call.get()
        if call is not None:
            call.when_stopped(writing.cancel)
        return writing

    # The request begins with the first response that is asked for: a generator that nobody starts costs nothing.

    def _stream(self, messages: Sequence[ChatMessage], kwargs: dict[str, Any]) -> ChatResponseGen:
        answer = _Answer()
        writing = self._ask(messages, kwargs)
        try:
            while (item := writing.next()) is not None:
                yield answer.response(item)
                if isinstance(item, Usage):
                    return
        finally:
            writing.cancel()

    async def _astream(self, messages: Sequence[ChatMessage], kwargs: dict[str, Any]) -> ChatResponseAsyncGen:
        answer = _Answer()
        writing = self._ask(messages, kwargs)
        try:
            while (item := await asyncio.to_thread(writing.next)) is not None:
                yield answer.response(item)
                if isinstance(item, Usage):
                    return
        finally:
            writing.cancel()


class _Answer:
    """What is written so far."""

    def __init__(self) -> None:
        self._text = ""

    def response(self, item: str | Usage) -> ChatResponse:
        """The next response."""
        usage = dataclasses.asdict(item) if isinstance(item, Usage) else {}
        delta = item if isinstance(item, str) else ""
        self._text += delta
        return ChatResponse(
            message=ChatMessage(role=MessageRole.ASSISTANT, content=self._text), delta=delta, additional_kwargs=usage
        )
