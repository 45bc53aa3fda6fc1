"""When two questions are the same question, and when the articles say the same to it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from articleqa import __version__, grounding
from articleqa.assistant.requests import Request
from articleqa.settings import Settings
from articleqa.types import Citation, Encoder, Passage, Turn

# All other settings may change an answer; one that is new does until it is listed here.
_CHANGES_NO_ANSWER = frozenset(
    "index host port threads watch watch_interval feeds feed_interval answer_cache llm_key llm_timeout "
    "max_source_bytes max_question_characters fetch_timeout allowed_hosts busy_timeout".split()
)


def key_of(asked: Request, settings: Settings, encoder: Encoder, *, given: str) -> bytes:
    """What is the same only for the same question, asked in the same way of a program that would answer it alike.

    ``given`` stands for the objects that the program was given by its caller. Nothing can be read from the key.
    """
    return _digest(
        {
            "version": __version__,
            "prompt": _prompt().hex(),
            "question": asked.question.strip(),
            "history": [[turn.role, turn.text] for turn in asked.history],
            "filters": None if asked.filters is None else asdict(asked.filters),
            "day": _day(asked),
            "settings": settings.model_dump(mode="json", exclude=set(_CHANGES_NO_ANSWER)),
            "model": _files(settings.llm),
            "encoder": [encoder.name, encoder.revision],
            "given": given,
        }
    )


def found_of(passages: Sequence[Passage], quotes: Sequence[Citation]) -> bytes:
    """What is the same only where the same passages are found and the same quotes made of them.

    Scores are left out: they change with the size of the library.
    """
    return _digest([[{**asdict(passage), "score": 0} for passage in passages], [asdict(quote) for quote in quotes]])


def _day(asked: Request) -> str | None:
    """The day of the question where that matters: it was given, or the question is about a time."""
    if asked.asked_on is not None:
        return asked.asked_on.isoformat()
    today = datetime.now().astimezone().date()
    about = grounding.overview_question(asked.question, today=today)
    timely = grounding.asked_period(asked.question, today=today) or (about is not None and about.period)
    return today.isoformat() if timely else None


def _files(llm: str) -> list[list[Any]]:
    """What tells the files of a model in the process from others that were put in their place."""
    kind, _, name = llm.partition(":")
    if kind not in ("gguf", "openvino"):
        return []
    path = Path(name.strip()).expanduser()
    try:
        files = sorted(path.iterdir()) if path.is_dir() else [path]
        return [[file.name, file.stat().st_size, file.stat().st_mtime_ns] for file in files]
    except OSError:
        return []


@cache
def _prompt() -> bytes:
    """What tells this version of the prompt from others: an example of it."""
    turns = (Turn("user", "Before?"), Turn("assistant", "Before. [1]"))
    evidence = [("A title", "A quote."), ("A title", "Another."), ("Another title", "A third.")]
    day = datetime(2000, 1, 1).date()  # noqa: DTZ001 - a day has no zone
    return _digest(grounding.compose_messages("A question?", evidence, history=turns, asked_on=day))


def _digest(content: object) -> bytes:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).digest()
