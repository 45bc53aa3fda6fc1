"""What keeps vectors up with a library: snapshots, what came after them, and what happens to their files."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from articleqa.types import LibraryError, Matrix, Vector
from articleqa.vectors import Ids, Vectors, VectorSource, policy
from articleqa.vectors.files import Files
from articleqa.vectors.layout import Manifest
from articleqa.vectors.segment import Segment
from neighbours import DIMENSION, Stored, View, numbers, rows, settled


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything that happens to large libraries happens to these; what is under way at the end is waited for."""
    monkeypatch.setattr(policy, "CHANGED_FLOOR", 20)
    monkeypatch.setattr(policy, "SMALL", 10)
    monkeypatch.setattr(policy, "READ_AT_ONCE", 50)
    monkeypatch.setattr(policy, "READ_DIRECTLY", 5)
    yield
    settled()


@pytest.fixture
def stored() -> Stored:
    """A library of forty vectors."""
    stored = Stored()
    stored.add(rows(40))
    return stored


def search(vectors: Vectors, source: VectorSource, *, limit: int = 10, **options: Any) -> list[tuple[int, float]]:
    return vectors.search(source, rows(1, seed=9)[0], generation=1, limit=limit, **options)


def truth(stored: Stored, *, limit: int = 10, allowed: Ids | None = None) -> list[tuple[int, float]]:
    return View(stored).truth().search(rows(1, seed=9)[0], limit, allowed=allowed)


def write(folder: Path, stored: Stored) -> Path:
    """Write a snapshot of ``stored``; its file."""
    vectors = Vectors(folder)
    search(vectors, View(stored))
    vectors.close()
    (path,) = folder.glob("vectors-1-*.faiss")
    return path


def flip(path: Path, place: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 0x08]))


def row_of(path: Path, number: int) -> int:
    """Where the vector of a passage lies in a file, its last column."""
    manifest = Manifest.from_json((path.parent / "vectors-1.json").read_text())
    row = int(np.flatnonzero(Segment(path, manifest).ids == number)[0])
    return manifest.rows.start + 4 * DIMENSION * (row + 1) - 2


# Views of different age


def test_an_older_view_is_not_crowded_out_by_what_is_new(tmp_path: Path) -> None:
    """A reader began before a writer added what is much nearer to the question."""
    query: Vector = rows(1)[0]
    stored = Stored()
    stored.add(rows(20, seed=5))
    old = View(stored.copy())
    stored.add(np.repeat(query[None], 200, axis=0))
    vectors = Vectors(tmp_path)
    for _ in range(2):
        assert all(number > 20 for number, _ in vectors.search(View(stored), query, generation=1, limit=10))
        found = vectors.search(old, query, generation=1, limit=10)
        assert found == old.truth().search(query, 10)
        # The second time, what is new lies in a snapshot that the view does not know.
        vectors.flush()


def test_what_a_view_shows_is_found_though_an_older_one_was_searched_first(tmp_path: Path, stored: Stored) -> None:
    vectors = Vectors(tmp_path)
    old = View(stored.copy())
    stored.add(rows(5, seed=3))
    stored.remove(numbers(1, 2, 3))
    assert search(vectors, old, limit=50) == old.truth().search(rows(1, seed=9)[0], 50)
    assert search(vectors, View(stored), limit=50) == truth(stored, limit=50)


# The snapshot


def test_a_snapshot_is_used_without_reading_the_library(tmp_path: Path, stored: Stored) -> None:
    write(tmp_path, stored)
    view = View(stored)
    assert search(Vectors(tmp_path), view) == truth(stored)
    assert view.reads == 0


@pytest.mark.parametrize("coded_from", [1, 1000])
def test_what_came_and_went_after_it_counts(
    tmp_path: Path, stored: Stored, coded_from: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "CODED_FROM", coded_from)
    write(tmp_path, stored)
    stored.add(rows(6, seed=4))
    stored.remove(numbers(*(number for number, _ in truth(stored, limit=3))))
    for _ in range(2):
        vectors = Vectors(tmp_path)
        assert search(vectors, View(stored), limit=60) == truth(stored, limit=60)
        vectors.close()


def test_a_program_that_only_adds_keeps_no_index_in_memory(
    tmp_path: Path, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path, stored)
    vectors = Vectors(tmp_path)
    for _ in range(19):
        stored.add(rows(1, seed=4))
        view = View(stored)
        vectors.refresh(view, generation=1, dimension=DIMENSION)
        assert view.reads == 0
    # Until so much has come that a new snapshot is due.
    stored.add(rows(1, seed=4))
    vectors.refresh(View(stored), generation=1, dimension=DIMENSION)
    settled()
    assert not path.exists()
    view = View(stored)
    assert search(Vectors(tmp_path), view) == truth(stored)
    assert view.reads == 0


def test_a_snapshot_says_what_is_gone_before_the_library_forgets_it(
    tmp_path: Path, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "CHANGES_BETWEEN_MANIFESTS", 4)
    path = write(tmp_path, stored)
    vectors = Vectors(tmp_path)
    for number in (3, 7, 11, 30):
        stored.remove(numbers(number))
        vectors.refresh(View(stored), generation=1, dimension=DIMENSION)
    settled()
    stored.forget()
    assert path.exists()
    view = View(stored)
    assert search(Vectors(tmp_path), view, limit=50) == truth(stored, limit=50)
    assert view.reads == 0


def test_what_came_before_a_snapshot_said_what_is_gone_is_found_after_it(
    tmp_path: Path, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What came is not in the snapshot, which says of a later change that it shows it."""
    monkeypatch.setattr(policy, "CHANGES_BETWEEN_MANIFESTS", 4)
    write(tmp_path, stored)
    vectors = Vectors(tmp_path)
    stored.add(rows(3, seed=4))
    for number in (3, 7, 11):
        stored.remove(numbers(number))
        vectors.refresh(View(stored), generation=1, dimension=DIMENSION)
    settled()
    manifest = Files(tmp_path).manifest(1)
    assert manifest is not None
    assert manifest.change == View(stored).change
    assert search(Vectors(tmp_path), View(stored), limit=50) == truth(stored, limit=50)


def test_a_snapshot_of_what_the_library_has_forgotten_is_not_used(tmp_path: Path, stored: Stored) -> None:
    write(tmp_path, stored)
    stored.remove(numbers(3))
    stored.forget()
    assert search(Vectors(tmp_path), View(stored), limit=50) == truth(stored, limit=50)


def test_the_next_generation_is_prepared_while_the_old_one_answers(tmp_path: Path, stored: Stored) -> None:
    vectors = Vectors(tmp_path)
    search(vectors, View(stored))
    vectors.prepare(View(stored), generation=2, dimension=DIMENSION)
    assert search(vectors, View(stored)) == truth(stored)
    stored.add(rows(2, seed=4))
    view = View(stored)
    query = rows(1, seed=9)[0]
    assert vectors.search(view, query, generation=2, limit=10) == truth(stored)
    assert view.reads == 1


def test_nothing_is_prepared_for_an_empty_generation(tmp_path: Path) -> None:
    Vectors(tmp_path).prepare(View(Stored()), generation=2, dimension=DIMENSION)
    assert list(tmp_path.iterdir()) == []


# What takes long happens in the background


def test_searches_and_additions_go_on_while_a_snapshot_is_written(
    tmp_path: Path, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, writing, go_on = Files.publish, threading.Event(), threading.Event()

    def slowly(self: Files, generation: int, batches: Iterator[tuple[Ids, Matrix]], **options: Any) -> Segment:
        def held() -> Iterator[tuple[Ids, Matrix]]:
            for batch in batches:
                writing.set()
                assert go_on.wait(60)
                yield batch

        return publish(self, generation, held(), **options)

    monkeypatch.setattr(Files, "publish", slowly)
    vectors = Vectors(tmp_path)
    search(vectors, View(stored))
    assert writing.wait(60)
    for number in range(5):
        stored.add(rows(3, seed=20 + number))
        stored.remove(numbers(2 * number + 1, 41 + number))
        vectors.refresh(View(stored), generation=1, dimension=DIMENSION)
        assert search(vectors, View(stored), limit=60) == truth(stored, limit=60)
    assert list(tmp_path.glob("vectors-*.faiss")) == []
    go_on.set()
    settled()
    assert len(list(tmp_path.glob("vectors-*.faiss"))) == 1
    assert search(vectors, View(stored), limit=60) == truth(stored, limit=60)
    view = View(stored)
    assert search(Vectors(tmp_path), view, limit=60) == truth(stored, limit=60)


def test_a_lost_snapshot_of_many_vectors_is_built_again_while_searches_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = Stored()
    stored.add(rows(200))
    go_on = threading.Event()
    after = View.vectors_after

    def slowly(self: View, generation: int, passage_id: int) -> Iterator[tuple[Ids, Matrix]]:
        assert go_on.wait(60)
        yield from after(self, generation, passage_id)

    monkeypatch.setattr(View, "vectors_after", slowly)
    vectors = Vectors(tmp_path, reading=stored.reading)
    assert search(vectors, View(stored)) == []
    few = numbers(4, 9, 77)
    meanwhile = dict(search(vectors, View(stored), allowed=few))
    assert search(vectors, View(stored), allowed=numbers()) == []
    assert search(vectors, View(stored), allowed=numbers(1000)) == []
    go_on.set()
    settled()
    assert search(vectors, View(stored)) == truth(stored)
    assert dict(truth(stored, allowed=few)) == meanwhile
    # It is on the disk, for the next start.
    view = View(stored)
    assert search(Vectors(tmp_path), view) == truth(stored)
    assert view.reads == 0


def test_what_was_in_memory_is_not_lost_when_much_comes_at_once(tmp_path: Path, stored: Stored) -> None:
    write(tmp_path, stored)
    vectors = Vectors(tmp_path, reading=stored.reading)
    stored.remove(numbers(5))
    assert search(vectors, View(stored), limit=60) == truth(stored, limit=60)
    stored.add(rows(100, seed=2))
    stored.remove(numbers(6, 50))
    before = search(vectors, View(stored), limit=60)
    assert {number for number, _ in before} >= set(range(1, 41)) - {5, 6}
    settled()
    assert search(vectors, View(stored), limit=200) == truth(stored, limit=200)


def test_what_is_removed_is_not_found_while_much_is_read(tmp_path: Path, stored: Stored) -> None:
    write(tmp_path, stored)
    stored.remove(numbers(7, 8))
    stored.add(rows(100, seed=2))
    found = search(Vectors(tmp_path, reading=stored.reading), View(stored), limit=40)
    assert {number for number, _ in found} >= set(range(1, 41)) - {7, 8}
    assert not {number for number, _ in found} & {7, 8}
    settled()


def test_many_vectors_are_read_into_memory_where_no_file_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("articleqa.vectors.files.write_segment", full)
    stored = Stored()
    stored.add(rows(200))
    vectors = Vectors(tmp_path, reading=stored.reading)
    search(vectors, View(stored))
    settled()
    assert search(vectors, View(stored)) == truth(stored)
    settled()
    vectors.close()
    assert "No space left on device" in caplog.text
    # It is not tried again and again.
    assert len(caplog.records) <= 2


def test_a_library_that_was_closed_meanwhile_ends_the_work(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def closed() -> AbstractContextManager[VectorSource]:
        raise LibraryError("the library is closed: open it again")

    stored = Stored()
    stored.add(rows(200))
    vectors = Vectors(tmp_path, reading=closed)
    assert search(vectors, View(stored)) == []
    settled()
    assert "the library is closed" in caplog.text


def test_a_snapshot_that_another_program_made_is_taken_over(
    tmp_path: Path, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, stored)
    one, other = (Vectors(tmp_path, reading=stored.reading) for _ in range(2))
    search(one, View(stored))
    search(other, View(stored))
    stored.add(rows(25, seed=3))
    search(one, View(stored))
    settled()
    (path,) = tmp_path.glob("vectors-1-*.faiss")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it was written again")

    monkeypatch.setattr(Files, "publish", refuse)
    stored.add(rows(2, seed=4))
    stored.remove(numbers(2, 50))
    assert search(other, View(stored), limit=80) == truth(stored, limit=80)
    settled()
    segment = other._states[1].index.segment
    assert segment is not None
    assert segment.path == path
    assert search(other, View(stored), limit=80) == truth(stored, limit=80)


# Damage


def test_a_damaged_vector_is_found_out_before_the_file_is_read_through(
    tmp_path: Path, stored: Stored, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(policy, "CHECKED_AT_ONCE", 0)
    monkeypatch.setattr(Vectors, "_check", lambda *_: None)
    path = write(tmp_path, stored)
    best, score = truth(stored)[0]
    flip(path, row_of(path, best))
    damaged = Segment(path, Manifest.from_json((tmp_path / "vectors-1.json").read_text()))
    assert damaged.rows(damaged.ids == best) @ rows(1, seed=9)[0] != pytest.approx(score, abs=1e-6)
    vectors = Vectors(tmp_path)
    assert search(vectors, View(stored), limit=40) == truth(stored, limit=40)
    assert f"{path} is damaged" in caplog.text
    assert not path.exists()


def test_a_large_file_is_read_through_in_the_background(
    tmp_path: Path, stored: Stored, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(policy, "CHECKED_AT_ONCE", 0)
    path = write(tmp_path, stored)
    vectors = Vectors(tmp_path)
    search(vectors, View(stored))
    settled()
    segment = vectors._states[1].index.segment
    assert segment is not None
    assert segment.checked
    worst = truth(stored, limit=40)[-1][0]
    flip(path, row_of(path, worst))
    vectors = Vectors(tmp_path)
    search(vectors, View(stored), limit=1)
    settled()
    assert f"{path} is damaged" in caplog.text
    assert not path.exists()
    assert search(vectors, View(stored), limit=40) == truth(stored, limit=40)


def test_damage_is_not_written_into_the_next_file(
    tmp_path: Path, stored: Stored, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(policy, "CHECKED_AT_ONCE", 0)
    monkeypatch.setattr(Vectors, "_check", lambda *_: None)
    path = write(tmp_path, stored)
    flip(path, row_of(path, truth(stored, limit=40)[-1][0]))
    stored.add(rows(30, seed=2))
    vectors = Vectors(tmp_path)
    search(vectors, View(stored), limit=1)
    settled()
    assert f"{path} is damaged" in caplog.text
    assert search(vectors, View(stored), limit=80) == truth(stored, limit=80)
    vectors.close()
    assert search(Vectors(tmp_path), View(stored), limit=80) == truth(stored, limit=80)


@pytest.mark.parametrize("coded_from", [1, 1000])
@pytest.mark.parametrize("checked_at_once", [0, 1_000_000])
def test_one_flipped_byte_anywhere_changes_no_answer(
    tmp_path: Path, stored: Stored, coded_from: int, checked_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "CODED_FROM", coded_from)
    monkeypatch.setattr(policy, "CHECKED_AT_ONCE", checked_at_once)
    random = np.random.default_rng(5)
    expected = truth(stored, limit=40)
    for name in ("vectors-1-*.faiss", "vectors-1.json"):
        for _ in range(25):
            write(tmp_path, stored)
            (path,) = tmp_path.glob(name)
            flip(path, int(random.integers(path.stat().st_size)))
            vectors = Vectors(tmp_path)
            first = search(vectors, View(stored), limit=40)
            settled()
            assert search(vectors, View(stored), limit=40) == expected
            # What is damaged may be missed until the file has been read through, and is never found wrong.
            assert set(first) <= set(expected)
            vectors.close()
            for left in tmp_path.glob("vectors-*"):
                left.unlink()


def test_a_file_of_an_earlier_version_is_built_again_quietly(
    tmp_path: Path, stored: Stored, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "vectors-1-0123456789ab.faiss").write_bytes(b"IxM2")
    manifest = {"generation": 1, "change": 1, "token": "00", "last_id": 40, "file": "vectors-1-0123456789ab.faiss"}
    (tmp_path / "vectors-1.json").write_text(json.dumps(manifest | {"sha256": "0" * 64, "vectors": 40}))
    with caplog.at_level(logging.WARNING):
        vectors = Vectors(tmp_path)
        assert search(vectors, View(stored)) == truth(stored)
        vectors.close()
    assert caplog.text == ""
    view = View(stored)
    assert search(Vectors(tmp_path), view) == truth(stored)
    assert view.reads == 0


def test_a_file_that_cannot_be_read_now_is_left_alone(
    tmp_path: Path, stored: Stored, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, stored)

    def exhausted(*_: object) -> None:
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr("articleqa.vectors.files.Segment", exhausted)
        assert search(Vectors(tmp_path), View(stored)) == truth(stored)
    assert "cannot be read" in caplog.text
    assert path.exists()


def test_vectors_that_the_library_lost_are_not_found(tmp_path: Path, stored: Stored) -> None:
    stored.damaged = {3, 40}
    vectors = Vectors(tmp_path)
    found = search(vectors, View(stored), limit=50)
    assert {number for number, _ in found} == set(range(1, 41)) - {3, 40}
    stored.add(rows(1, seed=8))
    assert {number for number, _ in search(vectors, View(stored), limit=50)} == set(range(1, 42)) - {3, 40}
    stored.add(rows(1, seed=7))
    stored.damaged.add(42)
    assert 42 not in {number for number, _ in search(vectors, View(stored), limit=50)}


# The order of what is written


def test_each_thing_is_durable_before_anything_relies_on_it(
    tmp_path: Path, stored: Stored, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[tuple[str, str]] = []
    sync, rename, unlink = os.fsync, Path.replace, Path.unlink

    def kind(path: str) -> str:
        if path == str(tmp_path):
            return "folder"
        return "manifest" if path.endswith(("manifest", ".json")) else "snapshot"

    def synced(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        # What is synced is whole.
        assert path.is_dir() or path.stat().st_size > 100
        events.append(("sync", kind(str(path))))
        sync(descriptor)

    def renamed(self: Path, target: Path) -> Path:
        events.append(("rename", kind(str(target))))
        return rename(self, target)

    def removed(self: Path, missing_ok: bool = False) -> None:
        if self.name.startswith("vectors-1"):
            events.append(("remove", kind(str(self))))
        unlink(self, missing_ok=missing_ok)

    write(tmp_path, stored)
    stored.add(rows(30, seed=2))
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", renamed)
    monkeypatch.setattr(Path, "unlink", removed)
    write(tmp_path, stored)
    assert events == [
        ("sync", "snapshot"),
        ("rename", "snapshot"),
        ("sync", "folder"),
        ("sync", "manifest"),
        ("rename", "manifest"),
        ("sync", "folder"),
        ("remove", "snapshot"),
    ]


# Many at once


def test_threads_search_while_others_add_remove_and_write(tmp_path: Path, stored: Stored) -> None:
    """Two programs on one folder, so to speak, with readers of every state of the library."""
    keepers = [Vectors(tmp_path, reading=stored.reading) for _ in range(2)]
    views = [View(stored.copy())]
    failures: list[BaseException] = []
    stop = threading.Event()

    def read(keeper: Vectors, seed: int) -> None:
        random = np.random.default_rng(seed)
        try:
            while not stop.is_set():
                view = views[-1]
                query = rows(1, seed=int(random.integers(1000)))[0]
                found = keeper.search(view, query, generation=1, limit=200)
                right = dict(view.truth().search(query, 1000))
                assert all(right.get(number) == score for number, score in found)
                # What was removed since may be missing, and nothing else.
                gone = set(view._stored.vectors) - set(views[-1]._stored.vectors)
                assert set(right) - {number for number, _ in found} <= gone or keeper._states[1].behind
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    readers = [threading.Thread(target=read, args=(keepers[seed % 2], seed)) for seed in range(4)]
    for reader in readers:
        reader.start()
    random = np.random.default_rng(1)
    for step in range(60):
        if len(stored.vectors) < 120:
            stored.add(rows(7, seed=100 + step))
        stored.remove(random.choice(sorted(stored.vectors), 5))
        views.append(View(stored.copy()))
        for keeper in keepers:
            keeper.refresh(views[-1], generation=1, dimension=DIMENSION)
    stop.set()
    for reader in readers:
        reader.join()
    settled()
    assert not failures
    for keeper in keepers:
        assert search(keeper, View(stored), limit=300) == truth(stored, limit=300)
        keeper.close()
    assert len(list(tmp_path.glob("vectors-*.faiss"))) == 1
    assert search(Vectors(tmp_path), View(stored), limit=300) == truth(stored, limit=300)
