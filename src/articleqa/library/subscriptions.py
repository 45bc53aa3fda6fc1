"""Feeds that are followed, and which of their entries have been seen."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from articleqa.library.rows import Rows

# Entries that a feed no longer lists and that are remembered all the same: some feeds list an entry again.
UNLISTED_KEPT = 500

_FEED = "number, url, moved_to, title, etag, last_modified, next_at, failures, last_error"
_ENTRY = "entry, link, updated, origin, outcome, retries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One feed that is followed.

    ``etag`` and ``last_modified`` are what it said when it was last read whole. ``next_at`` is in seconds since 1970,
    None for never again.
    """

    number: int
    url: str
    moved_to: str | None
    title: str | None
    etag: str | None
    last_modified: str | None
    next_at: float | None
    failures: int
    last_error: str | None

    @property
    def address(self) -> str:
        """Where it is asked."""
        return self.moved_to or self.url


class EntryOutcome(StrEnum):
    """What was made of an entry."""

    PAGE = "page"
    """The article of its page."""
    TEXT = "text"
    """An article of what the feed itself says."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenEntry:
    """One entry of a feed that was seen.

    ``origin`` is that of the article that was made of it, None where there is none; ``retries`` is how often it may
    still be fetched again without having changed.
    """

    entry: str
    link: str | None
    updated: str | None
    origin: str | None
    outcome: EntryOutcome
    retries: int = 0


class FeedShelf(Rows):
    """What one unchanging view of the library says about feeds."""

    def subscriptions(self) -> list[Subscription]:
        """Every feed, in the order in which they came."""
        return [_subscription(row) for row in self._rows(f"SELECT {_FEED} FROM feeds ORDER BY number")]

    def subscription(self, url: str) -> Subscription | None:
        """The feed that is followed under ``url``, or has moved there."""
        row = self._row(
            f"SELECT {_FEED} FROM feeds WHERE url = ? OR moved_to = ? ORDER BY url = ? DESC LIMIT 1", (url, url, url)
        )
        return _subscription(row) if row else None

    def seen_entries(self, feed: int) -> dict[str, SeenEntry]:
        """The entries of a feed that were seen, by their ids."""
        rows = self._rows(f"SELECT {_ENTRY} FROM feed_entries WHERE feed = ?", (feed,))
        return {str(row[0]): _seen(row) for row in rows}

    def seen_counts(self) -> dict[int, int]:
        """How many entries of each feed are remembered."""
        return {int(row[0]): int(row[1]) for row in self._rows("SELECT feed, count(*) FROM feed_entries GROUP BY feed")}

    def seen_link(self, link: str) -> SeenEntry | None:
        """The entry of any feed with this link whose page was read, the one updated last."""
        row = self._row(
            f"SELECT {_ENTRY} FROM feed_entries WHERE link = ? AND outcome = ? AND retries = 0 "
            "ORDER BY updated DESC LIMIT 1",
            (link, EntryOutcome.PAGE),
        )
        return _seen(row) if row else None

    def has_origin(self, origin: str) -> bool:
        """Whether there is an article of this origin."""
        return self._row("SELECT 1 FROM articles WHERE origin = ? LIMIT 1", (origin,)) is not None


class FeedWriter(FeedShelf):
    """Changes what is known of feeds. It is no change of the articles: the library's mark stays as it is."""

    def subscribe(self, url: str, *, next_at: float) -> None:
        """Follow ``url`` from ``next_at`` on, unless it is followed already."""
        if self.subscription(url) is None:
            self._rows("INSERT INTO feeds (url, next_at) VALUES (?, ?)", (url, next_at))

    def unsubscribe(self, feed: int) -> None:
        """Forget a feed and what was seen of it. Articles stay."""
        self._rows("DELETE FROM feeds WHERE number = ?", (feed,))

    def put_off(self, feed: int, next_at: float | None) -> None:
        """Let a feed be asked from ``next_at`` on, or never again."""
        self._rows("UPDATE feeds SET next_at = ? WHERE number = ?", (next_at, feed))

    def put_subscription(self, feed: Subscription) -> None:
        """Store what is now known of a feed; one that was forgotten meanwhile stays so."""
        self._rows(
            "UPDATE feeds SET moved_to = ?, title = ?, etag = ?, last_modified = ?, next_at = ?, failures = ?, "
            "last_error = ? WHERE number = ?",
            (
                feed.moved_to,
                feed.title,
                feed.etag,
                feed.last_modified,
                feed.next_at,
                feed.failures,
                feed.last_error,
                feed.number,
            ),
        )

    def put_entry(self, feed: int, seen: SeenEntry, *, listed_at: float) -> None:
        """Remember an entry of a feed, unless the feed was forgotten meanwhile."""
        self._rows(
            f"INSERT OR REPLACE INTO feed_entries (feed, listed, {_ENTRY}) "
            "SELECT number, ?, ?, ?, ?, ?, ?, ? FROM feeds WHERE number = ?",
            (listed_at, seen.entry, seen.link, seen.updated, seen.origin, seen.outcome, seen.retries, feed),
        )

    def prune_entries(self, feed: int, *, listed: Collection[str], listed_at: float) -> None:
        """Forget the entries of a feed that it does not list, but for those that it listed last."""
        self._rows(
            "UPDATE feed_entries SET listed = ? WHERE feed = ? AND entry IN (SELECT value FROM json_each(?))",
            (listed_at, feed, json.dumps(list(listed))),
        )
        self._rows(
            "DELETE FROM feed_entries WHERE feed = ?1 AND entry IN (SELECT entry FROM feed_entries "
            "WHERE feed = ?1 AND listed < ?2 ORDER BY listed DESC, entry LIMIT -1 OFFSET ?3)",
            (feed, listed_at, UNLISTED_KEPT),
        )


def _subscription(row: tuple[Any, ...]) -> Subscription:
    return Subscription(**dict(zip(_FEED.split(", "), row, strict=True)))


def _seen(row: tuple[Any, ...]) -> SeenEntry:
    fields = dict(zip(_ENTRY.split(", "), row, strict=True))
    return SeenEntry(**{**fields, "outcome": EntryOutcome(fields["outcome"])})
