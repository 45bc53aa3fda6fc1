"""The objects that a caller may pass in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from articleqa.types.answers import Passage, Reading
from articleqa.types.reports import ProgressCallback

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Named without importing NumPy, which the vocabulary does not need at run time.
Vector: TypeAlias = "NDArray[np.float32]"
Matrix: TypeAlias = "NDArray[np.float32]"


@runtime_checkable
class Encoder(Protocol):
    """Turns texts into unit-norm float32 rows of ``dimension`` columns."""

    @property
    def name(self) -> str:
        """What the encoder is called in the index's fingerprint."""

    @property
    def revision(self) -> str:
        """A digest of the weights, or whatever tells two states of the encoder apart."""

    @property
    def dimension(self) -> int:
        """Columns of a vector."""

    @property
    def max_tokens(self) -> int:
        """Word pieces that the encoder reads, its own special tokens included; what comes after is ignored."""

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        """Vectors of ``texts`` in their order, shape ``(n, dimension)``."""

    def encode_query(self, text: str) -> Vector:
        """The vector of a question, shape ``(dimension,)``."""

    def count_tokens(self, text: str) -> int:
        """Word pieces of ``text``, without special tokens."""


class Reader(Protocol):
    """Points at the span of a passage that answers a question."""

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """The best span of each passage, one for each and in the passages' order."""


class Reranker(Protocol):
    """Scores how well each text answers a question."""

    def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """One score per text, higher is better."""


@dataclass(frozen=True, slots=True)
class Entailment:
    """What a text says to a sentence: the probabilities, 0..1, that it entails it, and that it contradicts it."""

    entails: float
    contradicts: float


class Judge(Protocol):
    """Says whether texts entail a sentence."""

    def judge(self, evidence: Sequence[str], sentence: str) -> Sequence[Entailment]:
        """One for each of the texts."""
