"""FAISS's kernels over rows that lie in memory or in a mapped file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from articleqa.types import Vector
from articleqa.vectors.bits import Rows

# How far two scores of the same vectors may lie apart.
_SAME = 1e-6
# No more than so many times what was asked for is taken along.
_MANY = 20


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep FAISS from starting threads for each thread that asks: on few cores they only wait for each other."""
    import faiss

    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def row_scores(address: Any, rows: Rows, query: Vector) -> NDArray[np.float32]:
    """Inner products of ``query`` with some of the float32 rows that begin at ``address``."""
    import faiss

    rows = np.ascontiguousarray(rows, dtype=np.int64)
    scores = np.empty(len(rows), dtype=np.float32)
    if len(rows):
        faiss.fvec_inner_products_by_idx(
            faiss.swig_ptr(scores), faiss.swig_ptr(query), address, faiss.swig_ptr(rows), len(query), 1, len(rows)
        )
    return scores


def all_scores(address: Any, count: int, query: Vector) -> NDArray[np.float32]:
    """Inner products of ``query`` with the first ``count`` of the float32 rows that begin at ``address``."""
    import faiss

    scores = np.empty(count, dtype=np.float32)
    if count:
        faiss.fvec_inner_products_ny(faiss.swig_ptr(scores), faiss.swig_ptr(query), address, len(query), count)
    return scores


def best(scores: NDArray[np.float32], count: int) -> Rows:
    """Where the ``count`` highest scores are, ascending, and those that are as high as the last of them.

    The last bits of a score depend on where its row lies. What is that near to the last one is taken along, so that the
    same vectors are found wherever they lie. Scores of minus infinity are nothing's.
    """
    if not len(scores):
        return np.empty(0, dtype=np.int64)
    last = float(np.partition(scores, len(scores) - count)[len(scores) - count]) if count < len(scores) else -np.inf
    rows = np.flatnonzero(scores >= max(last - _SAME, float(np.finfo(np.float32).min)))
    if len(rows) > _MANY * count:
        rows = np.sort(rows[np.lexsort((rows, -scores[rows]))[: _MANY * count]])
    return rows
