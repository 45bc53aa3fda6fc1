"""Who holds a lock is said, at once and rightly, by whoever does; nobody waits longer than was asked for."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import apsw
import pytest

from articleqa.library import FILE_NAME, Library
from articleqa.library.holder import Claim, Holder, Record, holder_of, program
from articleqa.types import Article, LibraryBusy, LibraryError
from conftest import OpenShelf
from programs import finish, start
from shelves import HARBOUR

WRITING = """
import sys
from pathlib import Path
from articleqa.library import Library

sys.argv = sys.argv[2:]
library = Library(Path(sys.argv[-1]))
with library.writing() as writer:
    print("writing", flush=True)
    sys.stdin.readline()
print("done", flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["/usr/bin/articleqa", "--verbose", "watch", "articles"], "articleqa watch"),
        (["/somewhere/articleqa/__main__.py", "serve"], "articleqa serve"),
        (["/somewhere/app.py"], "app.py"),
        (["-c"], "python"),
    ],
)
def test_a_second_program_says_who_writes_and_since_when(shelf: OpenShelf, arguments: list[str], name: str) -> None:
    place = shelf(busy_timeout=0.2)
    place.add(HARBOUR)
    other = start(WRITING, "-", *arguments, place.folder)
    assert other.stdin is not None
    assert other.stdout is not None
    assert other.stdout.readline() == "writing\n"
    since = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    who = rf"^{name} \(process {other.pid}, since {since}\) is writing to .* \(waited 0.2 s\): try again"
    with pytest.raises(LibraryBusy, match=who) as refusal:
        place.add(Article(id="a", title="A", text="Text."))
    assert "\n" not in str(refusal.value)
    # Readers do not wait, neither for the lock nor to learn of it.
    assert [record.id for record in place.records()] == ["harbour"]
    other.stdin.write("\n")
    other.stdin.flush()
    assert other.stdout.readline() == "done\n"
    place.add(Article(id="a", title="A", text="Text."))
    finish(other)


def test_a_killed_writer_is_not_named(shelf: OpenShelf) -> None:
    place = shelf(busy_timeout=0.05)
    place.add(HARBOUR)
    other = start(WRITING, "-", "/usr/bin/articleqa", "add", place.folder)
    assert other.stdout is not None
    assert other.stdout.readline() == "writing\n"
    other.kill()
    other.communicate(timeout=60)
    # What holds the lock now says nothing of itself.
    stranger = apsw.Connection(str(place.folder / FILE_NAME))
    stranger.execute("BEGIN IMMEDIATE").fetchall()
    with pytest.raises(LibraryBusy, match=r"^another program is writing to"):
        place.ingest.remove("harbour")
    stranger.execute("ROLLBACK").fetchall()
    stranger.close()
    place.ingest.remove("harbour")


def test_a_writer_that_is_done_is_not_named(shelf: OpenShelf) -> None:
    place = shelf(busy_timeout=0.05)
    place.add(HARBOUR)
    with pytest.raises(ZeroDivisionError), place.library.writing():
        raise ZeroDivisionError
    assert holder_of(place.folder / f"{FILE_NAME}.writer") is None
    stranger = apsw.Connection(str(place.folder / FILE_NAME))
    stranger.execute("BEGIN IMMEDIATE").fetchall()
    with pytest.raises(LibraryBusy, match=r"^another program is writing to"):
        place.ingest.remove("harbour")
    stranger.execute("ROLLBACK").fetchall()
    stranger.close()


def test_a_thread_that_waits_for_another_waits_no_longer_than_was_asked(tmp_path: Path) -> None:
    """Waiting for the thread and then for the file is one time of waiting."""
    library = Library(tmp_path, busy_timeout=0.3)
    stranger = apsw.Connection(str(library.path))
    stranger.execute("BEGIN IMMEDIATE").fetchall()
    with library._alone() as deadline:
        assert deadline <= time.monotonic() + 0.3
    with pytest.raises(LibraryBusy), library.writing():
        pass
    stranger.close()
    library.close()


# Records


def record_of(path: Path, **changes: object) -> Path:
    """A record as another program would leave it."""
    holder = {"program": "articleqa add", "process": os.getpid(), "host": platform.node(), "since": 0.0, **changes}
    path.write_text(json.dumps(holder).ljust(512), "utf-8")
    return path


def test_a_record_is_of_a_program_that_runs(tmp_path: Path) -> None:
    path = tmp_path / "record"
    assert holder_of(path) is None
    assert str(holder_of(record_of(path))).startswith("this program itself (since 19")
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert holder_of(record_of(path, process=ended.pid)) is None
    # Of a program on another machine nobody here knows whether it runs.
    assert str(holder_of(record_of(path, process=ended.pid, host="elsewhere"))).startswith(
        f"articleqa add (process {ended.pid} on elsewhere, since 19"
    )
    assert holder_of(record_of(path, process=1)) == Holder("articleqa add", 1, platform.node(), 0.0)


@pytest.mark.parametrize(
    "content", [b"", b" " * 512, b"{", b"[1]", b'{"program": 1}', b"\xff" * 512, b"null", b"x" * 9999]
)
def test_what_is_no_record_names_nobody(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "record"
    path.write_bytes(content)
    assert holder_of(path) is None
    assert holder_of(record_of(path, process="many")) is None


def test_nobody_wipes_out_the_record_of_another(tmp_path: Path) -> None:
    first, second = Record(tmp_path / "record"), Record(tmp_path / "record")
    first.write()
    second.write()
    first.clear()
    assert holder_of(tmp_path / "record") is not None
    second.clear()
    assert holder_of(tmp_path / "record") is None
    first.close()
    second.close()
    second.clear()


def test_a_record_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    record = Record(tmp_path / "missing" / "record")
    record.write()
    record.clear()
    record.close()
    assert holder_of(tmp_path / "missing" / "record") is None


def test_a_program_is_called_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments, name in (
        (["articleqa", "add", "/home/me/secret.txt"], "articleqa add"),
        (["articleqa.exe", "list"], "articleqa.exe list"),
        (["/opt/reports/nightly.py", "password"], "nightly.py"),
        ([""], "python"),
        ([], "python"),
    ):
        monkeypatch.setattr(sys, "argv", arguments)
        assert program() == name


# Claims


def test_a_claim_is_for_one_and_ends_with_its_block(tmp_path: Path) -> None:
    first, second = (Claim(tmp_path / "claim", work="a rebuild") for _ in range(2))
    by = r"^a rebuild is under way already, by this program itself \(since "
    with first.taken(), pytest.raises(LibraryBusy, match=by), second.taken():
        pass
    with pytest.raises(ZeroDivisionError), second.taken():
        raise ZeroDivisionError
    with first.taken():
        pass
    assert holder_of(tmp_path / "claim") is None


def test_a_claim_that_cannot_be_made_is_refused_in_one_line(tmp_path: Path) -> None:
    claim = Claim(tmp_path / "missing" / "claim", work="a rebuild")
    with pytest.raises(LibraryError) as refusal, claim.taken():
        pass
    assert str(refusal.value).endswith(
        "claim cannot be used (No such file or directory): check the folder's rights and the disk"
    )
