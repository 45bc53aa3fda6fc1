"""Where a sentence says something else than a text: each check compares what stands in the same place of both."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from articleqa.grounding.support.items import CLEARLY, SAME_PLACE, SURE_PLACE, Finding, Item, misplaced
from articleqa.grounding.support.names import names_agree
from articleqa.grounding.support.opposites import (
    ALL,
    Profile,
    are_alike,
    are_opposites,
    claims_too_much,
    gathered,
    may_oppose,
    profile,
)
from articleqa.grounding.support.reading import Read, heads
from articleqa.grounding.support.tokens import Dated, Kind

# A sentence that denies more often than this is no sentence, and would take seconds to check.
MOST_NEGATIONS = 20


def compare(sentence: Read, evidence: Sequence[Read]) -> Finding:
    """The worst that any check finds between a sentence and the sentences of a text."""
    worst = Finding.AGREES
    for check in (_numbers, _dates, names_agree, _negations, _opposites):
        worst = max(worst, check(sentence, evidence))
        if worst is Finding.CONTRADICTED:
            break
    return worst


# Numbers and dates


def _numbers(sentence: Read, evidence: Sequence[Read]) -> Finding:
    claimed = [item for item in _items(sentence, Kind.NUMBER) if item.token.sort != "pronoun"]
    known = [item for read in evidence for item in _items(read, Kind.NUMBER)]
    absent = any(not any(_same_number(item, other) for other in known) for item in claimed)
    found = misplaced(claimed, known, same=_same_number, comparable=_comparable_numbers)
    return max(found, Finding.ABSENT if absent else Finding.AGREES)


def _same_number(one: Item, other: Item) -> bool:
    units = one.token.unit, other.token.unit
    return bool(one.token.values & other.token.values) and (units[0] == units[1] or None in units)


def _comparable_numbers(one: Item, other: Item) -> bool:
    sorts = {one.token.sort, other.token.sort}
    return len(sorts) == 1 or sorts <= {"count", "vague"}


def _dates(sentence: Read, evidence: Sequence[Read]) -> Finding:
    known = [date for read in evidence for date in read.dates]
    for date in sentence.dates:
        if known and not any(_agree(date, other) for other in known):
            return Finding.CONTRADICTED
    return Finding.AGREES


def _agree(one: Dated, other: Dated) -> bool:
    return (
        bool(one.months & other.months)
        and (not one.days or not other.days or bool(one.days & other.days))
        and (one.year is None or other.year is None or one.year == other.year)
    )


# Negations


def _negations(sentence: Read, evidence: Sequence[Read]) -> Finding:
    claimed = _items(sentence, Kind.NEGATION)
    known = [item for read in evidence for item in _items(read, Kind.NEGATION)]
    if len(claimed) > MOST_NEGATIONS:
        return Finding.CONTRADICTED
    finding = Finding.AGREES
    for item in claimed:
        finding = max(finding, _added(item, known, evidence))
    for item in known:
        finding = max(finding, _dropped(item, claimed, sentence))
    return finding


def _added(item: Item, known: Sequence[Item], evidence: Sequence[Read]) -> Finding:
    denied = max((item.likeness(other) for other in known), default=0.0)
    anyhow = max((item.likeness(gap) for read in evidence for gap in _gaps(read)), default=0.0)
    if denied >= anyhow * 0.8 and denied >= 0.15 * item.weight:
        return Finding.AGREES
    if anyhow < SAME_PLACE * item.weight and not known:
        return Finding.ABSENT
    if anyhow >= SAME_PLACE * item.weight:
        return Finding.AGREES if _said_by_its_opposite(item, evidence) else Finding.CONTRADICTED
    return Finding.DOUBTFUL


def _said_by_its_opposite(item: Item, evidence: Sequence[Read]) -> bool:
    """Whether what is denied has its opposite in the evidence: who did not lose may have won."""
    said = [item.sentence.tokens[place].lower for place in heads(item.sentence.tokens, item.first)]
    return any(
        are_opposites(word, token.lower)
        for word in said
        for read in evidence
        for place, token in enumerate(read.tokens)
        if place not in read.denied
    )


def _dropped(item: Item, claimed: Sequence[Item], sentence: Read) -> Finding:
    places = heads(item.sentence.tokens, item.first)
    said = [item.sentence.tokens[place] for place in places]
    if not any(token.key in sentence.keys for token in said):
        return Finding.AGREES
    affirmed = max(item.likeness(gap) for gap in _gaps(sentence))
    denied = max((item.likeness(other) for other in claimed), default=0.0)
    if denied >= affirmed * 0.8:
        return Finding.AGREES
    if affirmed >= SURE_PLACE * item.weight:
        return Finding.CONTRADICTED
    return Finding.DOUBTFUL if affirmed >= 0.5 * SURE_PLACE * item.weight else Finding.AGREES


# Opposites


def _opposites(sentence: Read, evidence: Sequence[Read]) -> Finding:
    claimed = _words(sentence)
    known = [item for read in evidence for item in _words(read)]
    about = [_profile(read) for read in evidence]
    finding = Finding.AGREES
    for item in claimed:
        word = item.token.lower
        if word not in ALL and not any(may_oppose(profile(word), one) for one in about):
            continue
        against = [
            other
            for other in known
            if (are_opposites(word, other.token.lower) or claims_too_much(word, other.token.lower))
            and _denied(item) == _denied(other)
        ]
        if not against:
            continue
        own = max((item.likeness(other) for other in known if _same_word(item, other)), default=0.0)
        for other in against:
            fit = item.likeness(other)
            explained = max((other.likeness(mine) for mine in claimed if _same_word(mine, other)), default=0.0)
            least = SURE_PLACE if item.token.kind is Kind.FUNCTION else SAME_PLACE
            if fit >= least * min(item.weight, other.weight) and fit > CLEARLY * max(own, explained):
                return Finding.CONTRADICTED
            if not own and not explained:
                finding = Finding.DOUBTFUL
    return finding


def _same_word(one: Item, other: Item) -> bool:
    if one.token.key == other.token.key:
        return _denied(one) == _denied(other) or one.token.kind is Kind.FUNCTION
    return are_alike(one.token.lower, other.token.lower)


def _denied(item: Item) -> bool:
    return item.first in item.sentence.denied


# What they share


@lru_cache(maxsize=2048)
def _items(read: Read, kind: Kind) -> tuple[Item, ...]:
    return tuple(Item.of(read, place, place + 1) for place, token in enumerate(read.tokens) if token.kind is kind)


@lru_cache(maxsize=512)
def _words(read: Read) -> tuple[Item, ...]:
    return tuple(
        Item.of(read, place, place + 1)
        for place, token in enumerate(read.tokens)
        if token.kind in (Kind.WORD, Kind.FUNCTION, Kind.NAME) or token.sort == "ordinal"
    )


@lru_cache(maxsize=512)
def _profile(read: Read) -> Profile:
    return gathered(token.lower for token in read.tokens)


@lru_cache(maxsize=512)
def _gaps(read: Read) -> tuple[Item, ...]:
    return tuple(
        Item.of(read, place, place)
        for place in range(len(read.tokens) + 1)
        if not any(token.kind is Kind.NEGATION for token in read.tokens[max(0, place - 1) : place + 1])
    ) or (Item.of(read, 0, 0),)
