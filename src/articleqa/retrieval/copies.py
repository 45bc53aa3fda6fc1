"""Near copies in a search: of passages that say the same, one is shown, and the other articles are named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from articleqa import chunking
from articleqa.chunking import Span
from articleqa.grounding import Wordings, news, wordings
from articleqa.library import FoundPassage, Snapshot

# Of a long text only what stands about where the passage does is compared, so many characters to each side.
AROUND = 25_000


class Copies:
    """What one search has shown so far; ``sought`` says whether a word is one of the question's."""

    def __init__(self, snapshot: Snapshot, *, sought: Callable[[str], bool]) -> None:
        self._snapshot = snapshot
        self._sought = sought
        self._shown: dict[int, list[Wordings]] = {}
        self._texts: dict[tuple[int, int, int], Wordings] = {}

    def show(self, passage: FoundPassage) -> FoundPassage | None:
        """What of a passage is to be shown, with the near copies that have it, too, among ``also_in``.

        None where near copies that are shown already say all of it. Where they say a part, that is left out: near
        copies are cut into passages in different places, and what only one of them says is often between the two.
        """
        # Nearly every passage of a library has no copies at all.
        if not passage.near:
            return passage
        rows = dict.fromkeys(row for row, _ in passage.near)
        spans, own = self._said(passage.text_id, passage.start, passage.end)
        others = [said for row in rows for said in self._shown.get(row, ())]
        if others:
            fresh = news(own, others, self._sought)
            if not fresh:
                return None
            passage = self._reduced(passage, spans[fresh[0]].start, spans[fresh[-1]].end)
            _, own = self._said(passage.text_id, passage.start, passage.end)
        self._shown.setdefault(passage.text_id, []).append(own)
        having = {row: not news(own, [self._about(row, passage)], self._sought) for row in rows}
        return replace(
            passage, also_in=(*passage.also_in, *(article_id for row, article_id in passage.near if having[row]))
        )

    def _reduced(self, passage: FoundPassage, start: int, end: int) -> FoundPassage:
        """``passage`` without the paragraphs before ``start`` and after ``end``."""
        text = self._snapshot.text(passage.text_id)
        paragraphs = [
            Span(passage.start + first, passage.start + last) for first, last in chunking.paragraphs(passage.text)
        ]
        start = max(paragraph.start for paragraph in paragraphs if paragraph.start <= start)
        end = min(paragraph.end for paragraph in paragraphs if paragraph.end >= end)
        return replace(passage, start=start, end=end, text=text[start:end])

    def _about(self, text_id: int, passage: FoundPassage) -> Wordings:
        """What a text says about where a passage of a near copy stands."""
        length = len(self._snapshot.text(text_id))
        start, end = 0, length
        if length > 2 * AROUND:
            start, end = max(0, min(passage.start, length) - AROUND), min(length, passage.end + AROUND)
        key = (text_id, start, end)
        if key not in self._texts:
            _, self._texts[key] = self._said(*key)
        return self._texts[key]

    def _said(self, text_id: int, start: int, end: int) -> tuple[list[Span], Wordings]:
        """The sentences of a stretch of a text, and their words."""
        text = self._snapshot.text(text_id)
        spans = chunking.sentences(text, Span(start, end))
        sentences = [text[span.start : span.end] for span in spans]
        return spans, wordings(sentences, opens=not text[:start].strip(), closes=not text[end:].strip())
