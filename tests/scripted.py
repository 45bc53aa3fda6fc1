"""A language model that says what a test wants it to say."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeAlias

from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from pydantic import PrivateAttr

Script: TypeAlias = str | Exception | Callable[[str], str]


class ScriptedModel(CustomLLM):
    """Says what it is told to, a few characters at a time, and remembers what it was asked.

    It begins after ``waits`` seconds.
    """

    waits: float = 0.0

    _script: Script = PrivateAttr()
    _prompts: list[str] = PrivateAttr(default_factory=list)

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._script = script

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="scripted")

    @property
    def prompts(self) -> list[str]:
        """What it was asked, oldest first."""
        return self._prompts

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        raise NotImplementedError

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        self._prompts.append(prompt)
        time.sleep(self.waits)
        if isinstance(self._script, Exception):
            raise self._script
        text = self._script if isinstance(self._script, str) else self._script(prompt)
        for end in range(3, len(text) + 3, 3):
            yield CompletionResponse(text=text[:end], delta=text[end - 3 : end])
