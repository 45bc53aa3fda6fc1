"""The truth: what is stored, revised and removed, and who sees it when."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from articleqa.library import Library, NewPassage, Stored, article_id
from articleqa.library import library as library_module
from articleqa.library.library import FILE_NAME
from articleqa.library.migrations import MIGRATIONS
from articleqa.types import Article, ArticleNotFound, ArticleRecord, Filters, LibraryBusy, LibraryError
from conftest import OpenShelf
from shelves import HARBOUR, STORM, UNION, ids

# The file


def test_a_new_library_is_empty_and_keeps_what_comes(tmp_path: Path) -> None:
    library = Library(tmp_path / "deep" / "index")
    with library.reading() as snapshot:
        assert snapshot.generation() is None
        assert snapshot.records() == []
        assert snapshot.article_count() == 0
        assert snapshot.change == 0
    library.close()
    assert (tmp_path / "deep" / "index" / FILE_NAME).stat().st_size > 0


def test_everything_survives_closing(shelf: OpenShelf) -> None:
    first = shelf()
    first.add(HARBOUR, STORM)
    before = first.records()
    first.close()
    second = shelf()
    assert second.records() == before
    assert second.article("harbour").text == HARBOUR.text
    assert ids(second.lexical("mayor")) == {"harbour"}
    second.check()


def test_a_file_of_a_newer_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    Library(tmp_path).close()
    with apsw.Connection(str(tmp_path / FILE_NAME)) as connection:
        connection.pragma("user_version", len(MIGRATIONS) + 1)
    connection.close()
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(LibraryError, match=r"newer Article QA .*pip install --upgrade articleqa") as refusal:
        Library(tmp_path)
    assert "\n" not in str(refusal.value)
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_a_further_step_is_taken_once_and_keeps_the_articles(shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    first = shelf()
    first.add(HARBOUR)
    first.close()
    taken = []

    def step(connection: apsw.Connection) -> None:
        taken.append(1)
        connection.execute("ALTER TABLE articles ADD COLUMN note TEXT").fetchall()

    _with_steps(monkeypatch, (*MIGRATIONS, step))
    for _ in range(2):
        opened = shelf()
        assert opened.article("harbour").text == HARBOUR.text
        opened.close()
    assert taken == [1]


def test_a_step_that_fails_changes_nothing(shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    first = shelf()
    first.add(HARBOUR)
    first.close()

    def step(connection: apsw.Connection) -> None:
        connection.execute("DROP TABLE vectors").fetchall()
        raise apsw.FullError("no room")

    with monkeypatch.context() as patch:
        _with_steps(patch, (*MIGRATIONS, step))
        with pytest.raises(LibraryError, match="the disk is full"):
            shelf()
    shelf().check()


def _with_steps(monkeypatch: pytest.MonkeyPatch, steps: tuple[Callable[[apsw.Connection], None], ...]) -> None:
    monkeypatch.setattr("articleqa.library.migrations.MIGRATIONS", steps)
    monkeypatch.setattr(library_module, "MIGRATIONS", steps)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryError, match=r"the index folder .*file.* cannot be made .*: choose another"):
        Library(tmp_path / "file")
    with pytest.raises(LibraryError, match="cannot be made"):
        Library(tmp_path / "file" / "below")


def test_a_closed_library_says_so(tmp_path: Path) -> None:
    library = Library(tmp_path)
    library.close()
    with pytest.raises(LibraryError, match="the library is closed"), library.reading():
        pass


# What becomes of an article


def test_added_unchanged_updated_copied_and_removed(shelf: OpenShelf) -> None:
    place = shelf()
    assert [record.id for record in place.add(HARBOUR, STORM).added] == ["harbour", "storm"]
    assert [record.id for record in place.add(HARBOUR).unchanged] == ["harbour"]

    changed = Article(id="harbour", title="Fees fall", text="The harbour of Velmora lowers its fees.")
    (record,) = place.add(changed).updated
    assert (record.revision, record.title, record.source) == (2, "Fees fall", None)

    (record,) = place.add(Article(id="wire", title="Storm damage", text=STORM.text)).copies
    assert (record.revision, record.also_in) == (1, ("storm",))

    place.ingest.remove("storm")
    assert [(record.id, record.also_in) for record in place.records()] == [("harbour", ()), ("wire", ())]
    with pytest.raises(ArticleNotFound, match=r"there is no article 'storm': `articleqa list` shows"):
        place.article("storm")
    with pytest.raises(ArticleNotFound):
        place.ingest.remove("storm")
    place.check()


def test_all_that_an_article_says_of_itself_comes_back(shelf: OpenShelf) -> None:
    article = Article(
        id="all/ä #1",
        title="Everything",
        text="Eins \U0001f600 zwei.\fDrei\nvier.",
        origin="file:///tmp/everything.pdf",
        url="https://courier.example/everything",
        source="Courier",
        author="M. Ostrand",
        published="2024-11-07T09:30:00Z",
        language="de",
        pages=(0, 12),
    )
    place = shelf()
    place.add(article)
    stored = place.article("all/ä #1")
    assert stored == Article(
        **{name: getattr(article, name) for name in Article.__slots__ if name != "revision"}, revision=1
    )
    (passage,) = place.lexical("vier")
    assert (passage.page_of(0), passage.page_of(11), passage.page_of(12)) == (1, 1, 2)
    (record,) = place.records()
    assert isinstance(record, ArticleRecord)
    assert (record.characters, record.passages, record.language) == (len(article.text), 1, "de")


def test_only_what_is_said_about_an_article_changed(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    numbers = [passage.id for passage in place.passages()]
    updated = place.add(Article(id="harbour", title="Fees rise", text=HARBOUR.text, source="Gazette"))
    assert [(record.revision, record.source) for record in updated.updated] == [(1, "Gazette")]
    assert [passage.id for passage in place.passages()] == numbers
    place.check()


def test_an_article_is_known_by_its_origin_unless_it_has_an_id(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(Article(title="One", text="First text.", origin="https://courier.example/1"))
    report = place.add(Article(title="One", text="Second text.", origin="https://courier.example/1"))
    assert [record.id for record in report.updated] == [article_id("https://courier.example/1")]
    assert [record.origin for record in place.records()] == ["https://courier.example/1"]


def test_revisions_stay_until_they_are_pruned(shelf: OpenShelf) -> None:
    place = shelf()
    for text in ("First text.", "Second text.", "Third text."):
        place.add(Article(id="a", title="A", text=text))
    assert [place.article("a", revision).text for revision in (1, 2, 3)] == [
        "First text.",
        "Second text.",
        "Third text.",
    ]
    assert place.article("a").revision == 3
    assert ids(place.lexical("first second")) == set()
    with place.library.writing() as writer:
        assert writer.prune_revisions() == 2
        assert writer.prune_revisions() == 0
    assert place.article("a").text == "Third text."
    with pytest.raises(ArticleNotFound, match=r"revision 1 of 'a' is not kept; the current one is 3"):
        place.article("a", 1)
    place.check()


def test_a_text_that_comes_back_is_a_revision_of_its_own(shelf: OpenShelf) -> None:
    place = shelf()
    for text in ("Here.", "There.", "Here."):
        place.add(Article(id="a", title="A", text=text))
    assert place.article("a").revision == 3
    assert [passage.text for passage in place.lexical("here there")] == ["Here."]
    place.check()


def test_passage_numbers_are_never_given_twice(shelf: OpenShelf) -> None:
    place = shelf()
    seen: set[int] = set()
    for number in range(4):
        place.add(Article(id="a", title="A", text=f"Text number {number}."))
        (passage,) = place.passages()
        assert passage.id > max(seen, default=0)
        seen.add(passage.id)
        if number == 1:
            place.ingest.remove("a")
        if number == 2:
            place.ingest.rebuild()
            (passage,) = place.passages()
            assert passage.id not in seen
            seen.add(passage.id)


def test_copies_are_shown_once_with_the_others_listed(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(STORM, Article(id="copy", title="Copy", text=STORM.text, source="Gazette"), HARBOUR)
    (passage,) = place.lexical("breakwater")
    assert (passage.article.id, passage.also_in) == ("storm", ("copy",))
    (passage,) = place.lexical("breakwater", filters=Filters(source="Gazette"))
    assert (passage.article.id, passage.also_in) == ("copy", ("storm",))
    assert {record.id: record.also_in for record in place.records()} == {
        "storm": ("copy",),
        "copy": ("storm",),
        "harbour": (),
    }
    place.ingest.remove("storm")
    (passage,) = place.lexical("breakwater")
    assert (passage.article.id, passage.also_in) == ("copy", ())
    place.check()


def test_a_text_of_two_articles_stays_when_one_of_them_changes(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(STORM, Article(id="copy", title="Copy", text=STORM.text))
    place.add(Article(id="storm", title="After the storm", text="All is well again."))
    (passage,) = place.lexical("breakwater")
    assert (passage.article.id, passage.also_in) == ("copy", ())
    place.check()


def test_an_undone_transaction_leaves_nothing_behind(shelf: OpenShelf) -> None:
    """Row numbers of what was undone are given to others, so that no memory of it may stay."""
    place = shelf()
    place.add(HARBOUR)
    with place.library.reading() as snapshot:
        generation = snapshot.generation()
    assert generation is not None
    vector = place.encoder.encode_query("x").tobytes()
    undone = Article(id="undone", title="Undone", text="This was never said.", origin="o")
    with suppress(ZeroDivisionError), place.library.writing() as writer:
        assert writer.put(undone, [NewPassage(0, 20, b"x", vector)], generation.id) is Stored.ADDED
        assert writer.article("undone").text == undone.text
        raise ZeroDivisionError
    place.add(STORM)
    assert place.article("storm").text == STORM.text
    assert [passage.text for passage in place.lexical("breakwater")] == [STORM.text]
    with pytest.raises(ArticleNotFound):
        place.article("undone")
    place.check()


def test_lists_can_be_paged_and_begin_with_the_newest(shelf: OpenShelf) -> None:
    place = shelf()
    for number in range(5):
        place.add(Article(id=str(number), title=f"Title {number}", text=f"Text {number}."))
    with place.library.reading() as snapshot:
        assert [record.id for record in snapshot.records(limit=2, offset=1)] == ["1", "2"]
        assert [record.id for record in snapshot.records(offset=4)] == ["4"]
        assert snapshot.records(limit=0) == []
        assert [record.id for record in snapshot.newest(limit=2)] == ["4", "3"]


# Readers and writers


def test_readers_see_the_old_state_while_a_writer_writes(shelf: OpenShelf) -> None:
    place = shelf(busy_timeout=0)
    place.add(HARBOUR)
    with place.library.reading() as before:
        assert before.article_count() == 1
        with place.library.writing() as writer:
            writer.remove("harbour")
            assert writer.article_count() == 0
            assert before.article_count() == 1
            with place.library.reading() as during:
                assert during.article("harbour").text == HARBOUR.text
            assert ids(place.lexical("mayor")) == {"harbour"}
        # What was begun before goes on seeing what it saw.
        assert before.article("harbour").text == HARBOUR.text
    with place.library.reading() as after:
        assert after.article_count() == 0


def test_a_second_writer_is_refused_when_it_has_waited(shelf: OpenShelf) -> None:
    first, second = shelf(), shelf(busy_timeout=0.05)
    with first.library.writing():
        with pytest.raises(
            LibraryBusy, match=r"^this program itself \(since .*\) is writing to .*waited 0.05 s.*try again"
        ) as busy:
            second.add(HARBOUR)
        assert "\n" not in str(busy.value)
        same = Library(first.folder, busy_timeout=0.05)
        with pytest.raises(LibraryBusy), same.writing():
            pass
        same.close()
    assert [record.id for record in second.add(HARBOUR).added] == ["harbour"]


def test_a_second_thread_of_the_same_library_is_refused_when_it_has_waited(tmp_path: Path) -> None:
    library = Library(tmp_path, busy_timeout=0.05)
    outcome: list[BaseException] = []

    def write() -> None:
        try:
            with library.writing():
                pass
        except LibraryBusy as error:
            outcome.append(error)

    with library.writing():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(outcome) == 1
    library.close()


def test_a_second_writer_waits_for_its_turn(shelf: OpenShelf) -> None:
    first, second = shelf(), shelf()
    first.add(UNION)
    entered = threading.Event()
    reports = []

    def write() -> None:
        entered.set()
        reports.append(second.add(HARBOUR))

    with first.library.writing() as writer:
        thread = threading.Thread(target=write)
        thread.start()
        entered.wait()
        writer.remove("union")
    thread.join()
    assert [record.id for record in reports[0].added] == ["harbour"]
    assert [record.id for record in first.records()] == ["harbour"]
    first.check()


def test_many_threads_read_while_one_writes(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    stop = threading.Event()
    failures: list[BaseException] = []
    rounds = [0] * 3

    def read(number: int) -> None:
        try:
            while not stop.is_set() or rounds[number] == 0:
                found = place.lexical("harbour") + place.dense("harbour")
                for passage in found:
                    assert passage.text in place.article(passage.article.id).text
                rounds[number] += 1
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(len(rounds))]
    for thread in threads:
        thread.start()
    for number in range(30):
        place.add(Article(id=f"{number}", title="Harbour", text=f"Harbour report {number}."))
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert all(rounds)
    assert len(place.lexical("harbour")) == 31
    place.check()
