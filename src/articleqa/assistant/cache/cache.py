"""Gives an answer again that was given before."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing

from articleqa.assistant.answering import NO_ANSWER
from articleqa.assistant.cache.file import AnswerFile
from articleqa.assistant.cache.identity import found_of, key_of
from articleqa.assistant.cache.mark import Mark
from articleqa.assistant.cache.recording import Recording, Told, UnreadableRecording
from articleqa.assistant.requests import Request
from articleqa.library import Library
from articleqa.settings import Settings
from articleqa.types import (
    Answer,
    ArticleQAError,
    Citation,
    Encoder,
    Event,
    Passage,
    Quotes,
    Retrieved,
    Sentence,
    Token,
)


class AnswerCache:
    """Keeps what a language model made of a question, and gives it again. May be shared between threads.

    Retrieval and quotes are made anew for every question: they take some 40 ms, what a model writes takes seconds, and
    an answer is out of date exactly where they are not the same any more. So a new article that has a say is heard at
    once, and one that has none costs no kept answer.
    """

    def __init__(
        self,
        settings: Settings,
        library: Library,
        encoder: Callable[[], Encoder],
        *,
        writes: bool,
        given: Iterable[object | None] = (),
    ) -> None:
        """``writes`` says whether there is a language model; ``given`` are the models that a caller passed in.

        Nothing tells two objects apart once a program has ended: what they wrote is not given again by another.
        """
        self._settings = settings
        self._library = library
        self._encoder = encoder
        self._in_use = writes and settings.answer_cache > 0
        self._given = secrets.token_hex(16) if any(each is not None for each in given) else ""
        self._file = AnswerFile(library, most=settings.answer_cache)

    def settle(self) -> None:
        """Forget every answer if something was taken out of the library since the last one was kept."""
        self._file.settle()

    def clear(self) -> None:
        """Forget every answer.

        A model has read more than it cites, so nobody can say which answers hold words of one article.
        """
        self._file.clear()

    def followed(self, asked: Request, events: Generator[Event, None, None]) -> Generator[Event, None, None]:
        """``events`` of an answer; from the quotes on those of an earlier one, where it is the same answer."""
        return self._followed(asked, events) if self._in_use else events

    def _followed(self, asked: Request, events: Generator[Event, None, None]) -> Generator[Event, None, None]:
        started = time.perf_counter()
        with closing(events):
            since = self._now()
            passages: tuple[Passage, ...] = ()
            for event in events:
                if isinstance(event, Retrieved):
                    passages = event.passages
                if isinstance(event, Quotes) and since is not None:
                    timings = {"first_quote": time.perf_counter() - started}
                    yield event
                    # The model has not been asked yet, and is not where the answer is known.
                    moment = time.perf_counter()
                    identity = self._identity(asked, passages, event.citations)
                    known = self._known(identity)
                    if known is None:
                        yield from self._kept(identity, events, since)
                        return
                    timings["cache"] = time.perf_counter() - moment
                    timings["first_token"] = time.perf_counter() - started
                    yield from known.told
                    yield known.again(passages, {**timings, "total": time.perf_counter() - started})
                    return
                yield event

    def _kept(self, identity: tuple[bytes, bytes], events: Iterable[Event], since: Mark) -> Iterator[Event]:
        """What comes after the quotes, which is kept when it has come.

        Where a model failed it may do better the next time; where what it wrote was no use it would write that again.
        """
        told: list[Told] = []
        for event in events:
            if isinstance(event, Token | Sentence):
                told.append(event)
            elif isinstance(event, Answer):
                wrote = any(isinstance(each, Token) for each in told)
                if wrote and not any(note.startswith(NO_ANSWER) for note in event.notes):
                    self._file.put(*identity, Recording(tuple(told), event).as_bytes(), since=since)
            yield event

    def _now(self) -> Mark | None:
        """The present moment of the library; None where it cannot be read, which whoever needs it says."""
        try:
            with self._library.reading() as snapshot:
                return Mark.of(snapshot)
        except ArticleQAError:
            return None

    def _identity(self, asked: Request, passages: Sequence[Passage], quotes: Sequence[Citation]) -> tuple[bytes, bytes]:
        return key_of(asked, self._settings, self._encoder(), given=self._given), found_of(passages, quotes)

    def _known(self, identity: tuple[bytes, bytes]) -> Recording | None:
        """What is kept of that answer, if each of its citations stands in its article."""
        content = self._file.get(*identity)
        if content is None:
            return None
        try:
            known = Recording.from_bytes(content)
            with self._library.reading() as snapshot:
                for citation in known.citations:
                    article = snapshot.article(citation.article_id, citation.revision)
                    if article.text[citation.start : citation.end] != citation.quote or (
                        (article.title, article.url, article.source, article.published)
                        != (citation.title, citation.url, citation.source, citation.published)
                    ):
                        return None
        except (UnreadableRecording, ArticleQAError):
            return None
        return known
