"""A rebuild that is interrupted goes on where it stopped; one that went wrong never answers."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from articleqa.library import State
from articleqa.types import Article, LibraryBusy, LibraryDamaged, Matrix, Progress, ProgressCallback
from conftest import OpenShelf
from encoders import HashingEncoder, Slow
from programs import start
from shelves import HARBOUR, STORM, Shelf, crowd, ids, run_sql

NEW = "2"


def states(place: Shelf) -> dict[int, str]:
    """What becomes of each generation."""
    with place.library.reading() as snapshot:
        return dict(snapshot._rows("SELECT id, state FROM generations ORDER BY id"))


def interrupt() -> None:
    raise KeyboardInterrupt


INTERRUPTED = """
import sys, time
from pathlib import Path
from encoders import Slow
from shelves import Shelf

def wait():
    print("now", flush=True)
    time.sleep(600)

Shelf(Path(sys.argv[1]), encoder=Slow(wait, at=int(sys.argv[2]))).ingest.rebuild()
"""


@pytest.mark.parametrize("at", [1, 3])
def test_a_rebuild_that_is_killed_is_continued_and_the_old_generation_answers_until_then(
    shelf: OpenShelf, at: int
) -> None:
    place = shelf()
    place.add(*crowd(60))
    program = start(INTERRUPTED, place.folder, at)
    assert program.stdout is not None
    assert program.stdout.readline() == "now\n"
    program.kill()
    program.communicate(timeout=60)
    again = shelf()
    assert len(again.dense("harbour")) == len(again.lexical("harbour")) == 60
    again.check()
    again.add(HARBOUR)
    again.ingest.remove("report-3", "report-50")
    again.check()
    encoder = HashingEncoder(revision=NEW)
    other = shelf(encoder=encoder)
    report = other.ingest.rebuild()
    assert (report.generation, report.resumed, report.articles) == (2, True, 59)
    # What had been committed before the kill is not encoded again.
    assert report.passages_encoded == len(encoder.encoded) == report.passages - (32 - 1 if at == 3 else 0)
    other.check()
    assert states(other) == {1: State.KEPT, 2: State.ANSWERING}


def test_progress_goes_on_where_it_stopped(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*crowd(60))
    with pytest.raises(KeyboardInterrupt):
        shelf(encoder=Slow(interrupt, at=3)).ingest.rebuild()
    events: list[Progress] = []
    report = shelf(encoder=HashingEncoder(revision=NEW)).ingest.rebuild(progress=events.append)
    assert report.resumed
    assert [(event.done, event.total) for event in events if event.stage == "index"] == [
        (done, 60) for done in range(32, 61)
    ]
    assert [(event.done, event.total) for event in events if event.stage == "verify"] == [
        (done, 4) for done in range(1, 5)
    ]


def test_another_encoder_begins_anew(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*crowd(40))
    with pytest.raises(KeyboardInterrupt):
        shelf(encoder=Slow(interrupt)).ingest.rebuild()
    other = shelf(encoder=HashingEncoder(revision="3"))
    report = other.ingest.rebuild()
    assert (report.generation, report.resumed, report.passages_encoded) == (3, False, 40)
    assert states(other) == {1: State.KEPT, 3: State.ANSWERING}
    other.check()


def test_a_finished_rebuild_is_not_continued(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*crowd(3))
    assert [place.ingest.rebuild().resumed for _ in range(2)] == [False, False]
    assert states(place) == {2: State.KEPT, 3: State.ANSWERING}


def test_what_changed_between_the_two_parts_counts(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*crowd(40), STORM)
    with pytest.raises(KeyboardInterrupt):
        shelf(encoder=Slow(interrupt, at=3)).ingest.rebuild()
    place.add(HARBOUR, Article(id="report-2", title="Report 2", text="Zeppelins were seen."))
    place.add(Article(id="report-5", title="Balloons", text=crowd(6)[5].text))
    place.ingest.remove("report-1", "report-39")
    other = shelf(encoder=HashingEncoder(revision=NEW))
    assert other.ingest.rebuild().articles == 40
    assert ids(other.lexical("zeppelins balloons mayor")) == {"harbour", "report-2", "report-5"}
    other.check()


def test_a_vector_that_was_damaged_between_the_two_parts_is_encoded_again(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*crowd(40))
    with pytest.raises(KeyboardInterrupt):
        shelf(encoder=Slow(interrupt, at=3)).ingest.rebuild()
    run_sql(place.folder, "UPDATE vectors SET vector = zeroblob(256) WHERE passage IN (42, 50)")
    run_sql(place.folder, "DELETE FROM vectors WHERE passage = 60")
    other = shelf(encoder=HashingEncoder(revision=NEW))
    report = other.ingest.rebuild()
    assert (report.resumed, report.passages_encoded) == (True, 8 + 3)
    other.check()


def test_an_unfinished_rebuild_is_in_nobodys_way(shelf: OpenShelf) -> None:
    """What a rebuild left costs nothing but room: articles come, change and go."""
    place = shelf()
    place.add(*crowd(40), STORM)
    with pytest.raises(KeyboardInterrupt):
        shelf(encoder=Slow(interrupt, at=3)).ingest.rebuild()
    place.add(HARBOUR)
    place.ingest.remove("report-0", "storm")
    place.check()
    with place.library.reading() as snapshot:
        assert snapshot.passage_count(2) == 31
        unfinished = snapshot.growing_generation()
    assert unfinished is not None
    assert unfinished.id == 2


# One at a time


def test_of_two_rebuilds_at_once_the_second_is_refused(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*crowd(40))
    refused: list[str] = []

    def second() -> None:
        with pytest.raises(LibraryBusy) as refusal:
            place.ingest.rebuild()
        refused.append(str(refusal.value))

    other = shelf(encoder=Slow(second))
    assert other.ingest.rebuild().articles == 40
    (line,) = refused
    assert line.startswith("a rebuild or an import is under way already, by this program itself (since ")
    assert "\n" not in line
    other.check()


def test_a_rebuild_of_another_program_is_named(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*crowd(40))
    program = start(INTERRUPTED, place.folder, 2)
    assert program.stdout is not None
    assert program.stdout.readline() == "now\n"
    with pytest.raises(LibraryBusy, match=rf"under way already, by python \(process {program.pid}, since .*\): wait"):
        place.ingest.rebuild()
    program.kill()
    program.communicate(timeout=60)
    # The system lets go of what a killed program held.
    place.ingest.rebuild()
    place.check()


# Proof


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("DELETE FROM vectors WHERE passage = 55", "1 vectors are missing"),
        ("UPDATE vectors SET vector = zeroblob(length(vector)) WHERE passage = 55", "1 vectors are damaged"),
        ("INSERT INTO words_2 (words_2) VALUES ('delete-all')", "the words of 0 of 40 passages are indexed, 0 in all"),
        ("UPDATE generations SET passages = 7 WHERE id = 2", "it has 40 passages, not 7"),
        ("DELETE FROM words_2_data WHERE id > 10", "40 of 40 passages are not found by their own words"),
    ],
)
def test_what_does_not_verify_never_answers(
    shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch, damage: str, reason: str
) -> None:
    place = shelf()
    place.add(*crowd(40))
    other = shelf(encoder=HashingEncoder(revision=NEW))
    prove = type(other.ingest)._prove

    def damaged(*arguments: object) -> None:
        run_sql(place.folder, damage)
        prove(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(type(other.ingest), "_prove", damaged)
    with pytest.raises(LibraryDamaged, match=r"generation 2 does not verify .*the present one answers on") as refusal:
        other.ingest.rebuild()
    assert reason in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(ids(place.dense("harbour"))) == len(ids(place.lexical("harbour"))) == 40
    place.check()
    monkeypatch.undo()
    # It begins anew: what was wrong is not continued.
    report = other.ingest.rebuild()
    assert (report.generation, report.resumed) == (3, False)
    other.check()


class Forgetful(HashingEncoder):
    """Gives what was asked for, and then something else for the same words."""

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        rows = super().encode_documents(texts, progress=progress)
        rows[:] = rows[0]
        return rows


def test_passages_that_are_all_alike_are_no_fault(shelf: OpenShelf) -> None:
    """What cannot be told apart is found as well as it can be."""
    place = shelf(encoder=Forgetful())
    place.add(*crowd(30), *(Article(id=f"same-{number}", title="Same", text="The same words.") for number in range(5)))
    assert place.ingest.rebuild().articles == 35


def test_articles_that_come_while_a_generation_is_proven_are_in_it(
    shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = shelf()
    place.add(*crowd(20))
    other = shelf(encoder=HashingEncoder(revision=NEW))
    prove = type(other.ingest)._prove

    def meanwhile(*arguments: object) -> None:
        place.add(STORM)
        prove(*arguments)  # type: ignore[arg-type]
        place.add(HARBOUR)
        place.ingest.remove("report-7")

    monkeypatch.setattr(type(other.ingest), "_prove", meanwhile)
    assert other.ingest.rebuild().articles == 21
    assert ids(other.lexical("breakwater mayor")) == {"storm", "harbour"}
    other.check()


# The cost of a change


def test_a_paragraph_in_front_costs_what_it_holds(shelf: OpenShelf) -> None:
    """Fifty passages come after it; they are not encoded again."""
    encoder = HashingEncoder()
    place = shelf(encoder=encoder)
    paragraphs = [
        " ".join(f"Sentence {line} of part {part} tells of the harbour and its fees." for line in range(14))
        for part in range(50)
    ]
    before = place.add(Article(id="long", title="A long report", text="\n\n".join(paragraphs)))
    assert before.passages_encoded >= 50
    encoder.encoded.clear()
    text = "\n\n".join(["A correction was printed on Friday.", *paragraphs])
    report = place.add(Article(id="long", title="A long report", text=text))
    (record,) = report.updated
    assert record.passages >= 50
    assert report.passages_encoded == len(encoder.encoded) <= 3
    place.check()


def test_readers_find_everything_while_a_rebuild_sweeps(shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is dropped goes a part at a time; killed on the way, the next rebuild goes on with that."""
    monkeypatch.setattr("articleqa.ingest.rebuilding._SWEPT_PASSAGES", 7)
    place = shelf()
    place.add(*crowd(40))
    place.ingest.rebuild()
    sweep = type(place.ingest)._sweep
    with place.library.writing() as writer:
        writer._run("UPDATE generations SET state = 'dropped' WHERE id = 1")
        assert writer.sweep(limit=7)
    assert states(place) == {1: State.DROPPED, 2: State.ANSWERING}
    # An article of which a part has been swept already can be changed and removed.
    place.ingest.remove("report-0", "report-20")
    place.add(Article(id="report-30", title="Report 30", text="Other words."))
    place.check()
    seen: list[set[str]] = []
    thread = threading.Thread(target=lambda: seen.append(ids(place.lexical("harbour"))))
    thread.start()
    sweep(place.ingest)
    thread.join()
    assert len(seen[0]) == 37
    assert states(place) == {2: State.ANSWERING}
    place.check()
