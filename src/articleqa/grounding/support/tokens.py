"""What a sentence is read as: its words and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from articleqa.grounding.support.numbers import Value


class Kind(StrEnum):
    """What a token is, as far as checking goes."""

    WORD = "word"
    FUNCTION = "function"
    NAME = "name"
    NUMBER = "number"
    NEGATION = "negation"


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a number. ``key`` is what makes it the same as another; ``values`` those of a number, else empty.

    ``sort`` is what a number counts as (year, month, day, ordinal, count); ``opens`` whether it begins a sentence or a
    quotation, where any word has a capital; ``aside`` whether it stands in brackets.
    """

    text: str
    lower: str
    key: str
    kind: Kind
    values: frozenset[Value] = frozenset()
    unit: str | None = None
    sort: str = ""
    opens: bool = False
    after: str = ""
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Dated:
    """A date as it is written: what it leaves out is None. ``days`` and ``months`` are both readings of 5/12."""

    days: frozenset[int]
    months: frozenset[int]
    year: int | None
