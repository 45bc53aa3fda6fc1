"""Follows feeds: asks those that are due."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from articleqa.assistant import Assistant
from articleqa.types import ArticleQAError, FeedReport, Progress
from articleqa.watching.report import Change, ChangeKind, ReportCallback, WatchReport, changes_of
from articleqa.watching.stopping import Stopped

_TICK = 0.2
# What is due is in the library, where another program may change it.
_LONGEST_WAIT = 60.0


class FeedWatch:
    """Keeps the library up with feeds, whose state it holds.

    Args:
        feeds: addresses; those that the library follows already are followed as well.
        tell: called with what was added, and with what is wrong.
        stopped: asked several times a second whether to end.
    """

    def __init__(
        self, assistant: Assistant, feeds: Sequence[str], *, tell: ReportCallback, stopped: Callable[[], bool]
    ) -> None:
        self._assistant = assistant
        self._feeds = list(feeds)
        self._tell = tell
        self._stopped = stopped

    def once(self) -> None:
        """Ask what is due.

        Raises:
            ArticleQAError: if the library cannot be read or written.
        """
        for report in self._assistant.poll_feeds(self._feeds, progress=self._between):
            changes = _changes(report)
            if changes:
                self._tell(WatchReport(changes, report.articles.passages_encoded))

    def run(self) -> None:
        """Follow until told to end. What cannot be done is told, and done later."""
        refusal = None
        while not self._stopped():
            try:
                self.once()
                refusal, wait = None, self._assistant.seconds_until_feeds()
            except ArticleQAError as error:
                wait = _LONGEST_WAIT
                if str(error) != refusal:
                    place = str(self._assistant.settings.index)
                    self._tell(WatchReport((Change(ChangeKind.FAILED, place, reason=str(error)),)))
                refusal = str(error)
            until = time.monotonic() + min(_LONGEST_WAIT, _LONGEST_WAIT if wait is None else wait)
            while not self._stopped() and time.monotonic() < until:
                time.sleep(_TICK)

    def _between(self, progress: Progress) -> None:  # noqa: ARG002  (how far it is does not matter)
        if self._stopped():
            raise Stopped


def _changes(report: FeedReport) -> tuple[Change, ...]:
    failed = [Change(ChangeKind.FAILED, origin, reason=reason) for origin, reason in report.articles.failed]
    if report.error is not None:
        failed.append(Change(ChangeKind.FAILED, report.url, reason=report.error))
    return (*changes_of(report.articles), *failed)
