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
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias

from articleqa.types import AddReport, ArticleNotFound, ArticleQAError, Citation, Passage, Progress, Token
from articleqa.ui import answer, listing, reader, welcome
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
# The page is drawn again at most this often while a language model writes: more is work that nobody sees.
_SECONDS_BETWEEN_DRAWINGS = 0.05


class Desk:
    """Everything that the page can do with one assistant. It holds no visitor's conversation."""

    def __init__(self, assistant: Assistant, *, upload_folder: Path | None = None) -> None:
        """``upload_folder`` is where uploads arrive, by default the temporary one. A path outside of it is refused."""
        self._assistant = assistant
        self._arrivals = (upload_folder or Path(tempfile.gettempdir())).resolve()
        self._uploads = Uploads(assistant.settings.index.resolve() / "uploads")
        self._composing = assistant.settings.llm != "none"

    # The conversation

    def conversation(self, exchanges: Exchanges) -> list[str]:
        """The turns as HTML, or the first screen where there are none."""
        if not exchanges:
            return [welcome.render(self._assistant.articles(limit=listing.PAGE))]
        return [answer.render(exchange, turn, composing=self._composing) for turn, exchange in enumerate(exchanges)]

    def ask(self, sent: Sent, exchanges: Exchanges) -> Iterator[Exchanges]:
        """The conversation with one question more, while its answer comes in."""
        question = str(sent.get("question", "")).strip()
        if not question:
            return
        longest = self._assistant.settings.max_question_characters
        exchange = Exchange(question[:longest])
        if len(question) > longest:
            yield (*exchanges, replace(exchange, failure=f"Ask in no more than {longest:,} characters."))
            return
        if len(exchanges) >= _LONGEST_CONVERSATION:
            yield (*exchanges, replace(exchange, failure="This conversation has grown long. Begin a new chat."))
            return
        yield (*exchanges, exchange)
        drawn = time.monotonic()
        try:
            for event in self._assistant.stream(question, history=history(exchanges)):
                exchange = exchange.after(event)
                if not isinstance(event, Token) or time.monotonic() - drawn >= _SECONDS_BETWEEN_DRAWINGS:
                    yield (*exchanges, exchange)
                    drawn = time.monotonic()
        except ArticleQAError as error:
            yield (*exchanges, replace(exchange, failure=str(error)))
        except Exception:  # noqa: BLE001 a fault of ours must not leave a question without an answer
            _log.exception("a question could not be answered")
            yield (*exchanges, replace(exchange, failure="Something went wrong here. Ask again, or see the log."))

    @staticmethod
    def stop(exchanges: Exchanges) -> Exchanges:
        """The conversation with its last answer ended where it stands."""
        if not exchanges or exchanges[-1].finished:
            return exchanges
        return (*exchanges[:-1], replace(exchanges[-1], stopped=True))

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
                citation = exchange.citation(_integer(sent, "number") or 0)
                if citation is not None:
                    return self._cited(citation, exchange, turn, extent=extent, opened=opened)
                place = _integer(sent, "passage")
                if place is not None and 0 <= place < len(exchange.passages):
                    return self._passage(exchange.passages[place], turn, place, extent=extent, opened=opened)
        except ArticleNotFound:
            return reader.trouble("This article is no longer in the library.", opened=opened)
        except ArticleQAError as error:
            return reader.trouble(str(error), opened=opened)
        return reader.trouble("This belongs to an earlier conversation. Ask again.", opened=opened)

    def _cited(self, citation: Citation, exchange: Exchange, turn: int, *, extent: int, opened: int) -> str:
        numbers = [other.number for other in exchange.citations]
        place = numbers.index(citation.number)
        steps = reader.Steps(
            turn,
            position=place + 1,
            count=len(numbers),
            previous=numbers[place - 1] if place else None,
            next=numbers[place + 1] if place + 1 < len(numbers) else None,
        )
        others = [
            reader.Span(other.start, other.end)
            for other in exchange.citations
            if (other.article_id, other.revision) == (citation.article_id, citation.revision) and other != citation
        ]
        view = reader.View(
            spans=[reader.Span(citation.start, citation.end, cited=True), *others],
            steps=steps if len(numbers) > 1 else None,
            request={"turn": turn, "number": citation.number},
            extent=extent,
        )
        return self._at_span(citation, citation.quote, view, opened=opened)

    def _passage(self, passage: Passage, turn: int, place: int, *, extent: int, opened: int) -> str:
        view = reader.View(
            spans=[reader.Span(passage.start, passage.end, cited=True)],
            request={"turn": turn, "passage": place},
            extent=extent,
        )
        return self._at_span(passage, passage.text, view, opened=opened)

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
        """The report on top and the list of articles under it."""
        limit = min(max(_integer(sent or {}, "limit") or 0, listing.PAGE), 100_000)
        records = self._assistant.articles(limit=limit + 1)
        return [report, listing.articles(records[:limit], more=len(records) > limit)]

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
        yield self.shelf(report=listing.progress(None))
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
        try:
            for state in _followed(lambda tell: self._assistant.add(*sources, progress=tell)):
                if isinstance(state, AddReport):
                    failed = [(names.get(origin, origin), reason) for origin, reason in state.failed]
                    outcome = replace(state, failed=[*outcome.failed, *failed])
                else:
                    yield self.shelf(report=listing.progress(state))
        except ArticleQAError as error:
            yield self.shelf(report=listing.failure(str(error)))
            return
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


def _followed(task: Callable[[Callable[[Progress], None]], AddReport]) -> Iterator[Progress | AddReport]:
    """What a long task tells while it runs, the latest only, and then what it returns. Its errors are raised here."""
    told: Queue[Progress | AddReport | Exception] = Queue()

    def run() -> None:
        try:
            told.put(task(told.put))
        except Exception as error:  # noqa: BLE001 it is raised again where it can be handled
            told.put(error)

    Thread(target=run, name="adding", daemon=True).start()
    while True:
        state = told.get()
        try:
            while isinstance(state, Progress):
                state = told.get_nowait()
        except Empty:
            pass
        if isinstance(state, Exception):
            raise state
        yield state
        if isinstance(state, AddReport):
            return
        time.sleep(0.1)
