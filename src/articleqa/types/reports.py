"""How far a long task is, and what it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from articleqa.types.articles import ArticleRecord


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long task is. ``rate`` is in units of ``done`` per second; unknown figures are None.

    ``stage`` is one of ``load``, ``encode``, ``index`` and ``verify``; of an export or import ``copy`` (in bytes),
    ``verify`` and ``replace`` (in pages of the file); of a model ``fetch`` (in megabytes). ``origin`` is, at ``load``,
    the path or address of what was just read, or else its id or title.
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
    """What a rebuild, or a return to the generation before, did: the generation that answers now, and what it took.

    ``passages_encoded`` and ``seconds`` are of this run alone; ``resumed`` says that an earlier one had begun it.
    ``kept_generation`` is the one to which one can return, if any, and ``kept_bytes`` about how much of the library's
    file it takes.
    """

    generation: int
    articles: int
    passages: int
    passages_encoded: int
    seconds: float
    resumed: bool = False
    kept_generation: int | None = None
    kept_bytes: int = 0


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was exported: the file, what is in it, its size, and the SHA-256 that its last line says, too."""

    path: str
    articles: int
    passages: int
    bytes: int
    sha256: str
    seconds: float


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What was imported, and the SHA-256 of the file."""

    articles: int
    passages: int
    sha256: str
    seconds: float
