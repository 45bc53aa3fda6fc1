"""One file that holds the whole library, is what it says, and can be put back."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from random import Random

import apsw
import pytest

from articleqa.library import FILE_NAME, Library, export_library, import_library, set_aside
from articleqa.types import (
    Article,
    ArticleNotFound,
    IndexMismatch,
    InvalidInput,
    LibraryBusy,
    LibraryDamaged,
    LibraryError,
    Progress,
)
from conftest import OpenShelf
from encoders import HashingEncoder
from programs import finish, start
from shelves import HARBOUR, STORM, UNION, Shelf, crowd, ids, run_sql


def exported(place: Shelf, name: str = "backup.articleqa") -> Path:
    """The library in one file, beside its folder."""
    path = place.folder.parent / name
    export_library(place.library, path)
    return path


def leftovers(folder: Path) -> list[str]:
    """Files that nobody needs any more."""
    return [path.name for path in folder.iterdir() if "draft" in path.name]


# There and back


def test_what_was_exported_comes_back_as_it_was(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR, STORM, *crowd(20), Article(id="copy", title="Copy", text=STORM.text))
    place.add(Article(id="report-3", title="Report 3", text="It was changed."))
    place.ingest.remove("report-4")
    path = place.folder.parent / "backup.articleqa"
    report = export_library(place.library, path)
    with place.library.reading() as snapshot:
        passages = snapshot.passage_count(1)
    assert (report.path, report.articles, report.passages) == (str(path), 22, passages)
    assert (report.bytes, report.seconds > 0) == (path.stat().st_size, True)
    other = shelf("other")
    imported = import_library(other.library, path)
    assert (imported.articles, imported.passages, imported.sha256) == (22, passages, report.sha256)
    assert other.records() == place.records()
    assert other.article("report-3", 1).text == place.article("report-3", 1).text
    assert [passage.id for passage in other.passages()] == [passage.id for passage in place.passages()]
    assert ids(other.dense("storm", limit=1)) == ids(other.lexical("breakwater")) == {"storm"}
    other.check()
    other.add(UNION)
    other.ingest.remove("harbour")
    other.check()
    assert leftovers(place.folder.parent) == leftovers(other.folder) == []


def test_the_last_line_says_what_the_rest_has_to_be(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    path = place.folder.parent / "backup"
    report = export_library(place.library, path)
    content = path.read_bytes()
    line = f"articleqa-export 1 sha256:{report.sha256}\n".encode()
    assert content.endswith(line)
    assert hashlib.sha256(content.removesuffix(line)).hexdigest() == report.sha256


def test_any_sqlite_can_read_an_export(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    connection = apsw.Connection(str(exported(place)), flags=apsw.SQLITE_OPEN_READONLY)
    assert connection.execute("SELECT text FROM texts").fetchall() == [(HARBOUR.text,)]
    assert connection.pragma("integrity_check") == "ok"
    connection.close()


def test_nothing_that_was_removed_is_in_an_export(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR, STORM)
    with place.library.reading() as snapshot:
        snapshot.article_count()
        # While it is read, it stays in the log of the library.
        place.ingest.remove("storm")
        content = exported(place).read_bytes()
    assert b"raises its fees" in content
    assert b"reakwater" not in content


def test_an_export_of_nothing_is_an_empty_library(shelf: OpenShelf) -> None:
    path = exported(shelf())
    other = shelf("other")
    assert import_library(other.library, path).articles == 0
    other.add(HARBOUR)
    other.check()


def test_the_way_back_to_an_earlier_generation_is_exported_too(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    place.ingest.rebuild()
    other = shelf("other")
    import_library(other.library, exported(place))
    assert other.ingest.rollback().generation == 1
    other.check()


def test_progress_reaches_its_end(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*crowd(200))
    path = place.folder.parent / "backup"
    for work, stages in (
        (lambda told: export_library(place.library, path, progress=told), ["copy", "verify"]),
        (lambda told: import_library(shelf("other").library, path, progress=told), ["copy", "verify", "replace"]),
    ):
        events: list[Progress] = []
        work(events.append)
        assert list(dict.fromkeys(event.stage for event in events)) == stages
        for stage in stages:
            told = [event for event in events if event.stage == stage]
            assert [event.done for event in told] == sorted(event.done for event in told)
            assert all(event.total is not None and event.done <= event.total for event in told)
            assert told[-1].done == told[-1].total


# While others write and read

WRITE = """
import sys
from pathlib import Path
from articleqa.types import Article
from shelves import Shelf

shelf = Shelf(Path(sys.argv[1]))
for number in range(100_000):
    # Always two together: a view that shows one of them shows both.
    shelf.add(*(Article(id=f"{half}-{number}", title=half, text=f"{half} half of {number}. " * 30) for half in "ab"))
    print(number, flush=True)
"""


def test_an_export_is_of_one_moment_while_another_program_writes(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    program = start(WRITE, place.folder)
    assert program.stdout is not None
    paths = []
    for attempt in range(4):
        acknowledged = program.stdout.readline()
        paths.append(exported(place, f"backup-{attempt}"))
        assert acknowledged
    program.kill()
    program.communicate(timeout=60)
    sizes = []
    for attempt, path in enumerate(paths):
        other = shelf(f"other-{attempt}")
        import_library(other.library, path)
        numbers = [record.id.partition("-") for record in other.records() if record.id != "harbour"]
        assert {n for half, _, n in numbers if half == "a"} == {n for half, _, n in numbers if half == "b"}
        sizes.append(len(numbers))
        assert len(numbers) >= 2 * attempt
        other.check()
    assert sizes == sorted(sizes)


def test_whoever_reads_sees_the_old_library_and_then_the_new_one(shelf: OpenShelf) -> None:
    place, same = shelf(), shelf()
    place.add(*crowd(30))
    path = exported(place)
    place.add(HARBOUR, STORM)
    place.ingest.remove("report-1")
    assert "harbour" in ids(same.dense("mayor"))
    with same.library.reading() as snapshot:
        assert snapshot.article("harbour").text == HARBOUR.text
        import_library(place.library, path, replace=True)
        assert snapshot.article("harbour").text == HARBOUR.text
        assert snapshot.article_count() == 31
    for each in (place, same):
        assert [record.id for record in each.records()] == [f"report-{number}" for number in range(30)]
        assert ids(each.dense("harbour", limit=99)) == ids(each.lexical("harbour")) == set(ids(each.passages()))
        with pytest.raises(ArticleNotFound):
            each.article("harbour")
        each.check()
    # Numbers that were given out to what is not there any more are not given out again.
    with place.library.reading() as snapshot:
        assert snapshot.numbers_given()["passages"] == 33
    same.add(UNION)
    assert min(passage.id for passage in same.lexical("exemption")) > 33
    place.check()
    same.close()
    shelf().check()


def test_another_program_follows_an_import(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*crowd(5))
    path = exported(place)
    other = shelf("other")
    other.add(HARBOUR)
    code = "import sys; from articleqa.library import *; from pathlib import Path; "
    code += "import_library(Library(Path(sys.argv[1])), Path(sys.argv[2]), replace=True)"
    assert ids(other.dense("harbour")) == {"harbour"}
    finish(start(code, other.folder, path))
    assert len(ids(other.dense("harbour"))) == 5
    other.add(STORM)
    other.check()


def test_a_rebuild_and_an_import_wait_for_each_other(shelf: OpenShelf) -> None:
    place = shelf()
    path = exported(place)
    with place.library.claim("a rebuild or an import"), pytest.raises(LibraryBusy, match="is under way already"):
        import_library(place.library, path)


def test_an_import_waits_for_a_writer_so_long_and_no_longer(shelf: OpenShelf) -> None:
    place = shelf()
    path = exported(place)
    other = shelf("other", busy_timeout=0.05)
    with shelf("other").library.writing():
        with pytest.raises(LibraryBusy, match="is writing to"):
            import_library(other.library, path)
        assert leftovers(other.folder) == []
    import_library(other.library, path)


# Refusals


def test_articles_are_never_replaced_unasked(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(STORM)
    path = exported(place)
    other = shelf("other")
    other.add(HARBOUR)
    with pytest.raises(InvalidInput, match=r"holds 1 article: .*`articleqa import FILE --replace`"):
        import_library(other.library, path)
    assert [record.id for record in other.records()] == ["harbour"]
    import_library(other.library, path, replace=True)
    assert [record.id for record in other.records()] == ["storm"]
    other.check()


def test_an_article_that_comes_during_an_import_is_not_lost(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(STORM)
    path = exported(place)
    other, same = shelf("other"), shelf("other")

    def meanwhile(progress: Progress) -> None:
        if progress.stage == "verify" and not same.records():
            same.add(HARBOUR)

    with pytest.raises(InvalidInput, match="holds 1 article"):
        import_library(other.library, path, progress=meanwhile)
    assert [record.id for record in other.records()] == ["harbour"]
    other.check()


def test_only_an_export_is_replaced_by_an_export(shelf: OpenShelf, tmp_path: Path) -> None:
    place = shelf()
    place.add(HARBOUR)
    path = exported(place)
    place.add(STORM)
    assert export_library(place.library, path).articles == 2
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear all")
    for other in (letter, place.folder / FILE_NAME):
        before = other.read_bytes()
        with pytest.raises(InvalidInput, match="is there already and is no export: choose another name"):
            export_library(place.library, other)
        assert other.read_bytes() == before


def test_what_is_no_export_is_not_imported(shelf: OpenShelf, tmp_path: Path) -> None:
    place = shelf()
    place.add(HARBOUR)
    whole = exported(place).read_bytes()
    seal = len(whole) - whole.rindex(b"articleqa-export")
    other = shelf("other")
    for name, content in (
        ("empty", b""),
        ("cut", whole[:-5000]),
        ("unsealed", whole[:-seal]),
        ("longer", whole + b"x"),
        ("library", (place.folder / FILE_NAME).read_bytes()),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidInput, match="is no export, or was cut short"):
            import_library(other.library, tmp_path / name)
    with pytest.raises(LibraryError, match=r"nowhere cannot be read \(No such file or directory\)"):
        import_library(other.library, tmp_path / "nowhere")
    with pytest.raises(LibraryError, match="cannot be read"):
        import_library(other.library, tmp_path)
    (tmp_path / "newer").write_bytes(whole[:-seal] + whole[-seal:].replace(b"export 1", b"export 2"))
    with pytest.raises(LibraryError, match="exported by a newer Article QA: upgrade with pip install"):
        import_library(other.library, tmp_path / "newer")
    assert other.records() == []
    assert leftovers(other.folder) == []


def test_one_flipped_bit_anywhere_is_found(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR, *crowd(20))
    path = exported(place)
    whole = path.read_bytes()
    other = shelf("other")
    other.add(STORM)
    random = Random(5)
    for _ in range(40):
        flipped = bytearray(whole)
        flipped[random.randrange(len(whole))] ^= 1 << random.randrange(8)
        path.write_bytes(flipped)
        with pytest.raises((LibraryDamaged, InvalidInput), match=r"is damaged|is no export"):
            import_library(other.library, path, replace=True)
    assert [record.id for record in other.records()] == ["storm"]
    other.check()


def test_a_newer_library_is_not_imported(shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    place = shelf()
    place.add(HARBOUR)
    with monkeypatch.context() as patch:
        patch.setattr("articleqa.library.transfer._proven", lambda *arguments: (1, 2))
        place.close()
        run_sql(place.folder, "PRAGMA user_version = 99")
        patch.setattr("articleqa.library.library.MIGRATIONS", range(99))
        path = place.folder.parent / "newer"
        newer = Library(place.folder)
        export_library(newer, path)
        newer.close()
    other = shelf("other")
    with pytest.raises(LibraryError, match=r"schema 99, this one knows .*pip install --upgrade articleqa"):
        import_library(other.library, path)
    assert other.records() == []


def test_an_index_of_another_encoder_is_imported_and_named(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    other = shelf("other", encoder=HashingEncoder(name="new"))
    import_library(other.library, exported(place))
    with pytest.raises(IndexMismatch, match=r"built with hashing .* the encoder is now new: run `articleqa rebuild`"):
        other.add(STORM)
    other.ingest.rebuild()
    other.check()


# Damage


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ("UPDATE texts SET text = 'x' || text WHERE id = 1", r"1 article damaged \(harbour\): add them again"),
        ("UPDATE vectors SET vector = zeroblob(256) WHERE passage = 1", "1 vectors are damaged.*`articleqa rebuild`"),
        ("INSERT INTO words_1 (words_1) VALUES ('delete-all')", "the index is damaged .*`articleqa rebuild`"),
    ],
)
def test_what_is_damaged_is_not_exported_as_if_it_were_sound(shelf: OpenShelf, damage: str, reason: str) -> None:
    place = shelf()
    place.add(HARBOUR, STORM)
    path = exported(place)
    before = path.read_bytes()
    run_sql(place.folder, damage)
    with pytest.raises(LibraryDamaged, match=reason) as refusal:
        export_library(place.library, path)
    assert "\n" not in str(refusal.value)
    # The export of before is still there.
    assert path.read_bytes() == before
    assert leftovers(path.parent) == []


def test_an_import_takes_the_place_of_a_damaged_library(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR, *crowd(60))
    path = exported(place)
    place.library.checkpoint()
    place.close()
    file = place.folder / FILE_NAME
    content = bytearray(file.read_bytes())
    for page in range(4096 * 32, len(content), 4096):
        content[page : page + 200] = b"\xff" * 200
    file.write_bytes(content)
    damaged = shelf()
    with pytest.raises(LibraryDamaged, match="articleqa import FILE --replace"):
        damaged.records()
    import_library(damaged.library, path, replace=True)
    assert len(damaged.records()) == 61
    damaged.check()


def test_what_cannot_be_opened_is_set_aside(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    path = exported(place)
    place.close()
    (place.folder / FILE_NAME).write_bytes(b"no database at all " * 300)
    with pytest.raises(LibraryDamaged):
        Library(place.folder)
    aside = set_aside(place.folder)
    assert aside.read_bytes().startswith(b"no database at all")
    again = shelf()
    import_library(again.library, path)
    again.check()


# Moving


def test_a_folder_can_be_moved_to_another_place(shelf: OpenShelf, tmp_path: Path) -> None:
    place = shelf()
    place.add(HARBOUR, *crowd(600))
    place.ingest.rebuild()
    place.close()
    assert list(place.folder.glob("vectors-*.faiss"))
    moved = tmp_path / "elsewhere" / "index"
    moved.parent.mkdir()
    shutil.move(place.folder, moved)
    for path in moved.iterdir():
        assert str(place.folder).encode() not in path.read_bytes()
    again = shelf("elsewhere/index")
    assert ids(again.lexical("mayor")) == {"harbour"}
    again.check()
    again.add(STORM)
    again.ingest.rollback()
    again.check()
