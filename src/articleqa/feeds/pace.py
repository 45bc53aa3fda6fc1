"""When to ask again: a feed, and a host."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Generic, TypeVar

T = TypeVar("T")

INTERVAL = 900.0
DAY = 86_400.0
# Seconds between two requests to one host, and how long one that asks for patience is left alone unless it says.
GAP = 1.0
PATIENCE = 60.0
_JITTER = 0.1


def pause(*, interval: float, failures: int = 0, retry_after: float = 0.0, lot: float) -> float:
    """Seconds until a feed is asked again.

    Each failure doubles the interval, up to a day, and the feed's own wish lengthens it, up to a day as well. ``lot``,
    drawn between 0 and 1, moves the moment by up to a tenth, so that many feeds are not asked at once.
    """
    longest = max(DAY, interval)
    seconds = min(interval * 2.0 ** min(failures, 30), longest)
    moved = seconds * (1 + _JITTER * (2 * lot - 1))
    return max(moved, min(retry_after, longest))


def retry_seconds(value: str | None, *, now: float) -> float | None:
    """What a ``Retry-After`` header asks for, in seconds from ``now``; None if it says nothing that can be read."""
    if value is None:
        return None
    value = value.strip()
    if value.isdecimal() and value.isascii():
        return float(value[:12])
    try:
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


class Visits(Generic[T]):
    """What is to be asked of which host: one request at a time, a second apart, and other hosts meanwhile."""

    def __init__(self, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._waiting: dict[str, deque[T]] = {}
        self._free_at: dict[str, float] = {}

    def add(self, host: str, visit: T) -> None:
        """Put a visit behind the others of its host. A visit without a host waits for nobody."""
        self._waiting.setdefault(host, deque()).append(visit)

    def __iter__(self) -> Iterator[tuple[T, bool]]:
        """The visits as their hosts are free, and whether each may be made; more may be added meanwhile.

        It may not where the host wants to be left alone for longer than one waits.
        """
        while self._waiting:
            host = min(self._waiting, key=self.free_at)
            wait = self.free_at(host) - self._clock()
            may_ask = wait <= GAP
            if may_ask and wait > 0:
                self._sleep(wait)
            visits = self._waiting[host]
            visit = visits.popleft()
            if not visits:
                del self._waiting[host]
            yield visit, may_ask

    def asked(self, host: str) -> None:
        """A host has just been asked: the next time is a moment later."""
        self.hold(host, GAP)

    def hold(self, host: str, seconds: float) -> None:
        """Leave a host alone for so long."""
        if host:
            self._free_at[host] = max(self.free_at(host), self._clock() + seconds)

    def free_at(self, host: str) -> float:
        """From when on a host may be asked."""
        return self._free_at.get(host, 0.0)

    def forget(self) -> None:
        """Drop what is left over, and hosts that are free."""
        self._waiting.clear()
        now = self._clock()
        self._free_at = {host: moment for host, moment in self._free_at.items() if now < moment <= now + DAY}
