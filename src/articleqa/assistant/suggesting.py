"""Questions for the first screen: made from the articles, and kept only where the articles answer them."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from articleqa import chunking, grounding
from articleqa.assistant.answering import Answering
from articleqa.assistant.samples import sample_folder
from articleqa.chunking import Span
from articleqa.grounding import CandidateQuestion
from articleqa.library import Library, Snapshot
from articleqa.settings import Settings
from articleqa.types import ArticleNotFound, ArticleRecord, LibraryDamaged

_log = logging.getLogger(__name__)

# How many articles are read, and how much of each.
ARTICLES = 8
CHARACTERS = 20_000
# Questions that are tried: all in all, and of one article before the next one's turn.
TRIED = 12
TRIED_IN_A_ROW = 3
# How far above the threshold of an answer, as a part of the way to certainty.
SURER = 0.3
# What a second question that opens like another ("What is …") is worth less.
REPEATED_OPENING = 0.3


@dataclass(frozen=True, slots=True)
class _State:
    """What the questions were made from: the library's last change, and how many were asked for."""

    change: int
    token: bytes | None
    limit: int


@dataclass(slots=True)
class _Shelved:
    """One article, the sentences of it, and the questions that are left to try."""

    record: ArticleRecord
    spans: list[Span]
    waiting: list[CandidateQuestion]
    used: set[int] = field(default_factory=set)


class Suggesting:
    """Makes questions from one library, and remembers them until the library changes. May be shared between threads."""

    def __init__(self, settings: Settings, library: Library, answering: Answering) -> None:
        self._settings = settings
        self._library = library
        self._answering = answering
        self._lock = threading.Lock()
        self._made: tuple[_State, tuple[str, ...]] | None = None

    def questions(self, limit: int) -> list[str]:
        """At most ``limit`` questions that the articles answer, the newest article's first; none where that fails."""
        with self._library.reading() as snapshot:
            change = snapshot.change
            state = _State(change, snapshot.token(change), limit)
        with self._lock:
            if self._made is not None and self._made[0] == state:
                return list(self._made[1])
            try:
                questions = self._make(limit)
            except Exception:  # noqa: BLE001 a broken encoder is told where a person asks, not on the first screen
                _log.warning("no questions could be suggested", exc_info=True)
                return []
            self._made = state, tuple(questions)
            return questions

    def _make(self, limit: int) -> list[str]:
        with self._library.reading() as snapshot:
            shelf = _shelved(snapshot)
        chosen: list[str] = []
        tried = 0
        # Every article has its turn before one has a second.
        while any(entry.waiting for entry in shelf):
            for entry in shelf:
                for _ in range(TRIED_IN_A_ROW):
                    if len(chosen) == limit or tried == TRIED:
                        return chosen
                    candidate = _next(entry, chosen)
                    if candidate is None:
                        break
                    tried += 1
                    if self._is_answered(candidate, entry):
                        chosen.append(candidate.text)
                        entry.used.add(candidate.sentence)
                        break
        return chosen

    def _is_answered(self, candidate: CandidateQuestion, entry: _Shelved) -> bool:
        """Whether the first quote is the sentence that the question was made from."""
        quotes, confidence = self._answering.quotes(candidate.text)
        threshold = self._settings.abstain_below
        if not quotes or confidence < threshold + SURER * (1 - threshold):
            return False
        best, sentence = quotes[0], entry.spans[candidate.sentence]
        # The same text is quoted under the first of its articles.
        there = entry.record.id in (best.article_id, *best.also_in)
        return there and best.start < sentence.end and sentence.start < best.end


def _shelved(snapshot: Snapshot) -> list[_Shelved]:
    """The articles that questions can be made from, in the order of their turns."""
    folder = f"{sample_folder().resolve()}{os.sep}"
    samples = sum(1 for _ in sample_folder().iterdir())
    newest = snapshot.newest(limit=ARTICLES + samples)
    own = [record for record in newest if not record.origin.startswith(folder)]
    shelf: list[_Shelved] = []
    seen: set[str] = set()
    for record in (own or newest)[:ARTICLES]:
        if record.id in seen or not (record.language or "en").lower().startswith("en"):
            continue
        seen.update((record.id, *record.also_in))
        entry = _entry(snapshot, record)
        if entry.waiting:
            shelf.append(entry)
    if not own:
        # They came together: none is news.
        shelf.sort(key=lambda entry: -entry.waiting[0].score)
    return shelf


def _entry(snapshot: Snapshot, record: ArticleRecord) -> _Shelved:
    try:
        text = snapshot.article(record.id).text
    except (ArticleNotFound, LibraryDamaged):
        return _Shelved(record, [], [])
    spans = chunking.sentences(text[:CHARACTERS])
    if len(text) > CHARACTERS:
        del spans[-1:]  # it may have been cut
    sentences = [text[span.start : span.end] for span in spans]
    return _Shelved(record, spans, grounding.candidate_questions(sentences, title=record.title))


def _next(entry: _Shelved, chosen: Sequence[str]) -> CandidateQuestion | None:
    """The best question that is left of an article, taken out; what opens like one of ``chosen`` is worth less."""
    openings = {_opening(text) for text in chosen}
    entry.waiting = [candidate for candidate in entry.waiting if candidate.sentence not in entry.used]
    if not entry.waiting:
        return None
    best = max(
        entry.waiting,
        key=lambda candidate: candidate.score - REPEATED_OPENING * (_opening(candidate.text) in openings),
    )
    entry.waiting.remove(best)
    return best


def _opening(question: str) -> str:
    return " ".join(question.split()[:2])
