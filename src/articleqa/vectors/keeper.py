"""The dense side of one index folder: kept up with the library, searched by any thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from articleqa.checkpoints import reached
from articleqa.types import ArticleQAError, Matrix, Vector
from articleqa.vectors import policy
from articleqa.vectors.bits import rows_of
from articleqa.vectors.building import Abandoned
from articleqa.vectors.contract import Ids, VectorSource, ranked
from articleqa.vectors.files import Files, Shown
from articleqa.vectors.index import FaissIndex
from articleqa.vectors.segment import Segment

logger = logging.getLogger("articleqa.vectors")

Reading = Callable[[], AbstractContextManager[VectorSource]]


@dataclass(eq=False)
class _State:
    """A generation's index in memory and the state of the library that it shows."""

    generation: int
    index: FaissIndex
    shown: Shown = field(default_factory=Shown)
    # Whether the library has more than is read while somebody waits.
    behind: bool = False

    def leads_to(self, source: VectorSource) -> bool:
        """Whether what ``source`` shows came of what is in memory."""
        return self.shown.change < 0 or source.token(self.shown.change) == self.shown.token

    def catch_up(self, source: VectorSource) -> None:
        """Take in what ``source`` shows and the index does not."""
        for ids, vectors in source.vectors_after(self.generation, self.index.last_id):
            self.index.add(ids, vectors)
        self.index.remove(source.removed_after(self.shown.change))
        change = source.change
        self.shown = Shown(change, source.token(change), self.index.last_id)
        self.behind = False


class Vectors:
    """The vectors of one index folder.

    Args:
        folder: where snapshots lie.
        reading: opens a view of the library. With it, what takes long to read is read in the background, while searches
            find what is there; without it, whoever searches first waits.
    """

    def __init__(self, folder: Path, *, reading: Reading | None = None) -> None:
        self._files = Files(folder)
        self._reading = reading
        self._states: dict[int, _State] = {}
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._retry_at = 0.0
        self._closing = threading.Event()

    def search(
        self,
        source: VectorSource,
        query: Vector,
        *,
        generation: int,
        limit: int,
        allowed: Ids | None = None,
    ) -> list[tuple[int, float]]:
        """``(passage id, cosine)`` of the nearest passages that ``source`` shows, best first.

        While a lost snapshot is built again, only what is in memory is found, and what is in ``allowed`` where that is
        little.
        """
        while True:
            state = self._caught_up(source, generation, len(query))
            shown = state.shown
            # Another thread may have seen more. What is new does not crowd out what this view shows.
            last = shown.last_id if shown.change <= source.change else source.last_passage(generation)
            if state.behind and allowed is not None and len(allowed) <= policy.READ_DIRECTLY:
                return ranked(*source.vectors_of(allowed), query, limit)
            index = state.index
            hits = index.search(query, limit, allowed=allowed, last=last)
            segment = index.segment
            if segment is None or segment.checked or _agrees(segment, source, hits):
                return hits
            self._set_aside(state, segment)

    def refresh(self, source: VectorSource, *, generation: int, dimension: int) -> None:
        """Take in what was added and removed, if anybody searches here; write a new snapshot where that is due."""
        if generation in self._states or self._is_due(source, generation):
            self._maintain(self._caught_up(source, generation, dimension))

    def prepare(self, source: VectorSource, *, generation: int, dimension: int) -> None:
        """Write the snapshot of a generation that is about to answer, so that nobody waits for it then."""
        if source.last_passage(generation) > 0:
            change = source.change
            shown = Shown(change, source.token(change))
            try:
                self._files.publish(generation, source.vectors_after(generation, 0), dimension=dimension, shown=shown)
            except OSError as error:
                self._not_written(generation, error)

    def flush(self) -> None:
        """Wait for what is under way, and write what is worth keeping for a quick start."""
        self._join()
        for state in list(self._states.values()):
            index = state.index
            if index.changed and not state.behind and (_changed_much(index) or len(index) <= policy.SMALL):
                self._compact(state)

    def close(self) -> None:
        """:meth:`flush`, and stop what reads in the background."""
        self.flush()
        self._closing.set()

    def problem(self, generation: int) -> str | None:
        """What is wrong with the snapshot of a generation, or None; a missing one is no problem."""
        return self._files.problem(generation)

    # State

    def _caught_up(self, source: VectorSource, generation: int, dimension: int) -> _State:
        state, change = self._states.get(generation), source.change
        if state is not None and state.shown.change >= change:
            return state
        with self._lock:
            state = self._states.get(generation)
            if state is None:
                state = self._opened(source, generation, dimension)
            elif change > state.shown.change and not state.leads_to(source):
                state = _State(generation, FaissIndex(dimension))
            is_new = not self._is_current(state)
            # Another generation's index answers no more questions than those that are under way.
            self._states = {generation: state}
            if is_new and state.index.segment is not None and not state.index.segment.checked:
                self._start(self._check, state)
            # A manifest may say what is gone by now, of a file that lacks what has come by now.
            missing = source.last_passage(generation) - state.index.last_id
            if change > state.shown.change or missing > 0:
                state.behind = missing > policy.READ_AT_ONCE and self._reading is not None
                if state.behind:
                    state.index.remove(source.removed_after(state.shown.change))
                else:
                    state.catch_up(source)
        self._maintain(state)
        return state

    def _opened(self, source: VectorSource, generation: int, dimension: int) -> _State:
        """The index on disk, or an empty one where it is missing or not what it should be."""
        segment = self._files.open(generation, dimension)
        if segment is not None:
            state = _over(segment)
            if state.leads_to(source):
                return state
            # The file is of another library, of one that was put back from a copy, or from very long ago.
            logger.info("%s is of another state of the library", segment.path)
        return _State(generation, FaissIndex(dimension))

    def _is_due(self, source: VectorSource, generation: int) -> bool:
        """Whether the snapshot is so old, or so small, that it is worth opening to bring it up to date."""
        try:
            manifest = self._files.manifest(generation)
        except (OSError, ValueError):
            return True
        held, last_id, change = (manifest.vectors, manifest.last_id, manifest.change) if manifest else (0, 0, 0)
        return (
            held <= policy.SMALL
            or source.last_passage(generation) - last_id >= _much(held)
            or source.change - change >= policy.CHANGES_BETWEEN_MANIFESTS
        )

    def _set_aside(self, state: _State, segment: Segment) -> None:
        """Do without a damaged snapshot from now on."""
        logger.warning("%s is damaged: it is built again", segment.path)
        with self._lock:
            if self._states.get(state.generation) is state:
                self._states = {}
        self._files.set_aside(state.generation, segment)

    # In the background

    def _maintain(self, state: _State) -> None:
        """Start what is due, unless something is under way."""
        job = self._due(state)
        if job is None or time.monotonic() < self._retry_at:
            return
        with self._lock:
            if self._worker is None or not self._worker.is_alive():
                self._worker = self._start(job, state)

    def _due(self, state: _State) -> Callable[[_State], None] | None:
        index = state.index
        if state.behind:
            return self._build
        if _changed_much(index):
            return self._compact
        stated = state.shown.change if index.segment is None else index.segment.manifest.change
        return self._restate if state.shown.change - stated >= policy.CHANGES_BETWEEN_MANIFESTS else None

    def _start(self, job: Callable[[_State], None], state: _State) -> threading.Thread:
        thread = threading.Thread(target=job, args=(state,), name=f"vectors{job.__name__}", daemon=True)
        thread.start()
        return thread

    def _is_current(self, state: _State) -> bool:
        return self._states.get(state.generation) is state

    def _compact(self, state: _State) -> None:
        """Fold what came and went into a new snapshot, or take over one that another program has made of it."""
        reached("vectors.compaction.begun")
        with self._lock:
            index, shown = state.index, state.shown
            before = index.freeze()
        try:
            if self._adopt(state):
                return
            segment = self._files.publish(
                state.generation,
                before.batches(),
                dimension=index.dimension,
                shown=shown,
                go_on=lambda: self._is_current(state),
            )
        except Abandoned:
            return
        except ValueError:
            if index.segment is not None:
                self._set_aside(state, index.segment)
            return
        except (OSError, RuntimeError, ArticleQAError) as error:
            self._not_written(state.generation, error)
            return
        with self._lock:
            if state.index is index:
                state.index = index.succeeded(before, segment)
        reached("vectors.compaction.ended")

    def _adopt(self, state: _State) -> bool:
        """Take over a newer snapshot of the same library from the disk; whether there was one."""
        segment = state.index.segment
        try:
            manifest = self._files.manifest(state.generation)
        except (OSError, ValueError):
            return False
        if self._reading is None or manifest is None or manifest.change <= (segment.manifest.change if segment else 0):
            return False
        if segment is not None and manifest.file == segment.manifest.file:
            return False
        opened = self._files.open(state.generation, state.index.dimension)
        if opened is None:
            return False
        newer = _over(opened)
        with self._reading() as source:
            if not newer.leads_to(source):
                return False
            newer.catch_up(source)
        with self._lock, self._reading() as source:
            if self._is_current(state):
                # Nobody sees less than was seen before.
                newer.catch_up(source)
                self._states = {state.generation: newer}
        if not opened.checked:
            self._start(self._check, newer)
        return True

    def _build(self, state: _State) -> None:
        """Make a snapshot of what the library has, beginning with what is in memory."""
        if self._reading is None:
            return
        try:
            with self._reading() as source:
                change = source.change
                shown = Shown(change, source.token(change))
                segment = self._files.publish(
                    state.generation,
                    _everything(state, source),
                    dimension=state.index.dimension,
                    shown=shown,
                    go_on=lambda: self._is_current(state),
                )
        except Abandoned:
            return
        except ValueError:
            if state.index.segment is not None:
                self._set_aside(state, state.index.segment)
            return
        except (OSError, RuntimeError, ArticleQAError) as error:
            # Whoever asks next waits while it is read into memory.
            self._reading = None
            self._not_written(state.generation, error)
            return
        with self._lock:
            if self._is_current(state):
                self._states = {state.generation: _over(segment)}

    def _restate(self, state: _State) -> None:
        """Say in the manifest what is gone, before the library forgets it."""
        with self._lock:
            segment, shown, removed = state.index.segment, state.shown, state.index.removed_ids
        if segment is None:
            return
        try:
            manifest = self._files.restate(segment.manifest, shown, removed)
        except OSError as error:
            self._not_written(state.generation, error)
            return
        if manifest is not None:
            segment.manifest = manifest

    def _check(self, state: _State) -> None:
        """Read every byte of a snapshot that is in use already."""
        segment = state.index.segment
        if segment is None:
            return
        try:
            segment.check(go_on=lambda: self._is_current(state) and not self._closing.is_set())
        except ValueError:
            self._set_aside(state, segment)

    def _not_written(self, generation: int, error: Exception) -> None:
        # A derived file that cannot be written costs time at the next start and nothing else.
        logger.warning("%s cannot be written (%s)", self._files.manifest_path(generation), error)
        self._retry_at = time.monotonic() + policy.RETRY_SECONDS

    def _join(self) -> None:
        worker = self._worker
        if worker is not None and worker is not threading.current_thread():
            worker.join()


def _over(segment: Segment) -> _State:
    """The state that a snapshot shows."""
    manifest = segment.manifest
    index = FaissIndex(manifest.dimension, segment=segment)
    index.remove(np.array(manifest.removed, dtype=np.int64))
    return _State(manifest.generation, index, Shown(manifest.change, manifest.token, manifest.last_id))


def _everything(state: _State, source: VectorSource) -> Iterator[tuple[Ids, Matrix]]:
    """What is in memory and still in the library, then what is in the library only."""
    gone = source.removed_after(state.shown.change)
    for ids, vectors in state.index.freeze().batches():
        keep = ~np.isin(ids, gone)
        yield ids[keep], vectors[keep]
    yield from source.vectors_after(state.generation, state.index.last_id)


def _much(held: int) -> float:
    """How much has to change in a snapshot of ``held`` rows before it is written again."""
    return max(policy.CHANGED_FLOOR, min(policy.CHANGED_SHARE * held, policy.CHANGED_CEILING))


def _changed_much(index: FaissIndex) -> bool:
    return index.changed >= _much(0 if index.segment is None else len(index.segment))


def _agrees(segment: Segment, source: VectorSource, hits: list[tuple[int, float]]) -> bool:
    """Whether what was found in a snapshot is what the library has; what it has no more is passed over."""
    found = np.array(sorted(number for number, _ in hits), dtype=np.int64)
    ids, vectors = source.vectors_of(segment.ids[rows_of(segment.ids, found)])
    return segment.rows(rows_of(segment.ids, ids)).tobytes() == vectors.tobytes()
