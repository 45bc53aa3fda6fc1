"""What a reader adds to words and meaning: which stretches it reads, and what the spans that it points at are worth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from articleqa.grounding.confidence import probability
from articleqa.grounding.evidence import HOW_MUCH, Candidate, Evidence, Ranked, answer_kind, definition_of
from articleqa.grounding.questions import leans_on_history
from articleqa.types import Passage, Reading

# A reader takes time for every word that it is given: it reads around the best sentence of the best passages. Of 700
# questions of SQuAD a third passage brings one in a hundred another right passage first, for half as much time again;
# stretches of 300 characters take a third of the time away, and the right first quote from one in a hundred.
WINDOWS = 2
WINDOW_LENGTH = 500
# What a sure reader adds to the score of the sentence in which its span is, and of the passage. Where no few words
# answer, its span is a weaker sign.
SENTENCE_SHARE = 0.8
TELLING_SHARE = 0.4
PASSAGE_SHARE = 0.3
# Where sentences have been moved up, one may stand this far behind the first and be quoted: on the same questions there
# are 1.5 quotes then to an answer, 1.4 at .75, and one in a hundred more answers is held by the first three.
READ_MARGIN = 1.0
# A span leads the answer where the reader is this sure of it, and where it is no longer than this, in characters.
SHORT_FROM = 0.4
LONGEST_SHORT = 120
# A span of another quote is told as well where the reader is this sure that it answers, too. It must be what is asked
# for: "twelve months" is no answer to "when", however sure the reader is.
OTHER_FROM = 0.95

# What no span answers: reasons, ways, accounts; and yes or no.
_TELLING = re.compile(
    rf"\b(?:why|(?!{HOW_MUCH})how|"
    r"describe|explain|summari[sz]e|compare|tell me|what (?:happen|about|do .* think)\w*)\b",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|has|have|had|can|could|will|would|should|may|might|must)(?:n['’]t)?\b"
    r"(?!.* or )",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Pointed:
    """A span that a reader points at: ``article.text[start:end] == text``, in the article of ``passage``.

    ``sureness`` is how sure the reader is that it answers, 0..1.
    """

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


def pointed(readings: Iterable[Reading]) -> list[Pointed]:
    """Where the ``readings`` point, those that point nowhere left out.

    How sure a reader is that its span answers goes by the span, and by what it says of the passage.
    """
    return [
        Pointed(
            each.passage,
            each.passage.start + each.start,
            each.passage.start + each.end,
            each.text,
            (1 - each.no_answer) * probability(each.score),
        )
        for each in readings
        if each.text
    ]


def reranked(question: str, ranked: Sequence[Ranked], spans: Sequence[Pointed]) -> list[Ranked]:
    """``ranked`` with the sentences in which spans were found moved up."""
    share = SENTENCE_SHARE if wants_span(question) else TELLING_SHARE

    def worth(candidate: Candidate) -> float:
        return max((span.sureness for span in spans if _stands_in(span, candidate)), default=0.0)

    scored = [replace(entry, score=entry.score + share * worth(entry.candidate)) for entry in ranked]
    return sorted(scored, key=lambda entry: -entry.score)


def reordered(passages: Sequence[Passage], spans: Iterable[Pointed]) -> tuple[Passage, ...]:
    """``passages`` with those that answer moved up. Of each, one stretch was read."""
    worth = {span.passage.id: span.sureness for span in spans}
    scored = [
        replace(passage, score=passage.score + PASSAGE_SHARE * worth.get(passage.id, 0.0)) for passage in passages
    ]
    return tuple(sorted(scored, key=lambda passage: -passage.score))


def answering(
    question: str, chosen: Sequence[Evidence], spans: Sequence[Pointed], *, stems: Callable[[str], Sequence[str]]
) -> dict[int, Pointed]:
    """The spans that answer a question which a span can answer, by the places of what they stand in among ``chosen``.

    The first is one of what is quoted first; without that there is none. Those that answer otherwise come after it, but
    for a question that leans on another: a reader does not know what "it" is. Beside a sentence that says what
    something is, only another such sentence says otherwise.
    """
    told: dict[int, Pointed] = {}
    if not wants_span(question):
        return told
    kind = answer_kind(question)
    definition = definition_of(question)
    if chosen and definition is not None and not definition.match(chosen[0].text):
        definition = None
    for place, quote in enumerate(chosen[:1] if leans_on_history(question) else chosen):
        if definition is not None and not definition.match(quote.text):
            continue
        best = max((span for span in spans if _stands_in(span, quote)), key=lambda span: span.sureness, default=None)
        if best is not None and _leads(best, told, kind) and _is_new(best, told, stems):
            told[place] = best
        if not told:
            break
    return told


def _leads(span: Pointed, told: dict[int, Pointed], kind: re.Pattern[str] | None) -> bool:
    """Whether the reader is sure enough of it; where something is told already, surer, and of what is asked for."""
    if not told:
        return span.sureness >= SHORT_FROM
    return span.sureness >= OTHER_FROM and (kind is None or bool(kind.search(span.text)))


def _is_new(span: Pointed, told: dict[int, Pointed], stems: Callable[[str], Sequence[str]]) -> bool:
    """Whether it is short enough to lead, and neither says what is told already nor a part of it, or more."""
    words = set(stems(span.text))
    others = (set(stems(other.text)) for other in told.values())
    return len(span.text) <= LONGEST_SHORT and not any(words <= other or other <= words for other in others)


def wants_span(question: str) -> bool:
    """Whether a few words may answer; reasons, accounts, and yes or no are better read in a sentence."""
    return not (_TELLING.search(question) or _YES_OR_NO.search(question))


def _stands_in(span: Pointed, within: Candidate | Evidence) -> bool:
    return span.passage.id == within.passage.id and within.start <= span.start < within.end
