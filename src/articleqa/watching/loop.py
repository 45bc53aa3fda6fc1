"""Watches folders: looks at what the system tells of at once, and everywhere now and then."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from articleqa.assistant import Assistant
from articleqa.types import ArticleQAError
from articleqa.watching.folders import Folders
from articleqa.watching.ledger import Ledger
from articleqa.watching.notifier import News, Notifier
from articleqa.watching.reading import Reader
from articleqa.watching.report import Change, ChangeKind, ReportCallback, WatchReport

# The system's memory for what it tells has an end; where it tells of so much at once, some may be lost.
_MANY = 1_000
# Looking everywhere takes no more than this share of the time, however many files there are.
_SHARE = 0.05
# When the library cannot be written it is tried again after so many seconds, and ever more of them.
_FIRST_DELAY = 1.0
_LONGEST_DELAY = 60.0
_TICK = 0.2


class FolderWatch:
    """Keeps the library up with the files of some folders.

    Args:
        folders: absolute paths without links.
        interval: seconds between two looks everywhere, for what the system does not tell of.
        settle: seconds for which a file must stay as it is before it is read.
        tell: called with what was done, and with what is wrong.
        stopped: asked several times a second whether to end.
    """

    def __init__(
        self,
        assistant: Assistant,
        folders: Sequence[Path],
        *,
        interval: float,
        settle: float,
        tell: ReportCallback,
        stopped: Callable[[], bool],
    ) -> None:
        self._roots = folders
        self._interval = interval
        self._settle = settle
        self._tell = tell
        self._stopped = stopped
        self._index = str(assistant.settings.index)
        self._ledger = Ledger(assistant.files)
        self._folders = Folders(folders, self._ledger, tell=self._wrong)
        self._reader = Reader(assistant, self._folders, self._ledger, settle=settle, tell=tell, stopped=stopped)
        self._is_loaded = False
        # Moments of time.monotonic: when to look everywhere, at single folders, and to try the library again.
        self._look_at: float | None = None
        self._again: dict[str, float] = {}
        self._try_at = 0.0
        self._delay = _FIRST_DELAY
        self._refusal: str | None = None
        self._deafness: str | None = None

    def once(self) -> None:
        """Take in what is there now. What is still being written when all the rest is done is left.

        Raises:
            ArticleQAError: if the library cannot be read or written.
        """
        self._look()
        latest = time.monotonic() + 2 * self._settle
        while self._ledger.pending and not self._stopped():
            now = time.monotonic()
            if self._reader.step():
                latest = time.monotonic() + 2 * self._settle
            elif now > latest:
                return
            else:
                time.sleep(min(_TICK, self._settle / 4))

    def run(self, on_ready: Callable[[], None]) -> None:
        """Watch until told to end. What cannot be done is told, and done later.

        ``on_ready`` is called when all that was there at the beginning has been read.
        """
        is_ready = is_busy = False
        with Notifier(self._roots, stopped=self._stopped) as notifier:
            while not self._stopped():
                news = notifier.taken(timeout=0 if is_busy else self._patience())
                self._hear(notifier.failed)
                try:
                    is_busy = self._turn(news)
                    self._refusal, self._delay = None, _FIRST_DELAY
                except ArticleQAError as error:
                    is_busy = False
                    self._postpone(error)
                if not is_ready and self._is_loaded and not self._ledger.pending:
                    is_ready = True
                    on_ready()

    def _turn(self, news: News) -> bool:
        """Look where there is something to see, and do what is due; whether there may be more to do at once."""
        now = time.monotonic()
        if news.more:
            self._look_at = now
        elif len(news.paths) >= _MANY:
            self._look_at = None  # once all these are read
        if self._is_loaded:
            due = {path for path, moment in self._again.items() if moment <= now}
            for path in due:
                del self._again[path]
            # A folder that is new may have been filled before it was watched: it is looked at twice.
            for folder in self._folders.look_at(news.paths | due):
                if folder not in due:
                    self._again[folder] = now + self._settle
        if now < self._try_at:
            return False
        if self._look_at is None and not self._ledger.pending:
            self._look_at = now
        if self._look_at is not None and self._look_at <= now:
            self._look()
        return self._reader.step()

    def _look(self) -> None:
        """Look everywhere."""
        started = time.monotonic()
        if not self._is_loaded:
            for folder in self._roots:
                self._ledger.load(folder)
            self._is_loaded = True
        self._folders.look_everywhere()
        now = time.monotonic()
        self._look_at = now + max(self._interval, (now - started) / _SHARE)

    def _patience(self) -> float:
        """How long to wait for news."""
        pending = next(iter(self._ledger.pending.values()), None)
        if pending is None:
            return _TICK
        return min(_TICK, max(0.01, pending.since + self._settle - time.monotonic()))

    def _postpone(self, error: ArticleQAError) -> None:
        if str(error) != self._refusal:
            self._wrong(self._index, str(error))
        self._refusal = str(error)
        self._try_at = time.monotonic() + self._delay
        self._delay = min(2 * self._delay, _LONGEST_DELAY)

    def _hear(self, failure: str | None) -> None:
        if failure is not None and failure != self._deafness:
            for folder in self._roots:
                self._wrong(str(folder), f"is looked at every {self._interval:g} s only: the system says {failure}")
        self._deafness = failure

    def _wrong(self, place: str, reason: str) -> None:
        self._tell(WatchReport((Change(ChangeKind.FAILED, place, reason=reason),)))
