"""What kind of question it is: a follow-up, one about the library itself, one about the present."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from articleqa.types import Turn

# How many earlier questions a follow-up may lean on.
TURNS_BACK = 2

_LEANS = re.compile(
    r"\b(?:he|she|it|they|him|her|hers|his|them|their|theirs|its|this|that|these|those|there|then|one|ones|"
    r"the (?:former|latter|same|first|second|other)|both|neither|else|more|again|another)\b",
    re.IGNORECASE,
)
_CONTINUES = re.compile(
    r"^\W*(?:and|but|so|or|also|then|ok(?:ay)?|what about|how about|why (?:not|so|then)|really|tell me more)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
_CAPITALISED = re.compile(r"(?<!^)\b[A-Z][\w’'-]+")


def follow_up_context(question: str, history: Sequence[Turn]) -> str:
    """The earlier questions that ``question`` leans on, oldest first; empty where it stands alone."""
    asked = [turn.text for turn in history if turn.role == "user" and turn.text.strip()]
    context: list[str] = []
    current = question
    while asked and len(context) < TURNS_BACK and leans_on_history(current):
        current = asked.pop()
        context.insert(0, current)
    return " ".join(context)


def leans_on_history(question: str) -> bool:
    """Whether a question cannot be understood without the one before it."""
    if _CONTINUES.search(question) or len(_WORD.findall(question)) <= 2:
        return True
    pronoun = _LEANS.search(question)
    # "What did Markov say about its sanctions?" names its own subject before it leans.
    return pronoun is not None and not any(name.start() < pronoun.start() for name in _CAPITALISED.finditer(question))


class LibraryQuestion(StrEnum):
    """A question that the library's own records answer."""

    LIST = "list"
    COUNT = "count"
    NEWEST = "newest"
    SOURCES = "sources"


_THINGS = r"(?:articles?|documents?|files?|texts?|stories|pieces)"
_HERE = (
    r"(?: (?:do|can|have) you (?:have|know|read|got|search|see)"
    r"| are (?:there|here|in (?:here|there|the library|the index)|in (?:my|your|our|this) (?:library|index|collection))"
    r"| (?:is|are) (?:loaded|indexed|available)| have (?:i|we) (?:added|got|uploaded)| did (?:i|we) (?:add|upload))"
    # Nothing else may follow: "How many articles are there in the treaty?" is for the articles.
    r"(?: (?:here|(?:right )?now|so far|in total|altogether|in (?:the|my|your|our|this) (?:library|index|collection)))*"
)
_LIBRARY_QUESTIONS = (
    (LibraryQuestion.COUNT, re.compile(rf"^how many {_THINGS}{_HERE}$")),
    (LibraryQuestion.LIST, re.compile(rf"^(?:which|what) {_THINGS}{_HERE}$")),
    (LibraryQuestion.LIST, re.compile(rf"^(?:please )?(?:list|show)(?: me)?(?: all)?(?: (?:the|my|your))? {_THINGS}$")),
    (LibraryQuestion.LIST, re.compile(r"^what(?: is|'s) in (?:the|this|my|your) (?:library|index|collection)$")),
    (
        LibraryQuestion.NEWEST,
        re.compile(
            rf"^(?:what(?: is|'s) new(?: (?:today|here|in (?:the|my|your) (?:library|index)))?|"
            rf"what(?: is|'s| are| was)? (?:the )?(?:newest|latest|most recent|last) {_THINGS}"
            rf"(?: (?:here|added|you have))?|(?:which|what) {_THINGS} (?:is|are|was|were)(?: the)? "
            rf"(?:new|newest|latest|added last|recent|most recent))$"
        ),
    ),
    (
        LibraryQuestion.SOURCES,
        re.compile(
            r"^(?:which|what) (?:sources|outlets|newspapers|publications)"
            r"(?: (?:do|can|have) you (?:have|know|use)| are (?:there|here|in the (?:library|index)))$"
        ),
    ),
)


def library_question(question: str) -> LibraryQuestion | None:
    """Which question about the library this is, or None for one about what the articles say."""
    plain = " ".join(question.lower().replace("’", "'").split()).rstrip("?!. ")
    return next((kind for kind, pattern in _LIBRARY_QUESTIONS if pattern.search(plain)), None)


_RECENT = re.compile(
    r"\b(?:latest|newest|currently|current|now|nowadays|today|tonight|this (?:week|month|year)|recent(?:ly)?)\b"
)


def wants_recent(question: str) -> bool:
    """Whether a question is about the present."""
    return _RECENT.search(question.lower()) is not None
