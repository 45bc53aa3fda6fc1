"""Writing: the number of each change, and the life of generations."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import apsw

from articleqa.library.generations import fts_table
from articleqa.library.lexical import TOKENIZER
from articleqa.library.records import Generation, State
from articleqa.library.snapshot import Snapshot
from articleqa.library.texts import TextCache

# Those who keep something derived from the library can catch up from this many changes back, and begin anew after that.
CHANGES_KEPT = 10_000


class Changes(Snapshot):
    """A snapshot whose generations can be changed.

    ``texts_went`` says whether a text was removed or mended, so that what is remembered of it has to be forgotten.
    """

    def __init__(self, connection: apsw.Connection, texts: TextCache) -> None:
        super().__init__(connection, texts)
        self.texts_went = False
        self._numbered = False

    def begin_generation(
        self, *, fingerprint: str, encoder: str, dimension: int, state: State = State.GROWING
    ) -> Generation:
        """Make an empty generation."""
        self._run(
            "INSERT INTO generations (fingerprint, encoder, dimension, state, created) VALUES (?, ?, ?, ?, ?)",
            (fingerprint, encoder, dimension, state, now()),
        )
        number = self._connection.last_insert_rowid()
        table = fts_table(number)
        self._run(
            f"CREATE VIRTUAL TABLE {table} USING fts5(title, body, content = '', tokenize = '{' '.join(TOKENIZER)}')"
        )
        # Otherwise the words of what is removed would stay in the file until they happen to be merged away.
        self._run(f"INSERT INTO {table} ({table}, rank) VALUES ('secure-delete', 1)")
        self._changed()
        return Generation(number, fingerprint, encoder, dimension)

    def activate(self, generation: int) -> None:
        """Let ``generation`` answer from now on, and keep the one that answered before in place of an older one."""
        self._run(
            "UPDATE generations SET state = ? WHERE state = ? AND id <> ?", (State.DROPPED, State.KEPT, generation)
        )
        self._run("UPDATE generations SET state = ? WHERE id = ?", (State.GROWING, generation))
        self._run("UPDATE generations SET state = ? WHERE state = ?", (State.KEPT, State.ANSWERING))
        self._run("UPDATE generations SET state = ? WHERE id = ?", (State.ANSWERING, generation))
        self._changed()

    def give_up(self, *, but: int | None = None) -> None:
        """Let no generation grow on, ``but`` that one."""
        self._run(
            "UPDATE generations SET state = ? WHERE state = ? AND id IS NOT ?", (State.DROPPED, State.GROWING, but)
        )

    def sweep(self, *, limit: int) -> bool:
        """Delete at most so many passages of generations that are dropped; whether there are more. Articles stay."""
        row = self._row("SELECT id FROM generations WHERE state = ? LIMIT 1", (State.DROPPED,))
        if row is None:
            return False
        generation = int(row[0])
        # The words first: once a passage has gone, nobody could say what to take out of them.
        self._run(f"DROP TABLE IF EXISTS temp.{fts_table(generation)}_words")
        self._run(f"DROP TABLE IF EXISTS {fts_table(generation)}")
        self._run(
            "DELETE FROM passages WHERE id IN (SELECT id FROM passages WHERE generation = ? ORDER BY id LIMIT ?)",
            (generation, limit),
        )
        if self._row("SELECT 1 FROM passages WHERE generation = ? LIMIT 1", (generation,)) is None:
            self._run("DELETE FROM generations WHERE id = ?", (generation,))
        return True

    def _changed(self) -> None:
        """Number this transaction, once."""
        if not self._numbered:
            self._numbered = True
            self._run("INSERT INTO changes SELECT max(number) + 1, randomblob(8) FROM changes")
            oldest = self.change - CHANGES_KEPT
            self._run("DELETE FROM changes WHERE number <= ?", (oldest,))
            self._run("DELETE FROM removed_passages WHERE change <= ?", (oldest,))

    def _run(self, statement: str, bindings: Sequence[Any] = ()) -> None:
        self._rows(statement, bindings)


def now() -> str:
    """The present moment, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
