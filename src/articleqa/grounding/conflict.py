"""Whether two articles contradict each other about what is asked: another number or another day of the same."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from articleqa.grounding.evidence import NUMBER, TIME, Ranked, answer_kind

# Only those that are nearly as good an answer as the first are compared with it.
_COMPARED = 8
_MARGIN = 0.35
# Both must be about what is asked, and about the same: a share of the question's words, and of the shorter one's own.
ASKED_SHARE = 0.6
SAME_SHARE = 0.5

_MAGNITUDES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_WORDS = "zero one two three four five six seven eight nine ten eleven twelve".split()
_AMOUNT = re.compile(
    r"(?P<about>\b(?:about|around|nearly|almost|roughly|some|over|under|up to|(?:more|less|fewer) than|"
    r"at (?:least|most)|approximately|an estimated)\s+)?"
    rf"[$€£]?(?P<value>\b\d+(?:,\d{{3}})*(?:\.\d+)?|\b(?:{'|'.join(_WORDS)})\b)"
    rf"(?:[ -](?P<magnitude>{'|'.join(_MAGNITUDES)})\b)?(?:\s?(?P<percent>%|per ?cent\b)|[ -](?P<unit>[^\W\d_]+))?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
_MONTHS = "january february march april may june july august september october november december".split()
_DAY = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({'|'.join(_MONTHS)})\b"
    rf"|\b({'|'.join(_MONTHS)}) (\d{{1,2}})(?:st|nd|rd|th)?\b",
    re.IGNORECASE,
)
_MONTH = re.compile(rf"\b({'|'.join(month.capitalize() for month in _MONTHS)})\b")
_WEEKDAY = re.compile(r"\b(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b")
_CLOCK = re.compile(r"\b\d{1,2}[:.]\d{2}\b")
# Stems that ask for a number or a time, and that no answer has to have.
_HOW = frozenset("how mani much long often old far larg big tall fast high deep wide year date day month time".split())
# Words that follow a number and do not say what is counted.
_NO_UNITS = frozenset("of to and or in on at by from the a an is are was were that which who more less".split())


def conflict(
    question: str, ranked: Sequence[Ranked], weights: Collection[str], *, ignored: Collection[str]
) -> tuple[Ranked, Ranked] | None:
    """The best sentence and the best one of another article that contradicts it; None where none does.

    It is looked for only where a number or a time is asked for. ``weights`` are the question's stems, ``ignored`` those
    that carry no meaning. Copies of an article do not contradict it.
    """
    kind = answer_kind(question)
    if not ranked or kind not in (NUMBER, TIME):
        return None
    first = ranked[0]
    asked = frozenset(stem for stem in weights if stem not in ignored and stem not in _HOW)
    if not asked or _share(first, asked) < ASKED_SHARE:
        return None
    for other in ranked[1:_COMPARED]:
        passage = other.candidate.passage
        if (
            passage.article_id == first.candidate.passage.article_id
            or passage.article_id in first.candidate.passage.also_in
            or first.score - other.score > _MARGIN
            or other.cosine is None
            or _share(other, asked) < ASKED_SHARE
            or not _about_the_same(first, other, ignored)
        ):
            continue
        texts = first.candidate.text, other.candidate.text
        if _amounts_differ(*texts, question) if kind is NUMBER else _times_differ(*texts, question):
            return first, other
    return None


def _share(entry: Ranked, asked: frozenset[str]) -> float:
    return len(asked & entry.candidate.stems) / len(asked)


def _about_the_same(one: Ranked, other: Ranked, ignored: Collection[str]) -> bool:
    words, others = (
        {stem for stem in entry.candidate.stems if stem not in ignored and not any(map(str.isdigit, stem))}
        for entry in (one, other)
    )
    return len(words & others) >= SAME_SHARE * min(len(words), len(others)) > 0


def _amounts_differ(one: str, other: str, question: str) -> bool:
    amounts, others = _amounts(one), _amounts(other)
    asked = {value for values in _amounts(question).values() for value, _ in values}
    for unit in amounts.keys() & others.keys():
        pairs = [(mine, its) for mine in amounts[unit] for its in others[unit]]
        if not pairs or any(mine[0] in asked or its[0] in asked for mine, its in pairs):
            continue
        if all(not _alike(mine, its) for mine, its in pairs):
            return True
    return False


def _alike(one: tuple[float, bool], other: tuple[float, bool]) -> bool:
    (value, rough), (another, roughly) = one, other
    # What is said to be rough, or given in fewer digits, is the same number all the same.
    allowed = 0.15 if rough or roughly else 0.02
    return abs(value - another) <= allowed * max(abs(value), abs(another))


def _amounts(text: str) -> dict[str, list[tuple[float, bool]]]:
    """The amounts by what is counted: the value, and whether it is said to be rough."""
    amounts: dict[str, list[tuple[float, bool]]] = {}
    for match in _AMOUNT.finditer(text):
        value = match["value"].lower()
        number = float(_WORDS.index(value)) if value in _WORDS else float(value.replace(",", ""))
        number *= _MAGNITUDES.get((match["magnitude"] or "").lower(), 1.0)
        unit = "percent" if match["percent"] else (match["unit"] or "").lower()
        if unit and unit not in _NO_UNITS and unit not in _MONTHS:
            amounts.setdefault(unit.rstrip("s") or unit, []).append((number, match["about"] is not None))
    return amounts


def _times_differ(one: str, other: str, question: str) -> bool:
    times, others, asked = _times(one), _times(other), _times(question)
    shared = [
        (times[kind] - asked[kind], others[kind] - asked[kind])
        for kind in times
        if times[kind] - asked[kind] and others[kind] - asked[kind]
    ]
    return bool(shared) and all(not mine & its for mine, its in shared)


def _times(text: str) -> dict[str, set[str]]:
    days = {
        f"{match[1] or match[4]} {(match[2] or match[3]).lower()}".removeprefix("0") for match in _DAY.finditer(text)
    }
    return {
        "year": set(_YEAR.findall(text)),
        "day": days,
        "month": {month.lower() for month in _MONTH.findall(text)} if not days else set(),
        "weekday": set(_WEEKDAY.findall(text)),
        "clock": {clock.replace(".", ":") for clock in _CLOCK.findall(text)},
    }
