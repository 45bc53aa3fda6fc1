"""Feeds that are followed: their state, and what one round of asking brought."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from articleqa.types.reports import AddReport


class FeedOutcome(StrEnum):
    """What asking a feed came to."""

    READ = "read"
    """It answered with its entries."""
    UNCHANGED = "unchanged"
    """It answered that nothing has changed since it was last read."""
    FAILED = "failed"
    """It did not answer, or not with a feed; it is asked again later."""
    GONE = "gone"
    """It has ended for good, or moved to a feed that is followed already; it is not asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is known of a feed that is followed.

    ``url`` is what it was followed under, and ``moved_to`` where it has moved for good since. ``next_at`` is the moment
    from which it is asked again, None for never. ``failures`` counts those since it last answered well, and
    ``last_error`` is the last one's reason. ``entries`` are those that are remembered, so as not to be fetched again.
    """

    url: str
    title: str | None
    moved_to: str | None
    next_at: str | None
    failures: int
    last_error: str | None
    entries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedReport:
    """What asking one feed brought.

    ``articles`` says what became of the entries that were fetched; ``waiting`` counts those that are left for the next
    time, because there were too many, or their host asked for patience or did not answer. ``error`` is the reason for
    ``failed`` and ``gone``; ``next_at`` is as in :class:`FeedState`.
    """

    url: str
    title: str | None
    outcome: FeedOutcome
    articles: AddReport = field(default_factory=AddReport)
    waiting: int = 0
    error: str | None = None
    moved_to: str | None = None
    next_at: str | None = None
