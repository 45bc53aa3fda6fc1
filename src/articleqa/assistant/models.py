"""The models that an assistant works with: given by the caller, or opened from the settings when first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, TypeVar

from articleqa.assistant.trying import try_reader
from articleqa.llm import close_llm, open_llm
from articleqa.settings import Settings
from articleqa.types import Encoder, Judge, Reader, Reranker

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

T = TypeVar("T")


class Models:
    """Each is opened once, by whichever thread needs it first; a failure is raised again by the next one."""

    def __init__(
        self,
        settings: Settings,
        *,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        reranker: Reranker | None = None,
        judge: Judge | None = None,
        llm: LLM | None = None,
    ) -> None:
        self._settings = settings
        self.encoder = _Lazy[Encoder](self._encoder, encoder)
        self.reader = _Lazy[Reader | None](self._reader, reader)
        self.reranker = _Lazy[Reranker | None](self._reranker, reranker)
        self.judge = _Lazy[Judge | None](self._judge, judge)
        self.language_model = _Lazy["LLM | None"](self._language_model, llm)
        self._preparing = threading.Lock()
        self._preparation: threading.Thread | None = None

    def prepare_reader(self) -> None:
        """Have the reader of the settings opened by a thread of its own, where it was not yet.

        It takes as long as to open the encoder and to search, which the first question can do meanwhile. Where it
        fails, whoever needs it fails again, and says so.
        """
        with self._preparing:
            if self._settings.reader == "none" or self.reader.opened or self._preparation is not None:
                return
            self._preparation = threading.Thread(target=self._try_reader, name="articleqa-reader")
            self._preparation.start()

    def _try_reader(self) -> None:
        with suppress(Exception):
            try_reader(self.reader())

    def _encoder(self) -> Encoder:
        from articleqa.embedding import open_encoder

        return open_encoder(self._settings.embedding, threads=self._settings.threads)

    def _reader(self) -> Reader | None:
        if self._settings.reader == "none":
            return None
        from articleqa.reader import open_reader

        return open_reader(self._settings.reader, threads=self._settings.threads)

    def _reranker(self) -> Reranker | None:
        if self._settings.reranker == "none":
            return None
        from articleqa.cross_encoding import CrossEncoderReranker

        return CrossEncoderReranker(self._settings.reranker, threads=self._settings.threads)

    def _judge(self) -> Judge | None:
        if self._settings.nli == "none":
            return None
        from articleqa.cross_encoding import CrossEncoderJudge

        return CrossEncoderJudge(self._settings.nli, threads=self._settings.threads)

    def _language_model(self) -> LLM | None:
        return open_llm(
            self._settings.llm,
            key=self._settings.llm_key,
            timeout=self._settings.llm_timeout,
            context=self._settings.llm_context,
            threads=self._settings.threads,
        )

    def close(self) -> None:
        """Let go of the language model, where it was opened here. Nothing is being opened any more."""
        if self._preparation is not None:
            self._preparation.join()
        close_llm(self.language_model.made)


class _Lazy(Generic[T]):
    def __init__(self, make: Callable[[], T], given: T | None) -> None:
        self._lock = threading.Lock()
        self._make = make
        self.opened = given is not None
        self._value = given
        self.made: T | None = None

    def __call__(self) -> T:
        if not self.opened:
            with self._lock:
                if not self.opened:
                    self._value = self.made = self._make()
                    self.opened = True
        return self._value  # type: ignore[return-value]  # (it was given or made)
