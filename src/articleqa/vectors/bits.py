"""Rows of sorted ids, and one bit for each row in the order in which FAISS reads them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]
Rows = NDArray[np.int64]


def no_bits(count: int) -> Bits:
    """``count`` bits, none of them set. The system gives memory for those that are set only."""
    return np.zeros((count + 7) // 8, dtype=np.uint8)


def set_bits(bits: Bits, rows: Rows) -> None:
    """Set the bits of ``rows``."""
    np.bitwise_or.at(bits, rows >> 3, np.left_shift(1, rows & 7).astype(np.uint8))


def has_bits(bits: Bits, rows: Rows) -> NDArray[np.bool_]:
    """Whether the bit of each row is set."""
    found: NDArray[np.bool_] = (bits[rows >> 3] >> (rows & 7).astype(np.uint8)) & 1 == 1
    return found


def set_rows(bits: Bits) -> Rows:
    """The rows whose bits are set, ascending. It costs what those are, not what all are."""
    places = np.flatnonzero(bits)
    inner = np.unpackbits(bits[places, None], axis=1, bitorder="little")
    place, bit = np.nonzero(inner)
    rows: Rows = places[place] * 8 + bit
    return rows


def bits_of(rows: Rows, count: int) -> Bits:
    """``count`` bits, those of ``rows`` set."""
    marks = np.zeros(count, dtype=bool)
    marks[rows] = True
    return np.packbits(marks, bitorder="little")


def rows_of(ids: Rows, wanted: Rows) -> Rows:
    """Where those of ``wanted`` that are there lie in ``ids``; both ascend, and so does what is returned."""
    if not len(ids):
        return np.empty(0, dtype=np.int64)
    first, last = int(ids[0]), int(ids[-1])
    wanted = wanted[np.searchsorted(wanted, first) : np.searchsorted(wanted, last, side="right")]
    width = last - first + 1
    if len(wanted) > len(ids) // 16 and width <= 8 * len(ids):
        # One look at each id costs less than many searches.
        table = np.zeros(width, dtype=bool)
        table[wanted - first] = True
        return np.flatnonzero(table[ids - first])
    places = np.searchsorted(ids, wanted)
    found: Rows = places[ids[places] == wanted]
    return found
