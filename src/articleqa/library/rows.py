"""Asking one connection."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apsw

from articleqa.types import LibraryDamaged


class Rows:
    """What a statement gives, within the transaction of its connection."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def _rows(self, statement: str, bindings: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, tuple(bindings)).fetchall()

    def _row(self, statement: str, bindings: Sequence[Any] = ()) -> tuple[Any, ...] | None:
        rows = self._rows(statement, bindings)
        return rows[0] if rows else None

    def _one(self, statement: str, bindings: Sequence[Any] = ()) -> Any:
        row = self._row(statement, bindings)
        if row is None:
            raise LibraryDamaged("a row that the library refers to is missing: put a copy of library.sqlite3 back")
        return row[0]
