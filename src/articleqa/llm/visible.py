"""What a person may see of a model's text."""

from __future__ import annotations

import re

_UNSAFE = re.compile("[\x00\ud800-\udfff]")


class VisibleText:
    """Deltas without ``<think>`` blocks, leading white space and what cannot be encoded, however they are cut."""

    def __init__(self) -> None:
        self.begun = False
        self._held = ""
        self._thinking = False

    def feed(self, delta: str) -> str:
        """What ``delta`` lets a person see; perhaps nothing yet."""
        self._held += _UNSAFE.sub("\ufffd", delta)
        shown = ""
        while True:
            tag = "</think>" if self._thinking else "<think>"
            before, found, after = self._held.partition(tag)
            if not found:
                break
            shown += "" if self._thinking else before
            self._held = after
            self._thinking = not self._thinking
        kept = next((n for n in range(len(tag) - 1, 0, -1) if self._held.endswith(tag[:n])), 0)
        cut = len(self._held) - kept
        shown += "" if self._thinking else self._held[:cut]
        self._held = self._held[cut:]
        return self._begin(shown)

    def finish(self) -> str:
        """What was held back because it looked like the beginning of a tag."""
        shown = "" if self._thinking else self._held
        self._held = ""
        return self._begin(shown)

    def _begin(self, shown: str) -> str:
        if not self.begun:
            shown = shown.lstrip()
            self.begun = bool(shown)
        return shown
