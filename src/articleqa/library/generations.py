"""Generations: states of the index, of which one answers."""

from __future__ import annotations

from dataclasses import dataclass

from articleqa.library.records import Generation, State
from articleqa.library.rows import Rows

# Bytes of a passage's row, of its vector's row without the vector, and of what finds them.
_ROW_BYTES = 120


@dataclass(frozen=True, slots=True)
class RowCounts:
    """Rows of one generation: ``worded`` are its passages that are in the full-text index, ``words`` all that are."""

    passages: int
    vectors: int
    words: int
    worded: int


class Generations(Rows):
    """What one unchanging view of the library says about its generations."""

    def generation(self) -> Generation | None:
        """The generation that answers, or None before the first article."""
        return self._in_state(State.ANSWERING)

    def kept_generation(self) -> Generation | None:
        """The generation that answered before, and to which one can return."""
        return self._in_state(State.KEPT)

    def growing_generation(self) -> Generation | None:
        """The generation that a rebuild has begun and not finished; of several, the last."""
        return self._in_state(State.GROWING)

    def state_of(self, generation: int) -> State | None:
        """What becomes of a generation, or None where there is no such."""
        row = self._row("SELECT state FROM generations WHERE id = ?", (generation,))
        return State(row[0]) if row else None

    def passage_count(self, generation: int) -> int:
        """How many passages a generation has."""
        row = self._row("SELECT passages FROM generations WHERE id = ?", (generation,))
        return int(row[0]) if row else 0

    def has_words(self, generation: int) -> bool:
        """Whether a generation has a full-text index; one that is being dropped may have none any more."""
        return self._row("SELECT 1 FROM sqlite_master WHERE name = ?", (fts_table(generation),)) is not None

    def row_counts(self, generation: int) -> RowCounts:
        """What there really is of a generation, counted row by row."""
        words = f"{fts_table(generation)}_docsize"
        passages = "FROM passages p WHERE p.generation = ?"
        return RowCounts(
            passages=int(self._one(f"SELECT count(*) {passages}", (generation,))),
            vectors=int(
                self._one(f"SELECT count(*) {passages} AND p.id IN (SELECT passage FROM vectors)", (generation,))
            ),
            words=int(self._one(f"SELECT count(*) FROM {words}")),
            worded=int(self._one(f"SELECT count(*) {passages} AND p.id IN (SELECT id FROM {words})", (generation,))),
        )

    def sampled_passages(self, generation: int, count: int) -> list[int]:
        """Ids of about so many passages, spread evenly over a generation."""
        first, last = self._rows("SELECT min(id), max(id) FROM passages WHERE generation = ?", (generation,))[0]
        if first is None:
            return []
        step = max(1, (last - first) // count)
        rows = [
            self._row(
                "SELECT id FROM passages WHERE generation = ? AND id >= ? ORDER BY id LIMIT 1", (generation, number)
            )
            for number in range(first, last + 1, step)
        ]
        return sorted({int(row[0]) for row in rows if row is not None})

    def stored_bytes(self, generation: int) -> int:
        """About how many bytes of the file a generation takes: its passages, vectors and words."""
        dimension = int(self._one("SELECT dimension FROM generations WHERE id = ?", (generation,)))
        words = int(self._one(f"SELECT coalesce(sum(length(block)), 0) FROM {fts_table(generation)}_data"))
        return self.passage_count(generation) * (4 * dimension + _ROW_BYTES) + words

    def _in_state(self, state: State) -> Generation | None:
        row = self._row(
            "SELECT id, fingerprint, encoder, dimension FROM generations WHERE state = ? ORDER BY id DESC LIMIT 1",
            (state,),
        )
        return Generation(*row) if row else None


def fts_table(generation: int) -> str:
    """The name of a generation's full-text index."""
    return f"words_{int(generation)}"
