"""What a reader adds to words and meaning: which stretches it reads, and what the spans that it points at are worth."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from articleqa.grounding.evidence import Candidate, Evidence, Ranked
from articleqa.types import Passage, Reading

# A reader takes time for every word that it is given: it reads around the best sentence of the best few passages. On
# SQuAD a fifth passage and half as much again around the sentence changed nothing but the time.
WINDOWS = 4
WINDOW_LENGTH = 300
# What a sure reader adds to the score of the sentence in which its span is, and of the passage.
SENTENCE_SHARE = 0.5
PASSAGE_SHARE = 0.3
# A span leads the answer where the reader is this sure of it, and where it is no longer than this, in characters.
SHORT_FROM = 0.5
LONGEST_SHORT = 120

# What no span answers: reasons, ways, accounts; and yes or no.
_TELLING = re.compile(
    r"\b(?:why|how(?! (?:many|much|long|old|far|large|big|tall|fast|quickly|soon|often|high|deep|wide|heavy)\b)|"
    r"describe|explain|summari[sz]e|compare|tell me|what (?:happen|about|do .* think)\w*)\b",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)(?:n['’]t)?\b"
    r"(?!.* or )",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Short:
    """The span that answers: ``article.text[start:end] == text``, in the article of ``passage``."""

    passage: Passage
    start: int
    end: int
    text: str
    sureness: float


def windows(ranked: Sequence[Ranked], candidates: Sequence[Candidate]) -> list[Passage]:
    """Stretches of passages to read closely, best first: whole sentences around the best one of each passage.

    Each is a :class:`Passage` with the id of the one that it is part of.
    """
    places = {(entry.passage.id, entry.number): entry for entry in candidates}
    best: dict[int, Candidate] = {}
    for entry in ranked:
        best.setdefault(entry.candidate.passage.id, entry.candidate)
        if len(best) == WINDOWS:
            break
    return [_around(candidate, places) for candidate in best.values()]


def _around(candidate: Candidate, places: dict[tuple[int, int], Candidate]) -> Passage:
    start, end = candidate.start, candidate.end
    before = after = candidate.number
    grown = True
    while grown:
        grown = False
        # What stands before a sentence tells of whom it speaks, so it comes first.
        for step in (-1, 1):
            number = before - 1 if step < 0 else after + 1
            neighbour = places.get((candidate.passage.id, number))
            if neighbour is None or max(end, neighbour.end) - min(start, neighbour.start) > WINDOW_LENGTH:
                continue
            start, end = min(start, neighbour.start), max(end, neighbour.end)
            before, after = min(before, number), max(after, number)
            grown = True
    passage = candidate.passage
    return replace(passage, start=start, end=end, text=passage.text[start - passage.start : end - passage.start])


def sureness(reading: Reading) -> float:
    """How sure a reader is that its span answers, 0..1: by the span, and by what it says of the passage."""
    if not reading.text:
        return 0.0
    return (1 - reading.no_answer) / (1 + math.exp(-max(-30.0, min(30.0, reading.score))))


def reranked(ranked: Sequence[Ranked], readings: Iterable[Reading]) -> list[Ranked]:
    """``ranked`` with the sentences in which spans were found moved up."""
    sure = [(reading, sureness(reading)) for reading in readings]

    def worth(candidate: Candidate) -> float:
        return max((share for reading, share in sure if _stands_in(reading, candidate)), default=0.0)

    scored = [replace(entry, score=entry.score + SENTENCE_SHARE * worth(entry.candidate)) for entry in ranked]
    return sorted(scored, key=lambda entry: -entry.score)


def reordered(passages: Sequence[Passage], readings: Iterable[Reading]) -> tuple[Passage, ...]:
    """``passages`` with those that answer moved up."""
    worth: dict[int, float] = {}
    for reading in readings:
        worth[reading.passage.id] = max(worth.get(reading.passage.id, 0.0), sureness(reading))
    scored = [
        replace(passage, score=passage.score + PASSAGE_SHARE * worth.get(passage.id, 0.0)) for passage in passages
    ]
    return tuple(sorted(scored, key=lambda passage: -passage.score))


def short(question: str, chosen: Sequence[Evidence], readings: Iterable[Reading]) -> Short | None:
    """The span that answers a question which a span can answer, where it stands in what is quoted first."""
    if not chosen or not wants_span(question):
        return None
    found = max(
        (reading for reading in readings if _stands_in(reading, chosen[0])), key=lambda each: each.score, default=None
    )
    if found is None or sureness(found) < SHORT_FROM or len(found.text) > LONGEST_SHORT:
        return None
    start = found.passage.start + found.start
    return Short(found.passage, start, start + len(found.text), found.text, sureness(found))


def wants_span(question: str) -> bool:
    """Whether a few words may answer; reasons, accounts, and yes or no are better read in a sentence."""
    return not (_TELLING.search(question) or _YES_OR_NO.search(question))


def _stands_in(reading: Reading, span: Candidate | Evidence) -> bool:
    start = reading.passage.start + reading.start
    return bool(reading.text) and reading.passage.id == span.passage.id and span.start <= start < span.end
