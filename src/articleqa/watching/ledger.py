"""Which files were read, how they were when they were, and which of them are otherwise now."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from articleqa.assistant.files import Files
from articleqa.library import FileMark
from articleqa.loading.folder import origin_of
from articleqa.watching.states import FileState

_COLLECTION = ".jsonl"
_IN_COLLECTION = re.compile(rf"(.*?{re.escape(_COLLECTION)})#", re.IGNORECASE | re.DOTALL)
# A failure of reading, rather than of what was read, passes without the file changing.
_PASSING = "cannot be read: "


def is_collection(path: str) -> bool:
    """Whether a file holds many articles, each with an origin of its own."""
    return path.lower().endswith(_COLLECTION)


def file_origin(origin: str) -> str:
    """The origin of the file that an article came from."""
    match = _IN_COLLECTION.match(origin)
    return match[1] if match else origin


@dataclass(frozen=True, slots=True)
class Known:
    """A file that articles came from, as it was when it was read."""

    origin: str
    state: FileState


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen at a path, None for nothing, and since when."""

    state: FileState | None
    since: float


class Ledger:
    """What is known of the files of watched folders. What was read outlives the program; what was only seen does not.

    ``pending`` is what differs from what was read, that which was seen first at the front. ``renumbered`` pairs the
    former with the present numbers of the devices that files lie on.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._known: dict[str, Known] = {}
        self._folders: set[str] = set()  # in which a known file ever lay, at any depth
        self._failed: dict[str, tuple[FileState, str]] = {}
        self._moved: dict[str, Known] = {}
        self.pending: dict[str, Seen] = {}
        self.renumbered: set[tuple[int, int]] = set()

    def load(self, folder: Path) -> None:
        """Take up what the library remembers of the files below ``folder``."""
        marks = self._files.marks(str(folder))
        self._learn({path: Known(mark.origin, FileState.parsed(mark.state)) for path, mark in marks.items()})
        read = {mark.origin for mark in marks.values()}
        added = {file_origin(origin) for origin in self._files.origins(origin_of(folder))} - read
        if os.sep == "/":
            # In an origin this stands for a byte that is no text, so that one cannot tell where the file is.
            added = {origin for origin in added if "\\" not in origin}
        self._learn({origin: Known(origin, FileState.unread()) for origin in added})

    # What is known

    def known(self, path: str) -> Known | None:
        """What was read at ``path``, if anything was."""
        return self._known.get(path)

    def known_below(self, folders: set[str]) -> list[str]:
        """The known files in any of ``folders``, at any depth."""
        if folders.isdisjoint(self._folders):
            return []
        return [path for path in self._known if not folders.isdisjoint(map(str, Path(path).parents))]

    # What is seen

    def note(self, path: str, state: FileState | None, *, again: bool = False) -> None:
        """What was seen at ``path`` just now; ``again`` tries what failed in passing once more."""
        known = self._known.get(path)
        if state is None:
            is_news = known is not None
        elif known is not None and known.state == state:
            is_news = False
            self._moved_from(path, known, state)
        elif path in self._failed and self._failed[path][0] == state:
            is_news = again and self._failed[path][1].startswith(_PASSING)
        else:
            # An empty file is one that somebody is about to write.
            is_news = state.size > 0 or known is not None
        before = self.pending.get(path)
        if not is_news:
            self.pending.pop(path, None)
        elif before is None or before.state != state:
            self.pending.pop(path, None)
            self.pending[path] = Seen(state, time.monotonic())

    def drop(self, paths: Iterable[str]) -> None:
        """Leave alone what is pending at ``paths``, until it is seen again."""
        for path in paths:
            self.pending.pop(path, None)

    def due(self, settle: float) -> Iterator[tuple[str, FileState | None]]:
        """What is pending and has been seen like this for ``settle`` seconds."""
        latest = time.monotonic() - settle
        for path, seen in list(self.pending.items()):
            if seen.since > latest:
                return
            yield path, seen.state

    def read_again(self, but: str) -> bool:
        """Let every collection but one be read again, the sooner the better; whether there are others."""
        others = [path for path in self._known if path != but and is_collection(path) and path not in self.pending]
        now = time.monotonic()
        for path in others:
            known = self._known[path]
            self._known[path] = replace(known, state=FileState.unread())
            self.pending[path] = Seen(known.state, now)
        return bool(others)

    # What was done

    def was_read(self, states: Mapping[str, tuple[str, FileState]]) -> None:
        """Files were read: their origins and how they were, by their paths."""
        learned = {path: Known(origin, state) for path, (origin, state) in states.items()}
        if learned:
            self._files.change(remember=_marks(learned))
        self._learn(learned)
        for path, known in learned.items():
            self._failed.pop(path, None)
            self._done(path, known.state)

    def has_failed(self, path: str, state: FileState, reason: str) -> bool:
        """A file cannot be read; whether that is news."""
        is_news = self._failed.get(path) != (state, reason)
        self._failed[path] = (state, reason)
        self._done(path, state)
        return is_news

    def is_gone(self, paths: Iterable[str]) -> None:
        """Files are gone, and so are their articles."""
        gone = list(paths)
        self._files.change(forget=gone)
        for path in gone:
            self._known.pop(path, None)
            self._failed.pop(path, None)
            self.pending.pop(path, None)

    def keep_devices(self) -> None:
        """Remember the present numbers of devices."""
        if self._moved:
            self._files.change(remember=_marks(self._moved))
            self._moved.clear()

    def _learn(self, known: Mapping[str, Known]) -> None:
        self._known.update(known)
        for path in known:
            folder = os.path.dirname(path)  # noqa: PTH120  (a Path for each of many thousands)
            if folder not in self._folders:
                self._folders.add(folder)
                self._folders.update(map(str, Path(folder).parents))

    def _moved_from(self, path: str, known: Known, state: FileState) -> None:
        if known.state.device != state.device:
            self.renumbered.add((known.state.device, state.device))
            self._known[path] = self._moved[path] = Known(known.origin, state)

    def _done(self, path: str, state: FileState) -> None:
        seen = self.pending.get(path)
        if seen is not None and seen.state == state:
            del self.pending[path]


def _marks(known: Mapping[str, Known]) -> dict[str, FileMark]:
    return {path: FileMark(each.origin, each.state.text) for path, each in known.items()}
