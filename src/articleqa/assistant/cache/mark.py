"""A moment in the life of a library, and whether anything has been taken out of it since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from articleqa.library import Snapshot


@dataclass(frozen=True, slots=True)
class Mark:
    """The last change of a library at some moment, and the generation that answered then, 0 before there was one.

    ``token`` tells the change from one of the same number in another library.
    """

    change: int
    token: bytes
    generation: int

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        """The moment of a snapshot."""
        generation = snapshot.generation()
        return cls(snapshot.change, snapshot.token(snapshot.change) or b"", generation.id if generation else 0)

    def has_lost(self, snapshot: Snapshot) -> bool:
        """Whether text that was there is not any more, or it is not known: articles that only came are no loss."""
        if Mark.of(snapshot).generation != self.generation or snapshot.token(self.change) != self.token:
            return True
        return len(snapshot.removed_after(self.change)) > 0
