"""Whole texts, kept in memory while they are in use."""

from __future__ import annotations

import threading
from collections import OrderedDict


class TextCache:
    """Whole texts by their digest, the most recently used first to stay, whatever rows they have in the library."""

    def __init__(self, characters: int) -> None:
        self._limit = characters
        self._size = 0
        self._texts: OrderedDict[bytes, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, digest: bytes) -> str | None:
        """The text, or None where it has to be read."""
        with self._lock:
            if digest in self._texts:
                self._texts.move_to_end(digest)
            return self._texts.get(digest)

    def put(self, digest: bytes, text: str) -> None:
        """Keep ``text`` while there is room."""
        with self._lock:
            if digest in self._texts or len(text) > self._limit:
                return
            self._texts[digest] = text
            self._size += len(text)
            while self._size > self._limit:
                _, dropped = self._texts.popitem(last=False)
                self._size -= len(dropped)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._texts.clear()
            self._size = 0
