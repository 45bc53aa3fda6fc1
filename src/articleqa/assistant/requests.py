"""A question as it is asked: what belongs to it, checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from articleqa.retrieval import readable
from articleqa.types import Filters, InvalidInput, Turn

History = Sequence[Turn | Mapping[str, str]]

_TURN = 'a turn is {"role": "user" or "assistant", "text": "…"}'


@dataclass(frozen=True, slots=True)
class Request:
    """One question with what belongs to it."""

    question: str
    history: tuple[Turn, ...] = ()
    asked_on: date | None = None
    filters: Filters | None = None


def request(
    question: str,
    *,
    history: History = (),
    asked_on: date | None = None,
    filters: Filters | None = None,
    longest: int,
) -> Request:
    """Check and gather what a caller asks.

    Raises:
        InvalidInput: if the question is empty or longer than ``longest``, or the history or the day is malformed.
    """
    question = readable(question) if isinstance(question, str) else ""
    if not question.strip():
        raise InvalidInput("the question is empty: write what you want to know")
    if len(question) > longest:
        raise InvalidInput(f"the question has {len(question)} characters; at most {longest} are read")
    if isinstance(asked_on, datetime):
        asked_on = asked_on.date()
    if asked_on is not None and not isinstance(asked_on, date):
        raise InvalidInput(f"asked_on={asked_on!r} is not a day: give a datetime.date")
    if isinstance(history, str | Mapping) or not isinstance(history, Iterable):
        raise InvalidInput(f"the history is a list of turns; {_TURN}")
    return Request(question, tuple(_turn(entry) for entry in history), asked_on, filters)


def _turn(entry: Turn | Mapping[str, str]) -> Turn:
    try:
        role, text = (entry.role, entry.text) if isinstance(entry, Turn) else (entry["role"], entry["text"])
    except (KeyError, TypeError) as error:
        raise InvalidInput(f"the history cannot be read: {_TURN}") from error
    if role not in ("user", "assistant") or not isinstance(text, str):
        raise InvalidInput(f"the history has the role {role!r} or a text that is none: {_TURN}")
    return Turn(role, readable(text))
