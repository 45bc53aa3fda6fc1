"""The plain truth about nearest neighbours."""

from __future__ import annotations

import numpy as np

from articleqa.types import Matrix, Vector
from articleqa.vectors.contract import Ids, check_ids, check_query, ranked


class NumpyIndex:
    """Every vector compared with every query, for comparison."""

    def __init__(self, dimension: int) -> None:
        self._ids: Ids = np.empty(0, dtype=np.int64)
        self._vectors: Matrix = np.empty((0, dimension), dtype=np.float32)
        self._last = -1

    def __len__(self) -> int:
        return len(self._ids)

    @property
    def ids(self) -> Ids:
        """Every id, ascending."""
        return self._ids

    def add(self, ids: Ids, vectors: Matrix) -> None:
        """See :class:`VectorIndex`."""
        check_ids(ids, vectors, after=self._last)
        self._ids = np.concatenate([self._ids, ids])
        self._vectors = np.concatenate([self._vectors, vectors])
        self._last = int(ids[-1]) if len(ids) else self._last

    def remove(self, ids: Ids) -> None:
        """See :class:`VectorIndex`."""
        keep = ~np.isin(self._ids, ids)
        self._ids, self._vectors = self._ids[keep], self._vectors[keep]

    def search(self, query: Vector, limit: int, *, allowed: Ids | None = None) -> list[tuple[int, float]]:
        """See :class:`VectorIndex`."""
        check_query(query, self._vectors.shape[1])
        if limit < 1 or not np.isfinite(query).all():
            return []
        rows = np.arange(len(self._ids)) if allowed is None else np.flatnonzero(np.isin(self._ids, allowed))
        return ranked(self._ids[rows], self._vectors[rows], query, limit)
