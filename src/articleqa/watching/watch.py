"""Folders and feeds that are watched, in the thread of the caller or in the background."""

from __future__ import annotations

import atexit
import math
import os
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Self

from articleqa.assistant import Assistant
from articleqa.loading.feed import feed_address
from articleqa.types import InvalidInput, LibraryError
from articleqa.watching.feeds import FeedWatch
from articleqa.watching.folders import absolute
from articleqa.watching.loop import FolderWatch
from articleqa.watching.report import ReportCallback, WatchReport
from articleqa.watching.stopping import Stopped

INTERVAL = 60.0
SETTLE = 0.5
# So long is waited for a file that is being read, or a feed that is being asked.
_LONGEST_END = 10.0


class Watch:
    """Keeps a library up with folders and feeds: what is new is added, what has changed updated, what is gone removed.

    Changes in folders are seen as soon as the system tells of them, and all the same where it does not: ``interval`` is
    the seconds between two looks everywhere. A file is read when it has been the same for ``settle`` seconds. Articles
    are removed only where their file was in one of the ``folders`` and is gone: while a folder or a disk is not there,
    they are kept. What was read is remembered in the library, so that a restart reads only what has changed since.

    ``with Watch(…):`` watches in the background, from :meth:`start` to :meth:`stop`.

    Raises:
        InvalidInput: if nothing is to be watched, a feed is no address, or ``interval`` or ``settle`` is no time.
    """

    def __init__(
        self,
        assistant: Assistant,
        folders: Iterable[str | os.PathLike[str]] = (),
        feeds: Iterable[str] = (),
        *,
        interval: float = INTERVAL,
        settle: float = SETTLE,
    ) -> None:
        self._assistant = assistant
        self._folders = list(dict.fromkeys(absolute(folder) for folder in folders))
        self._feeds = list(dict.fromkeys(feed_address(feed) for feed in feeds))
        if not self._folders and not self._feeds:
            raise InvalidInput("there is nothing to watch: name a folder or a feed")
        if not (math.isfinite(interval) and interval > 0 and math.isfinite(settle) and settle >= 0):
            raise InvalidInput(f"interval={interval} and settle={settle}: they are seconds, the first more than 0")
        self._interval = interval
        self._settle = settle
        self._telling = threading.Lock()
        self._background: threading.Thread | None = None
        self._stop = threading.Event()

    def once(self, *, stop: threading.Event | None = None, on_report: ReportCallback | None = None) -> None:
        """Take in what is there now, and what feeds that are due have, then return.

        Raises:
            ArticleQAError: if the library cannot be read or written.
        """
        stop = stop or threading.Event()
        tell = self._teller(on_report)
        with suppress(Stopped):
            if self._folders:
                self._folder_watch(tell, stop.is_set).once()
            if self._feeds and not stop.is_set():
                FeedWatch(self._assistant, self._feeds, tell=tell, stopped=stop.is_set).once()

    def run(
        self,
        stop: threading.Event,
        *,
        on_report: ReportCallback | None = None,
        on_ready: Callable[[], None] | None = None,
    ) -> None:
        """Watch until ``stop`` is set.

        ``on_report`` is called after each batch, by one thread at a time; ``on_ready`` when what the folders held at
        the beginning has been read. What fails is reported and tried again: a file when it changes, a library that
        cannot be written when it can be.
        """
        tell = self._teller(on_report)
        ended = threading.Event()

        def stopped() -> bool:
            return stop.is_set() or ended.is_set()

        following = threading.Thread(target=self._follow, args=(tell, stopped), name="articleqa-feeds", daemon=True)
        if self._feeds:
            following.start()
        try:
            ready = on_ready or (lambda: None)
            if self._folders:
                with suppress(Stopped):
                    self._folder_watch(tell, stopped).run(ready)
            else:
                ready()
                while not stop.wait(0.2):  # short, because a signal is seen only in between
                    pass
        finally:
            ended.set()
            if self._feeds:
                following.join(_LONGEST_END)

    def start(self, *, on_report: ReportCallback | None = None) -> None:
        """Watch in the background until :meth:`stop`. To start what has been started does nothing."""
        if self._background is None:
            self._stop = threading.Event()
            self._background = threading.Thread(
                target=self.run,
                args=(self._stop,),
                kwargs={"on_report": on_report},
                name="articleqa-watch",
                daemon=True,
            )
            self._background.start()
            atexit.register(self.stop)

    def stop(self) -> None:
        """End what :meth:`start` began. What is under way is finished or left whole for the next time."""
        background, self._background = self._background, None
        if background is not None:
            atexit.unregister(self.stop)
            self._stop.set()
            background.join(_LONGEST_END)

    def _follow(self, tell: ReportCallback, stopped: Callable[[], bool]) -> None:
        try:
            FeedWatch(self._assistant, self._feeds, tell=tell, stopped=stopped).run()
        except Stopped:
            pass
        except LibraryError:
            if not stopped():  # otherwise it was closed, because nobody waited for it any longer
                raise

    def _folder_watch(self, tell: ReportCallback, stopped: Callable[[], bool]) -> FolderWatch:
        return FolderWatch(
            self._assistant, self._folders, interval=self._interval, settle=self._settle, tell=tell, stopped=stopped
        )

    def _teller(self, on_report: ReportCallback | None) -> ReportCallback:
        def tell(report: WatchReport) -> None:
            if on_report is not None:
                with self._telling:
                    on_report(report)

        return tell

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
