"""What searches vectors, and what it reads them from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from articleqa.types import InvalidInput, Matrix, Vector

Ids = NDArray[np.int64]


class VectorSource(Protocol):
    """An unchanging view of the stored vectors."""

    @property
    def change(self) -> int:
        """The number of the last change that the view shows."""

    def token(self, change: int) -> bytes | None:
        """What tells the change of that number from one of the same number elsewhere; None where it is not known."""

    def vectors_after(self, generation: int, passage_id: int) -> Iterator[tuple[Ids, Matrix]]:
        """Ids, ascending, and vectors of the passages later than ``passage_id``, in batches."""

    def vectors_of(self, ids: Ids) -> tuple[Ids, Matrix]:
        """Those of ``ids`` that have a sound vector, ascending, and their vectors."""

    def last_passage(self, generation: int) -> int:
        """The highest id that the view shows, 0 where there is none."""

    def removed_after(self, change: int) -> Ids:
        """Ids of the passages removed after the change of that number."""


class VectorIndex(Protocol):
    """Nearest neighbours by inner product."""

    def __len__(self) -> int:
        """How many vectors there are."""

    def add(self, ids: Ids, vectors: Matrix) -> None:
        """Add unit-norm rows under new ids, which ascend and are higher than every id before them."""

    def remove(self, ids: Ids) -> None:
        """Take ids out; those that are not there are passed over."""

    def search(self, query: Vector, limit: int, *, allowed: Ids | None = None) -> list[tuple[int, float]]:
        """``(id, cosine)`` of the nearest, best first and equals by id; among ``allowed`` ids only, where given.

        ``allowed`` ascends. A query that is not finite is near nothing.

        Raises:
            InvalidInput: if ``query`` has another dimension than the vectors.
        """


def check_query(query: Vector, dimension: int) -> None:
    """Make sure that ``query`` is one row of the vectors' dimension.

    Raises:
        InvalidInput: if it is not.
    """
    if query.shape != (dimension,):
        raise InvalidInput(f"the encoder gave a question the shape {query.shape}: it must be ({dimension},)")


def check_ids(ids: Ids, vectors: Matrix, *, after: int) -> None:
    """Make sure that ``ids`` ascend from ``after`` on, one for each row.

    Raises:
        ValueError: if they do not.
    """
    if len(ids) != len(vectors):
        raise ValueError(f"{len(ids)} ids for {len(vectors)} vectors")
    if len(ids) and (ids[0] <= after or (np.diff(ids) <= 0).any()):
        raise ValueError(f"ids have to ascend from {after} on")


def ranked(ids: Ids, vectors: Matrix, query: Vector, limit: int) -> list[tuple[int, float]]:
    """The ``limit`` best of a few vectors, whose scores do not depend on where or beside what they lie."""
    if not len(ids):
        return []
    scores = np.einsum("ij,j->i", vectors.astype(np.float64), query.astype(np.float64)).astype(np.float32)
    best = np.lexsort((ids, -scores))[:limit]
    return [(int(ids[row]), float(scores[row])) for row in best]
