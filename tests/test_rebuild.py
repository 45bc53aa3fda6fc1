"""A new generation beside the old one, which answers until the new one is whole."""

from __future__ import annotations

import threading

import pytest

from articleqa.types import Article, IndexMismatch, LibraryError
from conftest import OpenShelf
from encoders import HashingEncoder, Slow
from shelves import HARBOUR, STORM, UNION, Shelf, crowd, ids, run_sql


def test_a_rebuild_with_the_same_encoder_encodes_nothing(shelf: OpenShelf) -> None:
    encoder = HashingEncoder()
    place = shelf(encoder=encoder)
    place.add(*crowd(40), HARBOUR, Article(id="copy", title="Copy", text=HARBOUR.text))
    before = [(passage.article.id, passage.start, passage.end) for passage in place.passages()]
    encoder.encoded.clear()
    report = place.ingest.rebuild()
    assert (report.generation, report.articles, report.passages) == (2, 42, 42)
    assert report.passages_encoded == len(encoder.encoded) == 0
    assert report.seconds > 0
    assert [(passage.article.id, passage.start, passage.end) for passage in place.passages()] == before
    place.check()
    assert place.ingest.rebuild().generation == 3
    place.check()


def test_a_rebuild_of_nothing_is_a_beginning(shelf: OpenShelf) -> None:
    place = shelf()
    report = place.ingest.rebuild()
    assert (report.articles, report.passages) == (0, 0)
    place.add(HARBOUR)
    place.check()


def test_a_rebuild_drops_earlier_revisions(shelf: OpenShelf) -> None:
    place = shelf()
    for text in ("First text.", "Second text."):
        place.add(Article(id="a", title="A", text=text))
    place.ingest.rebuild()
    with place.library.reading() as snapshot:
        assert snapshot.article("a").revision == 2
        with pytest.raises(LibraryError, match="revision 1 of 'a' is not kept"):
            snapshot.article("a", 1)
    place.check()


def test_the_old_generation_answers_meanwhile_and_what_comes_and_goes_counts(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*crowd(40), STORM)
    seen: list[set[str]] = []

    def meanwhile() -> None:
        seen.append(ids(place.dense("part 3", limit=200)))
        seen.append(ids(place.lexical("breakwater")))
        place.add(UNION)
        place.ingest.remove("report-3")
        place.ingest.remove("report-39")
        place.add(Article(id="report-4", title="Report 4", text="It was changed meanwhile."))
        place.add(Article(id="report-5", title="Zeppelins", text=crowd(6)[5].text))
        place.add(Article(id="report-30", title="Balloons", text=crowd(31)[30].text))
        place.add(Article(id="copy", title="Copy", text=STORM.text))
        seen.append(ids(place.lexical("union zeppelins balloons changed breakwater")))

    other = shelf(encoder=Slow(meanwhile))
    report = other.ingest.rebuild()
    assert seen == [
        {f"report-{number}" for number in range(40)} | {"storm"},
        {"storm"},
        {"union", "report-5", "report-30", "report-4", "storm"},
    ]
    assert report.articles == len(other.records()) == 41
    assert ids(other.lexical("union zeppelins balloons changed breakwater")) == seen[2]
    assert ids(other.lexical("report")) >= {"report-6", "report-29"}
    other.check()
    with pytest.raises(IndexMismatch):
        place.add(HARBOUR)


def test_a_rebuild_leaves_no_title_behind(shelf: OpenShelf) -> None:
    """An article got another title while no encoder was at hand; the rebuild puts that right."""
    place = shelf()
    place.add(STORM, Article(id="copy", title="Zeppelins", text=STORM.text), *crowd(20))
    with place.library.writing() as writer:
        writer.remove("storm")
    found: list[set[str]] = []
    other = shelf(encoder=Slow(lambda: found.append(ids(place.lexical("breakwater"))), at=2))
    other.ingest.rebuild()
    assert found == [{"copy"}]
    assert ids(other.lexical("zeppelins")) == {"copy"}
    other.check()


def test_threads_search_through_a_rebuild(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*crowd(60))
    expected = {f"report-{number}" for number in range(60)}
    stop = threading.Event()
    failures: list[BaseException] = []

    def search() -> None:
        try:
            while not stop.is_set():
                assert ids(place.dense("harbour", limit=200)) == expected
                assert ids(place.lexical("harbour")) == expected
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(4):
        place.ingest.rebuild()
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    place.check()


def test_a_rebuild_that_fails_leaves_the_old_generation(shelf: OpenShelf) -> None:
    def fail() -> None:
        raise MemoryError

    place = shelf()
    place.add(*crowd(40))
    with pytest.raises(MemoryError):
        shelf(encoder=Slow(fail)).ingest.rebuild()
    assert len(place.dense("harbour")) == 40
    place.add(HARBOUR)
    place.check()
    place.ingest.remove("report-3")
    place.check()


# Damaged vectors


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE vectors SET vector = zeroblob(length(vector)) WHERE passage IN (2, 5)",
        "UPDATE vectors SET vector = substr(vector, 1, 8) WHERE passage IN (2, 5)",
        "UPDATE vectors SET digest = x'00' WHERE passage IN (2, 5)",
        "DELETE FROM vectors WHERE passage IN (2, 5)",
    ],
)
@pytest.mark.parametrize("file", ["kept", "lost"])
def test_a_damaged_vector_is_found_left_out_and_mended(shelf: OpenShelf, damage: str, file: str) -> None:
    encoder = HashingEncoder()
    place = shelf(encoder=encoder)
    place.add(*crowd(8))
    place.close()
    run_sql(place.folder, damage)
    if file == "lost":
        (place.folder / "vectors-1.json").unlink()
    place = shelf(encoder=encoder)
    with place.library.reading() as snapshot:
        assert snapshot.damaged_vectors(1) == [2, 5]
    found = ids(place.dense("part 4"))
    assert len(found) == (8 if file == "kept" else 6)
    assert len(place.lexical("harbour")) == 8
    encoder.encoded.clear()
    assert place.ingest.mend_vectors() == 2
    assert len(encoder.encoded) == 2
    assert len(ids(place.dense("part 4"))) == 8
    place.check()
    assert place.ingest.mend_vectors() == 0
    place.close()
    shelf(encoder=encoder).check()


def test_a_vector_is_not_mended_by_another_encoder(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*crowd(3))
    run_sql(place.folder, "DELETE FROM vectors WHERE passage = 2")
    other = shelf(encoder=HashingEncoder(revision="2"))
    with pytest.raises(IndexMismatch):
        other.ingest.mend_vectors()
    assert place.ingest.mend_vectors() == 1
    place.check()


def test_a_rebuild_encodes_again_what_is_damaged(shelf: OpenShelf) -> None:
    encoder = HashingEncoder()
    place = shelf(encoder=encoder)
    place.add(*crowd(8))
    run_sql(place.folder, "UPDATE vectors SET vector = zeroblob(length(vector)) WHERE passage = 3")
    assert place.ingest.rebuild().passages_encoded == 1
    place.check()


def test_the_whole_of_a_damaged_library_is_still_one_shelf(shelf: OpenShelf) -> None:
    """Everything at once: text, vectors and file damaged, and then put right with what the program offers."""
    place: Shelf = shelf()
    place.add(*crowd(8), STORM)
    place.close()
    run_sql(place.folder, "UPDATE vectors SET vector = x'00' WHERE passage = 1")
    run_sql(place.folder, "UPDATE texts SET text = 'x' || text WHERE text LIKE 'A storm%'")
    (place.folder / "vectors-1.json").write_text("{}")
    place = shelf()
    assert place.ingest.mend_vectors() == 1
    place.add(STORM)
    place.check()
