"""Generations: states of the index, of which one answers."""

from __future__ import annotations

from articleqa.library.records import Generation, State
from articleqa.library.rows import Rows

# Bytes of a passage's row, of its vector's row without the vector, and of what finds them.
_ROW_BYTES = 120


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
