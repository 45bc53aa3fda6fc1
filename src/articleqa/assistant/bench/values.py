"""What was measured."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing that was measured. ``value`` is None where it could not be, and ``detail`` says why; else of what."""

    name: str
    value: float | None
    unit: str
    detail: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a setting should be on this machine, and why; it may be what it is."""

    setting: str
    present: float
    suggested: float
    reason: str


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that was measured, what it suggests, and the seconds that it took."""

    figures: tuple[Figure, ...]
    suggestions: tuple[Suggestion, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds that everything together may take."""

    seconds: float
    started: float = field(default_factory=time.perf_counter)

    @property
    def spent(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self.started

    @property
    def left(self) -> float:
        """Seconds until the end, never less than a moment: what has begun is measured, however short."""
        return max(0.1, self.seconds - self.spent)
