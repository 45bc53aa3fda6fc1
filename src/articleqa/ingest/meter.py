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
        self.before = 0
        self.total = total

    def advance(self, stage: str, count: int = 1, *, origin: str | None = None) -> None:
        """So many more are done. They took their time together: each is told with the rate of all."""
        first = self._done
        self._done += count
        if self._report is None:
            return
        elapsed = time.perf_counter() - self._started
        rate = self._done / elapsed if elapsed > 0 else None
        for done in range(self.before + first + 1, self.before + self._done + 1):
            left = (self.total - done) / rate if rate and self.total is not None else None
            self._report(Progress(stage, done, self.total, rate, left, origin))

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
