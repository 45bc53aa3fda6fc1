"""One flipped byte, or an end cut off, at a hundred places of each file: it is noticed, or it does no harm.

Whatever happens, nothing but one clear line is raised, no text comes back altered, and what is found are exact spans.
The files of the vectors are made anew from the library: there, words find meanwhile what they found before, and so does
meaning afterwards. SQLite's pages carry no checksums: a flipped byte in one may hide an article, and then the library
says so, or its file is refused.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from faults.conftest import Ended, Workshop
from faults.model import Model
from shelves import run_sql

QUESTIONS = ["What does text 3 of the archive say of word7 and word8?", "word21", "archive of titles"]
# Large snapshots are read through in the background, and what is lost of them is made anew there.
AS_LARGE = {"CHECKED_AT_ONCE": 0, "READ_AT_ONCE": 20}
FEW, MANY = 4, 100


@dataclass(frozen=True)
class Sound:
    """A library that nobody uses, what it holds, and what is found in it."""

    folder: Path
    export: Path
    held: dict[str, str]
    found: dict[str, list[list[int]]]


def filled(workshop: Workshop, folder: Path, *, end: list[list[Any]]) -> dict[str, str]:
    """Fill a library with articles, changes and removals; its texts."""
    model = Model(Random(5), folder.parent)
    steps = []
    for kind in (*["add"] * 10, "retitle", "remove", "rebuild", "add", "remove", "add", "add"):
        steps.append(model.step_of(kind, model.state))
        model.state = model.outcomes(steps[-1], model.state)[-1]
    ended = workshop.run(folder, [*steps, *end])
    assert ended.status == 0, ended.said[-1]
    return model.state.held


@pytest.fixture(scope="module")
def sound(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Sound:
    """A library that was closed as it should be."""
    folder = tmp_path_factory.mktemp("sound") / "index"
    export = folder.with_name("export")
    held = filled(workshop, folder, end=[["flush"], ["check"], ["export", str(export)]])
    shutil.copytree(folder, folder.with_name("looked at"))
    (seen,) = workshop.done(folder.with_name("looked at"), [["examine", QUESTIONS]])
    assert seen["texts"] == held
    assert seen["refused"] == []
    assert exact(seen, held)
    assert all(seen["found"]["dense"] + seen["found"]["lexical"])
    return Sound(folder, export, held, seen["found"])


def exact(seen: dict[str, Any], held: dict[str, str]) -> bool:
    """Whether every passage and every quote is what stands at its place in the article that it names."""
    return bool(seen["spans"]) and all(held[key][start:end] == text for key, start, end, text in seen["spans"])


def flip(path: Path, random: Random) -> str:
    """Turn one bit of one byte; says which."""
    content = bytearray(path.read_bytes())
    place, bit = random.randrange(len(content)), 1 << random.randrange(8)
    content[place] ^= bit
    path.write_bytes(content)
    return f"{path.name}, byte {place}, bit {bit}"


def cut(path: Path, random: Random) -> str:
    """Cut off the end; says where."""
    content = path.read_bytes()
    place = random.randrange(len(content))
    path.write_bytes(content[:place])
    return f"{path.name}, cut to {place} of {len(content)} bytes"


Damage = Callable[[Path, Random], str]


@pytest.fixture(params=[flip, cut], ids=["flip", "cut"])
def damage(request: pytest.FixtureRequest) -> Damage:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(params=[FEW, pytest.param(MANY, marks=pytest.mark.slow)], ids=["few", "many"])
def places(request: pytest.FixtureRequest) -> int:
    return int(request.param)


def said_well(ended: Ended, place: str) -> None:
    """Make sure that a damaged library was refused in one line, if it was."""
    assert ended.status == 0, f"{place}: {ended.said[-1].get('raised', ended.said[-1])}"
    lines = [line for said in ended.said if isinstance(said, dict) for line in said.get("refused", [])]
    assert all(line.strip() and "\n" not in line for line in lines), f"{place}: {lines}"


@pytest.mark.parametrize("pattern", ["vectors-*.faiss", "vectors-*.json"])
def test_what_is_derived_is_made_anew(
    workshop: Workshop,
    sound: Sound,
    tmp_path: Path,
    damage: Damage,
    places: int,
    pattern: str,
) -> None:
    random = Random(3)
    for number in range(places):
        target = tmp_path / str(number)
        shutil.copytree(sound.folder, target)
        place = damage(random.choice(sorted(target.glob(pattern))), random)
        policy = AS_LARGE if number % 2 else {}
        ended = workshop.run(target, [["examine", QUESTIONS], ["check"], ["examine", QUESTIONS]], policy=policy)
        said_well(ended, place)
        _, before, checked, after = ended.said
        for seen in (before, after):
            assert seen["texts"] == sound.held, place
            assert seen["refused"] == [], place
            assert exact(seen, sound.held), place
            assert seen["found"]["lexical"] == sound.found["lexical"], place
        assert checked["held"] == sound.held
        if not policy:
            assert before["found"] == sound.found, place
        assert after["found"] == sound.found, place
        shutil.rmtree(target)


def test_damage_to_the_library_never_alters_what_it_says(
    workshop: Workshop, sound: Sound, tmp_path: Path, damage: Damage, places: int
) -> None:
    random = Random(4)
    noticed = 0
    for number in range(places):
        target = tmp_path / str(number)
        shutil.copytree(sound.folder, target)
        place = damage(target / "library.sqlite3", random)
        ended = workshop.run(target, [["examine", QUESTIONS]])
        said_well(ended, place)
        seen = ended.said[-1]
        noticed += bool(seen["refused"])
        if "texts" in seen:
            assert set(seen["texts"].values()) <= set(sound.held.values()), place
            assert not seen["spans"] or exact(seen, sound.held), place
        shutil.rmtree(target)
    assert noticed or places == FEW


def test_what_a_damaged_text_says_is_never_shown(workshop: Workshop, sound: Sound, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    shutil.copytree(sound.folder, folder)
    run_sql(folder, "UPDATE texts SET text = replace(text, 'word7', 'word8') WHERE id % 2")
    (seen,) = workshop.done(folder, [["examine", QUESTIONS]])
    assert seen["refused"]
    assert exact(seen, sound.held)
    damaged = sound.held.keys() - seen["texts"].keys()
    assert damaged
    assert damaged.isdisjoint(key for key, *_ in seen["spans"])


@pytest.mark.parametrize("name", ["library.sqlite3.writer", "library.sqlite3.claim", "vectors.lock"])
def test_what_is_no_part_of_the_library_is_not_needed(
    workshop: Workshop, sound: Sound, tmp_path: Path, name: str
) -> None:
    random = Random(6)
    for number in range(FEW):
        target = tmp_path / str(number)
        shutil.copytree(sound.folder, target)
        content = bytes(random.randrange(256) for _ in range(600))
        (target / name).write_bytes(content)
        checked, *_ = workshop.done(target, [["check"], ["write on"], ["rebuild", "1"]], note=name)
        assert checked["held"] == sound.held


def test_a_damaged_export_is_refused(
    workshop: Workshop, sound: Sound, tmp_path: Path, damage: Damage, places: int
) -> None:
    random = Random(8)
    for number in range(places):
        path = tmp_path / "export"
        shutil.copy(sound.export, path)
        place = damage(path, random)
        ended = workshop.run(tmp_path / str(number), [["import", str(path)]])
        assert ended.status == 1, place
        *_, line, _ = ended.said[-1]["raised"].split("\n")
        assert "articleqa.types.errors" in line, place
        assert "export" in line, place


def test_damage_to_the_log_loses_no_more_than_is_in_it(
    workshop: Workshop, tmp_path: Path, damage: Damage, places: int
) -> None:
    """Frames of the log carry checksums: from the damaged one on, SQLite takes what was written as never written."""
    folder = tmp_path / "index"
    held = filled(workshop, folder, end=[["flush"], ["check"]])
    steps = [["add", [[f"late-{number}", "Late", f"Late news, part {number}. " * 30]]] for number in range(6)]
    killed = workshop.run(folder, steps, kill_at=("library.transaction.committed", 6))
    assert killed.status != 0
    late = {step[1][0][0]: step[1][0][2] for step in steps}
    random = Random(9)
    lost = 0
    for number in range(places // 2):
        target = tmp_path / str(number)
        shutil.copytree(folder, target)
        for left in target.glob("*-shm"):
            left.unlink()
        place = damage(target / "library.sqlite3-wal", random)
        checked, _, seen = workshop.done(target, [["check"], ["write on"], ["examine", QUESTIONS]], note=place)
        # What is there is a state that there was.
        present = [key for key in late if key in checked["held"]]
        assert present == list(late)[: len(present)], place
        assert checked["held"] == {**held, **{key: late[key] for key in present}}, place
        assert exact(seen, checked["held"]), place
        lost += len(present) < len(late)
        shutil.rmtree(target)
    assert lost or places == FEW
