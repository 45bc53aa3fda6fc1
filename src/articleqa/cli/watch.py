"""The watch, as a person or a program follows it: one line for each change, and a summary."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

from rich.text import Text

from articleqa.assistant import Assistant
from articleqa.cli.screen import Screen
from articleqa.cli.text import one_line
from articleqa.settings import Settings
from articleqa.types import ArticleQAError, InvalidInput
from articleqa.watching import Change, ChangeKind, Watch, WatchReport, usable
from articleqa.wording import plural

_STYLES = {ChangeKind.ADDED: "green", ChangeKind.UPDATED: "cyan", ChangeKind.REMOVED: "dim", ChangeKind.FAILED: "red"}


def watch(
    folders: Sequence[str],
    feeds: Sequence[str],
    *,
    index: Path | None,
    once: bool,
    interval: float | None,
    as_json: bool,
) -> None:
    """Watch until Ctrl-C or SIGTERM, or take in once what is there; without arguments, what the settings name."""
    settings = Settings.load(index=index, feed_interval=interval)
    if not folders and not feeds:
        folders, feeds = list(map(str, settings.watch)), settings.feeds
    if not folders and not feeds:
        raise InvalidInput("there is nothing to watch: name a folder, or a feed with --feed URL")
    places = usable(folders)
    with Assistant.open(settings) as assistant, _stopping() as stop:
        watched = Watch(assistant, places, feeds, interval=settings.watch_interval)
        lines = Lines(Screen(), as_json=as_json, stop=stop)
        if once:
            watched.once(stop=stop, on_report=lines.show)
        else:
            lines.say("watching", f"Watching {', '.join([*map(str, places), *feeds])}  (Ctrl-C ends it)")
            watched.run(stop, on_report=lines.show, on_ready=lambda: lines.say("ready", _state(assistant)))
    lines.end()
    if once and lines.failures:
        raise ArticleQAError(f"{plural(lines.failures, 'source')} could not be added: see above for the reasons")


class Lines:
    """Shows changes as they come, from any thread, and counts them."""

    def __init__(self, screen: Screen, *, as_json: bool = False, stop: threading.Event | None = None) -> None:
        self._screen = screen
        self._as_json = as_json
        self._stop = stop or threading.Event()
        self._counts: Counter[ChangeKind] = Counter()
        self._encoded = 0
        self._error: OSError | None = None

    @property
    def failures(self) -> int:
        """How many sources could not be read."""
        return self._counts[ChangeKind.FAILED]

    def show(self, report: WatchReport) -> None:
        """One line for each change. Where nobody reads them any more, the watch ends."""
        self._encoded += report.passages_encoded
        try:
            for change in report.changes:
                self._counts[change.kind] += 1
                if self._as_json:
                    self._put(asdict(change))
                else:
                    self._screen.line(_line(change))
            sys.stdout.flush()
        except OSError as error:
            self._error = error
            self._stop.set()

    def say(self, kind: str, words: str) -> None:
        """What a person should know; a program gets the ``kind``."""
        if self._as_json:
            self._put({"kind": kind})
        else:
            self._screen.line(words)
        sys.stdout.flush()

    def end(self) -> None:
        """The summary.

        Raises:
            OSError: if what was to be shown could not be.
        """
        if self._error is not None:
            raise self._error
        counts = {str(kind): self._counts[kind] for kind in ChangeKind}
        if self._as_json:
            self._put({"kind": "ended", **counts, "passages_encoded": self._encoded})
        else:
            words = ", ".join(f"{count:,} {name}" for name, count in counts.items())
            self._screen.line(f"Ended: {words}; {plural(self._encoded, 'passage')} embedded.")

    def _put(self, value: dict[str, Any]) -> None:
        sys.stdout.write(json.dumps(value) + "\n")


def _line(change: Change) -> Text:
    text = Text(f"{change.kind:<8} ", style=_STYLES[change.kind])
    if change.article is None:
        text.append(one_line(f"{change.origin}: {change.reason}"), style="default")
    else:
        text.append(one_line(change.article.title), style="default")
        text.append(f"  {one_line(change.origin)}", style="dim")
    return text


def _state(assistant: Assistant) -> str:
    return f"Up to date: the library holds {plural(assistant.article_count(), 'article')}."


@contextmanager
def _stopping() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C or SIGTERM sets. The second one does what it always does."""
    stop = threading.Event()
    before: dict[signal.Signals, Any] = {}

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stop.set()
        restore()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.signal(number, end)
    try:
        yield stop
    finally:
        restore()
