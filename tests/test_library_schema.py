"""A library of an older program is brought up to date and kept as it was; one of a newer program is refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from articleqa.library import FILE_NAME, Library, library, migrations
from articleqa.library.durable import sync_file
from articleqa.types import LibraryBusy, LibraryError
from conftest import OpenShelf
from file_systems import file_system
from programs import finish, start
from shelves import HARBOUR, STORM, Shelf, run_sql

NEWEST = len(migrations.MIGRATIONS)


def one_more(connection: apsw.Connection) -> None:
    """A change of the schema that is yet to come."""
    connection.execute("CREATE TABLE future (words TEXT)").fetchall()
    connection.execute("INSERT INTO future SELECT title FROM texts").fetchall()


@contextmanager
def steps(*more: object) -> Iterator[None]:
    """The program as it will be, with ``more`` steps."""
    with pytest.MonkeyPatch.context() as patch:
        every = (*migrations.MIGRATIONS, *more)
        patch.setattr(migrations, "MIGRATIONS", every)
        patch.setattr(library, "MIGRATIONS", every)
        yield


def filled(shelf: OpenShelf) -> Path:
    """A folder with a library in it that nobody uses."""
    place = shelf()
    place.add(HARBOUR, STORM)
    place.close()
    return place.folder


def schema(path: Path) -> tuple[int, set[str]]:
    """The version and the tables of a file."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    tables = {str(row[0]) for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    version = int(connection.pragma("user_version"))
    assert connection.pragma("integrity_check") == "ok"
    connection.close()
    return version, tables


def copies(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if ".before-" in path.name or "draft" in path.name)


def test_the_library_is_kept_as_it_was_before(shelf: OpenShelf) -> None:
    folder = filled(shelf)
    before = schema(folder / FILE_NAME)
    with steps(one_more):
        place = shelf()
        assert [record.id for record in place.records()] == ["harbour", "storm"]
        place.add(HARBOUR)
        place.check()
        place.close()
        assert schema(folder / FILE_NAME) == (NEWEST + 1, before[1] | {"future"})
    assert copies(folder) == [f"{FILE_NAME}.before-{NEWEST + 1}"]
    assert schema(folder / f"{FILE_NAME}.before-{NEWEST + 1}") == before
    # Put back, it is the library of before, whole.
    for name in (FILE_NAME, f"{FILE_NAME}-wal", f"{FILE_NAME}-shm"):
        (folder / name).unlink(missing_ok=True)
    shutil.move(folder / f"{FILE_NAME}.before-{NEWEST + 1}", folder / FILE_NAME)
    place = shelf()
    place.check()
    assert place.article("storm").text == STORM.text


def test_of_the_copies_the_last_is_kept(shelf: OpenShelf) -> None:
    folder = filled(shelf)
    with steps(one_more):
        shelf().close()
    with steps(one_more, lambda connection: None):
        shelf().close()
    assert copies(folder) == [f"{FILE_NAME}.before-{NEWEST + 2}"]
    assert schema(folder / copies(folder)[0])[0] == NEWEST + 1


def test_a_new_library_needs_no_copy(shelf: OpenShelf) -> None:
    assert copies(shelf().folder) == []


def test_a_step_that_fails_changes_nothing(shelf: OpenShelf) -> None:
    folder = filled(shelf)
    before = schema(folder / FILE_NAME)

    def fails(connection: apsw.Connection) -> None:
        connection.execute("DROP TABLE vectors").fetchall()
        raise KeyboardInterrupt

    with steps(one_more, fails), pytest.raises(KeyboardInterrupt):
        shelf()
    assert schema(folder / FILE_NAME) == before
    shelf().check()


KILLED = """
import sys
from pathlib import Path
from articleqa.library import library, migrations
from shelves import Shelf
from test_library_schema import one_more

library.MIGRATIONS = migrations.MIGRATIONS = (*migrations.MIGRATIONS, one_more, one_more)
Shelf(Path(sys.argv[1]))
"""


@pytest.mark.parametrize("point", ["library.migration.copied", "library.migration.stepped"])
def test_a_program_that_is_killed_while_it_brings_a_library_up_to_date(shelf: OpenShelf, point: str) -> None:
    folder = filled(shelf)
    before = schema(folder / FILE_NAME)
    program = start(KILLED, folder, ARTICLEQA_KILL_AT=point)
    program.communicate(timeout=60)
    assert program.returncode < 0
    assert schema(folder / FILE_NAME) == before
    place = shelf()
    place.check()
    assert len(place.records()) == 2


def test_programs_that_bring_a_library_up_to_date_at_once_do_it_once(shelf: OpenShelf) -> None:
    folder = filled(shelf)
    code = KILLED.replace(", one_more, one_more)", ", one_more)")
    for program in [start(code, folder) for _ in range(3)]:
        finish(program)
    assert schema(folder / FILE_NAME)[0] == NEWEST + 1
    assert schema(folder / copies(folder)[0])[0] == NEWEST


def test_it_waits_for_a_writer_so_long_and_no_longer(shelf: OpenShelf) -> None:
    filled(shelf)
    old = shelf()
    with old.library.writing(), steps(one_more), pytest.raises(LibraryBusy):
        shelf(busy_timeout=0.05)


def test_without_room_for_the_copy_nothing_changes(shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = filled(shelf)
    before = schema(folder / FILE_NAME)

    def full(path: Path) -> None:
        sync_file(path)
        raise apsw.FullError("database or disk is full")

    with steps(one_more), monkeypatch.context() as patch:
        patch.setattr("articleqa.library.copies.sync_file", full)
        with pytest.raises(LibraryError, match=r"^the disk is full: make room beside .*; nothing was lost$") as refusal:
            shelf()
    assert "\n" not in str(refusal.value)
    assert schema(folder / FILE_NAME) == before
    assert copies(folder) == []
    shelf().check()


# Newer


def test_a_newer_library_is_refused_with_what_to_do(shelf: OpenShelf) -> None:
    folder = filled(shelf)
    with steps(one_more):
        shelf().close()
    content = (folder / FILE_NAME).read_bytes()
    with pytest.raises(LibraryError) as refusal:
        Library(folder)
    assert str(refusal.value) == (
        f"the library was written by a newer Article QA (schema {NEWEST + 1}, this one knows {NEWEST}): upgrade with "
        f"pip install --upgrade articleqa, or put {folder / FILE_NAME}.before-{NEWEST + 1} in its place, which is the "
        "library as it was before"
    )
    assert (folder / FILE_NAME).read_bytes() == content
    (folder / f"{FILE_NAME}.before-{NEWEST + 1}").unlink()
    with pytest.raises(LibraryError, match=r"pip install --upgrade articleqa$"):
        Library(folder)


def test_a_program_that_is_open_notices_a_newer_one(shelf: OpenShelf) -> None:
    filled(shelf)
    place: Shelf = shelf()
    assert len(place.records()) == 2
    with steps(one_more):
        shelf().add(HARBOUR)
    for use in (place.records, lambda: place.add(STORM), lambda: place.ingest.remove("storm")):
        with pytest.raises(LibraryError, match=r"written by a newer Article QA .*pip install --upgrade articleqa"):
            use()


def test_an_older_file_under_an_open_program_is_noticed(shelf: OpenShelf) -> None:
    filled(shelf)
    place = shelf()
    assert len(place.records()) == 2
    run_sql(place.folder, f"PRAGMA user_version = {NEWEST - 1}")
    with pytest.raises(
        LibraryError, match=r"an older library was put in the place of .*: end this program and begin anew"
    ):
        place.records()


# What is set


def test_what_is_acknowledged_is_on_the_disk(shelf: OpenShelf) -> None:
    """SQLite waits for the disk before it says that a transaction is done, and before it gives up the log."""
    place = shelf()
    with place.library.connected() as connection:
        assert connection.pragma("journal_mode") == "wal"
        assert connection.pragma("synchronous") == 2
        assert connection.pragma("fullfsync") == 1
        assert connection.pragma("checkpoint_fullfsync") == 1
        assert connection.pragma("secure_delete") == 1
        assert connection.pragma("foreign_keys") == 1


def test_the_log_is_synced_before_an_article_is_acknowledged(tmp_path: Path) -> None:
    with file_system() as calls:
        place = Shelf(tmp_path)
        for change in (lambda: place.add(HARBOUR), lambda: place.add(STORM), lambda: place.ingest.remove("storm")):
            calls.clear()
            change()
            assert ("write", "log") in calls
            assert [what for what, file in calls if file == "log" and what != "read"][-1] == "sync"
        place.close()
