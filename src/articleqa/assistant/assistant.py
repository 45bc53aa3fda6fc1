"""The facade itself: it wires the rooms and adds no logic of its own."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Generator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from articleqa.assistant.answering import Answering
from articleqa.assistant.cache import AnswerCache, PurgingIngest
from articleqa.assistant.checkup import Checkup
from articleqa.assistant.conversation import Conversation
from articleqa.assistant.files import Files
from articleqa.assistant.models import Models
from articleqa.assistant.precedence import GivingWay, Precedence
from articleqa.assistant.requests import History, request
from articleqa.assistant.samples import sample_folder
from articleqa.assistant.suggesting import Suggesting
from articleqa.assistant.upkeep import Upkeep
from articleqa.feeds import Feeds
from articleqa.ingest import Source, check_fingerprint
from articleqa.library import Library
from articleqa.loading import Limits
from articleqa.retrieval import Retriever
from articleqa.settings import Settings
from articleqa.types import (
    AddReport,
    Answer,
    Article,
    ArticleQAError,
    ArticleRecord,
    Encoder,
    Event,
    FeedReport,
    FeedState,
    Filters,
    InvalidInput,
    Judge,
    Order,
    Passage,
    ProgressCallback,
    Reader,
    Reranker,
    SourceCount,
)
from articleqa.vectors import Vectors

if TYPE_CHECKING:
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.llms import LLM


class Assistant(Upkeep, Checkup):
    """Answers questions from one library of articles. May be shared between threads; close it when done."""

    def __init__(
        self,
        settings: Settings,
        library: Library,
        *,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        reranker: Reranker | None = None,
        judge: Judge | None = None,
        llm: LLM | None = None,
    ) -> None:
        self.settings = settings
        self._library = library
        self._models = Models(settings, encoder=encoder, reader=reader, reranker=reranker, judge=judge, llm=llm)
        self._vectors = Vectors(settings.index, reading=library.reading)
        limits = Limits(
            max_bytes=settings.max_source_bytes,
            fetch_timeout=settings.fetch_timeout,
            allowed_hosts=settings.allowed_hosts,
        )
        self._answers = AnswerCache(
            settings,
            library,
            self.encoder,
            writes=llm is not None or settings.llm != "none",
            given=(llm, judge, reader),
        )
        self._precedence = Precedence()
        self._ingest = PurgingIngest(
            library,
            self._vectors,
            lambda: GivingWay(self.encoder(), self._precedence),
            limits,
            answers=self._answers,
        )
        self._feeds = Feeds(library, self._ingest.add, limits, interval=60 * settings.feed_interval)
        self.files = Files(library, self._ingest)
        self._retriever = Retriever(
            library, self._vectors, self.encoder, check=check_fingerprint, reranker=self._models.reranker
        )
        self._answering = Answering(settings, library, self._retriever, self._models)
        self._suggesting = Suggesting(settings, library, self._answering)
        self._answers.settle()

    @classmethod
    def open(
        cls,
        settings: Settings | str | os.PathLike[str] | None = None,
        *,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        reranker: Reranker | None = None,
        judge: Judge | None = None,
        llm: LLM | None = None,
    ) -> Self:
        """Open the library in a folder, which is made if it is not there.

        Args:
            settings: settings, or just the index folder; by default settings from the environment.
            encoder: in place of the one that the settings name.
            reader: points at the span that answers, in place of the one that the settings name.
            reranker: asked about the best passages of every search, in place of the one that the settings name.
            judge: asked what a language model's sentences rest on, in place of the one that the settings name.
            llm: any LlamaIndex LLM, in place of the one that the settings name.

        Raises:
            LibraryError: if the folder cannot be used.
            SettingsError: if the environment or ``articleqa.toml`` cannot be used.
        """
        if settings is None:
            settings = Settings.load()
        elif not isinstance(settings, Settings):
            settings = Settings.load(index=Path(settings))
        library = Library(settings.index, busy_timeout=settings.busy_timeout)
        return cls(settings, library, encoder=encoder, reader=reader, reranker=reranker, judge=judge, llm=llm)

    # Articles

    def add(self, *sources: Source, progress: ProgressCallback | None = None) -> AddReport:
        """Add articles, or update those that are there: files, folders, URLs, ``.jsonl`` of articles, :class:`Article`.

        One bad source never stops the others; each comes back in ``failed`` with its reason. An article that
        :meth:`article` gave and that was removed since comes back as it was, under the same revision.

        Raises:
            LibraryBusy: if another program keeps writing.
            IndexMismatch: if the index was built with another encoder.
        """
        return self._ingest.add(sources, progress=progress)

    def add_samples(self, *, progress: ProgressCallback | None = None) -> AddReport:
        """Add the articles that come with the program and explain it. See :meth:`add`."""
        return self.add(sample_folder(), progress=progress)

    def article_count(self, *, filters: Filters | None = None, matching: str | None = None) -> int:
        """How many articles there are, or pass ``filters`` and hold the words of ``matching``.

        Raises:
            InvalidInput: if ``matching`` is no text, or longer than 1000 characters.
        """
        with self._library.reading() as snapshot:
            return snapshot.article_count(filters, matching=matching)

    def articles(
        self,
        *,
        filters: Filters | None = None,
        matching: str | None = None,
        order: Order = Order.ARRIVAL,
        descending: bool = False,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[ArticleRecord]:
        """Articles without their texts.

        Args:
            filters: which articles may answer.
            matching: words, whatever their case, that all occur in the title, source, author, origin or url.
            order: what they are sorted by; see :class:`Order`.
            descending: from the last to the first.
            limit: at most so many.
            offset: so many are passed over first.

        Raises:
            InvalidInput: if ``limit`` or ``offset`` is negative, ``order`` is no :class:`Order`, or ``matching`` is no
                text or longer than 1000 characters.
        """
        if offset < 0 or (limit is not None and limit < 0):
            raise InvalidInput(f"limit={limit} and offset={offset}: neither can be negative")
        with self._library.reading() as snapshot:
            return snapshot.records(
                filters, matching=matching, order=order, descending=descending, limit=limit, offset=offset
            )

    def sources(self, *, filters: Filters | None = None) -> list[SourceCount]:
        """The outlets of the articles that pass ``filters``, that with the most articles first, then by name.

        Articles without a source are in none of them.
        """
        with self._library.reading() as snapshot:
            return snapshot.sources(filters)

    def article(self, article_id: str, *, revision: int | None = None) -> Article:
        """One article, whole; the current revision unless another is asked for.

        Raises:
            ArticleNotFound: if it, or that revision of it, is not kept.
        """
        with self._library.reading() as snapshot:
            return snapshot.article(article_id, revision)

    def remove(self, article_id: str) -> None:
        """Remove an article with every revision of it.

        Raises:
            ArticleNotFound: if there is none.
        """
        self._ingest.remove(article_id)

    def state(self) -> str:
        """A mark that is another once anything in the library has changed, whoever changed it."""
        with self._library.reading() as snapshot:
            token = snapshot.token(snapshot.change) or b""
            return f"{snapshot.change}-{token.hex()}"

    # Feeds

    def poll_feeds(
        self, urls: Sequence[str] | None = None, *, progress: ProgressCallback | None = None
    ) -> list[FeedReport]:
        """Ask every feed that is due for new articles, and add them; ``urls`` are followed from now on.

        What is followed and when it is due is kept in the library. A feed that fails says so in its report.

        Raises:
            InvalidInput: if one of ``urls`` is no address.
            LibraryError: if the articles cannot be stored, as for :meth:`add`.
        """
        return self._feeds.poll(urls, progress=progress)

    def feeds(self) -> list[FeedState]:
        """Every feed that is followed, and when it is asked next."""
        return self._feeds.states()

    def seconds_until_feeds(self) -> float | None:
        """How long until a feed is due, 0 if one is; None where none is followed."""
        return self._feeds.seconds_until_due()

    def remove_feed(self, url: str) -> None:
        """Follow a feed no more. Its articles stay.

        Raises:
            InvalidInput: if it is not followed.
        """
        self._feeds.remove(url)

    # Questions

    def ask(
        self,
        question: str,
        *,
        history: History = (),
        asked_on: date | None = None,
        filters: Filters | None = None,
    ) -> Answer:
        """Answer ``question`` from the articles.

        Args:
            question: in any language that the encoder knows.
            history: earlier turns, oldest first, each a :class:`Turn` or ``{"role": …, "text": …}``.
            asked_on: the day of the question; today unless given.
            filters: which articles may answer.

        Raises:
            InvalidInput: if the question is empty or too long.
            IndexMismatch: if the index was built with another encoder.
        """
        *_, last = self.stream(question, history=history, asked_on=asked_on, filters=filters)
        if not isinstance(last, Answer):
            raise ArticleQAError("the answer ended before it was complete: ask again")
        return last

    def stream(
        self,
        question: str,
        *,
        history: History = (),
        asked_on: date | None = None,
        filters: Filters | None = None,
    ) -> Generator[Event, None, None]:
        """Follow an answer as it is made: ``Retrieved``, ``Quotes``, ``Token``, ``Sentence``, and last ``Answer``.

        The question is checked at once, before the first event is asked for. Closing the iterator cancels the rest.
        """
        longest = self.settings.max_question_characters
        asked = request(question, history=history, asked_on=asked_on, filters=filters, longest=longest)
        return self._precedence.of(self._answers.followed(asked, self._answering.stream(asked)))

    async def aask(
        self,
        question: str,
        *,
        history: History = (),
        asked_on: date | None = None,
        filters: Filters | None = None,
    ) -> Answer:
        """:meth:`ask`, without blocking the event loop."""
        return await asyncio.to_thread(self.ask, question, history=history, asked_on=asked_on, filters=filters)

    async def astream(
        self,
        question: str,
        *,
        history: History = (),
        asked_on: date | None = None,
        filters: Filters | None = None,
    ) -> AsyncIterator[Event]:
        """:meth:`stream`, without blocking the event loop."""
        events = self.stream(question, history=history, asked_on=asked_on, filters=filters)
        left = threading.Event()

        def advance() -> Event | None:
            event = next(events, None)
            if left.is_set():
                events.close()
            return event

        try:
            while (event := await asyncio.to_thread(advance)) is not None:
                yield event
        finally:
            left.set()
            # Whoever is cancelled while a step is under way does not wait: the step closes the answer when it returns.
            with suppress(ValueError):
                events.close()

    def conversation(self, *, filters: Filters | None = None) -> Conversation:
        """A conversation, whose questions may lean on those before."""
        return Conversation(self, filters=filters)

    def search(self, query: str, *, limit: int = 10, filters: Filters | None = None) -> list[Passage]:
        """Passages that bear on ``query``, best first.

        Raises:
            InvalidInput: if the query is empty or too long, or ``limit`` is less than one.
        """
        if limit < 1:
            raise InvalidInput(f"limit={limit}: ask for one passage at least")
        asked = request(query, longest=self.settings.max_question_characters)
        with self._precedence.asked():
            return list(self._retriever.search(asked.question, limit=limit, filters=filters).passages)

    def suggestions(self, *, limit: int = 3) -> list[str]:
        """Questions to begin with, made from the newest articles; each is answered by the sentence it was made from.

        There may be fewer than ``limit``, or none: English patterns make them, and no language model is asked. They are
        remembered until the library changes. Where making them fails, there are none.

        Raises:
            InvalidInput: if ``limit`` is less than one.
        """
        if limit < 1:
            raise InvalidInput(f"limit={limit}: ask for one question at least")
        return self._suggesting.questions(limit)

    def as_retriever(self, *, limit: int = 10, filters: Filters | None = None) -> BaseRetriever:
        """The same search as a LlamaIndex retriever."""
        return self._retriever.as_llama_index(limit=limit, filters=filters)

    # Parts

    def encoder(self) -> Encoder:
        """The encoder, opened when it is first needed.

        Raises:
            EncoderError: if it cannot be loaded.
        """
        return self._models.encoder()

    def language_model(self) -> LLM | None:
        """The language model, opened when it is first needed; None where answers are quotes.

        Raises:
            LanguageModelError: if it cannot be opened.
        """
        return self._models.language_model()

    # Life

    def close(self) -> None:
        """Write what is worth keeping for a quick start, and let go of every file and of the language model."""
        self._models.close()
        self._vectors.close()
        self._library.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
