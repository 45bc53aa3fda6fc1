"""Encoders for tests in which meaning does not matter: small, quick, and always the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from hashlib import blake2b

import numpy as np

from articleqa.types import Matrix, Progress, ProgressCallback, Vector

_TOKEN = re.compile(r"\w+|[^\w\s]")


class HashingEncoder:
    """Hashes words into columns, so that texts that share words are near each other.

    ``encoded`` holds every text that was encoded, in order, for tests that count.
    """

    def __init__(
        self, *, name: str = "hashing", revision: str = "1", dimension: int = 64, max_tokens: int = 256
    ) -> None:
        self.name = name
        self.revision = revision
        self.dimension = dimension
        self.max_tokens = max_tokens
        self.encoded: list[str] = []

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        """Vectors of ``texts`` in their order, shape ``(n, dimension)``."""
        self.encoded.extend(texts)
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for number, text in enumerate(texts):
            vectors[number] = self._vector(text)
            if progress is not None:
                progress(Progress("encode", number + 1, len(texts)))
        return vectors

    def encode_query(self, text: str) -> Vector:
        """The vector of a question, shape ``(dimension,)``."""
        return self._vector(text)

    def count_tokens(self, text: str) -> int:
        """Words and marks of ``text``."""
        return sum(1 for _ in _TOKEN.finditer(text))

    def _vector(self, text: str) -> Vector:
        vector = np.zeros(self.dimension, dtype=np.float32)
        vector[0] = 0.1  # an empty text has a direction, too
        for word in _TOKEN.findall(text.lower()):
            digest = int.from_bytes(blake2b(f"{self.revision} {word}".encode(), digest_size=8).digest())
            vector[digest % self.dimension] += 1 if digest >> 63 else -1
        norm = float(np.linalg.norm(vector))
        if norm == 0:
            vector[0], norm = 1.0, 1.0
        result: Vector = (vector / norm).astype(np.float32)
        return result


class Slow(HashingEncoder):
    """Runs ``meanwhile`` before it encodes for the time number ``at``."""

    def __init__(self, meanwhile: Callable[[], object], *, at: int = 2, revision: str = "2") -> None:
        super().__init__(revision=revision)
        self.meanwhile = meanwhile
        self.calls_left = at

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        self.calls_left -= 1
        if self.calls_left == 0:
            self.meanwhile()
        return super().encode_documents(texts, progress=progress)
