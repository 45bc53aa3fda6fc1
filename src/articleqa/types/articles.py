"""Articles, what is known of them, and which of them are meant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from articleqa.types.dates import utc_date
from articleqa.types.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Article:
    """One article, whole.

    ``origin`` is its identity: the canonical path or URL that it came from; ``id`` is derived from it unless given,
    and a given id is kept and is the identity. ``url`` is where a person can read it. ``source`` is the outlet: a
    filter, never an identity. ``text`` is verbatim. ``pages`` holds the offset at which each page begins (PDF), else
    nothing. ``revision`` is set by the library, which gives it back to an article that was removed and is added again.
    """

    title: str
    text: str
    id: str | None = None
    origin: str | None = None
    url: str | None = None
    source: str | None = None
    author: str | None = None
    published: str | None = None
    language: str | None = None
    pages: tuple[int, ...] = ()
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """What the library knows of an article, without its text.

    ``characters`` and ``passages`` are counts of the current revision; ``added`` is when this revision came in;
    ``also_in`` are the ids of other articles with the same text: first those where it is identical, then those where it
    is nearly so (another byline, a paragraph less, a few other words), each in the order in which they came.
    """

    id: str
    revision: int
    title: str
    origin: str
    url: str | None
    source: str | None
    author: str | None
    published: str | None
    language: str | None
    added: str
    characters: int
    passages: int
    also_in: tuple[str, ...] = ()


class Order(StrEnum):
    """How articles are listed.

    Those without a date or a source come last, ascending and descending. Titles and sources go by their letters,
    whatever their case. Ties stand as the articles came; ``CHANGED`` counts seconds, and of two within one second the
    article that came later is the later.
    """

    ARRIVAL = "arrival"
    """As they first came."""
    CHANGED = "changed"
    """When the current revision came in."""
    PUBLISHED = "published"
    SOURCE = "source"
    TITLE = "title"


@dataclass(frozen=True, slots=True)
class SourceCount:
    """One outlet: how many articles name it, and their first and last date, None where none of them has a date."""

    name: str
    articles: int
    earliest: str | None
    latest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which articles may answer. Dates are inclusive.

    ``undated`` says whether an article without a date passes a date filter. ``article_ids=()`` lets nothing pass.

    Raises:
        InvalidInput: if a date cannot be read, or ``after`` is later than ``before``.
    """

    source: str | tuple[str, ...] | None = None
    after: str | date | None = None
    before: str | date | None = None
    article_ids: str | tuple[str, ...] | None = None
    undated: bool = True

    def __post_init__(self) -> None:
        for name in ("after", "before"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, utc_date(value))
        if self.after is not None and self.before is not None and str(self.after)[:10] > str(self.before)[:10]:
            raise InvalidInput(f"after={self.after} is later than before={self.before}: no article can be both")
        if self.source is not None and not isinstance(self.source, str):
            object.__setattr__(self, "source", tuple(self.source))
        if self.article_ids is not None:
            ids = (self.article_ids,) if isinstance(self.article_ids, str) else tuple(self.article_ids)
            object.__setattr__(self, "article_ids", ids)

    @property
    def sources(self) -> tuple[str, ...] | None:
        """The outlets that pass, or None for all."""
        return (self.source,) if isinstance(self.source, str) else self.source

    def __bool__(self) -> bool:
        return any(value is not None for value in (self.source, self.after, self.before, self.article_ids))
