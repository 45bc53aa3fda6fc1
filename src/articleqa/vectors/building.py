"""Writes the file of a snapshot from batches of vectors, never holding more than one of them and the codes of all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from articleqa.checkpoints import reached
from articleqa.types import Matrix
from articleqa.vectors import policy
from articleqa.vectors.contract import Ids, check_ids
from articleqa.vectors.layout import ALIGNMENT, HEADER_BYTES, Part, header
from articleqa.vectors.native import one_thread

_BATCH = 16_384
# How many rows the centre of the codes is the mean of.
_SAMPLE = 65_536


class Abandoned(Exception):
    """Whoever asked for a file does not want it any more."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file that is on the disk, and what it has in it."""

    vectors: int
    last_id: int
    rows: Part
    ids: Part
    codes: Part | None


def write_segment(
    path: Path, batches: Iterable[tuple[Ids, Matrix]], dimension: int, *, go_on: Callable[[], bool] = lambda: True
) -> Written:
    """Write a file that a power cut does not take any more.

    Raises:
        OSError: if it cannot be written.
        ValueError: if ids do not ascend, or rows have another dimension.
        Abandoned: if it was told not to ``go_on``.
    """
    with path.open("xb+") as file:
        file.write(header(0, dimension))
        digest, ids = hashlib.sha256(), [np.empty(0, dtype=np.int64)]
        last, count = -1, 0
        for numbers, vectors in batches:
            if not go_on():
                raise Abandoned
            if not len(numbers):
                continue
            check_ids(numbers, vectors, after=last)
            if vectors.shape[1] != dimension:
                raise ValueError(f"vectors of {vectors.shape[1]} columns among those of {dimension}")
            content = np.ascontiguousarray(vectors, dtype="<f4").tobytes()
            file.write(content)
            digest.update(content)
            ids.append(np.asarray(numbers, dtype="<i8"))
            last, count = int(numbers[-1]), count + len(numbers)
            reached("vectors.snapshot.growing")
        rows = Part(HEADER_BYTES, count * dimension * 4, digest.hexdigest())
        ids_part = _append(file, np.concatenate(ids).tobytes())
        file.seek(0)
        file.write(header(count, dimension))
        file.flush()
        codes = None
        if count >= policy.CODED_FROM:
            codes = _append(file, _codes(path, count, dimension, go_on))
        file.flush()
        reached("vectors.snapshot.written")
        os.fsync(file.fileno())
        reached("vectors.snapshot.synced")
    return Written(count, last, rows, ids_part, codes)


def _append(file: IO[bytes], content: bytes) -> Part:
    end = file.seek(0, os.SEEK_END)
    start = -(-end // ALIGNMENT) * ALIGNMENT
    file.write(bytes(start - end))
    file.write(content)
    return Part(start, len(content), hashlib.sha256(content).hexdigest())


def _codes(path: Path, count: int, dimension: int, go_on: Callable[[], bool]) -> bytes:
    """A RaBitQ index of the rows in a file."""
    import faiss

    content = np.memmap(path, np.uint8, "r", HEADER_BYTES, (count, 4 * dimension))
    codes: Any = faiss.IndexRaBitQFastScan(dimension, faiss.METRIC_INNER_PRODUCT)
    with one_thread():
        # Rows beside each other come of the same article: the sample takes some from everywhere.
        codes.train(content[:: -(-count // _SAMPLE)].view("<f4"))
        for first, last in _ranges(count):
            if not go_on():
                raise Abandoned
            codes.add(content[first:last].copy().view("<f4"))
            reached("vectors.snapshot.coding")
    result: bytes = faiss.serialize_index(codes).tobytes()
    return result


def _ranges(count: int) -> Iterator[tuple[int, int]]:
    return ((first, min(first + _BATCH, count)) for first in range(0, count, _BATCH))
