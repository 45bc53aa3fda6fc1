"""What a feed lists, whatever format it is written in."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from html import escape, unescape
from itertools import islice
from urllib.parse import urljoin

from articleqa.loading.address import checked
from articleqa.loading.cleaning import one_line, valid_text
from articleqa.types import InvalidInput

# Feeds that list all that there ever was are read from the top, where the newest is.
MAX_ENTRIES = 5_000
_LONGEST_ID = 500

_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<!--[^<>]*-->")
_MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|&(?:#\d+|#[xX][0-9a-fA-F]+|[A-Za-z]\w*);")
_BLANK_LINES = re.compile(r"\n[^\S\n]*\n\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One entry of a feed.

    ``id`` is what the feed knows it by, else its link, else a digest of what it says. ``link`` is absolute. ``updated``
    is when it last changed, as far as it says: else when it was published. ``content`` and ``summary`` are HTML.
    """

    id: str
    link: str | None = None
    title: str | None = None
    author: str | None = None
    published: str | None = None
    updated: str | None = None
    content: str = ""
    summary: str = ""

    @property
    def text(self) -> str:
        """What the feed itself says in the entry, as plain text: the longer of content and summary."""
        from articleqa.loading.html import text_of_markup

        return max((text_of_markup(markup) for markup in (self.content, self.summary) if markup), key=len, default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed, read. ``whole`` says whether it was read to its end; of a damaged one there may be more next time."""

    title: str | None
    entries: tuple[FeedEntry, ...]
    whole: bool = True


def entry_of(
    *,
    id: str | None,  # noqa: A002
    link: str | None,
    title: str | None,
    author: str | None,
    published: str | None,
    updated: str | None,
    content: str,
    summary: str,
) -> FeedEntry | None:
    """An entry of these claims, dates in UTC and ``link`` absolute; None if nothing can be made of it."""
    if not (link or content.strip() or summary.strip()):
        return None
    name = valid_text(id or "").strip() or link or _digest(f"{title}\n{content}\n{summary}")
    return FeedEntry(
        id=name if len(name) <= _LONGEST_ID else _digest(name),
        link=link,
        title=one_line(title),
        author=one_line(author),
        published=published or updated,
        updated=updated or published,
        content=valid_text(content),
        summary=valid_text(summary),
    )


def distinct(entries: Iterable[FeedEntry | None]) -> tuple[FeedEntry, ...]:
    """The entries, each once. Where a feed gives different pages the same id, their links tell them apart."""
    found = [entry for entry in islice(entries, MAX_ENTRIES) if entry is not None]
    links: dict[str, set[str | None]] = defaultdict(set)
    for entry in found:
        links[entry.id].add(entry.link)
    told_apart = (
        replace(entry, id=entry.link if len(entry.link) <= _LONGEST_ID else _digest(entry.link))
        if entry.link and len(links[entry.id]) > 1
        else entry
        for entry in found
    )
    return tuple({entry.id: entry for entry in reversed(list(told_apart))}.values())[::-1]


def absolute(href: str | None, base: str) -> str | None:
    """``href`` as an absolute http or https address in its canonical spelling, or None if it is none."""
    if not href or not href.strip():
        return None
    try:
        return checked(urljoin(base, href.strip()))
    except (InvalidInput, ValueError):
        return None


def plain(markup: str) -> str:
    """A title that may be HTML, without its tags."""
    return unescape(_TAG.sub("", markup))


def as_markup(text: str) -> str:
    """Text that is HTML where it looks like that, and else plain: as HTML."""
    return text if _MARKUP.search(text) else paragraphs(text)


def paragraphs(text: str) -> str:
    """Plain text as HTML, its blank lines between paragraphs."""
    return "".join(f"<p>{escape(block)}</p>" for block in _BLANK_LINES.split(text) if block.strip())


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="backslashreplace"), digest_size=16).hexdigest()
