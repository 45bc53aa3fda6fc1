"""Cuts an answer at its stop strings, and its tokens at whole characters."""

from __future__ import annotations

from collections.abc import Sequence


class UntilStop:
    """Lets text through until a stop string begins; what could be the beginning of one is held back."""

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        self.stopped = False

    def feed(self, text: str) -> str:
        """What may be shown now that ``text`` has come."""
        if self.stopped:
            return ""
        self._held += text
        begins = [place for place in map(self._held.find, self._stop) if place >= 0]
        if begins:
            self.stopped = True
            shown, self._held = self._held[: min(begins)], ""
            return shown
        keep = max((self._begun(stop) for stop in self._stop), default=0)
        shown, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return shown

    def finish(self) -> str:
        """What was held back, at the end."""
        held, self._held = self._held, ""
        return held

    def _begun(self, stop: str) -> int:
        """How many of the last characters are the beginning of ``stop``."""
        longest = min(len(stop) - 1, len(self._held))
        return next((length for length in range(longest, 0, -1) if self._held.endswith(stop[:length])), 0)
