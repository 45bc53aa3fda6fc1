"""Asks feeds that are due, and adds the articles that their entries lead to."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from articleqa.checkpoints import reached
from articleqa.feeds.pace import DAY, INTERVAL, PATIENCE, Visits, pause, retry_seconds
from articleqa.library import EntryOutcome, Library, SeenEntry, Subscription
from articleqa.loading import Limits
from articleqa.loading.feed import Feed, FeedEntry, feed_address, fetch_feed, load_entry, text_article
from articleqa.loading.web import FetchError
from articleqa.types import (
    AddReport,
    Article,
    FeedOutcome,
    FeedReport,
    FeedState,
    InvalidInput,
    LibraryError,
    LoadingError,
    Progress,
    ProgressCallback,
    utc_date,
)

logger = logging.getLogger(__name__)

Add = Callable[[Sequence[Article]], AddReport]

# Of a feed that is new, or was not asked for long, more are left for the next time.
ENTRIES_AT_ONCE = 200
# How often the page of an entry is asked for that fails and may go better another time.
ATTEMPTS = 3


@dataclass
class _Turn:
    """One feed, being asked."""

    feed: Subscription
    seen: dict[str, SeenEntry]
    outcome: FeedOutcome = FeedOutcome.FAILED
    listed: tuple[str, ...] | None = None
    left: int = 1
    skipped: int = 0
    retried: int = 0
    was_asked: bool = False
    articles: AddReport = field(default_factory=AddReport)
    encoded: int = 0

    @property
    def waiting(self) -> int:
        """Entries that are left for the next time."""
        return self.skipped + self.retried


@dataclass(frozen=True)
class _Visit:
    """One request: for a feed, or for the page of one of its entries."""

    turn: _Turn
    entry: FeedEntry | None = None


class Feeds:
    """The feeds that are followed. May be shared between threads; one at a time asks.

    ``add`` stores articles. ``interval`` is in seconds, ``clock`` tells them since 1970, ``sleep`` waits for them, and
    ``lot`` draws a number between 0 and 1.
    """

    def __init__(
        self,
        library: Library,
        add: Add,
        limits: Limits,
        *,
        interval: float = INTERVAL,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        lot: Callable[[], float] = random.random,
    ) -> None:
        self._library = library
        self._add = add
        self._limits = limits
        self._interval = interval
        self._clock = clock
        self._lot = lot
        self._visits: Visits[_Visit] = Visits(clock=clock, sleep=sleep)
        self._lock = threading.Lock()

    def poll(self, urls: Sequence[str] | None = None, *, progress: ProgressCallback | None = None) -> list[FeedReport]:
        """Ask every feed that is due, after ``urls`` have been added to those that are followed.

        A report for each that was asked. What fails is in its report; the others go on.

        Raises:
            InvalidInput: if one of ``urls`` is no address; then nothing is asked.
            LibraryError: if an article could not be stored. What was stored stays, and the rest comes another time.
        """
        addresses = [feed_address(url) for url in urls or ()]
        with self._lock:
            self._follow(addresses)
            turns = self._claim()
            self._visits.forget()
            try:
                return self._ask_all(turns, progress)
            except Exception:
                raise
            except BaseException:
                # Whoever interrupts does not mean that the rest should wait, nor wait for it.
                with suppress(LibraryError):
                    self._put_off([turn for turn in turns if turn.left], self._clock())
                raise

    def states(self) -> list[FeedState]:
        """Every feed that is followed, in the order in which they came."""
        with self._library.reading() as snapshot:
            feeds, counts = snapshot.subscriptions(), snapshot.seen_counts()
        return [
            FeedState(
                url=feed.url,
                title=feed.title,
                moved_to=feed.moved_to,
                next_at=_moment(feed.next_at),
                failures=feed.failures,
                last_error=feed.last_error,
                entries=counts.get(feed.number, 0),
            )
            for feed in feeds
        ]

    def remove(self, url: str) -> None:
        """Follow a feed no more. Its articles stay.

        Raises:
            InvalidInput: if it is not followed.
        """
        with self._library.writing() as writer:
            feed = writer.subscription(feed_address(url))
            if feed is None:
                raise InvalidInput(f"the feed {url!r} is not followed: nothing was removed")
            writer.unsubscribe(feed.number)

    def seconds_until_due(self) -> float | None:
        """How long until a feed is due, 0 if one is; None if none ever will be."""
        with self._library.reading() as snapshot:
            feeds = snapshot.subscriptions()
        now = self._clock()
        waits = [0.0 if _is_due(feed, now) else feed.next_at - now for feed in feeds if feed.next_at is not None]
        return min(waits, default=None)

    def _follow(self, addresses: Sequence[str]) -> None:
        with self._library.reading() as snapshot:
            new = [address for address in addresses if snapshot.subscription(address) is None]
        if new:
            with self._library.writing() as writer:
                for address in new:
                    writer.subscribe(address, next_at=self._clock())

    def _claim(self) -> list[_Turn]:
        """The feeds that are due, put off at once, so that no other program asks them as well."""
        now = self._clock()
        with self._library.reading() as snapshot:
            if not any(_is_due(feed, now) for feed in snapshot.subscriptions()):
                return []
        with self._library.writing() as writer:
            due = [feed for feed in writer.subscriptions() if _is_due(feed, now)]
            for feed in due:
                writer.put_off(feed.number, now + self._interval)
            return [_Turn(feed, writer.seen_entries(feed.number)) for feed in due]

    def _put_off(self, turns: Sequence[_Turn], next_at: float) -> None:
        if turns:
            with self._library.writing() as writer:
                for turn in turns:
                    writer.put_off(turn.feed.number, next_at)

    def _ask_all(self, turns: Sequence[_Turn], progress: ProgressCallback | None) -> list[FeedReport]:
        reports: dict[int, FeedReport] = {}
        for turn in turns:
            self._visits.add(_host(turn.feed.address), _Visit(turn))
        total = done = 0
        for visit, may_ask in self._visits:
            turn = visit.turn
            if visit.entry is None:
                if may_ask:
                    total += self._read_feed(turn)
                else:
                    self._put_off([turn], self._visits.free_at(_host(turn.feed.address)))
            else:
                done += 1
                if may_ask:
                    self._read_entry(turn, visit.entry)
                else:
                    turn.skipped += 1
                if progress is not None:
                    progress(Progress("load", done, total, origin=visit.entry.link or visit.entry.id))
            turn.left -= 1
            if not turn.left and turn.was_asked:
                reports[turn.feed.number] = self._finished(turn)
        return [reports[turn.feed.number] for turn in turns if turn.feed.number in reports]

    # A feed

    def _read_feed(self, turn: _Turn) -> int:
        """Ask a feed; how many of its entries are now to be fetched."""
        feed = turn.feed
        turn.was_asked = True
        try:
            answer = fetch_feed(feed.address, limits=self._limits, etag=feed.etag, last_modified=feed.last_modified)
        except LoadingError as error:
            self._failed(turn, error)
            return 0
        finally:
            self._visits.asked(_host(feed.address))
        if answer.address != feed.address:
            with self._library.reading() as snapshot:
                other = snapshot.subscription(answer.address)
            if other is not None and other.number != feed.number:
                self._ended(turn, f"has moved to {answer.address}, which is followed already")
                return 0
        turn.feed = replace(
            feed,
            moved_to=None if answer.address == feed.url else answer.address,
            etag=answer.etag,
            last_modified=answer.last_modified,
            next_at=self._clock() + pause(interval=self._interval, lot=self._lot()),
            failures=0,
            last_error=None,
        )
        if answer.feed is None:
            turn.outcome = FeedOutcome.UNCHANGED
            return 0
        turn.outcome = FeedOutcome.READ
        turn.feed = replace(turn.feed, title=answer.feed.title or feed.title)
        return self._list(turn, answer.feed)

    def _list(self, turn: _Turn, feed: Feed) -> int:
        turn.listed = tuple(entry.id for entry in feed.entries)
        wanted = [entry for entry in feed.entries if _is_wanted(entry, turn.seen.get(entry.id))]
        turn.skipped = max(0, len(wanted) - ENTRIES_AT_ONCE)
        # Feeds begin with what is newest, which is to be the last that came.
        for entry in reversed(wanted[:ENTRIES_AT_ONCE]):
            self._visits.add(_host(entry.link), _Visit(turn, entry))
            turn.left += 1
        return len(wanted) - turn.skipped

    def _failed(self, turn: _Turn, error: LoadingError) -> None:
        if isinstance(error, FetchError) and error.status == 410:
            self._ended(turn, "is gone for good (it answered 410)")
            return
        wish = self._patience(turn.feed.address, error)
        failures = turn.feed.failures + 1
        wait = pause(interval=self._interval, failures=failures, retry_after=wish, lot=self._lot())
        turn.feed = replace(turn.feed, failures=failures, last_error=error.reason, next_at=self._clock() + wait)

    def _ended(self, turn: _Turn, reason: str) -> None:
        turn.outcome = FeedOutcome.GONE
        turn.feed = replace(turn.feed, failures=turn.feed.failures + 1, last_error=reason, next_at=None)

    def _patience(self, address: str, error: LoadingError) -> float:
        """How long a host wants to be left alone, which it then is."""
        if not isinstance(error, FetchError) or error.status not in (429, 503):
            return 0.0
        wish = retry_seconds(error.retry_after, now=self._clock())
        seconds = min(PATIENCE if wish is None else wish, DAY)
        self._visits.hold(_host(address), seconds)
        return seconds

    def _finished(self, turn: _Turn) -> FeedReport:
        feed = turn.feed
        if turn.waiting:
            # Asked with these it would say that nothing has changed, and what waits would never be seen.
            feed = replace(feed, etag=None, last_modified=None)
        with self._library.writing() as writer:
            writer.put_subscription(feed)
            if turn.listed is not None:
                writer.prune_entries(feed.number, listed=turn.listed, listed_at=self._clock())
        return FeedReport(
            url=feed.url,
            title=feed.title,
            outcome=turn.outcome,
            articles=replace(turn.articles, passages_encoded=turn.encoded),
            waiting=turn.waiting,
            error=feed.last_error,
            moved_to=feed.moved_to,
            next_at=_moment(feed.next_at),
        )

    # An entry

    def _read_entry(self, turn: _Turn, entry: FeedEntry) -> None:
        seen = turn.seen.get(entry.id)
        now_seen = self._known(entry, seen) or self._fetched(turn, entry, seen)
        turn.retried += now_seen.retries > 0
        reached("feeds.entry.read")
        with self._library.writing() as writer:
            writer.put_entry(turn.feed.number, now_seen, listed_at=self._clock())

    def _known(self, entry: FeedEntry, seen: SeenEntry | None) -> SeenEntry | None:
        """What there is of an entry that need not be fetched.

        Another feed may have listed its page, as those of one newspaper do; and what a person has removed does not
        come back because it was touched.
        """
        with self._library.reading() as snapshot:
            if seen is not None:
                was_removed = seen.origin is not None and not snapshot.has_origin(seen.origin)
                return replace(seen, updated=entry.updated, retries=0) if was_removed else None
            other = snapshot.seen_link(entry.link) if entry.link else None
        if other is None or (entry.updated is not None and entry.updated > (other.updated or "")):
            return None
        return replace(other, entry=entry.id, updated=entry.updated)

    def _fetched(self, turn: _Turn, entry: FeedEntry, seen: SeenEntry | None) -> SeenEntry:
        origin = seen.origin if seen else None
        outcome = seen.outcome if seen else EntryOutcome.NOTHING
        result = SeenEntry(entry=entry.id, link=entry.link, updated=entry.updated, origin=origin, outcome=outcome)
        article, failure = None, None
        if entry.link is not None:
            try:
                article = load_entry(entry, limits=self._limits)
                outcome = EntryOutcome.PAGE
            except LoadingError as error:
                failure = error
                self._patience(entry.link, error)
                if isinstance(error, FetchError) and error.temporary:
                    is_again = seen is not None and seen.retries > 0 and seen.updated == entry.updated
                    result = replace(result, retries=(seen.retries if seen and is_again else ATTEMPTS) - 1)
            finally:
                self._visits.asked(_host(entry.link))
        # The text of a feed takes the place of no page that was read before, by whatever way it came.
        if article is None and origin is None and entry.link and self._has(entry.link):
            return replace(result, origin=entry.link, outcome=EntryOutcome.PAGE)
        if article is None and outcome is not EntryOutcome.PAGE:
            try:
                article = text_article(entry, feed_url=turn.feed.url, feed_title=turn.feed.title)
                outcome = EntryOutcome.TEXT
            except LoadingError as error:
                failure = failure or error
        if article is None:
            turn.articles.failed.append((entry.link or entry.id, failure.reason if failure else "has no article"))
            return result
        if failure is not None:
            logger.info("%s: %s; the feed's own text is taken", entry.link, failure.reason)
        if origin is not None:
            article = replace(article, origin=origin)  # it stays the article that it was first
        is_stored = self._store(turn, article)
        return replace(result, origin=article.origin, outcome=outcome) if is_stored else result

    def _has(self, origin: str) -> bool:
        with self._library.reading() as snapshot:
            return snapshot.has_origin(origin)

    def _store(self, turn: _Turn, article: Article) -> bool:
        """Add an article; whether it is there now."""
        report = self._add([article])
        for name in ("added", "updated", "unchanged", "copies", "failed"):
            getattr(turn.articles, name).extend(getattr(report, name))
        turn.encoded += report.passages_encoded
        return not report.failed


def _is_due(feed: Subscription, now: float) -> bool:
    """Whether a feed may be asked. A moment that lies days ahead was set by a clock that was wrong."""
    return feed.next_at is not None and (feed.next_at <= now or feed.next_at > now + 2 * DAY)


def _is_wanted(entry: FeedEntry, seen: SeenEntry | None) -> bool:
    if seen is None or seen.retries > 0:
        return True
    return entry.updated is not None and entry.updated != seen.updated


def _host(address: str | None) -> str:
    return urlsplit(address).hostname or "" if address else ""


def _moment(seconds: float | None) -> str | None:
    return None if seconds is None else utc_date(datetime.fromtimestamp(seconds, UTC))
