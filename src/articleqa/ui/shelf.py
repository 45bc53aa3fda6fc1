"""What a person does with the library at the page, done through the facade: list, add, remove, undo, rebuild."""

from __future__ import annotations

import logging
import tempfile
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event as Leave
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

from articleqa.assistant import sample_folder
from articleqa.types import (
    AddReport,
    Article,
    ArticleNotFound,
    ArticleQAError,
    Order,
    Progress,
    RebuildReport,
)
from articleqa.ui import listing, scope, welcome
from articleqa.ui.background import told
from articleqa.ui.sent import Sent, integer, text, texts, within
from articleqa.ui.uploads import Uploads
from articleqa.wording import plural

if TYPE_CHECKING:
    from articleqa.assistant import Assistant

_log = logging.getLogger(__name__)

R = TypeVar("R")

FAULT = "Something went wrong here. Try again; the log says more."

_MOST_SOURCES = 2000
_MOST_LISTED = 100_000
_SECONDS_BETWEEN_DRAWINGS = 0.1
# What was removed can be brought back for so long, by whoever removed it, while the program runs.
_SECONDS_TO_UNDO = 900.0
_MOST_UNDOING = 32


class Shelf:
    """Everything that the page can do with the library of one assistant."""

    def __init__(self, assistant: Assistant, *, upload_folder: Path | None = None) -> None:
        """``upload_folder`` is where uploads arrive, by default the temporary one. A path outside of it is refused."""
        self._assistant = assistant
        self._arrivals = (upload_folder or Path(tempfile.gettempdir())).resolve()
        self._uploads = Uploads(assistant.settings.index.resolve() / "uploads")
        self._removed: OrderedDict[str, tuple[float, tuple[Article, ...]]] = OrderedDict()
        self._lock = Lock()
        self._rebuilding = Lock()

    # What is shown

    def table(self, sent: Sent) -> str:
        """The articles as the page wants them listed."""
        view = _view(sent)
        found = self._assistant.article_count(matching=view.matching)
        total = self._assistant.article_count() if view.matching else found
        records = self._assistant.articles(
            matching=view.matching, order=view.order, descending=view.descending, limit=view.limit
        )
        return listing.table(records, view, found=found, total=total)

    def scope(self) -> str:
        """The filters that the library has."""
        return scope.panel(self._assistant.sources(), total=self._assistant.article_count())

    def welcome(self) -> str:
        """The first screen."""
        first = self._assistant.articles(order=Order.CHANGED, descending=True, limit=listing.PAGE)
        samples = str(sample_folder().resolve())
        return welcome.render(
            self._assistant.suggestions() if first else (),
            articles=len(first),
            samples=all(record.origin.startswith(samples) for record in first),
        )

    # Adding

    def fetch(self, sent: Sent) -> Iterator[str]:
        """Adds the web addresses that were sent, and says what becomes of them. A path is not an address."""
        addresses = list(dict.fromkeys(text(sent, "addresses", limit=200_000).split()))[:_MOST_SOURCES]
        outside = [
            (address, "write an address that begins with http:// or https://")
            for address in addresses
            if not address.lower().startswith(("http://", "https://"))
        ]
        refused = {address for address, _ in outside}
        inside = [address for address in addresses if address not in refused]
        return self._adding(inside, AddReport(failed=outside), {})

    def upload(self, sent: Sent) -> Iterator[str]:
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
            failed.append((plural(len(entries) - _MOST_SOURCES, "file"), f"add at most {_MOST_SOURCES:,} at a time"))
        try:
            with self._uploads.named(arrived) as names:
                yield from self._adding(list(names), AddReport(failed=failed), names)
        except OSError as error:
            _log.exception("uploads could not be stored")
            yield listing.failure(f"The files could not be stored ({error.strerror or error}). Nothing was added.")

    def samples(self) -> Iterator[str]:
        """Adds the articles that come with the program."""
        return self._adding([str(sample_folder())], AddReport(), {})

    def _has_arrived(self, path: str) -> bool:
        """Whether the path is a file that was uploaded: a browser may send any path that it likes."""
        resolved = Path(path).resolve()
        return resolved.is_relative_to(self._arrivals) and resolved.is_file()

    def _adding(
        self, sources: Sequence[str | Article], outcome: AddReport, names: Mapping[str, str]
    ) -> Generator[str, None, bool]:
        """Adds ``sources``, and returns whether that could be done.

        ``outcome`` holds what failed before, ``names`` what an origin is called for the person.
        """
        if not sources:
            yield listing.report(outcome)
            return False
        shown = [names.get(source, source) for source in sources if isinstance(source, str)]
        read: set[str] = set()

        def work(tell: Callable[[Progress | AddReport], None]) -> None:
            def follow(state: Progress) -> None:
                if state.origin is not None:
                    read.add(names.get(state.origin, state.origin))
                tell(state)

            tell(self._assistant.add(*sources, progress=follow))

        def drawn(state: Progress | None) -> str:
            return listing.progress(state, shown, frozenset(read))

        state = yield from _followed(work, drawn)
        if state is None:
            return False
        failed = [(names.get(origin, origin), reason) for origin, reason in state.failed]
        yield listing.report(replace(state, failed=[*outcome.failed, *failed]))
        return True

    # Removing

    def remove(self, sent: Sent, *, visitor: str) -> str:
        """Removes one article, or several, and keeps them at hand for :meth:`undo`."""
        gone: list[Article] = []
        trouble = ""
        for identity in dict.fromkeys((*texts(sent, "articles"), *texts({"one": [sent.get("article")]}, "one"))):
            try:
                article = self._assistant.article(identity)
                self._assistant.remove(identity)
            except ArticleNotFound:
                continue
            except ArticleQAError as error:
                trouble = str(error)
                break
            gone.append(article)
        if gone:
            self._remember(visitor, tuple(gone))
        if trouble:
            return listing.failure(trouble)
        return listing.removed([article.title for article in gone]) if gone else listing.done("It was removed already.")

    def undo(self, *, visitor: str) -> Iterator[str]:
        """Brings back what this visitor removed last."""
        with self._lock:
            since, articles = self._removed.pop(visitor, (0.0, ()))
        if not articles or time.monotonic() - since > _SECONDS_TO_UNDO:
            yield listing.failure("It is too late to bring that back. Add it again from its file or address.")
            return
        if not (yield from self._adding(articles, AddReport(), {})):
            self._remember(visitor, articles)

    def _remember(self, visitor: str, articles: tuple[Article, ...]) -> None:
        with self._lock:
            self._removed[visitor] = time.monotonic(), articles
            self._removed.move_to_end(visitor)
            while len(self._removed) > _MOST_UNDOING:
                self._removed.popitem(last=False)

    # Rebuilding

    def rebuild(self) -> Iterator[str]:
        """Builds the index anew, one rebuild at a time; questions are answered meanwhile."""
        if not self._rebuilding.acquire(blocking=False):
            yield listing.failure("The index is being rebuilt already.")
            return
        try:

            def work(tell: Callable[[Progress | RebuildReport], None]) -> None:
                tell(self._assistant.rebuild(progress=tell))

            state = yield from _followed(work, listing.progress)
            if state is not None:
                yield listing.rebuilt(state)
        finally:
            self._rebuilding.release()


def _followed(
    work: Callable[[Callable[[Progress | R], None]], None], drawn: Callable[[Progress | None], str]
) -> Generator[str, None, R | None]:
    """Draws how far ``work`` is, and returns what it told last; None, with a line about it, where it failed."""
    yield drawn(None)
    last: R | None = None
    waiting: Progress | None = None
    latest = time.monotonic()
    try:
        for state in told(work, Leave()):
            if isinstance(state, Progress):
                waiting = state
            elif state is not None:
                last = state
            # Of a burst, the latest is drawn; it may stand there for long.
            if waiting is not None and (state is None or time.monotonic() - latest >= _SECONDS_BETWEEN_DRAWINGS):
                yield drawn(waiting)
                waiting, latest = None, time.monotonic()
    except ArticleQAError as error:
        yield listing.failure(str(error))
    except Exception:  # noqa: BLE001 a fault of ours must not leave a bar that never moves
        _log.exception("the library could not be changed")
        yield listing.failure(FAULT)
    else:
        return last
    return None


def _view(sent: Sent) -> listing.View:
    view = within(sent, "view")
    try:
        order, descending = Order(text(view, "order")), view.get("descending") is True
    except ValueError:
        order, descending = Order.CHANGED, True
    return listing.View(
        matching=text(view, "matching", limit=200),
        order=order,
        descending=descending,
        limit=min(max(integer(view, "limit") or 0, listing.PAGE), _MOST_LISTED),
    )
