"""Whether a sentence shortens a text: its words stand in the order of the text's, and nothing left out turns them.

Words alone do not say who did what: "Porter developed the indicator" has every word of "the indicator was developed for
Porter by Richard". What is moved without harm (a time or a reason put first, a passive turned round) is moved back
before the two are compared.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from articleqa.grounding.support.reading import OPENERS, Read
from articleqa.grounding.support.tokens import Kind, Token

# The share of a sentence's words that must stand in one order with the text's.
IN_ORDER = 0.88
# Comparing takes time that grows with the words of both; what is longer than this and has no full stop is no sentence.
MOST_TOKENS = 600
MOST_SAID = 200
_BE = frozenset("is are was were be been being".split())
# What a part of a sentence begins with that may as well stand at its end.
_MOVABLE = frozenset(
    """
    in on at by to for from with during after before since until under between through throughout within near
    because while when if although though as despite
    """.split()
)
# Where the text has one of these before a word, the word has no other part to play.
_ROLES = frozenset("for from with without against about".split())
_PREPOSITIONS = _MOVABLE | _ROLES | {"of"}
# What a word in common is worth beside two of them standing side by side in both.
_MATCH = 1000
_DETERMINERS = frozenset("a an the his her its their this these those".split())
# A word after one of these may be told only of what stands before; "able to" is no more than "can".
_LEADS_ON = frozenset(("of", "to"))
_WHERE_OR_WHOSE = frozenset(("of", "in", "at", "near"))
_HARMLESS = frozenset(("able", "order", "going", "used"))
# How far from the verb of a passive its agent may stand, and what may be part of its name.
_AGENT_WITHIN = 12
_OF_AN_AGENT = _DETERMINERS | {"of", "and"}


def shortens(text: Sequence[Read], evidence: Sequence[Read]) -> bool:
    """Whether ``evidence`` has each sentence of ``text``, or a longer one that says it."""
    return all(len(part.tokens) <= MOST_SAID and _shortens(part.tokens, evidence) for part in text)


def _shortens(said: Sequence[Token], evidence: Sequence[Read]) -> bool:
    known: list[Token] = []
    starts: list[int] = []
    straight: list[int] = []
    moved: list[int] = []
    # Where only one of the two is in the passive, it is made active.
    ours = _active(said, _verbs(*(read.tokens for read in evidence)))
    verbs = _verbs(said)
    for read in evidence:
        order = _active(read.tokens, verbs)
        straight += [len(known) + place for place in order]
        moved += [len(known) + place for place in _begun_last(read.tokens, order)]
        starts += [len(known)] * len(read.tokens)
        known += read.tokens
    variants = [straight, moved] if moved != straight else [straight]
    begun_last = _begun_last(said, ours)
    return any(
        _follows(said, one, known, theirs[:MOST_TOKENS], starts)
        for one in ([ours, begun_last] if begun_last != ours else [ours])
        for theirs in variants
    )


def _follows(
    said: Sequence[Token], ours: Sequence[int], known: Sequence[Token], theirs: Sequence[int], starts: Sequence[int]
) -> bool:
    """Whether nearly all words of ``said``, in the order of ``ours``, stand so in ``known`` and in the same company.

    ``starts`` says for each token of ``known`` where its sentence begins.
    """
    words = [place for place in ours if _is_word(said[place])]
    anywhere = _told_of_others(said)
    here = [place for place in words if place not in anywhere]
    theirs = [place for place in theirs if known[place].kind in (Kind.WORD, Kind.NAME)]
    pairs = [
        (here[one], theirs[other])
        for one, other in _aligned([said[place].key for place in here], [known[place].key for place in theirs])
    ]
    loose = {said[place].key for place in words if place in anywhere}
    kept = {place for _, place in pairs} | {place for place in theirs if known[place].key in loose}
    present = {known[place].key for place in kept}
    found = len(pairs) + sum(said[place].key in present for place in words if place in anywhere)
    if found < IN_ORDER * len(words):
        return False
    keys = {said[place].key for place in words}
    if any(
        starts[there] != starts[here] and _has_another_subject(known, starts[there], there, keys)
        for (_, here), (_, there) in itertools.pairwise(pairs)
    ):
        return False
    return not any(
        said[one].aside != known[other].aside
        or (_lost_its_head(known, other, kept) and not _stands_alone(known, other, kept))
        or (_before(known, other) in _ROLES and _before(said, one) not in _PREPOSITIONS)
        for one, other in pairs
    )


def _told_of_others(said: Sequence[Token]) -> set[int]:
    """Where words stand that tell where or whose something is: "fees in Velmora" may be "Velmora ... its fees"."""
    places = {place for place, token in enumerate(said) if token.after == "'"}
    for place, token in enumerate(said):
        if token.lower in _WHERE_OR_WHOSE:
            for after in range(place + 1, len(said)):
                if said[after].kind is Kind.FUNCTION and said[after].lower not in _DETERMINERS:
                    break
                places.add(after)
                if said[after].after in (",", ";"):
                    break
    return places


def _is_word(token: Token) -> bool:
    """Whether a word is to be found in the text. Numbers and negations have checks of their own."""
    return token.kind is Kind.NAME or (token.kind is Kind.WORD and not (token.opens and token.lower in OPENERS))


def _aligned(some: Sequence[str], others: Sequence[str]) -> list[tuple[int, int]]:
    """The places of a longest common subsequence, in each; of several, one that leaves the fewest gaps."""
    width = len(others) + 1
    best = [[0] * width for _ in range(len(some) + 1)]
    taking = [[0] * width for _ in range(len(some) + 1)]
    for one in range(len(some) - 1, -1, -1):
        for other in range(len(others) - 1, -1, -1):
            if some[one] == others[other]:
                after = taking[one + 1][other + 1]
                taking[one][other] = _MATCH + max(best[one + 1][other + 1], after + 1 if after else 0)
            best[one][other] = max(best[one + 1][other], best[one][other + 1], taking[one][other])
    pairs = []
    one = other = 0
    follows = False
    while one < len(some) and other < len(others):
        # A pair that goes on from the one before is worth a little more than the same number of pairs elsewhere.
        if taking[one][other] and taking[one][other] + follows >= best[one][other]:
            pairs.append((one, other))
            one, other, follows = one + 1, other + 1, True
        elif best[one + 1][other] >= best[one][other + 1]:
            one, follows = one + 1, False
        else:
            other, follows = other + 1, False
    return pairs


def _skipped(tokens: Sequence[Token], place: int) -> int:
    """The place before a word, and before its determiners."""
    before = place - 1
    while before > 0 and tokens[before].lower in _DETERMINERS and not tokens[before].after:
        before -= 1
    return before


def _before(tokens: Sequence[Token], place: int) -> str:
    before = _skipped(tokens, place)
    return tokens[before].lower if before >= 0 else ""


def _lost_its_head(known: Sequence[Token], place: int, kept: set[int]) -> bool:
    """Whether a kept word was told of one that is not: "a lack of education", "failed to land", "denied that"."""
    before = _skipped(known, place)
    if before < 1:
        return False
    head_place = before - 1
    if known[before].lower == "that":
        # "Experts say that …, and that …": what was said is not so because it was said.
        while head_place > 0 and known[head_place].kind is Kind.FUNCTION:
            head_place -= 1
    elif known[before].lower not in _LEADS_ON:
        return False
    head = known[head_place]
    return (
        head_place not in kept
        and head.kind in (Kind.WORD, Kind.NAME)
        and head.lower not in _HARMLESS
        and (known[before].lower == "that" or head.after not in (",", ";", ":", ")"))
    )


def _has_another_subject(known: Sequence[Token], start: int, place: int, keys: set[str]) -> bool:
    """Whether a sentence tells of something else than is said before what is kept of it; a time or place aside."""
    if known[start].lower in _MOVABLE:
        start = next((after + 1 for after in range(start, place) if known[after].after == ","), start)
    subject = {known[before].key for before in range(start, place) if _is_word(known[before])}
    return bool(subject) and subject.isdisjoint(keys)


def _stands_alone(known: Sequence[Token], place: int, kept: set[int]) -> bool:
    """Whether a name is told of elsewhere by itself: beside "Velmora raises its fees", "the port of Velmora" is it."""
    name = known[place]
    return name.kind is Kind.NAME and any(
        token.key == name.key and token.kind is Kind.NAME and not _lost_its_head(known, other, kept)
        for other, token in enumerate(known)
    )


def _begun_last(tokens: Sequence[Token], order: list[int]) -> list[int]:
    """Puts what was put first back to its end: "it fell in 1962" for "In 1962, it fell"."""
    if not order or tokens[order[0]].lower not in _MOVABLE:
        return order
    end = next((at for at, place in enumerate(order[:-1], start=1) if tokens[place].after == ","), 0)
    return order[end:] + order[:end]


def _verbs(*texts: Sequence[Token]) -> set[str]:
    """What may be a verb in the active: every word that stands nowhere in the passive."""
    passive = {tokens[place].key for tokens in texts for place in _passives(tokens)}
    return {token.key for tokens in texts for token in tokens if token.kind is Kind.WORD} - passive


def _passives(tokens: Sequence[Token]) -> list[int]:
    """Where verbs stand in the passive: "was built", "has been widely used"."""
    found = []
    for place, token in enumerate(tokens):
        before = place - 1
        while before >= 0 and tokens[before].lower.endswith("ly"):
            before -= 1
        if before >= 0 and tokens[before].lower in _BE and token.kind is Kind.WORD:
            found.append(place)
    return found


def _active(tokens: Sequence[Token], verbs: set[str]) -> list[int]:
    """Places in the order "Richard developed it for Porter" where a text has "It was developed for Porter by Richard".

    Only for a passive of one of ``verbs``.
    """
    places = list(range(len(tokens)))
    for verb in _passives(tokens):
        if tokens[verb].key not in verbs:
            continue
        by = next((place for place in places[verb + 1 : verb + _AGENT_WITHIN] if tokens[place].lower == "by"), 0)
        if by:
            end = by + 1
            while end < len(tokens) and (tokens[end].kind is not Kind.FUNCTION or tokens[end].lower in _OF_AN_AGENT):
                end += 1
                if tokens[end - 1].after in (",", ";", "("):
                    break
            return [*places[by + 1 : end], verb, *places[:verb], *places[verb + 1 : by + 1], *places[end:]]
    return places
