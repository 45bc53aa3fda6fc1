"""Which sentences answer: ranked by words, meaning, place and the kind of answer that the question asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from articleqa.types import Passage

# How many sentences are compared with the question by meaning. The words choose them; on SQuAD three do as well as all.
COMPARED = 3
# A sentence that the words put this far behind the first is not compared: on a thousand questions of SQuAD none of
# these came out first, and two in a hundred lost a second or third quote. A quarter of the work is saved.
BEHIND = 0.25
# A second or third quote is shown when it is nearly as good as the first.
MARGIN = 0.25
QUOTES = 3
# What a sentence that begins "X is" has in advance where the question is "What is X?" and nothing more.
DEFINITION_SHARE = 0.25
# Two quotes that share this much say the same.
SAME_WORDS = 0.75
# A quote that leans on the sentence before it takes it along up to this length, in characters.
JOINED_LENGTH = 600


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be quoted: ``article.text[start:end] == text``.

    ``rank`` is the place of its passage in the search, ``number`` its own place in the passage, both from 0.
    """

    passage: Passage
    rank: int
    number: int
    start: int
    end: int
    text: str
    stems: frozenset[str]
    stems_before: frozenset[str]
    title_stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span that bears on the question. ``score`` is that of its best sentence and orders one question's evidence."""

    passage: Passage
    start: int
    end: int
    text: str
    stems: frozenset[str]
    score: float


@dataclass(frozen=True, slots=True)
class Ranked:
    """A candidate with its score.

    ``cosine`` is the likeness in meaning, None where it was not compared; ``coverage`` the share of the question's
    words (by weight, the title's counted in) that it has.
    """

    candidate: Candidate
    score: float
    cosine: float | None
    coverage: float


def rank(
    question: str,
    candidates: Sequence[Candidate],
    weights: dict[str, float],
    similarities: Callable[[Sequence[str]], Sequence[float]],
) -> list[Ranked]:
    """``candidates``, best first.

    ``weights`` are those of the question's stems; ``similarities`` gives the cosine of texts with the question, and is
    asked about the few candidates only that the words put first.
    """
    if not candidates:
        return []
    top = max(candidate.passage.score for candidate in candidates)
    kind = answer_kind(question)
    definition = definition_of(question)
    by_words = sorted(
        (
            (
                _word_score(candidate, question, weights, top, kind)
                + (DEFINITION_SHARE if definition and definition.match(candidate.text) else 0.0),
                number,
            )
            for number, candidate in enumerate(candidates)
        ),
        key=lambda pair: (-pair[0], pair[1]),
    )
    compared = [pair for pair in by_words[:COMPARED] if pair[0] >= by_words[0][0] - BEHIND]
    cosines = similarities([candidates[number].text for _, number in compared])
    ranked = [
        Ranked(candidates[number], score + cosine, cosine, _title_coverage(candidates[number], weights))
        for (score, number), cosine in zip(compared, cosines, strict=True)
    ]
    ranked.sort(key=lambda entry: -entry.score)
    floor = min(entry.score for entry in ranked)
    # What was not compared stays behind what was.
    ranked += [
        Ranked(candidates[number], floor - 1 + score, None, _title_coverage(candidates[number], weights))
        for score, number in by_words[len(compared) :]
    ]
    return ranked


def select(
    ranked: Sequence[Ranked],
    candidates: Sequence[Candidate],
    weights: dict[str, float],
    *,
    limit: int = QUOTES,
    margin: float = MARGIN,
    longest: int | None = None,
) -> list[Evidence]:
    """The best spans, at most ``limit``, best first; repetitions are left out.

    Neighbours become one span, of at most ``longest`` characters where a number is given.
    """
    if not ranked:
        return []
    threshold = ranked[0].score - margin
    places = {(entry.passage.id, entry.number): entry for entry in candidates}
    spans: list[Evidence] = []
    said: list[frozenset[str]] = []
    for entry in ranked:
        if entry.score < threshold:
            break
        candidate = entry.candidate
        if any(_same(candidate.stems, other) for other in said):
            continue
        span = as_evidence(entry.candidate, score=entry.score)
        quoted = [candidate.stems]
        before = places.get((candidate.passage.id, candidate.number - 1))
        if before is not None and _leans(candidate, weights) and span.end - before.start <= JOINED_LENGTH:
            span = _joined(span, before.start, candidate.passage, before.stems)
            quoted.append(before.stems)
        neighbours = [other for other in spans if adjacent(other, span) and _fits(other, span, longest)]
        if neighbours:
            whole = merged(neighbours[0], span)
            taken = [other for other in neighbours[1:] if _fits(whole, other, longest)]
            for neighbour in taken:
                whole = merged(whole, neighbour)
            spans[spans.index(neighbours[0])] = whole
            spans = [other for other in spans if other not in taken]
        elif len(spans) == limit:
            break
        else:
            spans.append(span)
        said += quoted
    return spans


def distinct(spans: Iterable[Evidence], *, longest: int | None = None) -> list[Evidence]:
    """``spans`` in their order, without what repeats one before it; neighbours become one span as in :func:`select`."""
    kept: list[Evidence] = []
    for span in spans:
        if any(_same(span.stems, other.stems) or _within(span, other) for other in kept):
            continue
        neighbour = next((other for other in kept if adjacent(other, span) and _fits(other, span, longest)), None)
        if neighbour is None:
            kept.append(span)
        else:
            kept[kept.index(neighbour)] = merged(neighbour, span)
    return kept


def coverage(stems: frozenset[str], weights: dict[str, float]) -> float:
    """The share of the question's words, by weight, that are among ``stems``; 0..1."""
    total = sum(weights.values())
    return sum(weight for stem, weight in weights.items() if stem in stems) / total if total else 0.0


def _word_score(
    candidate: Candidate, question: str, weights: dict[str, float], top: float, kind: re.Pattern[str] | None
) -> float:
    """The score without meaning. The shares were found on half of SQuAD's articles and hold on the other half."""
    text = candidate.text
    score = max(candidate.passage.score - top, -0.5)
    score += 0.5 * coverage(candidate.stems, weights)
    score += 0.2 * coverage(candidate.stems | candidate.stems_before, weights)
    score += 0.1 * min(len(text), 400) / 400
    score -= 0.1 if len(text) < 40 else 0.0
    # A question in an article does not answer one, and a heading that repeats it says nothing.
    score -= 0.15 if _QUESTION.search(text) else 0.0
    score += 0.08 if kind is None or _names_something_new(kind, text, question) else 0.0
    return score


def _title_coverage(candidate: Candidate, weights: dict[str, float]) -> float:
    return coverage(candidate.stems | candidate.title_stems, weights)


_QUESTION = re.compile(r"[?？؟][\"'”’»)\]]*$")
NUMBER = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand|"
    r"million|billion|trillion|dozen|half|quarter|once|twice|zero|no)\b",
    re.IGNORECASE,
)
TIME = re.compile(
    r"\b\d{3,4}s?\b|\b\d{1,2}[:.]\d{2}\b|centur|\b(?:January|February|March|April|May|June|July|August|September|October|"
    r"November|December|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|yesterday|today|tomorrow|"
    r"ago|last|next)\b"
)
# "How many" asks for a number; "how" alone for a way.
HOW_MUCH = r"how (?:many|much|long|old|far|large|big|tall|fast|quickly|soon|often|high|deep|wide|heavy)\b"
_NAME = re.compile(r"(?<!^)(?<![.!?“\"] )\b[A-Z][\w’'-]+")
_KINDS = (
    (re.compile(r"\bwho(?:m|se)?\b|\bwhere\b|\b(?:what|which) (?:city|country|place|state|region)\b"), _NAME),
    (re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|decade|century|time)\b"), TIME),
    (
        re.compile(rf"\b{HOW_MUCH}|\bwhat (?:percent|percentage|number|amount|share)\b"),
        NUMBER,
    ),
)


def answer_kind(question: str) -> re.Pattern[str] | None:
    """What the answer must have: a name, a time, a number; None where anything may answer."""
    lowered = question.lower()
    return next((pattern for asked, pattern in _KINDS if asked.search(lowered)), None)


_ASKS_WHAT_IT_IS = re.compile(
    r"\W*(?:what|who) (?:is|are|was|were) (?:meant by )?[\"'“”‘’]?(?:(?:an?|the) )?(?P<what>.{2,60}?)\W*", re.IGNORECASE
)


def definition_of(question: str) -> re.Pattern[str] | None:
    """How a sentence begins that says what something is, where that is all that is asked."""
    asked = _ASKS_WHAT_IT_IS.fullmatch(question)
    if asked is None:
        return None
    what = re.escape(asked["what"].removesuffix("s"))
    aside = r"(?: \([^)]*\)|, [^,]*,)?"
    return re.compile(
        rf"\W*(?:(?:an?|the) )?{what}(?:s|es)?\b\W?{aside} (?:is|are|was|were|means|refers to)\b", re.IGNORECASE
    )


def _names_something_new(kind: re.Pattern[str], text: str, question: str) -> bool:
    return any(kind is not _NAME or match.group() not in question for match in kind.finditer(text))


# What a sentence begins with that only the one before it explains.
LEANING = re.compile(
    r"[\"“'‘(]*(?:He|She|It|They|This|These|Those|That|His|Her|Its|Their|Such|But|And|However|Otherwise|Instead|There)\b"
)


def _leans(candidate: Candidate, weights: dict[str, float]) -> bool:
    """Whether the sentence is about something that only the sentence before names."""
    return bool(LEANING.match(candidate.text)) and (
        coverage(candidate.stems | candidate.stems_before, weights) > coverage(candidate.stems, weights)
    )


def as_evidence(candidate: Candidate, *, score: float = 0.0) -> Evidence:
    """One sentence as a span."""
    return Evidence(
        passage=candidate.passage,
        start=candidate.start,
        end=candidate.end,
        text=candidate.text,
        stems=candidate.stems,
        score=score,
    )


def _joined(span: Evidence, start: int, passage: Passage, stems: frozenset[str]) -> Evidence:
    return Evidence(
        passage=passage,
        start=start,
        end=span.end,
        text=passage.text[start - passage.start : span.end - passage.start],
        stems=span.stems | stems,
        score=span.score,
    )


def merged(one: Evidence, other: Evidence) -> Evidence:
    """The span from the beginning of the first to the end of the last of two spans of one passage."""
    start, end = min(one.start, other.start), max(one.end, other.end)
    return Evidence(
        passage=one.passage,
        start=start,
        end=end,
        text=one.passage.text[start - one.passage.start : end - one.passage.start],
        stems=one.stems | other.stems,
        score=max(one.score, other.score),
    )


def adjacent(one: Evidence, other: Evidence) -> bool:
    """Whether only white space lies between two spans of one passage, or they overlap."""
    if one.passage.id != other.passage.id:
        return False
    first, second = sorted((one, other), key=lambda span: span.start)
    gap = one.passage.text[first.end - one.passage.start : second.start - one.passage.start]
    return second.start <= first.end or (not gap.strip() and "\n\n" not in gap)


def _fits(one: Evidence, other: Evidence, longest: int | None) -> bool:
    return longest is None or max(one.end, other.end) - min(one.start, other.start) <= longest


def _within(one: Evidence, other: Evidence) -> bool:
    return one.passage.article_id == other.passage.article_id and other.start <= one.start and one.end <= other.end


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= SAME_WORDS * len(one | other)
