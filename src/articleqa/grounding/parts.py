"""Questions that ask several things at once: each part is looked up by itself, and each is to have its quote."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

from articleqa.grounding.evidence import Evidence
from articleqa.grounding.questions import names_in

# A question of more parts than this is a text; the first ones are looked up.
PARTS = 4
# Fewer words than this ask nothing by themselves.
_LEAST_WORDS = 3
# A part is answered by a quote that has this share of its own words.
_CLOSED = 0.6
# Only a long question is cut where no question word begins the next part.
_LONG = 16

_WH = r"(?:who|whom|whose|what|when|where|why|which|how)"
# "… and is it open?" asks again; "… and is open" goes on with what was asked.
_INVERTED = (
    r"(?:(?:did|does|do|can|could|will|would|should)\s+(?:the|a|an|some|any|(?-i:[A-Z])\w+|it|he|she|they|there|we|you|i)"
    r"|(?:is|are|was|were|has|have|had)\s+(?:it|he|she|they|there|this|these|(?-i:[A-Z])\w+))"
)
_NEXT_QUESTION = re.compile(
    rf"(?<=\?)\s+|[,;]?\s+(?:and|or|but)\s+(?:also\s+)?(?=(?:{_WH}|{_INVERTED})\b)", re.IGNORECASE
)
_NEXT_CLAUSE = re.compile(r"[,;]\s+(?:while|whereas|and|but|or|compared (?:to|with))\s+|\s+(?:while|whereas)\s+")
_ASKS = re.compile(rf"\?|^(?:{_WH}|compare|is|are|was|were|did|does|do|has|have)\b", re.IGNORECASE)
_NAME = r"[A-Z][\w’'&.-]*(?: (?:(?:of|the|de|van|von|for) )?[A-Z][\w’'&.-]*)*"
_PAIR = re.compile(
    rf"\b(?:(?:both|between|either) )?((?:the )?{_NAME}),? (?:and|or|than|with|versus|vs\.?) ((?:the )?{_NAME})"
)
# "Tarn, Vell and Skarn" are three, and the first word of a question is no name before a name.
_IN_A_ROW = re.compile(rf",\s*(?:{_NAME} )?$")
_WORD = re.compile(r"\w+")
_PRONOUN = re.compile(r"\b(?:he|she|it|they|him|her|his|its|their|them|there|this|that|these|those)\b", re.IGNORECASE)


class Part(NamedTuple):
    """One of the things that a question asks, and what it is looked up by: with the names of the part before it."""

    asked: str
    sought: str


def parts(question: str) -> tuple[Part, ...]:
    """What ``question`` asks, one by one; empty where it asks one thing."""
    question = " ".join(question.split())
    cut = _cut(question, _NEXT_QUESTION)
    if len(cut) < 2 and len(_WORD.findall(question)) >= _LONG:
        cut = _cut(question, _NEXT_CLAUSE)
    if len(cut) >= 2:
        return (Part(cut[0], cut[0]), *(Part(other, _with_names(one, other)) for one, other in pairwise(cut)))[:PARTS]
    pair = _PAIR.search(question, 1)
    if pair is not None and _ASKS.search(question) and not _IN_A_ROW.search(question[: pair.start()]):
        each = (question[: pair.start()] + name + question[pair.end() :] for name in pair.groups())
        return tuple(Part(text, text) for text in each)
    return ()


def open_parts(
    asked: Sequence[Part],
    chosen: Sequence[Evidence],
    *,
    stems: Callable[[str], Sequence[str]],
    ignored: Collection[str] = frozenset(),
) -> list[Part]:
    """Those of the parts ``asked`` that no one span of ``chosen`` has the own words of.

    The words of all parts say nothing about one of them: of "budget of Tarn" and "budget of Vell" only the names count.
    """
    words = [set(stems(part.asked)) - set(ignored) for part in asked]
    shared = set.intersection(*words)
    known = [span.stems | set(stems(f"{span.passage.title} {span.passage.source}")) for span in chosen]
    return [
        part
        for part, own in zip(asked, (each - shared for each in words), strict=True)
        if own and not any(len(own & span) >= _CLOSED * len(own) for span in known)
    ]


def _cut(question: str, between: re.Pattern[str]) -> list[str]:
    """Pieces of ``question``; one that is too short to ask anything stays with the one before it."""
    pieces: list[str] = []
    end = 0
    for match in (*between.finditer(question), None):
        piece = question[end : match.start() if match else len(question)].strip(" ,;")
        short = len(_WORD.findall(piece)) < _LEAST_WORDS
        if pieces and short:
            pieces[-1] = f"{pieces[-1]} {piece}".strip()
        elif piece:
            pieces.append(piece)
        end = match.end() if match else end
    return pieces


def _with_names(before: str, part: str) -> str:
    if names_in(part) and not _PRONOUN.search(part):
        return part
    names = [name for name in names_in(before) if name not in part]
    return f"{part} {' '.join(names)}" if names else part
