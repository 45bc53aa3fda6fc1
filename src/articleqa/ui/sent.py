"""What a browser sent with an event. It may send anything, so everything is judged before it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

Sent: TypeAlias = Mapping[str, object]


def integer(sent: Sent, name: str) -> int | None:
    """The whole number under ``name``, if that is what was sent."""
    value = sent.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def text(sent: Sent, name: str, *, limit: int = 500) -> str:
    """The text under ``name``, at most ``limit`` characters of it; empty if something else was sent."""
    value = sent.get(name)
    return value.strip()[:limit] if isinstance(value, str) else ""


def texts(sent: Sent, name: str, *, limit: int = 1000) -> tuple[str, ...]:
    """The texts in the list under ``name`` that are not blank, at most ``limit`` of them."""
    value = sent.get(name)
    entries = value[:limit] if isinstance(value, list) else []
    return tuple(entry for entry in entries if isinstance(entry, str) and entry.strip())


def within(sent: Sent, name: str) -> Sent:
    """The mapping under ``name``; empty if something else was sent."""
    value = sent.get(name)
    return value if isinstance(value, Mapping) else {}
