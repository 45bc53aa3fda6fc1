from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from articleqa import Assistant, Settings
from articleqa.types import (
    Encoder,
    EncoderError,
)
from articles import ARTICLES, CIDER, DAIRY, HARBOUR
from conftest import OpenAssistant
from encoders import HashingEncoder
from endpoints import Behaviour, misbehaving_endpoint
from pointing import PointingReader


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Assistant]:
    """All the articles, for tests that change nothing."""
    with Assistant.open(Settings(index=tmp_path_factory.mktemp("index")), encoder=encoder) as opened:
        opened.add(*ARTICLES)
        yield opened


def states(opened: Assistant) -> dict[str, tuple[bool, str, str]]:
    return {check.name: (check.ok, check.detail, check.remedy) for check in opened.health()}


def test_a_sound_assistant_is_well(library: Assistant, encoder: Encoder) -> None:
    found = states(library)
    assert list(found) == ["versions", "library", "articles", "index", "encoder", "reader", "language model"]
    assert all(ok and not remedy for ok, _, remedy in found.values())
    assert found["articles"][1].startswith(f"{len(ARTICLES)} articles, ")
    assert found["encoder"][1].startswith("all-MiniLM-L6-v2, 384 columns, 256 tokens")
    assert found["reader"][1] == "none: words and meaning choose the quotes"
    with misbehaving_endpoint(Behaviour.ANSWERS) as endpoint:
        settings = library.settings.model_copy(update={"llm": endpoint.spec})
        with Assistant.open(settings, encoder=encoder) as writing:
            assert states(writing)["language model"] == (True, f"{endpoint.spec} answers", "")
            model = writing.language_model()
            with Assistant.open(library.settings, encoder=encoder, llm=model) as given:
                assert states(given)["language model"] == (True, f"{type(model).__name__} answers", "")


def test_what_is_opened_early_reads_once(assistant: OpenAssistant) -> None:
    reader = PointingReader("1842")
    opened = assistant(encoder=HashingEncoder(), reader=reader)
    opened.warm_up()
    assert len(reader.read_passages) == 1
    assert states(opened)["reader"] == (True, "PointingReader", "")
    assert states(assistant(encoder=HashingEncoder(), reader="builtin"))["reader"] == (True, "builtin, openvino", "")


def test_an_empty_library_is_well(assistant: OpenAssistant) -> None:
    found = states(assistant(encoder=HashingEncoder()))
    assert all(ok for ok, _, _ in found.values())
    assert found["index"][1] == "no article yet"


def damaged(folder: Path, statement: str) -> None:
    connection = apsw.Connection(str(folder / "library.sqlite3"))
    connection.execute(statement).fetchall()
    connection.close()


def test_every_fault_is_found_and_has_a_remedy(assistant: OpenAssistant, tmp_path: Path) -> None:
    opened = assistant(encoder=HashingEncoder())
    opened.add(HARBOUR, DAIRY)
    opened.close()
    folder = tmp_path / "index"
    next(folder.glob("vectors-*.faiss")).write_bytes(b"damaged")
    damaged(folder, "UPDATE vectors SET vector = zeroblob(256) WHERE passage = 1")
    damaged(folder, "UPDATE texts SET text = replace(text, 'loss', 'gain')")

    with misbehaving_endpoint(Behaviour.DOWN) as endpoint:
        bad = assistant(encoder=HashingEncoder(name="other"), llm=endpoint.spec)
        found = states(bad)
    assert [name for name, (ok, _, _) in found.items() if not ok] == ["articles", "index", "encoder", "language model"]
    assert all(remedy for ok, _, remedy in found.values() if not ok)
    assert "damaged: dairy-loss" in found["articles"][1]
    assert "1 vectors are damaged" in found["index"][1]
    assert "the encoder is now other" in found["encoder"][1]
    assert "cannot be reached" in found["language model"][1]


def test_a_damaged_snapshot_heals_itself(assistant: OpenAssistant, tmp_path: Path) -> None:
    opened = assistant(encoder=HashingEncoder())
    opened.add(HARBOUR, DAIRY)
    opened.close()
    next((tmp_path / "index").glob("vectors-*.faiss")).write_bytes(b"damaged")
    again = assistant(encoder=HashingEncoder())
    ok, detail, remedy = states(again)["index"]
    assert not ok
    assert "damaged" in detail
    assert "next question" in remedy
    assert again.search("harbour fees")[0].article_id == HARBOUR.id
    again.close()
    assert states(assistant(encoder=HashingEncoder()))["index"][0]


def test_what_cannot_be_opened_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    settings = Settings(
        index=tmp_path / "index",
        embedding=str(tmp_path / "nowhere"),
        reader=str(tmp_path / "nowhere"),
        llm="http://a:b@127.0.0.1:9/v1#m",
    )
    with Assistant.open(settings) as opened:
        with pytest.raises(EncoderError, match="embedding"):
            opened.add(CIDER)
        with pytest.raises(EncoderError, match="embedding"):
            opened.warm_up()
        found = states(opened)
    assert [name for name, (ok, _, _) in found.items() if not ok] == ["encoder", "reader", "language model"]
    assert "reader=none" in found["reader"][2].lower()
    assert "embedding" in found["encoder"][2]
    assert "llm" in found["language model"][2]


def test_a_library_that_was_overwritten_is_reported(assistant: OpenAssistant, tmp_path: Path) -> None:
    opened = assistant(encoder=HashingEncoder())
    opened.add(*ARTICLES)
    opened.close()
    again = assistant(encoder=HashingEncoder())
    file = tmp_path / "index" / "library.sqlite3"
    size = file.stat().st_size
    with file.open("r+b") as opened_file:
        opened_file.seek(4096)
        opened_file.write(os.urandom(size - 4096))
    found = states(again)
    ok, detail, remedy = found["library"]
    assert not ok
    assert str(file) in detail
    assert "put a copy of library.sqlite3 back" in remedy
    assert found["encoder"][0]
