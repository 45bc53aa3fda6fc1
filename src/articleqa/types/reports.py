"""How far a long task is, and what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from articleqa.types.articles import ArticleRecord


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long task is. ``rate`` is in units of ``done`` per second; unknown figures are None.

    ``stage`` is one of ``load``, ``encode``, ``index``. ``origin`` is, at ``load``, the path or address of what was
    just read, or else its id or title.
    """

    stage: str
    done: int
    total: int | None = None
    rate: float | None = None
    seconds_left: float | None = None
    origin: str | None = None


ProgressCallback: TypeAlias = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class AddReport:
    """What became of the sources that were added. ``failed`` pairs an origin with the reason, in one line."""

    added: list[ArticleRecord] = field(default_factory=list)
    updated: list[ArticleRecord] = field(default_factory=list)
    unchanged: list[ArticleRecord] = field(default_factory=list)
    copies: list[ArticleRecord] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    passages_encoded: int = 0


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What a rebuild did: the generation that answers now, and what it took."""

    generation: int
    articles: int
    passages: int
    passages_encoded: int
    seconds: float
