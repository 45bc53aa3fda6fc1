"""What kind of question it is: a follow-up, one about the library itself, one about the present."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from articleqa.grounding.composition import is_abstention, parse_markers
from articleqa.types import Turn

# How many earlier questions a follow-up may lean on.
TURNS_BACK = 2
# How much of an answer is carried on, in characters. Longer beginnings found no more.
ANSWER_LENGTH = 200
# What is carried never outweighs the question itself.
MOST_CARRIED = 0.5
# A share below this is none: a change of subject is searched for as if nothing had been said before.
LEAST_CARRIED = 0.1

_LEANS = re.compile(
    r"\b(?:he|she|it|they|him|her|hers|his|them|their|theirs|its|this|these|those|then|both(?!.* and )|neither|else|"
    r"again|"
    # "the law that …" and "there is …" lean on nothing, nor do "one of", "how would one …" and "more than".
    r"(?:is|was|are|were|do|does|did|has|had|can|could|will|would|should|why|how|when|about|of|in|for|to|with|like|after|"
    r"before|since|on|from|by|at|and|or) that|that(?=\W*$)|another|more(?=\W*$| \w+\W*$)|"
    r"(?<!is )(?<!are )(?<!was )(?<!were )(?<!be )(?<!been )there(?! (?:is|are|was|were|has|have|had|be)\b)|"
    r"(?:the|this|that|which|what|each|any|first|second|third|last|next|other) ones?(?! of\b)|ones?(?=\W*$)|"
    r"the (?:former|latter|other way)|the (?:same|first|second|third|last|other)(?=\W*$))\b",
    re.IGNORECASE,
)
_CONTINUES = re.compile(
    r"^\W*(?:and|but|so|or|also|then|ok(?:ay)?|what about|how about|why (?:not|so|then)|really|tell me more|that|"
    r"(?:no\W+|oops\W+|sorry\W+)?i(?: mean| meant| am asking|['’]m asking)|for (?:example|instance))\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W\d_]+)?")
_CAPITALISED = re.compile(r"(?<!^)\b[A-Z][\w’'-]+")
_NAMED = re.compile(r"\b(?!I\b)(?:[A-Z][\w-]*|\d[\d.,:]*\d|\d)")
_YEAR = re.compile(r"\b(?:1\d|20)\d\d\b")
_SMALL_TALK = frozenset(
    "hi hello hey ok okay yes no yeah thanks thank you thx please great good fine nice cool perfect sure got it that's "
    "is that very much for your help bye i see understood wow interesting all right alright".split()
)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a conversation gives to the question after it.

    Attributes:
        questions: the earlier questions, oldest first.
        answer: the beginning of the last answer, or the part of it that the question points at.
        leaning: how much the wording asks for what was said before, in log-odds.
    """

    questions: str
    answer: str
    leaning: float

    @property
    def text(self) -> str:
        """Both, the questions first."""
        return f"{self.questions} {self.answer}".strip()


def carried(question: str, history: Sequence[Turn]) -> Carried | None:
    """What ``history`` gives to ``question``; None where nothing was said before.

    A question that stands alone and is asked once more is to be answered as it was the first time.
    """
    if not leans_on_history(question) and any(_plain(turn.text) == _plain(question) for turn in history):
        return None
    asked: list[str] = []
    answer = ""
    for turn in reversed(history):
        text = " ".join(turn.text.split())
        if turn.role == "assistant":
            # The text as it was written: its lines and markers tell one item from the next.
            answer = answer if asked or answer else turn.text
        elif text and not _is_small_talk(text):
            asked.insert(0, "" if library_question(text) else text)
            if len(asked) == TURNS_BACK or not leans_on_history(text):
                break
        elif not asked:
            # "You are welcome" answers no question.
            answer = ""
    questions = " ".join(filter(None, asked))
    part = _part(question, answer) if asked and not is_abstention(answer) else ""
    if _YEAR.search(question):
        # "And in 2019?" asks for another year than the one before.
        questions, part = (" ".join(_YEAR.sub(" ", text).split()) for text in (questions, part))
    return Carried(questions, part, _leaning(question)) if questions or part else None


def _plain(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


def carried_share(leaning: float, gap: float) -> float:
    """How much of a search what is carried may decide; 0..``MOST_CARRIED``, and 0 where the subject has changed.

    ``gap`` is by how much the passage that the carried search puts first falls behind, for the question alone, the one
    that this puts first. The weights are those, rounded, of a logistic regression on half of the conversations of
    MTRAG, against questions put after turns of other conversations and articles: those that it helped against those
    that it hurt.
    """
    share = MOST_CARRIED / (1 + math.exp(max(-30.0, min(30.0, 4.0 * gap - leaning))))
    return share if share >= LEAST_CARRIED else 0.0


def leans_on_history(question: str) -> bool:
    """Whether a question cannot be understood without the one before it."""
    if _CONTINUES.search(question) or len(_WORD.findall(question)) <= 2:
        return True
    pronoun = _LEANS.search(question)
    # "What did Markov say about its sanctions?" names its own subject before it leans.
    return pronoun is not None and not any(name.start() < pronoun.start() for name in _CAPITALISED.finditer(question))


def names_in(text: str) -> list[str]:
    """Names and numbers of ``text``; the word that it begins with is no name, nor is "I"."""
    return [match.group() for match in _NAMED.finditer(text) if match.start() > 0 or match.group()[0].isdigit()]


def _leaning(question: str) -> float:
    """Short questions and those without a name may lean on what came before even where no word says so."""
    words = sum(len(word) > 3 for word in _WORD.findall(question))
    return 1.2 + 2.0 * leans_on_history(question) - 0.5 * min(2, len(names_in(question))) - 0.12 * min(6, words)


def _is_small_talk(text: str) -> bool:
    return all(word.lower().replace("’", "'") in _SMALL_TALK for word in _WORD.findall(text))


_ORDINAL = re.compile(
    r"\bthe (first|former|second|third|fourth|fifth|last|latter)(?: (?:ones?|point|item|article|quote)\b|\W*$)",
    re.IGNORECASE,
)
_PLACES = {"first": 0, "former": 0, "second": 1, "third": 2, "fourth": 3, "fifth": 4, "last": -1, "latter": -1}
_ITEM = re.compile(r"^\s*(?:[•*–-]|\d{1,2}[.)])\s+(.+)$", re.MULTILINE)
_ENUMERATION = re.compile(r"((?:[^,.;:!?\n]+, )*[^,.;:!?\n]+?),? (?:and|or) ([^,.;:!?\n]+)")
_NAME = re.compile(r"\b(?!(?:The|A|An|Both|In|Only)\b)[A-Z][\w’'-]*")
_SENTENCE_END = re.compile(r"(?<=[.!?])(?:\s*\[[\d, ]+\])*\s+(?=\W?[A-Z])")


def _part(question: str, answer: str) -> str:
    """The beginning of ``answer``, or the item of it that ``question`` points at: "the second one"."""
    pointed = _ORDINAL.search(question)
    if pointed:
        place = _PLACES[pointed.group(1).lower()]
        for items in (_ITEM.findall(answer), _enumerated(answer), _SENTENCE_END.split(answer)):
            if len(items) > max(1, place):
                return _beginning(items[place])
    return _beginning(answer)


def _enumerated(answer: str) -> list[str]:
    """What stands in a row in the first sentence: of "Tarn, Vell and Skarn are shut" the three names."""
    row = _ENUMERATION.search(_SENTENCE_END.split(answer)[0])
    if row is None:
        return []
    items = [*row.group(1).split(", "), row.group(2)]
    names = [" ".join(names) for item in items if (names := _NAME.findall(item))]
    return names if len(names) == len(items) else []


def _beginning(text: str) -> str:
    plain = parse_markers(text)[0]
    return plain if len(plain) <= ANSWER_LENGTH else plain[: plain.rfind(" ", 0, ANSWER_LENGTH + 1)].strip()


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
