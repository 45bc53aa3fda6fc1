"""The vocabulary of Article QA: values, protocols and the error tree. It imports nothing of ours.

Every offset is a count of Python code points into ``Article.text``. Every date is UTC in ISO 8601, either a day
(``2024-11-07``) or a moment (``2024-11-07T09:30:00Z``), or ``None`` where the article does not say.

The errors::

    ArticleQAError
    ├── InvalidInput            (also a ValueError)  an argument that cannot be meant
    ├── SettingsError           settings that contradict themselves or cannot be read
    ├── MissingDependency       an optional part is not installed; the message names the command that installs it
    ├── LoadingError            one source could not be turned into an article
    ├── EncoderError            the encoder's weights are missing, damaged or refused
    ├── LanguageModelError      the language model is unreachable or answers nonsense
    ├── ServerError             the chat could not be served (the port is taken, …)
    └── LibraryError
        ├── LibraryBusy         another writer holds the library
        ├── LibraryDamaged      the truth itself does not verify
        ├── IndexMismatch       the index was built by another encoder or chunker
        └── ArticleNotFound     (also a KeyError)  no such article, or no longer that revision
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Named without importing NumPy, which the vocabulary does not need at run time.
Vector: TypeAlias = "NDArray[np.float32]"
Matrix: TypeAlias = "NDArray[np.float32]"


# Errors


class ArticleQAError(Exception):
    """Base of every error that a user can cause. Its text is one line that says what to do."""


class InvalidInput(ArticleQAError, ValueError):
    """An argument has a value that cannot be meant."""


class SettingsError(ArticleQAError):
    """The settings contradict themselves or cannot be read."""


class MissingDependency(ArticleQAError):
    """An optional dependency is not installed."""


class LoadingError(ArticleQAError):
    """A source could not be turned into an article.

    ``origin`` is the path or URL, ``reason`` says why in one line.
    """

    def __init__(self, origin: str, reason: str) -> None:
        super().__init__(f"{origin}: {reason}")
        self.origin = origin
        self.reason = reason


class EncoderError(ArticleQAError):
    """The encoder cannot be loaded or does not keep its contract."""


class LanguageModelError(ArticleQAError):
    """The language model cannot be reached or did not answer."""


class ServerError(ArticleQAError):
    """The chat cannot be served."""


class LibraryError(ArticleQAError):
    """The library of articles cannot do what was asked."""


class LibraryBusy(LibraryError):
    """Another writer holds the library."""


class LibraryDamaged(LibraryError):
    """A stored text or the database itself does not verify."""


class IndexMismatch(LibraryError):
    """The index was built with another encoder or chunker than the settings name."""


class ArticleNotFound(LibraryError, KeyError):
    """There is no such article, or that revision of it is no longer kept."""

    def __str__(self) -> str:  # KeyError would show the repr
        return str(self.args[0]) if self.args else ""


# Dates


def utc_date(value: str | date | datetime) -> str:
    """``value`` as UTC ISO 8601: a day stays a day, a moment becomes ``YYYY-MM-DDTHH:MM:SSZ``.

    A moment without a zone is taken as UTC.

    Raises:
        InvalidInput: if ``value`` is not an ISO 8601 date.
    """
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        return value.isoformat()
    else:
        text = value.strip()
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            pass  # not a day: perhaps a moment
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise InvalidInput(f"{value!r} is not a date: write it as 2024-11-07 or 2024-11-07T09:30:00Z") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInput(f"{value!r} is not a date within the years 1 to 9999") from error
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0")


# Articles


@dataclass(frozen=True, slots=True)
class Article:
    """One article, whole.

    ``origin`` is its identity: the canonical path or URL that it came from; ``id`` is derived from it unless given,
    and a given id is kept and is the identity. ``url`` is where a person can read it. ``source`` is the outlet: a
    filter, never an identity. ``text`` is verbatim. ``pages`` holds the offset at which each page begins (PDF), else
    nothing. ``revision`` is set by the library.
    """

    title: str
    text: str
    id: str | None = None
    origin: str | None = None
    url: str | None = None
    source: str | None = None
    author: str | None = None
    published: str | None = None
    language: str | None = None
    pages: tuple[int, ...] = ()
    revision: int | None = None


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """What the library knows of an article, without its text.

    ``characters`` and ``passages`` are counts of the current revision; ``added`` is when this revision came in;
    ``also_in`` are the ids of other articles with the identical text.
    """

    id: str
    revision: int
    title: str
    origin: str
    url: str | None
    source: str | None
    author: str | None
    published: str | None
    language: str | None
    added: str
    characters: int
    passages: int
    also_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which articles may answer. Dates are inclusive.

    ``undated`` says whether an article without a date passes a date filter. ``article_ids=()`` lets nothing pass.

    Raises:
        InvalidInput: if a date cannot be read, or ``after`` is later than ``before``.
    """

    source: str | tuple[str, ...] | None = None
    after: str | date | None = None
    before: str | date | None = None
    article_ids: str | tuple[str, ...] | None = None
    undated: bool = True

    def __post_init__(self) -> None:
        for name in ("after", "before"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, utc_date(value))
        if self.after is not None and self.before is not None and str(self.after)[:10] > str(self.before)[:10]:
            raise InvalidInput(f"after={self.after} is later than before={self.before}: no article can be both")
        if self.source is not None and not isinstance(self.source, str):
            object.__setattr__(self, "source", tuple(self.source))
        if self.article_ids is not None:
            ids = (self.article_ids,) if isinstance(self.article_ids, str) else tuple(self.article_ids)
            object.__setattr__(self, "article_ids", ids)

    @property
    def sources(self) -> tuple[str, ...] | None:
        """The outlets that pass, or None for all."""
        return (self.source,) if isinstance(self.source, str) else self.source

    def __bool__(self) -> bool:
        return any(value is not None for value in (self.source, self.after, self.before, self.article_ids))


# Evidence


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of one revision of one article: ``article.text[start:end] == text``.

    ``score`` orders the passages of one search, higher is better; it does not compare across searches. ``also_in`` are
    the ids of copies of the article. ``page`` counts from 1 where the article has pages.
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
class Citation:
    """A checked quotation: ``article.text[start:end] == quote`` for that ``revision`` of the article."""

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


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question. It is also the last event of a stream.

    Attributes:
        text: what a person reads, with ``[n]`` markers written from ``sentences``.
        short: the span that answers, where one was found.
        outcome: whether the articles answer.
        confidence: 0..1, how sure the program is that the articles answer the question.
        sentences: the text, sentence by sentence, each judged.
        citations: every citation of the answer, by number from 1.
        passages: at least the ten best passages (fewer only where the library has fewer).
        notes: what went wrong on the way, for the person.
        timings: seconds per stage: retrieve, read, generate, verify, first_quote, first_token, total.
    """

    text: str
    outcome: Outcome
    short: str | None = None
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
    """The evidence, as exact quotes. On the screen before any language model has started."""

    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """Provisional text of a language model, not judged yet."""

    text: str


Event: TypeAlias = Retrieved | Quotes | Token | Sentence | Answer


# Reports


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long task is. ``rate`` is in units of ``done`` per second; unknown figures are None.

    ``stage`` is one of ``load``, ``encode``, ``index``.
    """

    stage: str
    done: int
    total: int | None = None
    rate: float | None = None
    seconds_left: float | None = None


ProgressCallback: TypeAlias = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class AddReport:
    """What became of the sources that were added. ``failed`` pairs an origin with the reason, in one line."""

    added: list[ArticleRecord] = field(default_factory=list)
    updated: list[ArticleRecord] = field(default_factory=list)
    unchanged: list[ArticleRecord] = field(default_factory=list)
    copies: list[ArticleRecord] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    passages_encoded: int = 0


@dataclass(frozen=True, slots=True)
class RebuildReport:
    """What a rebuild did: the generation that answers now, and what it took."""

    generation: int
    articles: int
    passages: int
    passages_encoded: int
    seconds: float


# Seams


@runtime_checkable
class Encoder(Protocol):
    """Turns texts into unit-norm float32 rows of ``dimension`` columns."""

    @property
    def name(self) -> str:
        """What the encoder is called in the index's fingerprint."""

    @property
    def revision(self) -> str:
        """A digest of the weights, or whatever tells two states of the encoder apart."""

    @property
    def dimension(self) -> int:
        """Columns of a vector."""

    @property
    def max_tokens(self) -> int:
        """Word pieces that the encoder reads, its own special tokens included; what comes after is ignored."""

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        """Vectors of ``texts`` in their order, shape ``(n, dimension)``."""

    def encode_query(self, text: str) -> Vector:
        """The vector of a question, shape ``(dimension,)``."""

    def count_tokens(self, text: str) -> int:
        """Word pieces of ``text``, without special tokens."""


class Reranker(Protocol):
    """Scores how well each text answers a question."""

    def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
        """One score per text, higher is better."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation. ``role`` is ``user`` or ``assistant``."""

    role: str
    text: str
