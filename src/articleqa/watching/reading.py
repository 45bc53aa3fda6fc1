"""Does what a ledger says is to be done: reads files that have settled, removes the articles of those that are gone."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from articleqa.assistant import Assistant
from articleqa.loading.folder import origin_of
from articleqa.types import Progress
from articleqa.watching.folders import Folders
from articleqa.watching.ledger import Ledger, file_origin, is_collection
from articleqa.watching.report import Change, ChangeKind, ReportCallback, WatchReport, changes_of
from articleqa.watching.states import FileState, look
from articleqa.watching.stopping import Stopped

# Each batch is committed when it is done. Their size is fitted so that one takes about this long.
_BATCH_SECONDS = (0.5, 1.5)
_FIRST_BATCH = 16
_LARGEST_BATCH = 256
_LARGEST_BYTES = 8_000_000
# Between two bundles of passages, whoever has a question gets his turn at the encoder.
_PAUSE_SECONDS = 0.001


class Reader:
    """Reads and removes, a batch at a time.

    What has been the same for ``settle`` seconds is read. What may be the new place of a file that is gone is read
    before that is removed, so that a text that is encoded already is not encoded again.
    """

    def __init__(
        self,
        assistant: Assistant,
        folders: Folders,
        ledger: Ledger,
        *,
        settle: float,
        tell: ReportCallback,
        stopped: Callable[[], bool],
    ) -> None:
        self._assistant = assistant
        self._folders = folders
        self._ledger = ledger
        self._settle = settle
        self._tell = tell
        self._stopped = stopped
        self._size = _FIRST_BATCH
        self._compared: set[str] = set()

    def step(self) -> bool:
        """Do a batch of what is due; whether there was something to do.

        Raises:
            ArticleQAError: if the library cannot be written; nothing is lost, and the next step does it.
            Stopped: if the watch was told to end.
        """
        batch, gone = self._due()
        if batch:
            started = time.monotonic()
            self._read(batch)
            self._fit(time.monotonic() - started, len(batch))
        free = self._free(gone)
        if free:
            self._remove(free)
        return bool(batch or free)

    def _due(self) -> tuple[dict[str, FileState], list[str]]:
        """What is to be read now, and what is gone."""
        batch: dict[str, FileState] = {}
        gone: list[str] = []
        size = 0
        for path, before in self._ledger.due(self._settle):
            is_full = len(batch) >= self._size or size >= _LARGEST_BYTES
            if before is not None and is_full:
                continue
            try:
                state = look(path)
            except OSError:
                continue
            if state != before:
                self._ledger.note(path, state)
            elif state is None:
                gone.append(path)
            else:
                batch[path] = state
                size += state.size
        # What has only become invisible, with its folder or its disk, is looked for again with everything else.
        confirmed = self._folders.are_gone(gone)
        self._ledger.drop(set(gone).difference(confirmed))
        return batch, confirmed

    def _free(self, gone: Sequence[str]) -> list[str]:
        """Which of the files that are gone cannot have become anything that is still to be read."""
        waiting = [(path, seen.state) for path, seen in self._ledger.pending.items() if seen.state is not None]
        sizes = {state.size for _, state in waiting}
        is_collection_waiting = any(is_collection(path) for path, _ in waiting)
        free: list[str] = []
        for path in gone:
            known = self._ledger.known(path)
            if known is not None and known.state.size in sizes:
                continue
            if is_collection(path):
                # Its articles may be in another collection as well, under the same ids.
                if path not in self._compared:
                    self._compared.add(path)
                    is_collection_waiting |= self._ledger.read_again(path)
                if is_collection_waiting:
                    continue
            free.append(path)
        return free[:_LARGEST_BATCH]

    def _fit(self, seconds: float, count: int) -> None:
        shortest, longest = _BATCH_SECONDS
        if seconds > longest:
            self._size = max(1, self._size // 2)
        elif seconds < shortest and count >= self._size:
            self._size = min(_LARGEST_BATCH, self._size * 2)

    def _read(self, batch: Mapping[str, FileState]) -> None:
        report = self._assistant.add(*batch, progress=self._between)
        came: dict[str, set[str]] = {}
        for record in (*report.added, *report.copies, *report.updated, *report.unchanged):
            came.setdefault(file_origin(record.origin), set()).add(record.id)
        faults: dict[str, list[str]] = {}
        for origin, reason in report.failed:
            faults.setdefault(origin, []).append(reason)
        changes = changes_of(report)
        read: dict[str, tuple[str, FileState]] = {}
        for path, state in batch.items():
            origin = origin_of(Path(path))
            if origin not in faults:
                read[path] = (origin, state)
                if is_collection(path):
                    changes += self._removed([origin], but=came.get(origin, set()))
            elif os.path.lexists(path) and self._ledger.has_failed(path, state, "; ".join(faults[origin])):
                changes += [Change(ChangeKind.FAILED, origin, reason=reason) for reason in faults[origin]]
        self._ledger.was_read(read)
        for path in batch:
            self._look_again(path)
        self._told(changes, report.passages_encoded)

    def _look_again(self, path: str) -> None:
        """A file may have changed while it was read."""
        try:
            state = look(path)
        except OSError:
            return
        self._ledger.note(path, state)

    def _remove(self, paths: Sequence[str]) -> None:
        known = {path: known for path in paths if (known := self._ledger.known(path)) is not None}
        changes = self._removed(sorted({each.origin for each in known.values()}))
        self._ledger.is_gone(paths)
        self._compared.difference_update(paths)
        self._told(changes, 0)

    def _removed(self, origins: Sequence[str], *, but: set[str] | None = None) -> list[Change]:
        records = self._assistant.files.remove_articles(origins, but=but or ())
        return [Change(ChangeKind.REMOVED, record.origin, record) for record in records]

    def _told(self, changes: Sequence[Change], encoded: int) -> None:
        if changes:
            self._tell(WatchReport(tuple(changes), encoded))

    def _between(self, progress: Progress) -> None:
        if self._stopped():
            raise Stopped
        if progress.stage == "encode":
            time.sleep(_PAUSE_SECONDS)
