"""Whether a sentence names whom its evidence names, each in the same part."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import lru_cache

from articleqa.grounding.support.contexts import spans_of_names
from articleqa.grounding.support.items import Finding, Item, misplaced
from articleqa.grounding.support.reading import Read
from articleqa.grounding.support.tokens import Kind

# As CLEARLY; a name may stand for another thing that the evidence calls by another.
CLEARLY_NAMED = 1.3


def names_agree(sentence: Read, evidence: Sequence[Read]) -> Finding:
    """What there is to say against the names of a sentence; the worst of it."""
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
    return max(doubt, misplaced(claimed, names, same=_same_item, comparable=_comparable, clearly=CLEARLY_NAMED))


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
    return any(item.names & other.names for other in names)


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
    for before, token in itertools.pairwise(tokens):
        if token.lower == "by" and before.lower.endswith(_PARTICIPLE):
            return before.key
    return None


@lru_cache(maxsize=512)
def _passive_verbs(read: Read) -> frozenset[str]:
    pairs = itertools.pairwise(read.tokens)
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


def _comparable(item: Item, other: Item) -> bool:
    return not _voices_differ(item.sentence, other.sentence) and not _spoken_of(item, other)


def _spoken_of(item: Item, other: Item) -> bool:
    """Whether the evidence has a pronoun beside a name, which may stand for the one that the sentence has."""
    near = {token.lower for token in other.sentence.tokens[max(0, other.first - 1) : other.last + 4]}
    mine = {token.lower for token in item.sentence.tokens[max(0, item.first - 1) : item.last + 4]}
    return bool((near - mine) & _PRONOUNS)


@lru_cache(maxsize=512)
def _name_items(read: Read) -> tuple[Item, ...]:
    return tuple(Item.of(read, first, last) for first, last in spans_of_names(read))
