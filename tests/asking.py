"""What the tests of language models share."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from llama_index.core.llms import LLM

from articleqa.llm import open_llm, stream_text
from articleqa.types import LanguageModelError

QUESTION = [("system", "Answer in one sentence."), ("user", "Is it so?")]
PATIENCE = 30.0  # seconds: a bound for what must happen soon, on a busy machine


def opened(spec: str, **options: Any) -> LLM:
    llm = open_llm(spec, **options)
    assert llm is not None
    return llm


def failure(llm: LLM, *, timeout: float = PATIENCE) -> tuple[list[str], str]:
    """The deltas before the failure, and its line."""
    deltas: list[str] = []
    with pytest.raises(LanguageModelError) as caught:
        deltas.extend(stream_text(llm, QUESTION, timeout=timeout))  # extend keeps what came before the failure
    line = str(caught.value)
    assert "\n" not in line
    return deltas, line


def fetching_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "articleqa-llm"]
