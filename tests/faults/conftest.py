"""The workshop, in which libraries are changed and those who change them are killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import articleqa
from faults.model import Step

TESTS = Path(__file__).parents[1]
SOURCE = Path(articleqa.__file__).parent


@dataclass(frozen=True)
class Ended:
    """How an order ended: what was told of each step, the opening first, and 0 or minus the signal."""

    said: list[Any]
    status: int


class Workshop:
    """Gives orders to :mod:`faults.workshop`."""

    def __init__(self, program: subprocess.Popen[str]) -> None:
        self._program = program

    def run(
        self,
        folder: Path,
        steps: Sequence[Step],
        *,
        kill_at: tuple[str, int] | None = None,
        kill_after: float = 0.0,
        schema: int = 0,
        policy: Mapping[str, int] | None = None,
        trace: bool = False,
    ) -> Ended:
        """Let a child do some steps.

        Args:
            folder: where its library lies.
            steps: see :mod:`faults.steps`.
            kill_at: the point at which it dies, and the how manieth time that it comes there.
            kill_after: the seconds after which it dies; it lives on where 0.
            schema: how many steps of the schema are yet to come and known to it.
            policy: other numbers in :mod:`articleqa.vectors.policy`.
            trace: whether what is last told is everything that was done to files. See :mod:`faults.tracing`.
        """
        assert self._program.stdin is not None
        assert self._program.stdout is not None
        order = {
            "folder": str(folder),
            "steps": steps,
            "kill_at": kill_at,
            "kill_after": kill_after,
            "schema": schema,
            "policy": dict(policy or {}),
            "trace": trace,
        }
        self._program.stdin.write(json.dumps(order) + "\n")
        self._program.stdin.flush()
        answer = json.loads(self._program.stdout.readline())
        return Ended(answer["said"], answer["status"])

    def done(self, folder: Path, steps: Sequence[Step], *, schema: int = 0, note: object = "") -> list[Any]:
        """Let a child do some steps that all have to end well; what it told of them."""
        ended = self.run(folder, steps, schema=schema)
        assert ended.status == 0, f"{note}: {ended.said[-1].get('raised', ended.said[-1])}"
        assert ended.said[0] == "open", f"{note}: {ended.said[0]}"
        return ended.said[1:]


@pytest.fixture(scope="session")
def workshop() -> Iterator[Workshop]:
    with subprocess.Popen(
        [sys.executable, "-m", "faults.workshop"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{SOURCE.parent}{os.pathsep}{TESTS}", "OMP_NUM_THREADS": "1"},
    ) as program:
        yield Workshop(program)
