"""A text is searched for under the title of an article that has it, whatever happens to others, and to the program."""

from __future__ import annotations

import signal

import pytest

from articleqa.types import Article, EncoderError, MissingDependency
from conftest import OpenShelf
from encoders import HashingEncoder
from programs import start
from shelves import HARBOUR, STORM, UNION, ids, run_sql


def test_a_new_title_is_searched_for_and_the_old_one_is_not(shelf: OpenShelf) -> None:
    encoder = HashingEncoder()
    place = shelf(encoder=encoder)
    place.add(STORM)
    encoder.encoded.clear()
    report = place.add(Article(id="storm", title="Zeppelins return", text=STORM.text))
    assert [(record.id, record.title, record.revision) for record in report.updated] == [
        ("storm", "Zeppelins return", 1)
    ]
    assert encoder.encoded == [f"Zeppelins return\n{STORM.text}"]
    assert report.passages_encoded == 1
    assert ids(place.lexical("zeppelins")) == {"storm"}
    assert ids(place.lexical("after")) == set()
    place.check()


def test_a_title_that_another_copy_still_has_stays(shelf: OpenShelf) -> None:
    encoder = HashingEncoder()
    place = shelf(encoder=encoder)
    place.add(STORM, Article(id="copy", title=STORM.title, text=STORM.text))
    encoder.encoded.clear()
    place.add(Article(id="storm", title="Zeppelins return", text=STORM.text))
    assert encoder.encoded == []
    assert ids(place.lexical("storm")) == {"storm"}
    place.check()


def test_the_title_goes_with_the_article_that_had_it(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(STORM, Article(id="copy", title="Zeppelins return", text=STORM.text))
    assert ids(place.lexical("zeppelins")) == set()
    place.add(Article(id="storm", title=STORM.title, text="Other words."))
    assert ids(place.lexical("zeppelins")) == {"copy"}
    place.add(STORM)
    assert ids(place.lexical("zeppelins")) == {"storm"}
    place.ingest.remove("copy")
    assert ids(place.lexical("zeppelins")) == set()
    place.check()


@pytest.mark.parametrize("error", [EncoderError("its weights are gone"), MissingDependency("pip install it")])
def test_removing_needs_no_encoder(shelf: OpenShelf, error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    place = shelf()
    place.add(STORM, Article(id="copy", title="Zeppelins return", text=STORM.text))

    def refuse() -> HashingEncoder:
        raise error

    place.ingest_over(refuse).remove("storm")
    assert "a changed title is not searched for until the next rebuild" in caplog.text
    assert ids(place.lexical("breakwater")) == {"copy"}
    assert ids(place.lexical("zeppelins")) == set()
    # Whoever writes next, with an encoder, puts it right.
    place.add(HARBOUR)
    assert ids(place.lexical("zeppelins")) == {"copy"}
    place.check()


CHANGE = """
import sys
from pathlib import Path
from articleqa.types import Article
from shelves import STORM, Shelf

place = Shelf(Path(sys.argv[1]))
if sys.argv[2] == "remove":
    place.ingest.remove("storm")
else:
    changed = {"storm": "Weather", "copy": "Zeppelins"}
    place.add(*(Article(id=name, title=title, text=STORM.text) for name, title in changed.items()))
"""


@pytest.mark.parametrize(
    ("work", "point", "next_write"),
    [
        *(("add", "ingest.batch.committed", next_write) for next_write in ("add", "add nothing", "remove", "rebuild")),
        ("add", "ingest.title.encoded", "add"),
        ("remove", "ingest.removal.committed", "add"),
        ("remove", "ingest.removal.checkpointed", "remove"),
        ("remove", "ingest.title.encoded", "rebuild"),
    ],
)
def test_a_title_that_a_killed_program_left_behind_is_mended(
    shelf: OpenShelf, work: str, point: str, next_write: str
) -> None:
    place = shelf()
    place.add(STORM, Article(id="copy", title="Zeppelins", text=STORM.text), HARBOUR)
    if work == "add":
        place.add(Article(id="copy", title=STORM.title, text=STORM.text))
    program = start(CHANGE, place.folder, work, ARTICLEQA_KILL_AT=point)
    program.communicate(timeout=60)
    assert program.returncode == -signal.SIGKILL
    with place.library.reading() as snapshot:
        assert len(snapshot.stale_titles()) == 1
    match next_write:
        case "add":
            place.add(UNION)
        case "add nothing":
            place.add()
        case "remove":
            place.ingest.remove("harbour")
        case "rebuild":
            place.ingest.rebuild()
    with place.library.reading() as snapshot:
        assert snapshot.stale_titles() == []
    assert ids(place.lexical("weather zeppelins")) == {"storm" if work == "add" else "copy"}
    assert ids(place.lexical("after")) == set()
    place.check()


def test_a_title_that_comes_back_is_not_mended(shelf: OpenShelf) -> None:
    encoder = HashingEncoder()
    place = shelf(encoder=encoder)
    place.add(STORM, Article(id="copy", title="Zeppelins", text=STORM.text))
    with place.library.writing() as writer:
        writer.remove("storm")
    with place.library.reading() as snapshot:
        assert len(snapshot.stale_titles()) == 1
    encoder.encoded.clear()
    place.add(STORM)
    with place.library.reading() as snapshot:
        assert snapshot.stale_titles() == []
    assert encoder.encoded == []
    place.check()


def test_a_title_that_was_left_behind_before_anybody_took_note_of_it_is_mended(shelf: OpenShelf) -> None:
    """A library of the schema before."""
    place = shelf()
    place.add(STORM, HARBOUR)
    place.close()
    run_sql(place.folder, "DROP TABLE stale_titles")
    run_sql(place.folder, "UPDATE revisions SET title = 'Zeppelins' WHERE article = 1")
    run_sql(place.folder, "PRAGMA user_version = 6")
    place = shelf()
    place.add(UNION)
    assert ids(place.lexical("zeppelins")) == {"storm"}
    place.check()
