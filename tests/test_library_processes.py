"""Several programs on one library, programs that are killed, and disks that are full or read-only."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import apsw
import pytest

from articleqa.library import Library
from articleqa.library.library import FILE_NAME
from articleqa.types import Article, LibraryError
from conftest import OpenShelf
from programs import finish, start
from shelves import HARBOUR, Shelf

ADD = """
import sys
from pathlib import Path
from articleqa.types import Article
from shelves import Shelf

folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
shelf = Shelf(folder)
for number in range(count):
    text = f"Report {number} of {name}.\\n\\n" + f"The harbour of {name}, part {number}. " * 40
    report = shelf.add(Article(id=f"{name}-{number}", title=f"Report of {name}", text=text))
    print(report.added[0].id, flush=True)
shelf.close()
"""


def test_programs_that_begin_and_fill_a_library_at_once_lose_nothing(shelf: OpenShelf, tmp_path: Path) -> None:
    programs = [start(ADD, tmp_path / "index", name, 12) for name in ("one", "two", "three")]
    acknowledged = {line for program in programs for line in finish(program)}
    place = shelf()
    assert {record.id for record in place.records()} == acknowledged
    assert len(acknowledged) == 36
    place.check()


def test_threads_that_make_a_library_at_once_all_open_it(tmp_path: Path) -> None:
    for attempt in range(15):
        folder = tmp_path / str(attempt)
        barrier = threading.Barrier(4)

        def make(folder: Path = folder, barrier: threading.Barrier = barrier) -> int:
            barrier.wait()
            library = Library(folder)
            with library.reading() as snapshot:
                count = snapshot.article_count()
            library.close()
            return count

        with ThreadPoolExecutor(4) as pool:
            assert [task.result() for task in [pool.submit(make) for _ in range(4)]] == [0] * 4


def test_a_program_sees_what_another_adds_and_removes(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    assert len(place.dense("harbour")) == 2
    finish(start(ADD, place.folder, "other", 2))
    assert {"other-0", "other-1"} <= {passage.article.id for passage in place.dense("harbour of other", limit=4)}
    finish(start("import sys; from shelves import *; Shelf(Path(sys.argv[1])).ingest.remove('other-0')", place.folder))
    assert "other-0" not in {passage.article.id for passage in place.dense("harbour of other")}
    place.check()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("lines", [0, 1, 3, 6, 12])
def test_a_program_that_is_killed_loses_nothing_that_it_acknowledged(shelf: OpenShelf, lines: int) -> None:
    place = shelf()
    place.add(HARBOUR)
    program = start(ADD, place.folder, "killed", 10_000)
    assert program.stdout is not None
    acknowledged = [program.stdout.readline().strip() for _ in range(lines)]
    # Somewhere within what it does next, and not always at the same place.
    time.sleep(0.004 * lines)
    program.kill()
    output, _ = program.communicate(timeout=60)
    acknowledged += output.split("\n")[:-1]
    again = shelf()
    stored = [record.id for record in again.records()]
    assert stored[: 1 + len(acknowledged)] == ["harbour", *acknowledged]
    # What was committed may not have been acknowledged yet.
    assert len(stored) <= 2 + len(acknowledged)
    again.check()
    place.check()
    again.add(Article(id="later", title="Later", text="It goes on."))
    again.check()


# Disks


class NarrowLibrary(Library):
    """A library on a disk with room for so many pages."""

    pages = 0

    def _connect(self) -> apsw.Connection:
        connection = super()._connect()
        if self.pages:
            connection.pragma("max_page_count", self.pages)
        return connection


def fill(place: Shelf, stored: list[str]) -> None:
    """Add articles until there is no room; ``stored`` takes their ids."""
    for number in range(500):
        place.add(Article(id=str(number), title="News", text=f"Report number {number}. " * 300))
        stored.append(str(number))


def test_a_full_disk_loses_nothing(shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shelves.Library", NarrowLibrary)
    shelf().add(HARBOUR)
    monkeypatch.setattr(NarrowLibrary, "pages", (shelf().folder / FILE_NAME).stat().st_size // 4096 + 100)
    place = shelf()
    stored = ["harbour"]
    with pytest.raises(LibraryError) as refusal:
        fill(place, stored)
    assert len(stored) > 4
    assert str(refusal.value) == f"the disk is full: make room beside {place.folder / FILE_NAME}; nothing was lost"
    assert [record.id for record in place.records()] == stored
    place.check()
    for number in range(3):
        place.ingest.remove(str(number))
    place.add(Article(id="small", title="News", text="There is room again."))
    place.check()


FILL = """
import resource, sys
from pathlib import Path
from articleqa.types import Article, LibraryError
from shelves import Shelf

shelf = Shelf(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))
try:
    for number in range(500):
        shelf.add(Article(id=str(number), title="News", text=f"Report number {number}. " * 200))
        print(number, flush=True)
except LibraryError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limits for files")
def test_a_file_that_may_not_grow_loses_nothing(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    *stored, message = finish(start(FILL, place.folder))
    assert str(place.folder / FILE_NAME) in message
    assert "check the folder's rights and the disk" in message or "the disk is full" in message
    assert len(stored) > 3
    assert [record.id for record in place.records()] == ["harbour", *stored]
    place.check()
    place.add(Article(id="later", title="Later", text="It goes on."))
    place.check()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of two megabytes, where one can be made."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]
        try:
            mounted = subprocess.run(command, check=False, capture_output=True, text=True)
        except OSError as error:
            pytest.skip(f"no disk can be mounted here: {error}")
        if mounted.returncode:
            pytest.skip(f"no disk can be mounted here: {mounted.stderr.strip()}")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_disk_that_is_really_full_loses_nothing(small_disk: Path) -> None:
    place = Shelf(small_disk / "index")
    stored: list[str] = []
    with pytest.raises(LibraryError) as refusal:
        fill(place, stored)
    assert str(place.library.path) in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert len(stored) > 3
    assert [record.id for record in place.records()] == stored
    place.close()
    place = Shelf(small_disk / "index")
    assert [record.id for record in place.records()] == stored
    place.close()


def test_a_disk_that_became_read_only_is_named_and_loses_nothing(small_disk: Path) -> None:
    place = Shelf(small_disk / "index")
    place.add(HARBOUR)
    place.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(LibraryError) as refusal:
        Shelf(small_disk / "index").add(Article(id="a", title="A", text="Text."))
    assert str(small_disk / "index" / FILE_NAME) in str(refusal.value)
    assert "check the folder's rights and the disk" in str(refusal.value)
    with pytest.raises(LibraryError, match=r"the index folder .* cannot be made \(Read-only file system\)"):
        Library(small_disk / "other")
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    place = Shelf(small_disk / "index")
    assert place.article("harbour").text == HARBOUR.text
    place.check()
    place.close()


READ_ONLY = """
import os, sys
from pathlib import Path
from articleqa.library import Library
from articleqa.types import LibraryError
import shelves, faiss

if os.geteuid() == 0:
    os.setuid(65534)
folder = Path(sys.argv[1])
for path in (folder / "index", folder / "other"):
    try:
        shelves.Shelf(path).add(shelves.HARBOUR)
        print("written")
    except LibraryError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has other rights")
def test_a_folder_of_somebody_else_is_refused_in_one_line() -> None:
    """As root, who may write everywhere, the program becomes nobody."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        place = Shelf(folder / "index")
        place.add(HARBOUR)
        place.close()
        for path in (*folder.rglob("*"), folder):
            path.chmod(0o555 if path.is_dir() else 0o444)
        try:
            first, second = finish(start(READ_ONLY, folder))
        finally:
            for path in (folder, *folder.rglob("*")):
                path.chmod(0o755)
        assert first.startswith(f"{folder / 'index' / FILE_NAME} cannot be used (")
        assert second.startswith(f"the index folder {folder / 'other'} cannot be made (Permission denied)")
        place = Shelf(folder / "index")
        place.check()
        place.close()
