"""How far the work is."""

from __future__ import annotations

import time

from articleqa.types import Progress, ProgressCallback


class Meter:
    """Turns what has been done into :class:`Progress`. What was done ``before`` this run took none of its time."""

    def __init__(self, report: ProgressCallback | None, *, total: int | None = None) -> None:
        self._report = report
        self._started = time.perf_counter()
        self._done = 0
        self._told = 0
        self.before = 0
        self.total = total

    def advance(self, stage: str, count: int = 1, *, origin: str | None = None) -> None:
        """So many more are done. They took their time together: each is told with the rate of all."""
        self._done += count
        self._tell(stage, self._done, origin)

    def begin(self, stage: str) -> None:
        """Say that work has begun, and how much there is of it."""
        if self._report is not None:
            self._report(Progress(stage, self.before, self.total))

    def ahead(self, stage: str, count: int) -> None:
        """So many of the next are as good as done."""
        self._tell(stage, self._done + count, None)

    def part(self, stage: str, count: int) -> Meter:
        """A meter for the encoding that takes most of the time of the next ``count``: it is told as some of them."""
        return _Part(self, stage, count)

    def _tell(self, stage: str, reached: int, origin: str | None) -> None:
        if self._report is None:
            return
        elapsed = time.perf_counter() - self._started
        rate = reached / elapsed if elapsed > 0 and reached else None
        for done in range(self.before + self._told + 1, self.before + reached + 1):
            left = (self.total - done) / rate if rate and self.total is not None else None
            self._report(Progress(stage, done, self.total, rate, left, origin))
        self._told = max(self._told, reached)

    def encoding(self, total: int, before: int) -> ProgressCallback | None:
        """A callback for one call of the encoder, of which ``before`` of ``total`` texts came earlier."""
        report = self._report
        if report is None:
            return None
        if before == 0:
            # The first batch waits for the encoder to be prepared: whoever watches should know what for.
            report(Progress("encode", 0, total))

        def advance(part: Progress) -> None:
            done = before + part.done
            left = (total - done) / part.rate if part.rate else None
            report(Progress("encode", done, total, part.rate, left))

        return advance


class _Part(Meter):
    """Counts passages of some articles as a share of the articles, of which the last is done when all is stored."""

    def __init__(self, whole: Meter, stage: str, count: int) -> None:
        super().__init__(None)
        self._whole = whole
        self._stage = stage
        self._count = count

    def encoding(self, total: int, before: int) -> ProgressCallback | None:
        def advance(part: Progress) -> None:
            share = (self._count - 1) * (before + part.done) // total
            self._whole.ahead(self._stage, share)

        return advance
