"""Back to the index before a rebuild: nothing that came since is missing, nothing that was removed is back."""

from __future__ import annotations

import pytest

from articleqa.ingest import encoding
from articleqa.library import FILE_NAME, State
from articleqa.types import Article, IndexMismatch, LibraryBusy, LibraryDamaged, LibraryError
from conftest import OpenShelf
from encoders import HashingEncoder
from shelves import HARBOUR, STORM, UNION, Shelf, crowd, ids, run_sql


def states(place: Shelf) -> dict[int, str]:
    """What becomes of each generation."""
    with place.library.reading() as snapshot:
        return dict(snapshot._rows("SELECT id, state FROM generations ORDER BY id"))


def rebuilt(shelf: OpenShelf) -> tuple[Shelf, Shelf, HashingEncoder]:
    """A library that was built with one encoder, and rebuilt with another; and the first encoder."""
    encoder = HashingEncoder()
    old = shelf(encoder=encoder)
    old.add(*crowd(20), STORM)
    new = shelf(encoder=HashingEncoder(revision="2"))
    report = new.ingest.rebuild()
    assert (report.kept_generation, report.generation) == (1, 2)
    # Vectors of 64 columns, and more.
    assert report.kept_bytes > 21 * 64 * 4
    assert states(new) == {1: State.KEPT, 2: State.ANSWERING}
    encoder.encoded.clear()
    return old, new, encoder


def test_nothing_has_happened_since(shelf: OpenShelf) -> None:
    old, _, encoder = rebuilt(shelf)
    report = old.ingest.rollback()
    assert (report.generation, report.articles, report.passages, report.kept_generation) == (1, 21, 21, 2)
    assert report.passages_encoded == len(encoder.encoded) == 0
    assert states(old) == {1: State.ANSWERING, 2: State.KEPT}
    assert len(ids(old.dense("harbour"))) == 21
    old.check()


def test_what_came_since_is_there_and_what_was_removed_is_not(shelf: OpenShelf) -> None:
    old, new, encoder = rebuilt(shelf)
    new.add(HARBOUR, UNION, Article(id="copy", title="Copy", text=HARBOUR.text))
    new.add(Article(id="report-2", title="Report 2", text="Zeppelins were seen."))
    new.add(Article(id="report-5", title="Balloons", text=crowd(6)[5].text))
    new.ingest.remove("report-1", "storm", "union")
    report = old.ingest.rollback()
    expected = {f"report-{number}" for number in range(20) if number != 1} | {"harbour"}
    assert ids(old.dense("harbour", limit=200)) == expected
    assert ids(old.lexical("zeppelins balloons mayor")) == {"harbour", "report-2", "report-5"}
    assert old.lexical("breakwater exemption") == []
    # Only what this generation had not read.
    assert report.passages_encoded == len(encoder.encoded) == 4
    assert report.articles == 21
    old.check()


def test_with_the_same_encoder_nothing_is_encoded(shelf: OpenShelf) -> None:
    encoder = HashingEncoder()
    place = shelf(encoder=encoder)
    place.add(*crowd(20))
    place.ingest.rebuild()
    place.add(HARBOUR)
    place.ingest.remove("report-1")
    encoder.encoded.clear()
    report = place.ingest.rollback()
    assert (report.generation, report.passages, report.passages_encoded, encoder.encoded) == (1, 21, 0, [])
    place.check()
    # And forward again: the way back is open until the next rebuild.
    place.add(STORM)
    report = place.ingest.rollback()
    assert (report.generation, report.passages, report.passages_encoded) == (2, 22, 0)
    place.check()
    assert place.ingest.rebuild().generation == 3
    assert states(place) == {2: State.KEPT, 3: State.ANSWERING}
    place.check()


def test_nothing_of_a_removed_article_comes_back_or_stays_in_the_file(shelf: OpenShelf) -> None:
    old, new, _ = rebuilt(shelf)
    new.ingest.remove("storm")
    content = b"".join(path.read_bytes() for path in new.folder.glob(f"{FILE_NAME}*"))
    assert b"reakwater" not in content
    old.ingest.rollback()
    with pytest.raises(LibraryError, match="there is no article 'storm'"):
        old.article("storm")
    assert old.lexical("breakwater") == []
    old.check()


def test_what_was_added_after_a_rollback_is_in_it(shelf: OpenShelf) -> None:
    old, new, _ = rebuilt(shelf)
    old.ingest.rollback()
    old.add(HARBOUR)
    old.check()
    assert old.add(HARBOUR).unchanged
    with pytest.raises(IndexMismatch):
        new.add(UNION)
    assert new.ingest.rollback().generation == 2
    assert "harbour" in ids(new.dense("mayor"))
    new.check()


# Refusals


def test_another_encoder_cannot_return_and_is_told_which_could(shelf: OpenShelf) -> None:
    old, new, _ = rebuilt(shelf)
    new.add(HARBOUR)
    other = shelf(encoder=HashingEncoder(name="other"))
    with pytest.raises(IndexMismatch) as refusal:
        other.ingest.rollback()
    assert str(refusal.value) == (
        "generation 1 was built with hashing; the encoder is now other: set `embedding` to hashing, then run "
        "`articleqa rebuild --rollback`"
    )
    with pytest.raises(IndexMismatch, match="generation 1 was built with another state of hashing, or another chunker"):
        new.ingest.rollback()
    assert states(new) == {1: State.KEPT, 2: State.ANSWERING}
    new.check()
    old.ingest.rollback()
    old.check()


def test_another_chunker_cannot_return(shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    place = shelf()
    place.add(HARBOUR)
    with monkeypatch.context() as patch:
        patch.setattr(encoding, "CHUNKER_VERSION", "another")
        newer = shelf()
        newer.ingest.rebuild()
        with pytest.raises(IndexMismatch, match="another chunker"):
            newer.ingest.rollback()
    place.ingest.rollback()
    place.check()


def test_without_an_earlier_generation_there_is_no_way_back(shelf: OpenShelf) -> None:
    place = shelf()
    for _ in range(2):
        with pytest.raises(LibraryError, match="no earlier generation to return to: `articleqa rebuild`"):
            place.ingest.rollback()
        place.add(HARBOUR)
    place.check()


def test_it_waits_for_no_rebuild(shelf: OpenShelf) -> None:
    old, new, _ = rebuilt(shelf)
    with new.library.claim("a rebuild or an import"), pytest.raises(LibraryBusy, match="is under way already"):
        old.ingest.rollback()
    assert old.ingest.rollback().generation == 1


# Faults


def test_a_damaged_vector_is_encoded_again(shelf: OpenShelf) -> None:
    old, _, encoder = rebuilt(shelf)
    run_sql(old.folder, "UPDATE vectors SET vector = zeroblob(256) WHERE passage = 3")
    run_sql(old.folder, "DELETE FROM vectors WHERE passage = 5")
    assert old.ingest.rollback().passages_encoded == len(encoder.encoded) == 2
    old.check()


def test_what_does_not_verify_is_not_returned_to(shelf: OpenShelf) -> None:
    old, new, _ = rebuilt(shelf)
    run_sql(old.folder, "INSERT INTO words_1 (words_1) VALUES ('delete-all')")
    with pytest.raises(LibraryDamaged, match=r"generation 1 does not verify .*`articleqa rebuild` makes a new one"):
        old.ingest.rollback()
    assert states(new) == {1: State.KEPT, 2: State.ANSWERING}
    assert len(ids(new.dense("harbour"))) == 21
    assert old.ingest.rebuild().generation == 3
    old.check()


def test_it_goes_on_where_it_was_interrupted(shelf: OpenShelf) -> None:
    old, new, encoder = rebuilt(shelf)
    new.add(*crowd(40, "later"))

    def stop(progress: object) -> None:
        if len(encoder.encoded) > 16:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        old.ingest.rollback(progress=stop)
    assert states(new) == {1: State.KEPT, 2: State.ANSWERING}
    new.check()
    # Articles that come and go meanwhile count, too.
    new.ingest.remove("later-0")
    new.add(HARBOUR)
    first = len(encoder.encoded)
    report = old.ingest.rollback()
    assert report.articles == 61
    assert 0 < report.passages_encoded < 40
    assert len(encoder.encoded) == first + report.passages_encoded
    old.check()
