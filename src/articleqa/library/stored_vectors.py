"""Vectors as they are stored: one for each passage, with a digest that tells a damaged one from a sound one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import cast

import numpy as np
from numpy.typing import NDArray

from articleqa.library.rows import Rows
from articleqa.types import Matrix

Ids = NDArray[np.int64]

_VECTOR_BATCH = 4096


class StoredVectors(Rows):
    """The vectors of one unchanging view of the library."""

    def vectors_after(self, generation: int, passage_id: int) -> Iterator[tuple[Ids, Matrix]]:
        """Vectors of the passages later than ``passage_id``, in batches; a damaged one is left out."""
        dimension = int(self._one("SELECT dimension FROM generations WHERE id = ?", (generation,)))
        cursor = self._connection.execute(
            "SELECT p.id, v.vector, v.digest FROM passages p JOIN vectors v ON v.passage = p.id "
            "WHERE p.generation = ? AND p.id > ? ORDER BY p.id",
            (generation, passage_id),
        )
        while rows := cast(list[tuple[int, bytes, bytes]], list(islice(cursor, _VECTOR_BATCH))):
            sound = [row for row in rows if vector_digest(row[1]) == row[2] and len(row[1]) == 4 * dimension]
            yield (
                np.fromiter((row[0] for row in sound), dtype=np.int64, count=len(sound)),
                np.frombuffer(b"".join(row[1] for row in sound), dtype="<f4").reshape(len(sound), dimension),
            )

    def vectors_of(self, ids: Ids) -> tuple[Ids, Matrix]:
        """Those of ``ids`` that have a vector which is not damaged, ascending, and their vectors."""
        rows = cast(
            list[tuple[int, bytes, bytes]],
            self._rows(
                "SELECT passage, vector, digest FROM vectors WHERE passage IN (SELECT value FROM json_each(?)) "
                "ORDER BY passage",
                (json.dumps([int(value) for value in ids]),),
            ),
        )
        sound = [row for row in rows if vector_digest(row[1]) == row[2]]
        return (
            np.fromiter((row[0] for row in sound), dtype=np.int64, count=len(sound)),
            np.frombuffer(b"".join(row[1] for row in sound), dtype="<f4").reshape(len(sound), -1 if sound else 0),
        )

    def damaged_vectors(self, generation: int) -> list[int]:
        """Ids of the passages whose vector is missing or does not match its digest."""
        rows = self._connection.execute(
            "SELECT p.id, v.vector, v.digest FROM passages p LEFT JOIN vectors v ON v.passage = p.id "
            "WHERE p.generation = ?",
            (generation,),
        )
        return [
            int(cast(int, number))
            for number, vector, digest in rows
            if vector is None or vector_digest(cast(bytes, vector)) != digest
        ]

    def last_passage(self, generation: int) -> int:
        """The highest number of a passage, 0 where there is none."""
        return int(self._one("SELECT coalesce(max(id), 0) FROM passages WHERE generation = ?", (generation,)))

    def removed_after(self, change: int) -> Ids:
        """Ids of the passages that were removed after the change of that number."""
        rows = self._rows("SELECT passage FROM removed_passages WHERE change > ?", (change,))
        return np.fromiter((row[0] for row in rows), dtype=np.int64)

    def vectors_by_input(self, inputs: Iterable[bytes], fingerprint: str) -> dict[bytes, bytes]:
        """Stored vectors of the same words by the same encoder, whatever generation or article they belong to."""
        found: dict[bytes, bytes] = {}
        for digest in inputs:
            for row in self._rows(
                "SELECT v.vector, v.digest FROM passages p JOIN vectors v ON v.passage = p.id "
                "JOIN generations g ON g.id = p.generation WHERE p.input = ? AND g.fingerprint = ?",
                (digest, fingerprint),
            ):
                if vector_digest(row[0]) == row[1]:
                    found[digest] = row[0]
                    break
        return found


def vector_digest(vector: bytes) -> bytes:
    """What tells a damaged vector from a sound one, 8 bytes."""
    return hashlib.blake2b(vector, digest_size=8).digest()
