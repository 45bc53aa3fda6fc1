"""What came after the snapshot: rows in memory, compared one by one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from articleqa.types import Matrix, Vector
from articleqa.vectors.bits import rows_of
from articleqa.vectors.contract import Ids
from articleqa.vectors.native import all_scores, best, row_scores

_FIRST_ROWS = 256


@dataclass(frozen=True, slots=True)
class TailView:
    """The first ``len(ids)`` rows of a tail. What is removed later is seen, what is added later is not."""

    ids: Ids
    rows: Matrix
    removed: NDArray[np.bool_]

    def nearest(self, query: Vector, count: int, *, allowed: Ids | None, last: int | None) -> tuple[Ids, Matrix]:
        """Ids and rows of the ``count`` nearest, and of those as near as the last of them, in any order.

        What is not ``allowed``, or later than ``last``, is passed over.
        """
        import faiss

        address, keep = faiss.swig_ptr(self.rows), ~self.removed
        if last is not None and len(self.ids) and self.ids[-1] > last:
            keep &= self.ids <= last
        if allowed is None:
            scores = all_scores(address, len(self.ids), query)
            scores[~keep] = -np.inf
            rows = best(scores, count)
        else:
            rows = rows_of(self.ids, allowed)
            rows = rows[keep[rows]]
            rows = rows[best(row_scores(address, rows, query), count)]
        return self.ids[rows], self.rows[rows]


class Tail:
    """Rows that are added at the end. One thread adds and removes at a time; any thread may look at :attr:`view`."""

    def __init__(self, dimension: int) -> None:
        self._ids: Ids = np.empty(_FIRST_ROWS, dtype=np.int64)
        self._rows: Matrix = np.empty((_FIRST_ROWS, dimension), dtype=np.float32)
        self._removed = np.zeros(_FIRST_ROWS, dtype=bool)
        self._count = 0
        self.removed_count = 0
        self.view = TailView(self._ids[:0], self._rows[:0], self._removed[:0])

    def __len__(self) -> int:
        return self._count

    def append(self, ids: Ids, rows: Matrix) -> None:
        """Add rows under ascending ids that are higher than every id before them."""
        if not len(ids):
            return
        count = self._count + len(ids)
        if count > len(self._ids):
            # Doubling keeps what one row costs the same however many there are. Who looks at the old rows keeps them.
            self._grow(max(count, 2 * len(self._ids)))
        self._ids[self._count : count] = ids
        self._rows[self._count : count] = rows
        self._count = count
        self.view = TailView(self._ids[:count], self._rows[:count], self._removed[:count])

    def remove(self, ids: Ids) -> None:
        """Take ids out, which ascend; those that are not there are passed over."""
        rows = rows_of(self.view.ids, ids)
        self.removed_count += int(np.count_nonzero(~self._removed[rows]))
        self._removed[rows] = True

    def _grow(self, capacity: int) -> None:
        held, dimension = self.view, self._rows.shape[1]
        self._ids = np.empty(capacity, dtype=np.int64)
        self._rows = np.empty((capacity, dimension), dtype=np.float32)
        self._removed = np.zeros(capacity, dtype=bool)
        for new, old in ((self._ids, held.ids), (self._rows, held.rows), (self._removed, held.removed)):
            new[: self._count] = old
