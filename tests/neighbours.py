"""Vectors for tests, and a library of nothing but vectors, in memory."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from articleqa.types import Matrix, Vector
from articleqa.vectors import FaissIndex, Ids, NumpyIndex
from articleqa.vectors.files import Files, Shown

DIMENSION = 16


def rows(count: int, *, seed: int = 0, dimension: int = DIMENSION) -> Matrix:
    """Unit-norm rows."""
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    result: Matrix = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return result


def numbers(*values: int) -> Ids:
    return np.array(values, dtype=np.int64)


class FoldedIndex(FaissIndex):
    """A :class:`FaissIndex` that folds everything into a snapshot in ``folder`` whenever something is added."""

    def __init__(self, dimension: int, folder: Path) -> None:
        super().__init__(dimension)
        self._files = Files(folder)

    def add(self, ids: Ids, vectors: Matrix) -> None:
        super().add(ids, vectors)
        self.fold()

    def fold(self) -> None:
        """Write a snapshot and go on with it."""
        before = self.freeze()
        segment = self._files.publish(1, before.batches(), dimension=self.dimension, shown=Shown())
        vars(self).update(vars(self.succeeded(before, segment)))


@dataclass
class Stored:
    """A library of vectors: what :class:`articleqa.library.Library` is to the vectors, without the rest."""

    vectors: dict[int, Vector] = field(default_factory=dict)
    last_id: int = 0
    tokens: dict[int, bytes] = field(default_factory=lambda: {0: secrets.token_bytes(8)})
    removed: list[tuple[int, int]] = field(default_factory=list)
    damaged: set[int] = field(default_factory=set)

    def copy(self) -> Stored:
        """What this is now."""
        return replace(
            self,
            vectors=dict(self.vectors),
            tokens=dict(self.tokens),
            removed=list(self.removed),
            damaged=set(self.damaged),
        )

    def add(self, vectors: Matrix, *, gap: int = 0) -> None:
        """Store rows under the next ids, in one change."""
        self._changed()
        self.last_id += gap
        for vector in vectors:
            self.last_id += 1
            self.vectors[self.last_id] = vector

    def remove(self, ids: Ids) -> None:
        """Remove what is there of ``ids``, in one change."""
        self._changed()
        for number in ids.tolist():
            if self.vectors.pop(number, None) is not None:
                self.removed.append((max(self.tokens), number))

    def forget(self) -> None:
        """Forget every change but the last."""
        last = max(self.tokens)
        self.tokens = {last: self.tokens[last]}
        self.removed = [(change, number) for change, number in self.removed if change >= last]

    @contextmanager
    def reading(self) -> Iterator[View]:
        """A view that stays as it is."""
        yield View(self.copy())

    def _changed(self) -> None:
        self.tokens[max(self.tokens) + 1] = secrets.token_bytes(8)


class View:
    """An unchanging view of a :class:`Stored`."""

    batch = 7

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self.reads = 0

    @property
    def change(self) -> int:
        return max(self._stored.tokens)

    def token(self, change: int) -> bytes | None:
        return self._stored.tokens.get(change)

    def last_passage(self, generation: int) -> int:
        return max(self._stored.vectors, default=0)

    def vectors_after(self, generation: int, passage_id: int) -> Iterator[tuple[Ids, Matrix]]:
        wanted = [number for number in sorted(self._stored.vectors) if number > passage_id]
        for first in range(0, len(wanted), self.batch):
            self.reads += 1
            yield self.vectors_of(numbers(*wanted[first : first + self.batch]))

    def vectors_of(self, ids: Ids) -> tuple[Ids, Matrix]:
        there = [number for number in sorted(ids.tolist()) if number in self._stored.vectors]
        sound = [number for number in there if number not in self._stored.damaged]
        if not sound:
            return numbers(), np.empty((0, 0), dtype=np.float32)
        return numbers(*sound), np.stack([self._stored.vectors[number] for number in sound])

    def removed_after(self, change: int) -> Ids:
        return numbers(*(number for when, number in self._stored.removed if when > change))

    def truth(self) -> NumpyIndex:
        """What an index over this view should find."""
        index = NumpyIndex(DIMENSION)
        for ids, vectors in self.vectors_after(1, 0):
            if len(ids):
                index.add(ids, vectors)
        return index


def settled() -> None:
    """Wait for everything that works on vectors in the background."""
    while threads := [thread for thread in threading.enumerate() if thread.name.startswith("vectors_")]:
        for thread in threads:
            thread.join()
