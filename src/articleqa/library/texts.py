"""Whole texts, kept in memory while they are in use."""

from __future__ import annotations

import threading
from collections import OrderedDict


class TextCache:
    """Whole texts by their row, the most recently used first to stay. A row is never reused, so nothing goes stale."""

    def __init__(self, characters: int) -> None:
        self._limit = characters
        self._size = 0
        self._texts: OrderedDict[int, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, row: int) -> str | None:
        """The text, or None where it has to be read."""
        with self._lock:
            if row in self._texts:
                self._texts.move_to_end(row)
            return self._texts.get(row)

    def put(self, row: int, text: str) -> None:
        """Keep ``text`` while there is room."""
        with self._lock:
            if row in self._texts or len(text) > self._limit:
                return
            self._texts[row] = text
            self._size += len(text)
            while self._size > self._limit:
                _, dropped = self._texts.popitem(last=False)
                self._size -= len(dropped)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._texts.clear()
            self._size = 0
