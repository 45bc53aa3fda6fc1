"""What a person asks for at the page, done through the facade: ask, open, add, remove.

It knows no Gradio. What comes in from a browser is a mapping of whatever was sent, and is judged here.
"""

from __future__ import annotations

import logging
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event as Leave
from typing import TYPE_CHECKING, TypeAlias

from articleqa.types import (
    AddReport,
    Answer,
    ArticleNotFound,
    ArticleQAError,
    Citation,
    Event,
    Passage,
    Progress,
    Quotes,
)
from articleqa.ui import answer, listing, reader, welcome
from articleqa.ui.background import Signal, told
from articleqa.ui.exchange import Exchange, history
from articleqa.ui.markup import plural
from articleqa.ui.uploads import Uploads

if TYPE_CHECKING:
    from articleqa.assistant import Assistant

_log = logging.getLogger(__name__)

Exchanges: TypeAlias = tuple[Exchange, ...]
Sent: TypeAlias = Mapping[str, object]
Shelf: TypeAlias = list[str]  # the report and the list of articles, as HTML

_LONGEST_CONVERSATION = 100
_MOST_SOURCES = 500
_MOST_CHARACTERS_SHOWN = 16_000_000
# But for its quotes and its end, an answer is drawn at most this often: more is work that nobody sees.
_SECONDS_BETWEEN_DRAWINGS = 0.05
_SECONDS_TO_STOP = 5.0
_FAULT = "Something went wrong here. Try again; the log says more."


class Desk:
    """Everything that the page can do with one assistant. Of a visitor it knows only that an answer is coming in."""

    def __init__(self, assistant: Assistant, *, upload_folder: Path | None = None) -> None:
        """``upload_folder`` is where uploads arrive, by default the temporary one. A path outside of it is refused."""
        self._assistant = assistant
        self._arrivals = (upload_folder or Path(tempfile.gettempdir())).resolve()
        self._uploads = Uploads(assistant.settings.index.resolve() / "uploads")
        self._answering: dict[str, Signal] = {}
        self._composing = assistant.settings.llm != "none"

    # The conversation

    def conversation(self, exchanges: Exchanges) -> list[str]:
        """The turns as HTML, or the first screen where there are none."""
        if not exchanges:
            return [welcome.render(self._assistant.articles(limit=listing.PAGE))]
        return [answer.render(exchange, turn, composing=self._composing) for turn, exchange in enumerate(exchanges)]

    def ask(self, sent: Sent, exchanges: Exchanges, *, visitor: str) -> Iterator[Exchanges]:
        """The conversation with one question more, while its answer comes in. One answer at a time for a visitor."""
        question = str(sent.get("question", "")).strip()
        signal = Signal()
        if not question or self._answering.setdefault(visitor, signal) is not signal:
            return
        try:
            for exchange in self._answered(question, exchanges, signal):
                yield (*exchanges, exchange)
        finally:
            del self._answering[visitor]
            signal.left.set()

    def _answered(self, question: str, exchanges: Exchanges, signal: Signal) -> Iterator[Exchange]:
        longest = self._assistant.settings.max_question_characters
        exchange = Exchange(question[:longest])
        if len(question) > longest:
            yield replace(exchange, failure=f"Ask in no more than {longest:,} characters.")
            return
        if len(exchanges) >= _LONGEST_CONVERSATION:
            yield replace(exchange, failure="This conversation has grown long. Begin a new chat.")
            return
        yield exchange

        def work(tell: Callable[[Event], None]) -> None:
            for event in self._assistant.stream(question, history=history(exchanges)):
                tell(event)
                if signal.leave.is_set():
                    return

        drawn = time.monotonic()
        try:
            for event in told(work, signal.leave):
                before, exchange = exchange, exchange.after(event)
                due = isinstance(event, Quotes | Answer) or time.monotonic() - drawn >= _SECONDS_BETWEEN_DRAWINGS
                if due and exchange is not before:
                    yield exchange
                    drawn = time.monotonic()
        except ArticleQAError as error:
            yield replace(exchange, failure=str(error))
        except Exception:  # noqa: BLE001 a fault of ours must not leave a question without an answer
            _log.exception("a question could not be answered")
            yield replace(exchange, failure=_FAULT)
        else:
            if not exchange.finished:
                yield replace(exchange, stopped=True)

    def stop(self, visitor: str) -> None:
        """Ends the answer that comes in for a visitor where it stands, and returns when nothing more will come."""
        signal = self._answering.get(visitor)
        if signal is not None:
            signal.leave.set()
            signal.left.wait(_SECONDS_TO_STOP)

    # The article

    def open(self, sent: Sent, exchanges: Exchanges) -> str:
        """The article that a marker, a card or a row of the library stands for, at its span."""
        opened = time.monotonic_ns()
        extent = min(max(_integer(sent, "extent") or 0, reader.EXTENT), _MOST_CHARACTERS_SHOWN)
        identity = sent.get("article")
        try:
            if isinstance(identity, str):
                view = reader.View(request={"article": identity}, extent=extent)
                return reader.render(self._assistant.article(identity), view, opened=opened)
            turn = _integer(sent, "turn")
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
        place = _integer(sent, "passage")
        if place is not None:
            if not 0 <= place < len(exchange.passages):
                return None
            passage = exchange.passages[place]
            spans = [reader.Span(passage.start, passage.end, cited=True)]
            request = {"turn": turn, "passage": place}
            return passage, passage.text, reader.View(spans=spans, request=request, extent=extent)
        place = _integer(sent, "quoted")
        if place is not None:
            citations, requests = exchange.quotes, [{"turn": turn, "quoted": at} for at in range(len(exchange.quotes))]
        else:
            citations = exchange.citations
            requests = [{"turn": turn, "number": citation.number} for citation in citations]
            number = _integer(sent, "number")
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

    # The library

    def shelf(self, *, report: str = "", sent: Sent | None = None) -> Shelf:
        """The report on top and the list of articles under it, what came last first."""
        limit = min(max(_integer(sent or {}, "limit") or 0, listing.PAGE), 100_000)
        records = self._assistant.articles()[::-1]
        return [report, listing.articles(records[:limit], total=len(records))]

    def fetch(self, sent: Sent) -> Iterator[Shelf]:
        """Adds the web addresses that were sent, and says what becomes of them. A path is not an address."""
        addresses = str(sent.get("addresses", "")).split()[:_MOST_SOURCES]
        outside = [
            (address, "write an address that begins with http:// or https://")
            for address in addresses
            if not address.lower().startswith(("http://", "https://"))
        ]
        refused = {address for address, _ in outside}
        inside = [address for address in addresses if address not in refused]
        yield from self._adding(inside, AddReport(failed=outside), {})

    def upload(self, sent: Sent) -> Iterator[Shelf]:
        """Adds the files that were sent, and says what becomes of them."""
        entries = sent.get("files")
        arrived: list[tuple[Path, str]] = []
        failed: list[tuple[str, str]] = []
        for entry in entries[:_MOST_SOURCES] if isinstance(entries, list) else []:
            if not isinstance(entry, dict):
                continue
            path, name = entry.get("path"), str(entry.get("name", "upload"))
            if isinstance(path, str) and self._has_arrived(path):
                arrived.append((Path(path), name))
            else:
                failed.append((name, str(entry.get("reason") or "the file did not arrive: try again")[:200]))
        if isinstance(entries, list) and len(entries) > _MOST_SOURCES:
            failed.append((plural(len(entries) - _MOST_SOURCES, "file"), f"add at most {_MOST_SOURCES} at a time"))
        with self._uploads.named(arrived) as paths:
            names = {str(path): path.name for path in paths}
            yield from self._adding(list(names), AddReport(failed=failed), names)

    def _has_arrived(self, path: str) -> bool:
        """Whether the path is a file that was uploaded: a browser may send any path that it likes."""
        resolved = Path(path).resolve()
        return resolved.is_relative_to(self._arrivals) and resolved.is_file()

    def _adding(self, sources: list[str], outcome: AddReport, names: Mapping[str, str]) -> Iterator[Shelf]:
        """Adds ``sources``; ``outcome`` holds what failed before, ``names`` what an origin is called for the person."""
        if not sources:
            yield self.shelf(report=listing.report(outcome))
            return
        _, before = self.shelf()
        yield [listing.progress(None), before]

        def work(tell: Callable[[Progress | AddReport], None]) -> None:
            tell(self._assistant.add(*sources, progress=tell))

        drawn = time.monotonic()
        try:
            for state in told(work, Leave()):
                if isinstance(state, AddReport):
                    failed = [(names.get(origin, origin), reason) for origin, reason in state.failed]
                    outcome = replace(state, failed=[*outcome.failed, *failed])
                elif time.monotonic() - drawn >= _SECONDS_BETWEEN_DRAWINGS:
                    yield [listing.progress(state), before]
                    drawn = time.monotonic()
        except ArticleQAError as error:
            yield self.shelf(report=listing.failure(str(error)))
        except Exception:  # noqa: BLE001 a fault of ours must not leave a bar that never moves
            _log.exception("articles could not be added")
            yield self.shelf(report=listing.failure(_FAULT))
        else:
            yield self.shelf(report=listing.report(outcome))

    def remove(self, sent: Sent) -> Shelf:
        """The library without one article."""
        identity = str(sent.get("article", ""))
        try:
            title = self._assistant.article(identity).title
            self._assistant.remove(identity)
        except ArticleNotFound:
            return self.shelf(report=listing.done("That article was removed already."))
        except ArticleQAError as error:
            return self.shelf(report=listing.failure(str(error)))
        return self.shelf(report=listing.done(f"Removed: {title}"))


def _integer(sent: Sent, name: str) -> int | None:
    value = sent.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
