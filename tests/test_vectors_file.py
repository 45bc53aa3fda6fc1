"""The file of the vectors, which is never the only copy of anything."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from articleqa.types import Article, Matrix
from articleqa.vectors import Ids, policy
from articleqa.vectors.files import Files
from articleqa.vectors.segment import Segment
from conftest import OpenShelf
from programs import finish, start
from shelves import Shelf

# The file


def written_file(folder: Path, generation: int, suffix: str = "faiss") -> Path:
    """The file of a generation, or its manifest."""
    (path,) = folder.glob(f"vectors-{generation}*.{suffix}")
    return path


def fill(place: Shelf, *names: str, count: int = 12) -> None:
    place.add(
        *(
            Article(id=f"{name}-{number}", title=f"Report {name}", text=f"Part {number} of the report on {name}.")
            for name in names
            for number in range(count)
        )
    )


def answers(place: Shelf) -> list[tuple[str, ...]]:
    """What a fixed set of questions finds; a look at the file only when ``place`` was just opened."""
    return [
        tuple(passage.article.id for passage in place.dense(question, limit=8))
        for question in ("the report on harbours", "part 3", "storms", "report 11 on ships")
    ]


@pytest.fixture
def written(shelf: OpenShelf) -> tuple[Path, list[tuple[str, ...]]]:
    """A folder with a written file, and the right answers."""
    place = shelf()
    fill(place, "harbours", "storms")
    expected = answers(place)
    place.close()
    assert written_file(place.folder, 1).exists()
    return place.folder, expected


def test_the_file_is_used_and_says_the_same(
    written: tuple[Path, list[tuple[str, ...]]], shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> Iterator[tuple[Ids, Matrix]]:
        raise AssertionError("the vectors were read from the library")

    place = shelf()
    with place.library.reading() as snapshot:
        assert place.vectors.problem(1) is None
        monkeypatch.setattr(type(snapshot), "vectors_after", refuse)
    assert answers(place) == written[1]


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)


def _garbage(path: Path) -> None:
    path.write_bytes(b"\xff\xfe\x00garbage" * 30)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("suffix", ["faiss", "json"])
@pytest.mark.parametrize("damage", [Path.unlink, _truncate, _empty, _flip, _garbage, _folder])
def test_a_lost_or_damaged_file_is_built_again(
    written: tuple[Path, list[tuple[str, ...]]], shelf: OpenShelf, suffix: str, damage: Callable[[Path], None]
) -> None:
    folder, expected = written
    damage(written_file(folder, 1, suffix))
    place = shelf()
    assert answers(place) == expected
    fill(place, "ships")
    assert ("ships-1") in {found for line in answers(place) for found in line}
    place.check()
    place.close()
    again = shelf()
    again.check()


@pytest.mark.parametrize(
    "change",
    [
        {"vectors": 3},
        {"generation": 2},
        {"change": 10_000},
        {"change": 0},
        {"change": "soon"},
        {"token": "00" * 8},
        {"token": "no token"},
        {"token": None},
        {"sha256": "0" * 64},
        {"last_id": None},
        {"file": "../index/library.sqlite3"},
        {"file": "vectors-1-0123456789ab.faiss"},
        {"file": 5},
    ],
    ids=str,
)
def test_a_manifest_that_says_something_else_is_not_believed(
    written: tuple[Path, list[tuple[str, ...]]], shelf: OpenShelf, change: dict[str, object]
) -> None:
    folder, expected = written
    manifest = json.loads((folder / "vectors-1.json").read_text())
    (folder / "vectors-1.json").write_text(json.dumps(manifest | change))
    place = shelf()
    assert answers(place) == expected
    place.check()


@pytest.mark.parametrize("content", ["[]", "{}", "null", '"text"', "12"])
def test_a_manifest_of_another_kind_is_not_believed(
    written: tuple[Path, list[tuple[str, ...]]], shelf: OpenShelf, content: str
) -> None:
    folder, expected = written
    (folder / "vectors-1.json").write_text(content)
    place = shelf()
    assert place.vectors.problem(1)
    assert answers(place) == expected
    place.check()


def test_the_file_of_another_generation_is_not_believed(
    written: tuple[Path, list[tuple[str, ...]]], shelf: OpenShelf
) -> None:
    folder, expected = written
    place = shelf()
    place.ingest.rebuild()
    place.close()
    shutil.copy(written_file(folder, 2, "json"), folder / "vectors-3.json")
    place = shelf()
    place.ingest.rebuild()
    assert answers(place) == expected
    place.check()


def test_files_of_the_generation_before_are_kept_and_older_ones_go(
    written: tuple[Path, list[tuple[str, ...]]], shelf: OpenShelf
) -> None:
    folder, _ = written
    place = shelf()
    for generation in (2, 3):
        place.ingest.rebuild()
        place.check()
        place.vectors.flush()
        assert written_file(folder, generation).exists()
        assert written_file(folder, generation - 1).exists()
    assert not list(folder.glob("vectors-1*"))


def test_what_came_and_went_after_the_file_was_written_counts(
    written: tuple[Path, list[tuple[str, ...]]], shelf: OpenShelf
) -> None:
    folder, _ = written
    before = {path: path.read_bytes() for path in folder.glob("vectors-*")}
    place = shelf()
    fill(place, "ships")
    place.ingest.remove("storms-3")
    place.add(Article(id="harbours-1", title="Changed", text="Nothing is as it was."))
    place.close()
    for path, content in before.items():
        path.write_bytes(content)
    place = shelf()
    place.check()
    assert "storms-3" not in {found for line in answers(place) for found in line}
    assert {passage.article.id for passage in place.dense("nothing is as it was", limit=1)} == {"harbours-1"}


def test_the_file_of_a_library_that_was_begun_anew_is_not_believed(
    written: tuple[Path, list[tuple[str, ...]]], shelf: OpenShelf
) -> None:
    """A person moves a damaged library away, as the program says, and leaves the rest."""
    folder, _ = written
    (folder / "library.sqlite3").unlink()
    place = shelf()
    fill(place, "ships", count=3)
    assert {passage.article.id for passage in place.dense("ships")} == {"ships-0", "ships-1", "ships-2"}
    place.check()


@pytest.mark.parametrize("names", [["ships"], ["ships", "mayors", "unions"]])
def test_a_library_that_was_put_back_from_a_copy_counts(shelf: OpenShelf, names: list[str]) -> None:
    """The copy gives numbers that the lost state had given, too."""
    place = shelf()
    fill(place, "harbours")
    place.close()
    copy = (place.folder / "library.sqlite3").read_bytes()
    place = shelf()
    fill(place, "storms")
    place.ingest.remove("harbours-2")
    place.close()
    (place.folder / "library.sqlite3").write_bytes(copy)
    place = shelf()
    for name in names:
        fill(place, name)
    place.close()
    place = shelf()
    place.check()
    expected = {"harbours", *names}
    assert {found.partition("-")[0] for line in answers(place) for found in line} <= expected
    assert {passage.article.id for passage in place.dense("part 2 of harbours", limit=1)} == {"harbours-2"}


def test_a_file_that_cannot_be_written_is_done_without(
    shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    place = shelf()
    fill(place, "harbours")
    expected = answers(place)
    with monkeypatch.context() as patch:
        patch.setattr("articleqa.vectors.files.write_segment", full)
        place.close()
    assert "vectors-1.json cannot be written" in caplog.text
    assert "No space left on device" in caplog.text
    assert [path.name for path in place.folder.glob("vectors-*")] == []
    place = shelf()
    assert answers(place) == expected
    place.close()
    assert written_file(place.folder, 1).exists()


def test_the_file_is_written_again_only_when_much_has_changed(
    shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "CHANGED_FLOOR", 20)
    monkeypatch.setattr(policy, "CHANGED_SHARE", 0.25)
    sizes: list[int] = []
    publish = Files.publish

    def counted(self: Files, *arguments: Any, **options: Any) -> Segment:
        segment = publish(self, *arguments, **options)
        sizes.append(len(segment))
        return segment

    monkeypatch.setattr(Files, "publish", counted)
    place = shelf()
    for number in range(160):
        fill(place, f"topic{number}", count=1)
    place.check()
    # Each vector is written a bounded number of times, and a new file never waits for the one that adds.
    assert 3 <= len(sizes) <= 8
    assert sizes == sorted(sizes)
    assert all(after - before >= 20 for before, after in pairwise(sizes))
    place.close()
    shelf().check()


def test_what_a_killed_program_left_behind_is_tidied_when_it_is_old(shelf: OpenShelf) -> None:
    place = shelf()
    old, new = place.folder / "vectors-draft-old", place.folder / "vectors-draft-new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "vectors-1.faiss").write_bytes(b"half")
    os.utime(old, (0, 0))
    fill(place, "harbours")
    place.close()
    assert not old.exists()
    assert new.exists()


# Sharing


WRITE = """
import sys
from pathlib import Path
from shelves import Shelf
from test_vectors_file import fill

for name in sys.argv[2:]:
    place = Shelf(Path(sys.argv[1]))
    fill(place, name, count=3)
    place.check()
    place.close()
"""


def test_two_programs_write_the_file_and_both_are_right(shelf: OpenShelf) -> None:
    place = shelf()
    fill(place, "harbours")
    programs = [start(WRITE, place.folder, *(f"{name}{number}" for number in range(5))) for name in ("one", "two")]
    for program in programs:
        finish(program)
    place.check()
    place.close()
    place = shelf()
    assert len(place.records()) == 12 + 2 * 5 * 3
    place.check()


def test_threads_search_while_one_adds_removes_and_rebuilds(shelf: OpenShelf) -> None:
    place = shelf()
    fill(place, "harbours")
    stop = threading.Event()
    failures: list[BaseException] = []

    def search() -> None:
        try:
            while not stop.is_set():
                # What stays all the time is always found.
                assert "harbours-5" in {passage.article.id for passage in place.dense("harbours", limit=200)}
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    threads = [threading.Thread(target=search) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(12):
        fill(place, f"topic{number}", count=4)
        place.ingest.remove(f"topic{number}-1")
        if number % 4 == 3:
            place.ingest.rebuild()
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    place.check()
