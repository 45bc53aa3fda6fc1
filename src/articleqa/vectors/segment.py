"""A snapshot's file: rows that never change, mapped from the disk, searched by their codes where they are many.

A file has three parts, each with a digest in the manifest: an ``IndexFlatIP`` as FAISS writes it, the ids of its rows,
ascending, and, where the rows are many, a RaBitQ index of them. Only the rows are large, and they are numbers and
nothing else: a damaged one gives a wrong score until it is found out, and never leads anywhere.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from articleqa.types import Matrix, Vector
from articleqa.vectors import policy
from articleqa.vectors.bits import Bits, Rows, bits_of, has_bits, set_rows
from articleqa.vectors.contract import Ids
from articleqa.vectors.layout import HEADER_BYTES, Manifest, header
from articleqa.vectors.native import all_scores, best, row_scores

_BATCH = 16_384


@dataclass(frozen=True, slots=True)
class _Choice:
    """Rows among which to look: those whose bits are set, or those whose are not; about ``share`` of all."""

    bits: Bits
    are_set: bool
    share: float

    def keeps(self, rows: Rows) -> NDArray[np.bool_]:
        """Which of ``rows`` are among them."""
        kept: NDArray[np.bool_] = has_bits(self.bits, rows) == self.are_set
        return kept


class Segment:
    """One file, opened. Any thread may search it.

    ``checked`` says whether every row is known to be what was written.

    Raises:
        OSError: if it cannot be read.
        ValueError: if its ids or codes are not what the manifest says. The rows are not looked at.
    """

    def __init__(self, path: Path, manifest: Manifest) -> None:
        import faiss

        self.path = path
        self.manifest = manifest
        with path.open("rb") as file:
            if file.read(HEADER_BYTES) != header(manifest.vectors, manifest.dimension):
                raise ValueError(f"{path.name} does not begin as it should")
        self.ids: Ids = manifest.ids.read(path).view("<i8")
        self._codes: Any = None
        if manifest.codes is not None:
            self._codes = faiss.deserialize_index(manifest.codes.read(path))
        try:
            self._flat = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise ValueError(f"{path.name} cannot be read ({error})") from error
        self._bytes = np.memmap(path, np.uint8, "r", HEADER_BYTES, (manifest.vectors, 4 * manifest.dimension))
        self.checked = False

    def __len__(self) -> int:
        return len(self.ids)

    def rows(self, rows: Rows) -> Matrix:
        """A copy of some rows."""
        taken: Matrix = self._bytes[rows].view("<f4")
        return taken

    def check(self, *, go_on: Callable[[], bool] = lambda: True) -> None:
        """Read every row, unless told not to ``go_on``.

        Raises:
            ValueError: if one of them is not what was written.
        """
        digest = hashlib.sha256()
        for first in range(0, len(self), _BATCH):
            digest.update(self._bytes[first : first + _BATCH].data)
            if not go_on():
                return
        self._conclude(digest.hexdigest())

    def checked_batches(self) -> Iterator[tuple[Rows, Matrix]]:
        """Every row, in batches.

        Raises:
            ValueError: at the end, if one of them is not what was written.
        """
        digest = hashlib.sha256()
        for first in range(0, len(self), _BATCH):
            rows = np.arange(first, min(first + _BATCH, len(self)))
            vectors = self.rows(rows)
            digest.update(vectors.data)
            yield rows, vectors
        self._conclude(digest.hexdigest())

    def nearest(self, query: Vector, count: int, *, removed: Bits, removed_count: int, allowed: Rows | None) -> Rows:
        """The ``count`` nearest rows, with every other that is as near as the last of them, in any order.

        Args:
            query: a finite row.
            count: how many, one at least.
            removed: rows that are passed over.
            removed_count: how many those are.
            allowed: rows, ascending, among which to look.
        """
        choice = None
        if allowed is not None:
            if removed_count:
                allowed = allowed[~has_bits(removed, allowed)]
            few = len(allowed) <= max(policy.GATHER_FLOOR, policy.GATHER_SHARE * len(self))
            if not few and len(allowed) < len(self):
                choice = _Choice(bits_of(allowed, len(self)), True, len(allowed) / len(self))
        else:
            few = removed_count == len(self)
            if removed_count:
                choice = _Choice(removed, False, 1 - removed_count / len(self))
        if self._codes is not None and not few:
            rows = self._by_codes(query, max(policy.EXACT_FLOOR, policy.EXACT_FACTOR * count), choice)
            if rows is not None:
                allowed = rows
        if allowed is not None:
            return allowed[best(row_scores(self._flat.get_xb(), allowed, query), count)]
        scores = all_scores(self._flat.get_xb(), len(self), query)
        scores[set_rows(removed)] = -np.inf
        return best(scores, count)

    def _conclude(self, sha256: str) -> None:
        if sha256 != self.manifest.rows.sha256:
            raise ValueError(f"{self.path.name} is damaged")
        self.checked = True

    def _by_codes(self, query: Vector, count: int, choice: _Choice | None) -> Rows | None:
        """The ``count`` nearest rows by their codes; None where too few of what the codes find are to be looked at."""
        # The index of the codes takes no choice: it is asked for more, of which some are chosen.
        fetched = min(count if choice is None else math.ceil(1.2 * count / choice.share), len(self))
        while fetched <= policy.EXACT_CEILING or fetched == len(self):
            rows: Rows = self._codes.search(query[None], fetched)[1][0]
            if rows[-1] < 0:
                return None  # the codes of vectors that are all the same say nothing
            if choice is not None:
                rows = rows[choice.keeps(rows)]
            if len(rows) >= count or fetched == len(self):
                return rows[:count]
            fetched = min(4 * fetched, len(self))
        return None
