"""What the system tells of changes in folders."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

logger = logging.getLogger(__name__)

_STEP_MILLISECONDS = 50
_LONGEST_MILLISECONDS = 200
_QUIET_MILLISECONDS = 100
_FOLDERS_EVERY = 1.0
_TICK = 0.1
_FIRST_DELAY = 1.0
_LONGEST_DELAY = 60.0


@dataclass(frozen=True, slots=True)
class News:
    """Paths that the system told of. Where ``more`` is true it may have left out others, anywhere."""

    paths: frozenset[str]
    more: bool


class Notifier:
    """Gathers what the system tells of folders, in a thread of its own, until it is taken.

    A folder that is not there is waited for. Not everything is told: a folder that is new is not watched at once, and
    of a network drive or a folder behind a new link nothing may be said at all. ``failed`` is why nothing is told now.
    It ends when ``stopped`` says so, or with the block.
    """

    def __init__(self, folders: Sequence[Path], *, stopped: Callable[[], bool]) -> None:
        self._folders = folders
        self._stopped = stopped
        self._paths: set[str] = set()
        self._more = False
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._run, name="articleqa-notifier", daemon=True)
        self.failed: str | None = None

    def taken(self, *, timeout: float) -> News:
        """What was told since the last call; where there is nothing, waits for ``timeout`` seconds."""
        self._news.wait(timeout)
        with self._lock:
            self._news.clear()
            news = News(frozenset(self._paths), self._more)
            self._paths, self._more = set(), False
        return news

    def is_set(self) -> bool:
        """Whether it has to end: what watchfiles asks of an event."""
        return self._left.is_set() or self._stopped()

    def _run(self) -> None:
        delay = _FIRST_DELAY
        while not self.is_set():
            present = self._present()
            has_begun = False
            try:
                for paths in self._told(present):
                    # What changed before is to be looked for; what changes from now on is told.
                    self._add(paths, more=not has_begun)
                    has_begun, self.failed, delay = True, None, _FIRST_DELAY
            except FileNotFoundError:
                self._wait(_FIRST_DELAY)  # a folder went away at this moment
            except (OSError, RuntimeError) as error:
                # No watches are left, or the name of a file is no text.
                logger.info("the system tells of no changes: %s", error)
                if not has_begun:
                    self.failed = str(error)
                    self._add(set(), more=True)
                self._wait(delay)
                delay = min(delay * 2, _LONGEST_DELAY)

    def _told(self, present: dict[Path, tuple[int, int]]) -> Iterator[set[str]]:
        """Paths, as they are told, until a folder comes, goes, or is another of the same name."""
        if not present:
            yield set()
            while not self.is_set() and not self._present():
                self._wait(_FOLDERS_EVERY)
            return

        import watchfiles

        checked = time.monotonic()
        with closing(
            watchfiles.watch(
                *present,
                watch_filter=None,
                step=_STEP_MILLISECONDS,
                debounce=_LONGEST_MILLISECONDS,
                rust_timeout=_QUIET_MILLISECONDS,
                yield_on_timeout=True,
                stop_event=self,
                raise_interrupt=False,
                ignore_permission_denied=True,
            )
        ) as watched:
            for changes in watched:
                yield {path for _, path in changes}
                if time.monotonic() > checked + _FOLDERS_EVERY:
                    if self._present() != present:
                        return
                    checked = time.monotonic()

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.is_set() and time.monotonic() < until:
            self._left.wait(_TICK)

    def _present(self) -> dict[Path, tuple[int, int]]:
        """The folders that can be read, and what tells each from another of its name."""
        found = {}
        for folder in self._folders:
            try:
                with os.scandir(folder):
                    status = folder.stat()
            except OSError:
                continue
            found[folder] = (status.st_dev, status.st_ino)
        return found

    def _add(self, paths: set[str], *, more: bool) -> None:
        if paths or more:
            with self._lock:
                self._paths |= paths
                self._more |= more
                self._news.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # It must not outlive the interpreter, whose lock it would be waiting for inside of a library.
        self._left.set()
        self._thread.join()
