"""Vectors of the sentences that were compared last: the next question is often about the same ones."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from articleqa.types import Encoder, Matrix, Vector

# At 384 columns about six megabytes.
KEPT = 4096


class SentenceVectors:
    """Encodes sentences, and keeps the vectors of the latest. Thread-safe."""

    def __init__(self, open_encoder: Callable[[], Encoder], *, kept: int = KEPT) -> None:
        self._open_encoder = open_encoder
        self._kept = kept
        self._vectors: OrderedDict[str, Vector] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, texts: Sequence[str]) -> Matrix:
        """The vectors of ``texts`` in their order, shape ``(n, dimension)``; ``n`` is at least 1."""
        known = {}
        with self._lock:
            for text in texts:
                if (vector := self._vectors.get(text)) is not None:
                    self._vectors.move_to_end(text)
                    known[text] = vector
        unknown = [text for text in dict.fromkeys(texts) if text not in known]
        if unknown:
            # A copy of each: a row by itself would keep the whole matrix in memory.
            fresh = {
                text: vector.copy()
                for text, vector in zip(unknown, self._open_encoder().encode_documents(unknown), strict=True)
            }
            known |= fresh
            with self._lock:
                self._vectors.update(fresh)
                while len(self._vectors) > self._kept:
                    self._vectors.popitem(last=False)
        return np.stack([known[text] for text in texts])
