"""How quickly the language model reads and writes, and how much it can be shown."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from articleqa import grounding, llm
from articleqa.assistant.bench.values import Budget, Figure, Suggestion
from articleqa.assistant.quoting import MODEL_QUOTE_LENGTH, MODEL_QUOTES
from articleqa.settings import Settings
from articleqa.types import ArticleQAError, InvalidInput, Turn

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

_QUESTION = "What do these quotes say? Tell all of it, one quote after the other, in many sentences."
_WRITING_SECONDS = 4.0
_MOST_TOKENS = 96
_LEAST_TOKENS = 4
# So long a model is waited for in any case.
_LEAST_WAIT = 4.0
# A person waits no longer for the first word, whatever is to be read.
_LONGEST_WAIT = 10.0
_SMALLEST_CONTEXT = 1024
# What a program that cannot count takes for a token, when it says how quick a model is and how much it holds.
_CHARACTERS_PER_TOKEN = 4.0
_ANSWER_TOKENS = 300
_TURNS = tuple(Turn(role, "word " * 60) for role in ("user", "assistant", "user", "assistant"))


@dataclass(frozen=True, slots=True)
class _Run:
    """One answer: the tokens of the prompt that had to be read, and when what was written. Times are in seconds."""

    prompt: int
    first: float
    written: int
    writing: float


def measure_model(
    settings: Settings, open_model: Callable[[], LLM | None], texts: Sequence[str], budget: Budget
) -> tuple[list[Figure], list[Suggestion]]:
    """Tokens a second, of the prompt and of the answer, of the model in the settings."""
    try:
        model = open_model()
        if model is None:
            return [_unmeasured("there is none: answers are exact quotes")], []
        count = _counter(model) or _about
        # The first answer loads the weights, and what stands before every question is not read again.
        _ask(model, _messages(settings, texts[:1]), budget, tokens=1)
        run = _ask(model, _messages(settings, texts[-1:]), budget, tokens=_MOST_TOKENS)
        whole = _messages(settings, texts[-MODEL_QUOTES:])
        tokens = _asking(whole, count)
        first = run.first * tokens / run.prompt
        told = f"{run.prompt:,} tokens"
        if first < budget.left:
            first = _ask(model, whole, budget, tokens=1).first
            told = f"{tokens:,} tokens"
    except ArticleQAError as error:
        return [_unmeasured(str(error))], []
    if _counter(model) is None:
        told = f"about {told}"
    reading = Figure("reading", tokens / first, "tokens/s", f"a prompt of {told}, until the first word")
    if run.written >= _LEAST_TOKENS and run.writing > 0:
        writing = Figure("writing", run.written / run.writing, "tokens/s", f"{run.written} tokens")
    else:
        writing = Figure("writing", None, "tokens/s", "the language model wrote too little")
    return [reading, writing], [_first_token(settings, first), _context(settings, model, texts)]


def _first_token(settings: Settings, first: float) -> Suggestion:
    """``first`` are the seconds until the first word where all quotes are shown."""
    present = settings.llm_first_token
    shown = f"with {MODEL_QUOTES} quotes, the most that are shown, the first word comes after {first:.1f} s"
    if first <= present:
        return Suggestion("llm_first_token", present, present, shown)
    if first <= _LONGEST_WAIT:
        return Suggestion("llm_first_token", present, math.ceil(2 * first) / 2, f"{shown}; in {present:g} s come fewer")
    return Suggestion("llm_first_token", present, present, f"{shown}: choose a smaller model, or show it fewer")


def _context(settings: Settings, model: LLM, texts: Sequence[str]) -> Suggestion:
    count = _counter(model) or _about
    longest = _messages(settings, texts[-MODEL_QUOTES:], history=_TURNS, context=1_000_000)
    needed = sum(count(text) for _, text in longest) + _ANSWER_TOKENS
    # A model that was trained to read fewer tokens says so.
    suggested = min(max(_SMALLEST_CONTEXT, 2 ** math.ceil(math.log2(1.2 * needed))), model.metadata.context_window)
    told = f"instructions, quotes, a few turns and an answer take about {needed:,} tokens"
    reason = f"{told}; more takes memory and is not used" if suggested < settings.llm_context else told
    return Suggestion("llm_context", settings.llm_context, suggested, reason)


def _messages(
    settings: Settings, texts: Sequence[str], *, history: Sequence[Turn] = (), context: int | None = None
) -> list[tuple[str, str]]:
    # No model has read a text that begins with this moment: none of it is in its memory.
    evidence = [(f"Note {time.time_ns()}", text[:MODEL_QUOTE_LENGTH]) for text in texts]
    return grounding.compose_messages(
        _QUESTION, evidence, history=history, context_tokens=context or settings.llm_context
    )


def _ask(model: LLM, messages: Sequence[tuple[str, str]], budget: Budget, *, tokens: int) -> _Run:
    """One answer, as far as there is time for it.

    Raises:
        LanguageModelError: if it does not begin in time, or fails.
    """
    count = _counter(model)
    pieces: list[str] = []
    started = moment = time.perf_counter()
    first = 0.0
    with closing(llm.stream_text(model, messages, timeout=max(_LEAST_WAIT, budget.left))) as deltas:
        for delta in deltas:
            moment = time.perf_counter() - started
            first = first or moment
            pieces.append(delta)
            if len(pieces) >= tokens or moment - first > min(_WRITING_SECONDS, budget.left):
                break
    if not pieces:
        raise InvalidInput("the language model wrote nothing")
    # A server sends a piece for every token.
    written = count("".join(pieces)) - count(pieces[0]) if count else len(pieces) - 1
    return _Run(_asking(messages, count or _about), first, written, moment - first)


def _asking(messages: Sequence[tuple[str, str]], count: Callable[[str], int]) -> int:
    """Tokens of a prompt without what is the same in every one."""
    return sum(count(text) for role, text in messages if role != "system")


def _counter(model: LLM) -> Callable[[str], int] | None:
    count: Callable[[str], int] | None = getattr(model, "count_tokens", None)
    return count


def _about(text: str) -> int:
    return math.ceil(len(text) / _CHARACTERS_PER_TOKEN)


def _unmeasured(reason: str) -> Figure:
    return Figure("language model", None, "tokens/s", reason)
