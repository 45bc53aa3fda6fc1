"""Disks that are full, read-only or failing, and files that run out: one clear line, nothing lost, and on it goes."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import pytest

from articleqa.library import FILE_NAME, Library, export_library, import_library
from articleqa.types import Article, LibraryError
from conftest import OpenShelf
from encoders import HashingEncoder
from programs import finish, start
from shelves import HARBOUR, STORM, Shelf, crowd


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


class Disk:
    """A disk of a few megabytes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self) -> None:
        """Take the room that is left."""
        with (self.folder / "ballast").open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def make_room(self) -> None:
        (self.folder / "ballast").unlink()

    def remount(self, option: str) -> None:
        subprocess.run(["mount", "-o", f"remount,{option}", str(self.folder)], check=True)


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A disk, where one can be mounted; in CI it has to be possible."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder]
        try:
            mounted = subprocess.run(command, check=False, capture_output=True, text=True)
            fault = mounted.stderr.strip() if mounted.returncode else ""
        except OSError as error:
            fault = str(error)
        if fault and os.environ.get("CI"):
            pytest.fail(f"no disk can be mounted here: {fault}")
        if fault:
            pytest.skip(f"no disk can be mounted here: {fault}")
        try:
            yield Disk(Path(folder))
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def refused(work: Callable[[], object]) -> str:
    """The one line of what cannot be done."""
    with pytest.raises(LibraryError) as refusal:
        work()
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


# Full disks


def test_a_disk_that_is_really_full_loses_nothing(disk: Disk) -> None:
    place = Shelf(disk.folder / "index")
    stored: list[str] = []
    line = refused(lambda: fill(place, stored))
    assert line == f"the disk is full: make room beside {place.library.path}; nothing was lost"
    assert len(stored) > 3
    assert [record.id for record in place.records()] == stored
    place.close()
    place = Shelf(disk.folder / "index")
    assert [record.id for record in place.records()] == stored
    place.close()


@pytest.mark.parametrize("kept", [0, 200_000, 400_000])
def test_a_rebuild_that_found_the_disk_full_goes_on_when_there_is_room(disk: Disk, kept: int) -> None:
    place = Shelf(disk.folder / "index")
    place.add(*crowd(200), STORM)
    place.library.checkpoint()
    disk.fill()
    os.truncate(disk.folder / "ballast", (disk.folder / "ballast").stat().st_size - kept)
    place.encoder = HashingEncoder(revision="2")
    line = refused(place.ingest.rebuild)
    assert line == f"the disk is full: make room beside {place.library.path}; nothing was lost"
    place.encoder = HashingEncoder()
    assert len(place.dense("harbour", limit=500)) == 201
    disk.make_room()
    place.check()
    place.encoder = encoder = HashingEncoder(revision="2")
    report = place.ingest.rebuild()
    assert report.articles == 201
    assert report.resumed == (report.passages_encoded < 201)
    assert len(encoder.encoded) == report.passages_encoded
    place.check()
    place.close()


def test_an_export_to_a_full_disk_leaves_the_export_before(disk: Disk, shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*crowd(100))
    path = disk.folder / "backup"
    export_library(place.library, path)
    before = path.read_bytes()
    place.add(STORM)
    disk.fill()
    line = refused(lambda: export_library(place.library, path))
    assert line == f"the disk is full: make room beside {path}; nothing was lost"
    assert path.read_bytes() == before
    assert sorted(each.name for each in disk.folder.iterdir()) == ["backup", "ballast"]
    disk.make_room()
    assert export_library(place.library, path).articles == 101


@pytest.mark.parametrize("room", [0, 900_000, 1_500_000])
def test_an_import_to_a_full_disk_leaves_the_library(disk: Disk, shelf: OpenShelf, room: int) -> None:
    """Whether there is no room for the draft, or none for what is put in place."""
    place = shelf()
    place.add(*crowd(400))
    path = place.folder.parent / "backup"
    assert 500_000 < export_library(place.library, path).bytes < 850_000
    other = Shelf(disk.folder / "index")
    other.add(HARBOUR)
    other.library.checkpoint()
    disk.fill()
    os.truncate(disk.folder / "ballast", (disk.folder / "ballast").stat().st_size - room)
    line = refused(lambda: import_library(other.library, path, replace=True))
    assert line == f"the disk is full: make room beside {other.library.path}; nothing was lost"
    assert [record.id for record in other.records()] == ["harbour"]
    disk.make_room()
    other.check()
    assert import_library(other.library, path, replace=True).articles == 400
    other.check()
    other.close()


def test_an_article_that_was_removed_from_a_full_disk_is_removed(disk: Disk) -> None:
    """There may be no room to move the log into the file: that waits, and what was done is done."""
    place = Shelf(disk.folder / "index")
    place.add(*crowd(50), STORM)
    disk.fill()
    try:
        place.ingest.remove("storm")
    except LibraryError as error:
        assert str(error).startswith("the disk is full")  # noqa: PT017 there may be room in what was freed
        assert len(place.records()) == 51
    else:
        assert len(place.records()) == 50
    disk.make_room()
    place.check()
    place.close()


# Read-only disks


def test_nothing_is_written_to_a_read_only_disk(disk: Disk, shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR, *crowd(20))
    path = disk.folder / "backup"
    export_library(place.library, path)
    before = path.read_bytes()
    disk.remount("ro")
    line = refused(lambda: export_library(place.library, path))
    assert line == f"{path} cannot be used (Read-only file system): check the folder's rights and the disk"
    assert path.read_bytes() == before
    # What lies there can be read.
    other = shelf("other")
    assert import_library(other.library, path).articles == 21
    other.check()


def test_a_disk_that_became_read_only_is_named_and_loses_nothing(disk: Disk) -> None:
    place = Shelf(disk.folder / "index")
    place.add(HARBOUR)
    place.close()
    disk.remount("ro")
    with pytest.raises(LibraryError) as refusal:
        Shelf(disk.folder / "index").add(Article(id="a", title="A", text="Text."))
    assert str(disk.folder / "index" / FILE_NAME) in str(refusal.value)
    assert "check the folder's rights and the disk" in str(refusal.value)
    with pytest.raises(LibraryError, match=r"the index folder .* cannot be made \(Read-only file system\)"):
        Library(disk.folder / "other")
    disk.remount("rw")
    place = Shelf(disk.folder / "index")
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


# Files that run out

HANDLES = """
import os, resource, sys
from pathlib import Path
from articleqa.library import Library, export_library
from articleqa.types import LibraryError
from shelves import HARBOUR, STORM, Shelf, crowd

folder = Path(sys.argv[1])
place = Shelf(folder / "index")
place.add(HARBOUR, *crowd(20))
place.ingest.rebuild()
assert len(place.dense("harbour")) == 22
resource.setrlimit(resource.RLIMIT_NOFILE, (128, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
taken = []
try:
    while True:
        taken.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    pass
for _ in range(int(sys.argv[2])):
    os.close(taken.pop())
refused = 0
for work in (
    lambda: place.add(STORM),
    lambda: place.ingest.remove("report-1"),
    place.ingest.rebuild,
    lambda: export_library(place.library, folder / "backup"),
    lambda: place.dense("harbour"),
    lambda: Library(folder / "index").close(),
    lambda: Library(folder / "another").close(),
):
    try:
        work()
    except LibraryError as error:
        assert "(too many open files): end other programs, or allow more with `ulimit -n`" in str(error), error
        refused += 1
for descriptor in taken:
    os.close(descriptor)
held = {record.id for record in place.records()}
assert held - {"storm", "report-1"} == {"harbour", *(f"report-{n}" for n in range(20) if n != 1)}, held
place.check()
place.add(STORM)
place.ingest.rebuild()
place.check()
place.close()
print(refused)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limits for files")
@pytest.mark.parametrize("left", [0, 1, 2, 3, 4, 6])
def test_when_no_more_files_can_be_opened_nothing_is_lost(tmp_path: Path, left: int) -> None:
    (refusals,) = finish(start(HANDLES, tmp_path, left))
    assert int(refusals) >= (1 if left < 2 else 0)
