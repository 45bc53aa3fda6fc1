"""What reading gives back, and the columns that records are made of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from articleqa.types import ArticleRecord


class State(StrEnum):
    """What becomes of a generation."""

    GROWING = "growing"
    """A rebuild has begun it and not finished."""
    ANSWERING = "answering"
    KEPT = "kept"
    """It answered before, and one can return to it."""
    DROPPED = "dropped"
    """It goes, a part at a time."""


@dataclass(frozen=True, slots=True)
class Generation:
    """One state of the index: what it was encoded with."""

    id: int
    fingerprint: str
    encoder: str
    dimension: int


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage and the article it is shown under, which passes the filters.

    ``also_in`` are the other articles with the identical text. ``near`` are those with a text that is nearly identical,
    each after the row of that text: whether it has this very passage is not said. ``pages`` are the offsets at which
    the article's pages begin.
    """

    id: int
    text_id: int
    start: int
    end: int
    text: str
    article: ArticleRecord
    also_in: tuple[str, ...]
    pages: tuple[int, ...]
    near: tuple[tuple[int, str], ...] = ()

    def page_of(self, offset: int) -> int | None:
        """The page, from 1, on which ``offset`` lies; None for an article without pages."""
        return (bisect_right(self.pages, offset) or 1) if self.pages else None


_FIELDS = (
    "id",
    "revision",
    "title",
    "origin",
    "url",
    "source",
    "author",
    "published",
    "language",
    "added",
    "characters",
    "passages",
)
RECORD_COLUMNS = """a.id, r.revision, r.title, a.origin, r.url, r.source, r.author, r.published, r.language, r.added,
    t.characters,
    (SELECT count(*) FROM passages p JOIN generations g ON g.id = p.generation AND g.state = 'answering'
        WHERE p.text = r.text),
    r.pages, r.text"""


def record_of(row: Sequence[Any], also_in: tuple[str, ...]) -> ArticleRecord:
    """A row of ``RECORD_COLUMNS`` as a record."""
    return ArticleRecord(**dict(zip(_FIELDS, row, strict=False)), also_in=also_in)
