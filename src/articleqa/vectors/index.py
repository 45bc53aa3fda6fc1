"""One generation's vectors: a snapshot that never changes, a tail of what came after it, and marks on what went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from articleqa.types import Matrix, Vector
from articleqa.vectors.bits import Bits, has_bits, no_bits, rows_of, set_bits, set_rows
from articleqa.vectors.contract import Ids, check_ids, check_query, ranked
from articleqa.vectors.native import one_thread
from articleqa.vectors.segment import Segment
from articleqa.vectors.tail import Tail, TailView

_BATCH = 16_384


@dataclass(frozen=True, slots=True)
class Frozen:
    """What an index held at one time. ``removed`` are marks on the rows of the segment."""

    segment: Segment | None
    removed: Bits
    tail: TailView

    def batches(self) -> Iterator[tuple[Ids, Matrix]]:
        """Everything that was not removed, by ascending id.

        Raises:
            ValueError: at the end of the segment, if it is damaged.
        """
        if self.segment is not None:
            for rows, vectors in self.segment.checked_batches():
                keep = ~has_bits(self.removed, rows)
                yield self.segment.ids[rows[keep]], vectors[keep]
        for first in range(0, len(self.tail.ids), _BATCH):
            rows = first + np.flatnonzero(~self.tail.removed[first : first + _BATCH])
            yield self.tail.ids[rows], self.tail.rows[rows]


class FaissIndex:
    """Nearest neighbours with FAISS. One thread adds and removes at a time; any thread searches meanwhile."""

    def __init__(self, dimension: int, *, segment: Segment | None = None) -> None:
        self.dimension = dimension
        self.segment = segment
        self._removed = no_bits(0 if segment is None else len(segment))
        self._removed_count = 0
        self._tail = Tail(dimension)

    def __len__(self) -> int:
        held = 0 if self.segment is None else len(self.segment)
        return held - self._removed_count + len(self._tail) - self._tail.removed_count

    @property
    def ids(self) -> Ids:
        """Every id, ascending; removed ones are left out."""
        return np.concatenate([np.empty(0, dtype=np.int64), *(ids for ids, _ in self.freeze().batches())])

    @property
    def changed(self) -> int:
        """How many rows came and went since the snapshot."""
        return len(self._tail) + self._removed_count

    @property
    def removed_ids(self) -> Ids:
        """Ids in the snapshot that were removed since."""
        if self.segment is None or not self._removed_count:
            return np.empty(0, dtype=np.int64)
        return self.segment.ids[set_rows(self._removed)]

    def add(self, ids: Ids, vectors: Matrix) -> None:
        """See :class:`VectorIndex`."""
        check_ids(ids, vectors, after=self.last_id)
        self._tail.append(ids, vectors)

    def remove(self, ids: Ids) -> None:
        """See :class:`VectorIndex`."""
        ids = np.unique(ids)
        if self.segment is not None:
            rows = rows_of(self.segment.ids, ids)
            rows = rows[~has_bits(self._removed, rows)]
            set_bits(self._removed, rows)
            self._removed_count += len(rows)
        self._tail.remove(ids)

    def search(
        self, query: Vector, limit: int, *, allowed: Ids | None = None, last: int | None = None
    ) -> list[tuple[int, float]]:
        """See :class:`VectorIndex`. What is later than the id ``last``, where given, is passed over."""
        check_query(query, self.dimension)
        if limit < 1 or not np.isfinite(query).all() or (allowed is not None and not len(allowed)):
            return []
        query = np.ascontiguousarray(query, dtype=np.float32)
        segment, tail = self.segment, self._tail.view
        with one_thread():
            ids, vectors = tail.nearest(query, limit, allowed=allowed, last=last)
            if segment is not None and len(segment):
                rows = None if allowed is None else rows_of(segment.ids, allowed)
                if last is not None and segment.ids[-1] > last:
                    shown = int(np.searchsorted(segment.ids, last, side="right"))
                    rows = np.arange(shown) if rows is None else rows[rows < shown]
                if rows is None or len(rows):
                    found = segment.nearest(
                        query, limit, removed=self._removed, removed_count=self._removed_count, allowed=rows
                    )
                    ids = np.concatenate([segment.ids[found], ids])
                    vectors = np.concatenate([segment.rows(found), vectors])
        return ranked(ids, vectors, query, limit)

    def freeze(self) -> Frozen:
        """What there is now, which does not change when this does."""
        held = self._tail.view
        return Frozen(self.segment, self._removed.copy(), TailView(held.ids, held.rows, held.removed.copy()))

    def succeeded(self, before: Frozen, segment: Segment) -> FaissIndex:
        """This index over ``segment``, which holds what there was ``before``; what came and went since is kept."""
        index = FaissIndex(self.dimension, segment=segment)
        held, count = self._tail.view, len(before.tail.ids)
        index.add(held.ids[count:], held.rows[count:])
        gone = held.ids[held.removed]
        if before.segment is not None:
            gone = np.concatenate([before.segment.ids[set_rows(self._removed & ~before.removed)], gone])
        index.remove(gone)
        return index

    @property
    def last_id(self) -> int:
        """The highest id that was ever added, -1 before there is one."""
        held = self._tail.view.ids
        if len(held):
            return int(held[-1])
        return -1 if self.segment is None or not len(self.segment) else int(self.segment.ids[-1])
