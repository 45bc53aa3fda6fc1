"""Runs an engine in a thread of its own: loaded once, when it is first needed; one request after the other."""

from __future__ import annotations

import queue
import threading
import weakref
from collections.abc import Callable
from typing import TypeAlias

from articleqa.llm.engine import Engine, Request, Usage
from articleqa.types import LanguageModelError

_CLOSING_SECONDS = 5.0

Item: TypeAlias = str | Usage | Exception | None


class Worker:
    """The queue before one engine. It may be shared between threads; whoever leaves the queue leaves at once."""

    def __init__(self, load: Callable[[], Engine], *, name: str) -> None:
        self._state = _State(load, name)
        # The thread knows the state alone, so that a model that nobody holds any more is closed, and at exit every one:
        # a daemon thread that the interpreter kills inside native code can abort the process.
        self._closing = weakref.finalize(self, self._state.close)

    @property
    def loading(self) -> bool:
        """Whether the engine is being loaded now."""
        return self._state.loading

    def ask(self, request: Request) -> Writing:
        """Put a request into the queue.

        Raises:
            LanguageModelError: if the model was closed.
        """
        return self._state.submit(request)

    def engine(self) -> Engine:
        """The engine itself, loaded if need be.

        Raises:
            LanguageModelError: if it cannot be loaded, or was closed.
        """
        if self._state.engine is None:
            self._state.submit(None).finish()
        engine = self._state.engine
        if engine is None:
            raise self._state.closed_error()
        return engine

    def close(self) -> None:
        """End what runs, refuse what waits, and let go of the engine; more than once is fine."""
        self._closing()


class Writing:
    """An answer that is being written: the reader's end and the engine's."""

    def __init__(self, request: Request | None) -> None:
        self.request = request
        self._items: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        """Whether nobody waits for it any more."""
        return self._cancelled.is_set()

    def write(self, text: str) -> bool:
        """Hand a piece over, from the engine; False when nobody reads any more."""
        if text:
            self._items.put(text)
        return not self._cancelled.is_set()

    def end(self, how: Usage | Exception) -> None:
        """Hand the end over."""
        self._items.put(how)

    def next(self) -> str | Usage | None:
        """The next piece, the usage at the end, or None when it was cancelled.

        Raises:
            LanguageModelError: or whatever else the engine failed with.
        """
        item = self._items.get()
        if isinstance(item, Exception):
            raise item
        return item

    def finish(self) -> None:
        """Wait for the end."""
        while isinstance(self.next(), str):
            pass

    def cancel(self) -> None:
        """Leave, from any thread; a reader that waits is woken."""
        self._cancelled.set()
        self._items.put(None)

    def abort(self, error: Exception) -> None:
        """Make the engine stop, and the reader fail."""
        self._items.put(error)
        self._cancelled.set()


class _State:
    """What the worker and its thread share."""

    def __init__(self, load: Callable[[], Engine], name: str) -> None:
        self.engine: Engine | None = None
        self.loading = False
        self._load = load
        self._name = name
        self._lock = threading.Lock()
        self._waiting: queue.SimpleQueue[Writing | None] = queue.SimpleQueue()
        self._running: Writing | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    def submit(self, request: Request | None) -> Writing:
        writing = Writing(request)
        with self._lock:
            if self._closed:
                raise self.closed_error()
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="articleqa-model", daemon=True)
                self._thread.start()
            self._waiting.put(writing)
        return writing

    def close(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._closed = True
            running, thread = self._running, self._thread
            self._waiting.put(None)
        if running is not None:
            running.abort(self.closed_error())
        if thread is not None and thread is not threading.current_thread():
            thread.join(_CLOSING_SECONDS)

    def closed_error(self) -> LanguageModelError:
        return LanguageModelError(f"The language model {self._name} was closed: open it again")

    def _serve(self) -> None:
        while (writing := self._waiting.get()) is not None:
            with self._lock:
                closed = self._closed
                self._running = writing
            if closed:
                writing.end(self.closed_error())
            elif not writing.cancelled:
                self._work(writing)
            self._running = None
        engine, self.engine = self.engine, None
        if engine is not None:
            engine.close()

    def _work(self, writing: Writing) -> None:
        try:
            if self.engine is None:
                self.loading = True
                self.engine = self._load()
                self.loading = False
            if writing.request is None:
                writing.end(Usage(0, 0, 0))
            else:
                writing.end(self.engine.generate(writing.request, writing.write))
        except Exception as error:  # noqa: BLE001 - whatever an engine raises, the reader gets to see it
            writing.end(error)
        finally:
            self.loading = False
