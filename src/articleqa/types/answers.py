"""Evidence, answers, and what a stream tells on the way to one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation. ``role`` is ``user`` or ``assistant``."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one revision of one article: ``article.text[start:end] == text``.

    ``score`` orders the passages of one search, higher is better; it does not compare across searches. ``also_in`` are
    the ids of copies of the article that have this passage: identical copies first, then those of nearly the same text
    that say every sentence of it in the same words but for little. ``page`` counts from 1 where the article has pages.
    """

    id: int
    article_id: str
    revision: int
    title: str
    source: str | None
    published: str | None
    start: int
    end: int
    text: str
    score: float
    also_in: tuple[str, ...] = ()
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader found in a passage: ``passage.text[start:end] == text``.

    ``score`` is the log-odds of the span against there being none, and compares across passages and questions of one
    reader. ``no_answer`` is the probability, as the reader sees it, that the passage does not answer the question.
    Where there was nothing to read, ``text`` is empty.
    """

    passage: Passage
    start: int
    end: int
    text: str
    score: float
    no_answer: float


@dataclass(frozen=True, slots=True)
class Citation:
    """A checked quotation: ``article.text[start:end] == quote`` for that ``revision`` of the article.

    ``also_in`` are the copies of the article that have the passage of the quote: see :class:`Passage`.
    """

    number: int
    article_id: str
    revision: int
    title: str
    url: str | None
    source: str | None
    published: str | None
    start: int
    end: int
    quote: str
    also_in: tuple[str, ...] = ()
    page: int | None = None


class Support(StrEnum):
    """How well a sentence is carried by what it cites."""

    SUPPORTED = "supported"
    PARTLY = "partly"
    UNSUPPORTED = "unsupported"


class Outcome(StrEnum):
    """What became of a question."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"
    UNCLEAR = "unclear"
    CONFLICTING = "conflicting"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer and the citations that carry it. An unsupported sentence carries none."""

    text: str
    citations: tuple[Citation, ...] = ()
    support: Support = Support.SUPPORTED

    @property
    def marked(self) -> str:
        """The sentence with its markers: ``… in 24 hours [1].`` becomes ``… in 24 hours. [1]``."""
        return " ".join([self.text, *(f"[{citation.number}]" for citation in self.citations)])

    @property
    def is_quotation(self) -> bool:
        """Whether it is nothing but what an article says: then the article speaks, not the program."""
        return len(self.citations) == 1 and self.text == self.citations[0].quote


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """Words of a quote that answer by themselves: ``article.text[start:end] == text``, within citation ``number``."""

    number: int
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question. It is also the last event of a stream.

    Attributes:
        text: what a person reads, with ``[n]`` markers written from ``sentences``.
        short: the span that answers, where one was found.
        spans: where in the quotes it stands, and the spans of other quotes that answer otherwise, the surest first;
            empty where a language model wrote the answer.
        outcome: whether the articles answer.
        confidence: 0..1, how sure the program is that the articles answer the question.
        sentences: the text, sentence by sentence, each judged.
        citations: every citation of the answer, by number from 1.
        passages: at least the ten best passages (fewer only where the library has fewer).
        notes: what went wrong on the way, for the person.
        timings: seconds per stage: retrieve, read, rewrite, generate, verify, first_quote, first_token, total. Where
            a language model's answer is given again, cache, which is to find and check it, in place of the first five.
    """

    text: str
    outcome: Outcome
    short: str | None = None
    spans: tuple[AnswerSpan, ...] = ()
    confidence: float = 0.0
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    passages: tuple[Passage, ...] = ()
    notes: tuple[str, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def answered(self) -> bool:
        """Whether the articles answer the question."""
        return self.outcome in (Outcome.ANSWERED, Outcome.CONFLICTING)


# Events of a stream


@dataclass(frozen=True, slots=True)
class Retrieved:
    """The passages that were found. First event."""

    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Quotes:
    """The evidence, as exact quotes. On the screen before any language model has started.

    It comes a second time where a reader has chosen other quotes.
    """

    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """Provisional text of a language model, not judged yet."""

    text: str


Event: TypeAlias = Retrieved | Quotes | Token | Sentence | Answer
