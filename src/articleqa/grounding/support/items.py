"""Things that a sentence says and another may say otherwise, and where they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

from articleqa.grounding.support.contexts import Context, around
from articleqa.grounding.support.reading import Read
from articleqa.grounding.support.tokens import Kind, Token

# Shares of what stands around a place that must stand around another, for the two to say the same of something.
SAME_PLACE = 0.3
SURE_PLACE = 0.45
# How much better another place must fit than its own, before a thing is held to be in the wrong one.
CLEARLY = 1.15


class Finding(IntEnum):
    """What a check found: agreement, something in doubt, something that the text has not at all, or contradicts."""

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


def _aside(item: Item) -> bool:
    """Whether something stands in brackets, which a sentence may leave out."""
    before = item.sentence.tokens[item.first - 1].after if item.first else ""
    return before == "(" or item.token.after == ")"


def misplaced(
    claimed: Sequence[Item],
    known: Sequence[Item],
    *,
    same: Callable[[Item, Item], bool],
    comparable: Callable[[Item, Item], bool],
    clearly: float = CLEARLY,
) -> Finding:
    """Whether something stands where the evidence has another of its sort, and that one is nowhere to be found."""
    for item in claimed:
        own = max((item.likeness(other) for other in known if same(item, other)), default=0.0)
        for other in known:
            fit = item.likeness(other)
            if fit < SAME_PLACE * item.weight or fit <= clearly * own:
                continue
            if same(item, other) or not comparable(item, other) or _aside(other):
                continue
            explained = max((other.likeness(mine) for mine in claimed if same(mine, other)), default=0.0)
            if fit > clearly * explained:
                return Finding.CONTRADICTED
    return Finding.AGREES
