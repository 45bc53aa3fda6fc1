"""What a person asks for at the page, done through the facade: ask, stop, open what is cited.

It knows no Gradio. What comes in from a browser is a mapping of whatever was sent, and is judged here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from articleqa.types import Answer, ArticleNotFound, ArticleQAError, Citation, Event, Passage, Quotes
from articleqa.ui import answer, reader, scope
from articleqa.ui.background import Signal, told
from articleqa.ui.exchange import Exchange, history
from articleqa.ui.sent import Sent, integer, text, within
from articleqa.ui.shelf import FAULT

if TYPE_CHECKING:
    from articleqa.assistant import Assistant

_log = logging.getLogger(__name__)

Exchanges: TypeAlias = tuple[Exchange, ...]

_LONGEST_CONVERSATION = 100
_MOST_CHARACTERS_SHOWN = 16_000_000
_MOST_CHARACTERS_SENT = 1_000_000
# But for its quotes and its end, an answer is drawn at most this often: more is work that nobody sees.
_SECONDS_BETWEEN_DRAWINGS = 0.05
_SECONDS_TO_STOP = 5.0


class Desk:
    """What the page can do with one assistant's answers. Of a visitor it knows only that an answer is coming in."""

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._answering: dict[str, tuple[int | None, Signal]] = {}
        self.composing = assistant.settings.llm != "none"

    # The conversation

    def conversation(self, exchanges: Exchanges) -> list[str]:
        """The turns as HTML."""
        return [
            answer.render(exchange, turn, composing=self.composing, last=turn == len(exchanges) - 1)
            for turn, exchange in enumerate(exchanges)
        ]

    def ask(self, sent: Sent, exchanges: Exchanges, *, visitor: str) -> Iterator[Exchanges]:
        """The conversation with one question more, while its answer comes in. One answer at a time for a visitor.

        Until there is something to read, the page itself shows that the question has been asked.

        A question that names a ``turn`` takes the place of that one, and what came after it goes.
        """
        question = text(sent, "question", limit=_MOST_CHARACTERS_SENT)
        signal = Signal()
        turn = integer(sent, "turn")
        if turn is not None and visitor in self._answering:
            self._end(self._answering[visitor][1])
        answering = integer(sent, "ask"), signal
        if not question or self._answering.setdefault(visitor, answering) is not answering:
            return
        if turn is not None and 0 <= turn < len(exchanges):
            exchanges = exchanges[:turn]
        try:
            for exchange in self._answered(question, within(sent, "scope"), exchanges, signal):
                yield (*exchanges, exchange)
        finally:
            del self._answering[visitor]
            signal.left.set()

    def _answered(self, question: str, chosen: Sent, exchanges: Exchanges, signal: Signal) -> Iterator[Exchange]:
        longest = self._assistant.settings.max_question_characters
        exchange = Exchange(question[:longest], key=time.monotonic_ns())
        if len(question) > longest:
            yield replace(exchange, failure=f"Ask in no more than {longest:,} characters.")
            return
        if len(exchanges) >= _LONGEST_CONVERSATION:
            yield replace(exchange, failure="This conversation has grown long. Begin a new chat.")
            return
        try:
            exchange = replace(exchange, filters=scope.filters(chosen))
        except ArticleQAError as error:
            yield replace(exchange, failure=str(error))
            return

        def work(tell: Callable[[Event], None]) -> None:
            for event in self._assistant.stream(question, history=history(exchanges), filters=exchange.filters):
                tell(event)
                if signal.leave.is_set():
                    return

        shown = on_page = exchange
        drawn = time.monotonic()
        try:
            for event in told(work, signal.leave):
                if event is not None:
                    shown = shown.after(event)
                waited = event is None or time.monotonic() - drawn >= _SECONDS_BETWEEN_DRAWINGS
                # What is not composed is there all at once.
                partial = self.composing and (isinstance(event, Quotes) or waited)
                if shown is not on_page and (partial or isinstance(event, Answer)):
                    yield shown
                    on_page, drawn = shown, time.monotonic()
        except ArticleQAError as error:
            yield replace(shown, failure=str(error))
        except Exception:  # noqa: BLE001 a fault of ours must not leave a question without an answer
            _log.exception("a question could not be answered")
            yield replace(shown, failure=FAULT)
        else:
            if not shown.finished:
                yield replace(shown, stopped=True)

    def stop(self, sent: Sent, *, visitor: str) -> None:
        """Ends the answer to the question that was asked as the ``ask``th where it stands, unless it has ended."""
        asked, signal = self._answering.get(visitor, (None, None))
        if signal is not None and asked == integer(sent, "ask"):
            self._end(signal)

    @staticmethod
    def _end(signal: Signal) -> None:
        signal.leave.set()
        signal.left.wait(_SECONDS_TO_STOP)

    # The article

    def open(self, sent: Sent, exchanges: Exchanges) -> str:
        """The article that a marker, a card or a row of the library stands for, at its span."""
        opened = time.monotonic_ns()
        extent = min(max(integer(sent, "extent") or 0, reader.EXTENT), _MOST_CHARACTERS_SHOWN)
        identity = sent.get("article")
        try:
            if isinstance(identity, str):
                view = reader.View(request={"article": identity}, extent=extent)
                return reader.render(self._assistant.article(identity), view, opened=opened)
            turn = integer(sent, "turn")
            exchange = exchanges[turn] if turn is not None and 0 <= turn < len(exchanges) else None
            if exchange is not None and turn is not None:
                found = self._sought(exchange, turn, sent, extent)
                if found is not None:
                    return self._at_span(*found, opened=opened)
        except ArticleNotFound:
            return reader.trouble("This article is no longer in the library.", opened=opened)
        except ArticleQAError as error:
            return reader.trouble(str(error), opened=opened)
        return reader.trouble("This belongs to an earlier conversation. Ask again.", opened=opened)

    @staticmethod
    def _sought(
        exchange: Exchange, turn: int, sent: Sent, extent: int
    ) -> tuple[Citation | Passage, str, reader.View] | None:
        """What is quoted, its words, and how to show it; None if the exchange has no such citation or passage."""
        place = integer(sent, "passage")
        if place is not None:
            if not 0 <= place < len(exchange.passages):
                return None
            passage = exchange.passages[place]
            spans = [reader.Span(passage.start, passage.end, cited=True)]
            request = {"turn": turn, "passage": place}
            return passage, passage.text, reader.View(spans=spans, request=request, extent=extent)
        place = integer(sent, "quoted")
        if place is not None:
            citations, requests = exchange.quotes, [{"turn": turn, "quoted": at} for at in range(len(exchange.quotes))]
        else:
            citations = exchange.citations
            requests = [{"turn": turn, "number": citation.number} for citation in citations]
            number = integer(sent, "number")
            place = next((at for at, citation in enumerate(citations) if citation.number == number), -1)
        if not 0 <= place < len(citations):
            return None
        citation = citations[place]
        others = [
            reader.Span(other.start, other.end)
            for other in citations
            if (other.article_id, other.revision) == (citation.article_id, citation.revision) and other != citation
        ]
        steps = reader.Steps(
            position=place + 1,
            count=len(citations),
            previous=requests[place - 1] if place else None,
            next=requests[place + 1] if place + 1 < len(citations) else None,
        )
        view = reader.View(
            spans=[reader.Span(citation.start, citation.end, cited=True), *others],
            steps=steps if len(citations) > 1 else None,
            request=requests[place],
            extent=extent,
        )
        return citation, citation.quote, view

    def _at_span(self, quoted: Citation | Passage, quote: str, view: reader.View, *, opened: int) -> str:
        try:
            article = self._assistant.article(quoted.article_id, revision=quoted.revision)
        except ArticleNotFound:
            return reader.gone(quoted, quote, opened=opened)
        # A highlight that is not the quote would be a false citation, whatever the cause.
        if article.text[quoted.start : quoted.end] != quote:
            return reader.gone(quoted, quote, opened=opened)
        if self._assistant.article(quoted.article_id).revision != quoted.revision:
            view = replace(view, note="The article has changed since. This is the text that was quoted.")
        return reader.render(article, view, opened=opened)
