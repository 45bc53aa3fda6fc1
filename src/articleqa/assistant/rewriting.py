"""A follow-up in words of its own, by the language model."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from articleqa import grounding, llm
from articleqa.library import STOP_STEMS, stems
from articleqa.types import InvalidInput, LanguageModelError, Turn

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

# The reader waits for nothing else meanwhile.
SECONDS = 5.0


def rewritten(
    language_model: Callable[[], LLM | None], question: str, history: Sequence[Turn], timeout: float
) -> str | None:
    """``question`` so that it stands alone; None without a model, or where what it writes does not hold.

    ``timeout`` is that of silence, in seconds; after ``SECONDS`` it is given up in any case. A model that fails is
    passed over: what is asked of it next says so.
    """
    messages = grounding.rewrite_messages(question, history)
    written = ""
    try:
        model = language_model() if messages else None
        if model is None:
            return None
        until = time.monotonic() + SECONDS
        with closing(llm.stream_text(model, messages, timeout=min(timeout, SECONDS))) as deltas:
            for delta in deltas:
                written += delta
                if "\n" in written.strip() or len(written) > grounding.LONGEST_REWRITE or time.monotonic() > until:
                    break
    except (LanguageModelError, InvalidInput):
        return None
    return grounding.faithful_rewrite(written, question, history, _content)


def _content(text: str) -> frozenset[str]:
    return frozenset(stems(text)) - STOP_STEMS
