"""Whether a generation may answer: it is whole, and its passages are found by their words and by their vectors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from articleqa.library import Generation, Snapshot, index_faults
from articleqa.library.verification import SAMPLES
from articleqa.types import Progress, ProgressCallback
from articleqa.vectors import Vectors

# A passage's own vector has to be among so many.
_NEAREST = 10
# Of so many passages, an approximate index may pass over one.
_MISSES = SAMPLES // 20
# As near as makes no difference.
_SAME = 1e-3

_STEPS = 4


def faults(snapshot: Snapshot, generation: Generation, folder: Path, progress: ProgressCallback | None) -> list[str]:
    """What is wrong with a generation, one line each.

    Its snapshot is written on the way, so that it answers at once when its time comes.
    """
    done = iter(range(1, _STEPS + 1))

    def told() -> None:
        if progress is not None:
            progress(Progress("verify", next(done), _STEPS))

    return [*index_faults(snapshot, generation.id, told=told), *_dense_faults(snapshot, generation, folder, told)]


def _dense_faults(snapshot: Snapshot, generation: Generation, folder: Path, told: Callable[[], None]) -> list[str]:
    # An index of its own: that which answers questions meanwhile is left alone.
    index = Vectors(folder)
    index.prepare(snapshot, generation=generation.id, dimension=generation.dimension)
    found = []
    sampled = snapshot.sampled_passages(generation.id, SAMPLES)
    numbers, vectors = snapshot.vectors_of(np.array(sampled, dtype=np.int64))
    passed_over, lost = 0, len(sampled) - len(numbers)
    for number, vector in zip(numbers.tolist(), vectors, strict=True):
        nearest = index.search(snapshot, vector, generation=generation.id, limit=_NEAREST)
        same = float(vector @ vector) - _SAME
        if any(other == number for other, _ in nearest) or (len(nearest) == _NEAREST and nearest[-1][1] >= same):
            continue  # it is there, or as many others are just like it
        passed_over += 1
        alone = index.search(
            snapshot, vector, generation=generation.id, limit=1, allowed=np.array([number], dtype=np.int64)
        )
        lost += not (alone and alone[0][1] >= same)
    if lost or passed_over > _MISSES:
        found.append(f"{max(lost, passed_over)} of {len(sampled)} passages are not found by their own vectors")
    index.close()
    told()
    return found
