"""Readers while a writer works and is killed: they never raise, and never see half of a change or two generations."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from articleqa.library import Library
from encoders import HashingEncoder
from faults.conftest import Workshop
from faults.model import Step
from faults.steps import do
from shelves import Shelf

QUESTION = "What does the report say of word7 and word8?"


def pair(number: int, random: Random) -> Step:
    """Two articles that come together."""
    words = " ".join(f"word{random.randrange(60)}" for _ in range(150))
    return ["add", [[f"{half}-{number}", f"Report {half}", f"The {half} report {number}. {words}"] for half in "ab"]]


def look(place: Shelf) -> None:
    """One look at the library, all of which has to be of one moment and one generation."""
    with place.library.reading() as snapshot:
        generation = snapshot.generation()
        if generation is None:
            return
        held = {record.id for record in snapshot.records()}
        assert {key.replace("a-", "b-") for key in held} == {key for key in held if key.startswith("b-")}
        vector = HashingEncoder(revision="1").encode_query(QUESTION)
        near = place.vectors.search(snapshot, vector, generation=generation.id, limit=20)
        query = snapshot.lexical_query(generation.id, QUESTION)
        numbers = [number for number, _ in (*near, *snapshot.lexical_search(generation.id, query, limit=20))]
        found = snapshot.passages(numbers)
        assert set(found) == set(numbers), "a hit leads nowhere"
        ours = snapshot.vectors_of(np.array(sorted(found), dtype=np.int64))[0]
        assert set(ours.tolist()) == set(found)
        assert all(
            snapshot._one("SELECT generation FROM passages WHERE id = ?", (each,)) == generation.id for each in found
        )
        for passage in found.values():
            assert passage.article.id in held
            assert snapshot.article(passage.article.id).text[passage.start : passage.end] == passage.text


@contextmanager
def reading(folder: Path, *, readers: int = 2) -> Iterator[list[int]]:
    """Readers that look again and again while the block runs; how often each has looked."""
    ended, looks, raised = threading.Event(), [0] * readers, []

    def read(number: int) -> None:
        place = Shelf(folder)
        try:
            while not ended.is_set():
                look(place)
                looks[number] += 1
        except BaseException as error:  # noqa: BLE001 whatever it is, it is to be seen
            raised.append(error)
        finally:
            place.close()

    threads = [threading.Thread(target=read, args=(number,)) for number in range(readers)]
    for thread in threads:
        thread.start()
    try:
        yield looks
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    if raised:
        raise raised[0]


@pytest.mark.parametrize("kills", [4, pytest.param(40, marks=pytest.mark.slow)])
def test_readers_see_whole_changes_of_one_generation_while_writers_die(
    workshop: Workshop, tmp_path: Path, kills: int
) -> None:
    random = Random(13)
    folder, export = tmp_path / "index", str(tmp_path / "export")
    held = {"a-0", "b-0"}
    workshop.done(folder, [pair(0, random), ["export", export]])
    killed = 0
    latest = 0.35
    with reading(folder) as looks:
        for number in range(1, 3 * kills):
            first = sorted(key for key in held if key.startswith("a-"))[:1]
            steps: list[Step] = [pair(number, random), ["rebuild", "1"]]
            steps += [["remove", key, key.replace("a-", "b-")] for key in first]
            steps += [random.choice([["rollback"], ["import", export], ["flush"]]), pair(1000 + number, random)]
            ended = workshop.run(folder, steps, kill_after=random.uniform(0.05, latest))
            assert ended.status <= 0, ended.said[-1]
            killed += ended.status < 0
            # A quick machine comes to the end before it is killed; then the next one is killed earlier.
            latest = min(0.35, latest * 1.05) if ended.status < 0 else max(0.06, latest * 0.8)
            (checked,) = workshop.done(folder, [["check"]])
            held = set(checked["held"])
            if killed == kills:
                break
    assert killed == kills
    assert min(looks) > killed


@pytest.mark.slow
def test_two_writers_and_readers_lose_nothing(workshop: Workshop, tmp_path: Path) -> None:
    """Two programs write at once, as a watcher and the command line do."""
    folder = tmp_path / "index"
    Library(folder).close()
    random = Random(17)
    done: list[Any] = []

    def write(first: int) -> None:
        place = Shelf(folder)
        try:
            for number in range(first, first + 40):
                step = pair(number, random)
                do(place, step)
                done.append(number)
        finally:
            place.close()

    with reading(folder):
        other = threading.Thread(target=write, args=(1000,))
        other.start()
        ended = workshop.run(folder, [pair(number, Random(number)) for number in range(40)])
        other.join()
    assert ended.status == 0, ended.said[-1]
    (checked,) = workshop.done(folder, [["check"]])
    assert set(checked["held"]) == {f"{half}-{number}" for half in "ab" for number in (*range(40), *range(1000, 1040))}
    assert len(done) == 40
