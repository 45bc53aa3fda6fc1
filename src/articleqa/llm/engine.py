"""What every language model in the process has in common: requests, what they cost, and the seam to an engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

# Whatever is sampled, is sampled with the same seed: the same question gets the same answer.
SEED = 7

# Switches off the reasoning of the models that let their template do it: on a processor it would take minutes.
TEMPLATE_OPTIONS: Mapping[str, Any] = {"enable_thinking": False}


@dataclass(frozen=True)
class Request:
    """What a model is asked: pairs of role and text, and when it stops.

    ``temperature`` 0 takes the likeliest token each time. None of ``stop`` is ever part of the answer.
    """

    messages: tuple[tuple[str, str], ...]
    max_tokens: int
    stop: tuple[str, ...] = ()
    temperature: float = 0.0


@dataclass(frozen=True)
class Usage:
    """Tokens of one answer; ``cached_tokens`` of the prompt's had been read before, and were not read again."""

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int


# Takes a piece of the answer, and says whether to go on; an empty piece only asks.
Write: TypeAlias = Callable[[str], bool]


class Engine(Protocol):
    """Loaded weights. ``generate`` is called by one thread at a time, ``count_tokens`` by any."""

    def generate(self, request: Request, write: Write) -> Usage:
        """Write the answer, asking ``write`` at least every few dozen tokens, of the prompt too, whether to go on.

        Raises:
            LanguageModelError: if the prompt is longer than the context, or the engine fails.
        """

    def count_tokens(self, text: str) -> int:
        """How many tokens ``text`` is, without those of a chat template."""

    def close(self) -> None:
        """Let go of the weights."""


def opening_of(prompt: str) -> str:
    """What belongs to the answer although the template wrote it: the mark that a reasoning model thinks."""
    return "<think>" if prompt.rstrip().endswith("<think>") else ""
