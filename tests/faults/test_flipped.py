"""One flipped byte, at a hundred places of each file: it is noticed, or it does no harm.

Whatever happens, nothing but one clear line is raised, no text comes back altered, and what is found are exact spans.
The files of the vectors are made anew from the library, so that there everything is found as before. SQLite's pages
carry no checksums: a flipped byte in one may hide an article, and then the library says so or its file is refused.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest

from faults.conftest import Model, Step, Workshop

PLACES = 100
QUESTION = "word7 word8 archive"


@pytest.fixture(scope="module")
def sound(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A library with articles, changes and removals in it, closed, and the texts that it holds."""
    folder = tmp_path_factory.mktemp("sound") / "index"
    model = Model(Random(5))
    steps: list[Step] = []
    for _ in range(25):
        steps.append(model.step())
        model.held = model.after(steps[-1])
    ended = workshop.run(folder, [*steps, ["flush"], ["check"]])
    assert ended.status == 0, ended.said[-1]
    return folder, model.held


def flipped(folder: Path, pattern: str, random: Random, target: Path) -> str:
    """A copy of ``folder`` in which one bit of one byte of one file is another; says which."""
    shutil.copytree(folder, target)
    path = random.choice(sorted(target.glob(pattern)))
    data = bytearray(path.read_bytes())
    place, bit = random.randrange(len(data)), 1 << random.randrange(8)
    data[place] ^= bit
    path.write_bytes(data)
    return f"{path.name}, byte {place}, bit {bit}"


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["vectors-*.faiss", "vectors-*.json"])
def test_what_is_derived_is_made_anew(
    workshop: Workshop, sound: tuple[Path, dict[str, str]], tmp_path: Path, pattern: str
) -> None:
    folder, held = sound
    random = Random(3)
    for number in range(PLACES):
        target = tmp_path / str(number)
        place = flipped(folder, pattern, random, target)
        ended = workshop.run(target, [["search", QUESTION], ["check"]])
        assert ended.status == 0, f"{place}: {ended.said[-1]}"
        assert ended.said[-1] == held, place
        shutil.rmtree(target)


@pytest.mark.slow
def test_a_flipped_byte_of_the_library_never_alters_what_it_says(
    workshop: Workshop, sound: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    folder, held = sound
    random = Random(4)
    noticed = 0
    for number in range(PLACES):
        target = tmp_path / str(number)
        place = flipped(folder, "library.sqlite3", random, target)
        ended = workshop.run(target, [["examine", QUESTION]])
        assert ended.status == 0, f"{place}: {ended.said[-1]}"
        seen = ended.said[-1]
        assert all("\n" not in line and line.strip() for line in seen["refused"]), place
        if "texts" in seen:
            assert seen["exact"], place
            assert {key: text for key, text in seen["texts"].items() if text is not None}.items() <= held.items(), place
        noticed += bool(seen["refused"])
        shutil.rmtree(target)
    assert noticed  # the texts are the larger part of the file, and each has its digest
