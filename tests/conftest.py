"""What tests share: the real encoder, opened once, and assistants over folders of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from hypothesis import settings as hypothesis_settings

from articleqa.types import Encoder, Judge, Reader, Reranker
from articles import ARTICLES
from shelves import Shelf

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

    from articleqa import Assistant

# Settings of the person who runs the tests change nothing; and what the reader in the box makes of a question changes
# only those tests that are about it.
for _name in [name for name in os.environ if name.startswith("ARTICLEQA_")]:
    del os.environ[_name]
os.environ["ARTICLEQA_READER"] = "none"

# How long one example takes says nothing on a busy machine.
hypothesis_settings.register_profile("articleqa", deadline=None)
hypothesis_settings.load_profile("articleqa")


class OpenAssistant(Protocol):
    """Opens an assistant over a folder of the test; it is closed when the test ends."""

    def __call__(
        self,
        folder: str = "index",
        *,
        encoder: Encoder | None = None,
        reader: Reader | str | None = None,
        reranker: Reranker | str | None = None,
        judge: Judge | None = None,
        llm: LLM | str | None = None,
        **settings: Any,
    ) -> Assistant:
        """``folder`` is made below ``tmp_path``; the encoder is the bundled one unless another is given."""


@pytest.fixture
def reader_in_the_box(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader is the one that people have who set none."""
    monkeypatch.delenv("ARTICLEQA_READER")


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    """The bundled encoder itself."""
    from articleqa.embedding import open_encoder

    return open_encoder()


@pytest.fixture(scope="session")
def all_articles(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    """A library of all the articles, to be asked or copied. No test changes it, nor keeps an answer in it."""
    from articleqa import Assistant, Settings

    folder = tmp_path_factory.mktemp("all") / "index"
    with Assistant.open(Settings(index=folder), encoder=encoder) as opened:
        opened.add(*ARTICLES)
    return folder


@pytest.fixture
def assistant(tmp_path: Path, encoder: Encoder) -> Iterator[OpenAssistant]:
    """A way to open assistants over the real encoder: ``assistant()``, ``assistant("other", abstain_below=0)``."""
    from articleqa import Assistant, Settings

    bundled = encoder
    with ExitStack() as opened:

        def open_assistant(
            folder: str = "index",
            *,
            encoder: Encoder | None = None,
            reader: Reader | str | None = None,
            reranker: Reranker | str | None = None,
            judge: Judge | None = None,
            llm: LLM | str | None = None,
            **settings: Any,
        ) -> Assistant:
            if isinstance(reader, str):
                settings["reader"], reader = reader, None
            if isinstance(reranker, str):
                settings["reranker"], reranker = reranker, None
            if isinstance(llm, str):
                settings["llm"], llm = llm, None
            chosen = Settings.load(index=tmp_path / folder, **settings)
            return opened.enter_context(
                Assistant.open(
                    chosen, encoder=encoder or bundled, reader=reader, reranker=reranker, judge=judge, llm=llm
                )
            )

        yield open_assistant


class OpenShelf(Protocol):
    """Opens a library with what fills it, in a folder of the test; it is closed when the test ends."""

    def __call__(self, folder: str = "index", *, encoder: Encoder | None = None, busy_timeout: float = 10.0) -> Shelf:
        """``folder`` is made below ``tmp_path``; the encoder is a hashing one unless another is given."""


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[OpenShelf]:
    """A way to open a library where meaning does not matter: ``shelf()``, ``shelf("other", busy_timeout=0)``."""
    with ExitStack() as opened:

        def open_shelf(folder: str = "index", *, encoder: Encoder | None = None, busy_timeout: float = 10.0) -> Shelf:
            return opened.enter_context(closing(Shelf(tmp_path / folder, encoder=encoder, busy_timeout=busy_timeout)))

        yield open_shelf
