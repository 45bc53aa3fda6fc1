"""The points at which tests kill the program."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import pytest

from articleqa import checkpoints
from articleqa.checkpoints import reached
from programs import finish, start

STEPS = """
from articleqa.checkpoints import reached

for step in ("one", "two", "one", "two", "one"):
    print(step, flush=True)
    reached(step)
"""


@pytest.mark.parametrize(
    ("point", "steps"), [("one", 1), ("two", 2), ("two:1", 2), ("one:2", 3), ("two:2", 4), ("one:3", 5)]
)
def test_the_program_dies_at_the_named_point(point: str, steps: int) -> None:
    program = start(STEPS, ARTICLEQA_KILL_AT=point)
    output, errors = program.communicate(timeout=60)
    assert program.returncode == -signal.SIGKILL
    assert errors == ""
    assert len(output.splitlines()) == steps


@pytest.mark.parametrize("point", ["", "three", "one:4"])
def test_it_goes_on_where_no_point_is_named_or_reached(point: str) -> None:
    assert len(finish(start(STEPS, ARTICLEQA_KILL_AT=point))) == 5


def test_a_point_does_nothing_here() -> None:
    reached("vectors.snapshot.written")


def test_every_point_is_listed() -> None:
    sources = Path(checkpoints.__file__).parent.rglob("*.py")
    points = [name for path in sources for name in re.findall(r'reached\("([^"]+)"\)', path.read_text("utf-8"))]
    assert sorted(points) == sorted(re.findall(r"^    ([a-z.]+)(?: |$)", checkpoints.__doc__ or "", re.MULTILINE))
