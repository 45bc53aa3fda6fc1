"""Where a sentence says something else than a text: each check compares what stands in the same place of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from articleqa.grounding.support.contexts import Context, around, spans_of_names
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
from articleqa.grounding.support.reading import Dated, Kind, Read, Token, heads, name_of

# Shares of what stands around a place that must stand around another, for the two to say the same of something.
SAME_PLACE = 0.3
SURE_PLACE = 0.45
# How much better another place must fit than its own, before a thing is held to be in the wrong one.
CLEARLY = 1.15


class Finding(IntEnum):
    """What a check found: the texts agree, something is in doubt, is not in the text at all, or is contradicted by it."""

    AGREES = 0
    DOUBTFUL = 1
    ABSENT = 2
    CONTRADICTED = 3


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """Something that a sentence says and another may say otherwise: ``sentence.tokens[first:last]``.

    ``token`` is its last word (of a name, the family's), ``names`` all of them in lower case.
    """

    sentence: Read
    first: int
    last: int
    token: Token
    names: frozenset[str]
    initials: str
    context: Context

    @classmethod
    def of(cls, sentence: Read, first: int, last: int) -> Item:
        """The item of a span of tokens; of an empty one, a gap."""
        tokens = sentence.tokens[first:last]
        return cls(
            sentence,
            first,
            last,
            tokens[-1] if tokens else _NOTHING,
            frozenset(token.lower for token in tokens),
            "".join(token.lower[0] for token in tokens),
            around(sentence, first, last),
        )

    def likeness(self, other: Item) -> float:
        """How alike the places are, 0 or more."""
        return self.context.likeness(other.context)

    @property
    def weight(self) -> float:
        """The likeness of its place with itself."""
        return self.context.weight


_NOTHING = Token("", "", "", Kind.FUNCTION)


def compare(sentence: Read, evidence: Sequence[Read]) -> Finding:
    """The worst that any check finds between a sentence and the sentences of a text."""
    worst = Finding.AGREES
    for check in (_numbers, _dates, _names, _negations, _opposites):
        worst = max(worst, check(sentence, evidence))
        if worst is Finding.CONTRADICTED:
            break
    return worst


# Numbers and dates


def _numbers(sentence: Read, evidence: Sequence[Read]) -> Finding:
    claimed = [item for item in _items(sentence, Kind.NUMBER) if item.token.sort != "pronoun"]
    known = [item for read in evidence for item in _items(read, Kind.NUMBER)]
    absent = any(not any(_same_number(item.token, other.token) for other in known) for item in claimed)
    found = _misplaced(claimed, known, same=_same_number, comparable=_comparable_numbers)
    return max(found, Finding.ABSENT if absent else Finding.AGREES)


def _same_number(one: Token, other: Token) -> bool:
    return bool(one.values & other.values) and (one.unit == other.unit or None in (one.unit, other.unit))


def _comparable_numbers(one: Token, other: Token) -> bool:
    return one.sort == other.sort or {one.sort, other.sort} <= {"count", "vague"}


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


# Names


def _names(sentence: Read, evidence: Sequence[Read]) -> Finding:
    known = {word for read in evidence for word in _spellings(read)}
    keys = {token.key for read in evidence for token in read.tokens}
    doubt = Finding.AGREES
    for place, token in enumerate(sentence.tokens):
        if token.kind is not Kind.NAME or token.lower in known:
            continue
        if token.key in keys and (token.opens or len(token.lower) > 4):
            continue
        if any(_same_stem(token.lower, word) for word in known):
            continue
        if token.opens and _is_common(sentence, place):
            doubt = max(doubt, Finding.DOUBTFUL)
            continue
        doubt = Finding.ABSENT
    names = [item for read in evidence for item in _name_items(read)]
    claimed = [item for item in _name_items(sentence) if not (item.token.opens and not _is_a_name(item, names))]
    if any(_mixed(item, names) for item in claimed):
        return Finding.CONTRADICTED
    voices = any(_voices_differ(sentence, read) for read in evidence)
    if voices and any(_turned(one, other, names) for one in claimed for other in claimed if one.first < other.first):
        return Finding.CONTRADICTED
    return max(doubt, _misplaced(claimed, names, same=_same_item, comparable=lambda _, __: True, voice=True))


@lru_cache(maxsize=512)
def _spellings(read: Read) -> frozenset[str]:
    """How the names and words of a sentence may be written: "United States" as "us" too."""
    words = {token.lower for token in read.tokens}
    for first, last in spans_of_names(read):
        words.add("".join(token.lower[0] for token in read.tokens[first:last]))
    return frozenset(words)


def _same_stem(one: str, other: str) -> bool:
    """Whether two names are forms of one: "German" and "Germany", "Ilse" and "Ilses"."""
    shorter, longer = sorted((one, other), key=len)
    return (
        len(shorter) >= 4 and longer.startswith(shorter[: max(4, len(shorter) - 1)]) and len(longer) - len(shorter) <= 3
    )


_COMMON_ENDINGS = ("ers", "ors", "ists", "ing", "tion", "tions", "ments", "ly", "ed", "ness", "ities", "ans")


def _is_common(sentence: Read, place: int) -> bool:
    """Whether the word that opens a sentence is more likely a common one than a name."""
    word = sentence.tokens[place].lower
    alone = place + 1 == len(sentence.tokens) or sentence.tokens[place + 1].kind is not Kind.NAME
    return alone and (len(word) < 3 or (len(word) > 5 and word.endswith(_COMMON_ENDINGS)))


def _is_a_name(item: Item, names: Sequence[Item]) -> bool:
    return any(item.names & other.names for other in names if not other.token.opens)


def _same_item(one: Item, other: Item) -> bool:
    return (
        one.names <= other.names
        or other.names <= one.names
        or one.token.key == other.token.key
        or one.initials == other.token.lower
        or other.initials == one.token.lower
    )


def _mixed(item: Item, names: Sequence[Item]) -> bool:
    """Whether a name is put together from two: one's first name and another's last."""
    if item.last - item.first < 2 or any(item.names <= other.names for other in names):
        return False
    tokens = item.sentence.tokens
    first, last = tokens[item.first].lower, tokens[item.last - 1].lower
    begun = [other for other in names if first in other.names and last not in other.names]
    ended = [other for other in names if last in other.names and first not in other.names]
    return any(one.sentence.tokens[one.first].lower == first and one.last - one.first > 1 for one in begun) and any(
        other.token.lower == last and other.last - other.first > 1 for other in ended
    )


def _turned(one: Item, other: Item, names: Sequence[Item]) -> bool:
    """Whether two names keep their order where the voice of the verb between them has changed."""
    verb = _passive_verb(one, other)
    for first in names:
        for second in names:
            if first.sentence is not second.sentence or first.first >= second.first:
                continue
            if not (_same_item(one, first) and _same_item(other, second)):
                continue
            reverse = _passive_verb(first, second)
            if verb is not None and reverse is None and verb in _keys_between(first, second):
                return True
            if reverse is not None and verb is None and reverse in _keys_between(one, other):
                return True
    return False


_PARTICIPLE = (
    "ed",
    "en",
    "wn",
    "ne",
    "ught",
    "lt",
    "ld",
    "nt",
    "pt",
    "ot",
    "un",
    "ung",
    "ade",
    "aid",
    "ut",
    "on",
    "ost",
)


def _passive_verb(one: Item, other: Item) -> str | None:
    """The key of the verb of which one name says that it was done by the other; None in the active voice."""
    tokens = one.sentence.tokens[one.last : other.first]
    for before, token in zip(tokens, tokens[1:], strict=False):
        if token.lower == "by" and before.lower.endswith(_PARTICIPLE):
            return before.key
    return None


@lru_cache(maxsize=512)
def _passive_verbs(read: Read) -> frozenset[str]:
    pairs = zip(read.tokens, read.tokens[1:], strict=False)
    return frozenset(
        before.key for before, token in pairs if token.lower == "by" and before.lower.endswith(_PARTICIPLE)
    )


def _voices_differ(one: Read, other: Read) -> bool:
    """Whether one sentence says in the passive voice what the other says in the active."""
    verbs = _passive_verbs(one) ^ _passive_verbs(other)
    return bool(verbs & one.keys & other.keys)


def _keys_between(one: Item, other: Item) -> frozenset[str]:
    return frozenset(token.key for token in one.sentence.tokens[one.last : other.first])


_PRONOUNS = frozenset("he she it they who which whom that his her its their him them this".split())


def _spoken_of(item: Item, other: Item) -> bool:
    """Whether the evidence has a pronoun beside a name, which may stand for the one that the sentence has."""
    near = {token.lower for token in other.sentence.tokens[max(0, other.first - 1) : other.last + 4]}
    mine = {token.lower for token in item.sentence.tokens[max(0, item.first - 1) : item.last + 4]}
    return bool((near - mine) & _PRONOUNS)


# Negations


def _negations(sentence: Read, evidence: Sequence[Read]) -> Finding:
    claimed = _items(sentence, Kind.NEGATION)
    known = [item for read in evidence for item in _items(read, Kind.NEGATION)]
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
def _name_items(read: Read) -> tuple[Item, ...]:
    return tuple(Item.of(read, first, last) for first, last in spans_of_names(read))


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


def _aside(item: Item) -> bool:
    """Whether something stands in brackets, which a sentence may leave out."""
    before = item.sentence.tokens[item.first - 1].after if item.first else ""
    return before == "(" or item.token.after == ")"


def _misplaced(
    claimed: Sequence[Item],
    known: Sequence[Item],
    *,
    same: Callable[..., bool],
    comparable: Callable[..., bool],
    voice: bool = False,
) -> Finding:
    """Whether something stands where the evidence has another of its sort, and that one is nowhere to be found."""

    def agree(one: Item, other: Item) -> bool:
        return same(one, other) if voice else same(one.token, other.token)

    for item in claimed:
        own = max((item.likeness(other) for other in known if agree(item, other)), default=0.0)
        for other in known:
            if agree(item, other) or not (voice or comparable(item.token, other.token)) or _aside(other):
                continue
            if voice and (_voices_differ(item.sentence, other.sentence) or _spoken_of(item, other)):
                continue
            fit = item.likeness(other)
            if fit < SAME_PLACE * item.weight or fit <= CLEARLY * own:
                continue
            explained = max((other.likeness(mine) for mine in claimed if agree(mine, other)), default=0.0)
            if fit > CLEARLY * explained:
                return Finding.CONTRADICTED
    return Finding.AGREES
