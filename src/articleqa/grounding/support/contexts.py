"""What stands around a place of a sentence, and how alike two such places are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from articleqa.grounding.support.reading import Read
from articleqa.grounding.support.tokens import Kind, Token

REACH = 6
# What a word on the other side still tells about a place: little, as it is the order that says who did what.
_OTHER_SIDE = 0.2
_FUNCTION_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Context:
    """The words to the left and right of a place, the nearer the weightier; ``weight`` is that of all of them."""

    left: dict[str, float]
    right: dict[str, float]
    weight: float

    def likeness(self, other: Context) -> float:
        """How much stands around both places, on the same side above all."""
        return (
            _common(self.left, other.left)
            + _common(self.right, other.right)
            + _OTHER_SIDE * (_common(self.left, other.right) + _common(self.right, other.left))
        )


def around(sentence: Read, first: int, last: int) -> Context:
    """The context of ``tokens[first:last]``; an empty span is a gap between words. Negations are looked through."""
    left, right = _side(reversed(sentence.tokens[:first])), _side(iter(sentence.tokens[last:]))
    return Context(left, right, sum(left.values()) + sum(right.values()))


def _side(tokens: Iterator[Token]) -> dict[str, float]:
    weights: dict[str, float] = {}
    distance = 0.0
    for token in tokens:
        if token.kind is Kind.NEGATION:
            continue
        function = token.kind is Kind.FUNCTION
        weight = (_FUNCTION_WEIGHT if function else 1.0) / (1 + 0.5 * distance)
        weights.setdefault(token.key, weight)
        distance += _FUNCTION_WEIGHT if function else 1.0
        if distance >= REACH:
            break
    return weights


def _common(one: dict[str, float], other: dict[str, float]) -> float:
    if len(other) < len(one):
        one, other = other, one
    return sum(min(weight, other[key]) for key, weight in one.items() if key in other)


_PARTING = frozenset(",;:()–!?'")


def spans_of_names(sentence: Read) -> tuple[tuple[int, int], ...]:
    """The runs of names, as spans of tokens: "Ilse Tarkan" is one."""
    spans: list[tuple[int, int]] = []
    tokens: Sequence[Token] = sentence.tokens
    place = 0
    while place < len(tokens):
        first = place
        while place < len(tokens) and tokens[place].kind is Kind.NAME:
            place += 1
            if tokens[place - 1].after in _PARTING:
                break
        if place > first:
            spans.append((first, place))
        else:
            place += 1
    return tuple(spans)
