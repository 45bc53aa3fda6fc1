"""What the encoder does wrong, or another program with another encoder, never gets into the index."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from articleqa.ingest import encoding
from articleqa.types import Article, IndexMismatch, InvalidInput, Matrix, ProgressCallback
from conftest import OpenAssistant, OpenShelf
from encoders import HashingEncoder
from shelves import HARBOUR, STORM, UNION, ids


class WrongEncoder(HashingEncoder):
    """Breaks its contract in the way that ``fault`` names."""

    fault = ""

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        rows = super().encode_documents(texts, progress=progress)
        wrong: dict[str, object] = {
            "": rows,
            "fewer rows": rows[:-1],
            "more rows": np.concatenate([rows, rows]),
            "fewer columns": rows[:, :-1],
            "one dimension": rows[0],
            "longer than one": rows * 2,
            "zeros": rows * 0,
            "not a number": rows * np.nan,
            "infinite": rows * np.inf,
            "a list": rows.tolist(),
            "nothing": None,
            "whole numbers": np.ones_like(rows, dtype=np.int64),
        }
        return wrong[self.fault]  # type: ignore[return-value]


@pytest.mark.parametrize(
    "fault",
    [
        *("fewer rows", "more rows", "fewer columns", "one dimension", "longer than one", "zeros", "not a number"),
        *("infinite", "a list", "nothing", "whole numbers"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value encountered in multiply:RuntimeWarning")
def test_an_encoder_that_breaks_its_contract_is_refused_and_nothing_is_stored(shelf: OpenShelf, fault: str) -> None:
    encoder = WrongEncoder()
    place = shelf(encoder=encoder)
    place.add(HARBOUR)
    encoder.fault = fault
    with pytest.raises(InvalidInput, match="the encoder hashing gave") as refusal:
        place.add(STORM, UNION)
    assert "\n" not in str(refusal.value)
    with pytest.raises(InvalidInput):
        place.add(Article(id="harbour", title="Another title", text=HARBOUR.text + " More."))
    encoder.fault = ""
    assert [record.id for record in place.records()] == ["harbour"]
    assert place.article("harbour").revision == 1
    place.check()
    place.add(STORM)
    place.check()


def test_an_encoder_that_reads_too_little_is_refused(shelf: OpenShelf) -> None:
    place = shelf(encoder=HashingEncoder(max_tokens=10))
    with pytest.raises(InvalidInput, match="an encoder that reads 10 tokens has room for"):
        place.add(HARBOUR)
    assert place.records() == []


OTHERS = [HashingEncoder(name="other"), HashingEncoder(revision="2"), HashingEncoder(dimension=32)]


@pytest.mark.parametrize("other", OTHERS, ids=["name", "revision", "dimension"])
def test_another_encoder_is_refused_until_the_index_is_rebuilt(assistant: OpenAssistant, other: HashingEncoder) -> None:
    with assistant(encoder=HashingEncoder()) as first:
        first.add(HARBOUR, STORM)
    second = assistant(encoder=other)
    advice = r"the index was built with hashing or another chunker; the encoder is now .*: run `articleqa rebuild`"
    with pytest.raises(IndexMismatch, match=advice):
        second.add(UNION)
    with pytest.raises(IndexMismatch, match=advice):
        second.search("harbour")
    with pytest.raises(IndexMismatch, match=advice):
        second.ask("Who raises the fees?")
    # What needs no vectors goes on.
    assert [record.id for record in second.articles()] == ["harbour", "storm"]
    assert second.add(HARBOUR).unchanged
    second.remove("storm")
    report = second.rebuild()
    assert (report.articles, report.generation) == (1, 2)
    assert report.passages == report.passages_encoded == 2
    assert second.add(UNION).added
    assert {passage.article_id for passage in second.search("harbour")} == {"harbour", "union"}


def test_another_chunker_is_refused_until_the_index_is_rebuilt(
    shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf().add(HARBOUR)
    monkeypatch.setattr(encoding, "CHUNKER_VERSION", "another")
    place = shelf()
    with pytest.raises(IndexMismatch):
        place.add(STORM)
    place.ingest.rebuild()
    place.add(STORM)
    place.check()


class Interfering(HashingEncoder):
    """Does something else, once, between reading and writing."""

    def __init__(self, *, name: str = "hashing") -> None:
        super().__init__(name=name)
        self.interfere: list[object] = []

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        if self.interfere:
            self.interfere.pop()()  # type: ignore[operator]
        return super().encode_documents(texts, progress=progress)


def test_vectors_of_two_encoders_never_mix(shelf: OpenShelf) -> None:
    """Another program rebuilds with its encoder while this one encodes."""
    encoder = Interfering()
    place, other = shelf(encoder=encoder), shelf(encoder=HashingEncoder(name="other"))
    place.add(HARBOUR)
    encoder.interfere.append(other.ingest.rebuild)
    with pytest.raises(IndexMismatch):
        place.add(STORM)
    assert [record.id for record in place.records()] == ["harbour"]
    other.check()


def test_vectors_of_two_encoders_never_mix_in_a_new_library(shelf: OpenShelf) -> None:
    encoder = Interfering()
    place, other = shelf(encoder=encoder), shelf(encoder=HashingEncoder(name="other"))
    encoder.interfere.append(lambda: other.add(HARBOUR))
    with pytest.raises(IndexMismatch):
        place.add(STORM)
    other.check()


def test_a_text_that_another_program_removes_meanwhile_is_stored_all_the_same(shelf: OpenShelf) -> None:
    encoder = Interfering()
    place, other = shelf(encoder=encoder), shelf()
    place.add(STORM)
    encoder.interfere.append(lambda: other.ingest.remove("storm"))
    report = place.add(HARBOUR, Article(id="copy", title="Copy", text=STORM.text))
    assert {record.id for record in (*report.added, *report.copies)} == {"harbour", "copy"}
    assert ids(place.dense("breakwater", limit=1)) == {"copy"}
    place.check()
