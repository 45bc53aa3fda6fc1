"""Answers without a verb: "The Los Angeles area." says something only together with what was asked."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from articleqa.grounding.support.opposites import IRREGULAR
from articleqa.grounding.support.reading import OPENERS, Read, Stems, read
from articleqa.grounding.support.tokens import Kind, Token

# The share of what a question names that must be in the evidence of an answer without a verb.
_MET = 0.75
# Words after a number among which is what it counts.
_NEAR = 2
_ASKING = frozenset(
    "what which who whom whose when where why how many much year name called approximately about kind type".split()
)
_AUXILIARY = frozenset(
    "is are was were be been being am has have had do does did can could may might must shall should will would".split()
)
_AFTER_VERBS = frozenset("a an the its his her their to in from of on at as by up down out one that over under".split())
_NOTHING = Token("", "", "", Kind.FUNCTION)
_EXTREME = re.compile(r"\b(?:most|least|best|worst|first|last|only|fewest|[a-z]{2,}[^e\W]est)\b", re.IGNORECASE)
_NO_EXTREME = frozenset("west east guest request interest forest protest contest test harvest suggest".split())


def answers(question: str, said: Sequence[Read], evidence: Sequence[Read], stems: Stems) -> bool:
    """Whether what is said is whole, or answers ``question`` as far as can be seen by the words.

    A few words without a verb do where the evidence has what the question names, and they are not in the question
    already; not where it asks for the least, the first or the only one and the evidence does not say which is, nor
    where a number counts something else than what is asked for.
    """
    if not question or not all(map(_is_fragment, said)):
        return True
    shown = {token.lower for part in evidence for token in part.tokens}
    keys = {token.key for part in evidence for token in part.tokens}
    asked = [token for part in read(question, stems) for token in part.tokens if _names_something(token)]
    told = [token for part in said for token in part.tokens if token.kind is not Kind.FUNCTION]
    met = sum(token.key in keys for token in asked)
    return (
        not all(token.key in {other.key for other in asked} for token in told)
        and met >= _MET * len(asked)
        and _extremes(question) <= shown
        and all(_counts(token, evidence, asked) for token in told if token.sort == "count" and len(told) == 1)
    )


def _names_something(token: Token) -> bool:
    return token.kind is not Kind.FUNCTION and token.lower not in _ASKING and token.lower not in OPENERS


def _counts(number: Token, evidence: Sequence[Read], asked: Sequence[Token]) -> bool:
    """Whether one of the few words after a number, where the evidence has it, is one that is asked for."""
    wanted = {token.key for token in asked}
    return any(
        not wanted.isdisjoint(other.key for other in part.tokens[place + 1 : place + 1 + _NEAR])
        for part in evidence
        for place, token in enumerate(part.tokens)
        if token.values & number.values
    )


def _is_fragment(sentence: Read) -> bool:
    """Whether no word looks like a verb. A plural before a preposition does; it is then taken for a sentence."""
    tokens = sentence.tokens
    return not any(
        token.lower in _AUXILIARY
        or (token.kind is Kind.WORD and (token.lower.endswith("ed") or token.lower in IRREGULAR))
        or (_may_be_third_person(token) and (after.kind is Kind.NAME or after.lower in _AFTER_VERBS))
        for token, after in itertools.zip_longest(tokens, tokens[1:], fillvalue=_NOTHING)
    )


def _may_be_third_person(token: Token) -> bool:
    return token.kind is Kind.WORD and len(token.lower) > 3 and token.lower[-1] == "s" and token.lower[-2] != "s"


def _extremes(question: str) -> set[str]:
    return {match.group().lower() for match in _EXTREME.finditer(question)} - _NO_EXTREME
