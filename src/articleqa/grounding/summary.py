"""Which sentences stand for a whole article, and which of several articles say the same: pure functions over words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import combinations

from articleqa.grounding.evidence import LEANING, Candidate, Evidence, adjacent, as_evidence, merged

# What the place of a sentence is worth: news tell first what matters most.
_OPENING, _PARAGRAPH_OPENING = 0.8, 0.1
# A sentence that repeats what was chosen already loses this share of what they have in common.
_REPETITION = 0.8
# A sentence that leans on the one before it, a question, a very short or long one and a caption say little alone.
_LEANS, _ASKS, _UNWIELDY, _CAPTION = 0.3, 0.4, 0.3, 0.8
_SHORTEST, _LONGEST = 40, 400
_TITLE = 0.3
# Two sentences say the same when they share so much of the shorter one, and so many words.
AGREEING_SHARE = 0.55
AGREEING_WORDS = 4

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_CREDIT = re.compile(
    r"\b(?:photo(?:graph)?|credit|image|picture|foto|bild|crédit|archive)s?\b ?[:/]|\bAP Photo\b", re.IGNORECASE
)
_COUNTED = re.compile(r"(?:First|Second|Third|Last)(?:ly| of all)?, |(?:Also|Finally|In addition|Moreover|Meanwhile)\b")
_ENDS = re.compile(r"[.!?…。！？؟]['\"”’»)\]]*$")


def summarise(candidates: Sequence[Candidate], *, limit: int, ignored: Collection[str]) -> list[Evidence]:
    """At most ``limit`` sentences of one article that say most of it, in its order; neighbours are one span.

    ``ignored`` are stems that carry no meaning. Sentences are weighed by how often the article comes back to their
    words, by their place and by what they share with the title, and each next one by what it adds.
    """
    told = [(entry, entry.stems.difference(ignored)) for entry in candidates]
    told = [(entry, words) for entry, words in told if words]
    if not told:
        return []
    # A heading, a caption's credit or an item of a list stands for an article only where nothing else does.
    told = [(entry, words) for entry, words in told if _ENDS.search(entry.text)] or told
    counts = Counter(stem for _, words in told for stem in words)
    weights = {stem: math.log(1 + count) for stem, count in counts.items()}
    usual = max(sum(weights[stem] for stem in words) / math.sqrt(len(words)) for _, words in told)
    scores = {place: _score(entry, words, weights, usual, place) for place, (entry, words) in enumerate(told)}
    chosen: list[int] = []
    while scores and len(chosen) < limit:
        place = max(scores, key=lambda each: (scores[each], -each))
        del scores[place]
        chosen.append(place)
        added = told[place][1]
        for other in scores:
            words = told[other][1]
            scores[other] -= _REPETITION * len(words & added) / max(1, min(len(words), len(added)))
    return _joined([told[place][0] for place in sorted(chosen)])


def agreements(
    candidates: Sequence[Candidate], *, limit: int, ignored: Collection[str]
) -> list[tuple[Candidate, Candidate]]:
    """At most ``limit`` pairs of sentences of different articles that say the same, the most alike first.

    Numbers that one of them has and the other has not are no agreement, where both have some. Copies of an article
    agree with it about everything, and so about nothing.
    """
    told = [(entry, entry.stems.difference(ignored)) for entry in candidates]
    pairs = []
    for (one, words), (other, others) in combinations(told, 2):
        if one.passage.article_id == other.passage.article_id or other.passage.article_id in one.passage.also_in:
            continue
        shared = len(words & others)
        share = shared / max(1, min(len(words), len(others)))
        if shared >= AGREEING_WORDS and share >= AGREEING_SHARE and _numbers_agree(one.text, other.text):
            pairs.append((share * math.log(1 + shared), one, other))
    pairs.sort(key=lambda pair: -pair[0])
    kept: list[tuple[Candidate, Candidate]] = []
    said: list[frozenset[str]] = []
    for _, one, other in pairs:
        if len(kept) == limit:
            break
        both = (one.stems | other.stems).difference(ignored)
        if all(len(both & known) < AGREEING_SHARE * min(len(both), len(known)) for known in said):
            kept.append((one, other))
            said.append(both)
    return kept


def _score(entry: Candidate, words: frozenset[str], weights: dict[str, float], usual: float, place: int) -> float:
    # Divided by the root, long sentences are worth more than short ones, but not in proportion.
    score = sum(weights[stem] for stem in words) / math.sqrt(len(words)) / usual
    score += _OPENING / (1 + place) + (_PARAGRAPH_OPENING if entry.number == 0 else 0.0)
    score += _TITLE * len(words & entry.title_stems) / max(1, len(entry.title_stems))
    if LEANING.match(entry.text) or _COUNTED.match(entry.text):
        score -= _LEANS
    if entry.text.rstrip("\"'”’»)").endswith(("?", "？", "؟")):
        score -= _ASKS
    if not _SHORTEST <= len(entry.text) <= _LONGEST:
        score -= _UNWIELDY
    if _CREDIT.search(_line(entry)):
        score -= _CAPTION
    return score


def _line(entry: Candidate) -> str:
    """The line in which a sentence begins, from there to its end."""
    return entry.passage.text[entry.start - entry.passage.start :].split("\n", 1)[0]


def _numbers_agree(one: str, other: str) -> bool:
    numbers, others = set(_NUMBER.findall(one)), set(_NUMBER.findall(other))
    return not numbers or not others or numbers <= others or others <= numbers


def _joined(entries: Sequence[Candidate]) -> list[Evidence]:
    spans: list[Evidence] = []
    for entry in entries:
        span = as_evidence(entry)
        if spans and adjacent(spans[-1], span):
            spans[-1] = merged(spans[-1], span)
        else:
            spans.append(span)
    return spans
