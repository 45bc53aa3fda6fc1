"""Whatever happens to a library and to the files beside it, and whenever a program is killed, its vectors are found."""

from __future__ import annotations

import math
import signal
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from articleqa.vectors import Vectors, policy
from articleqa.vectors.files import Files
from neighbours import DIMENSION, Stored, View, rows, settled
from programs import start

SMALL_LIBRARIES = {
    "CHANGED_FLOOR": 15,
    "CHANGED_SHARE": 0.2,
    "SMALL": 25,
    "READ_AT_ONCE": 30,
    "READ_DIRECTLY": 3,
    "GATHER_FLOOR": 5,
    "CHANGES_BETWEEN_MANIFESTS": 3,
}


class VectorsAgree(RuleBasedStateMachine):
    """Two programs on one folder, what happens to the folder, and a library that remembers everything."""

    coded_from = 1_000_000
    checked_at_once = 1_000_000

    @initialize(seed=st.integers(0, 1000))
    def begin(self, seed: int) -> None:
        self.patch = pytest.MonkeyPatch()
        for name, value in SMALL_LIBRARIES.items():
            self.patch.setattr(policy, name, value)
        self.patch.setattr(policy, "CODED_FROM", self.coded_from)
        self.patch.setattr(policy, "CHECKED_AT_ONCE", self.checked_at_once)
        self.directory = TemporaryDirectory()
        self.folder = Path(self.directory.name)
        self.random = np.random.default_rng(seed)
        self.stored = Stored()
        self.copy: Stored | None = None
        self.old: View | None = None
        self.open()

    def open(self) -> None:
        self.programs = [Vectors(self.folder, reading=self.reading) for _ in range(2)]

    def reading(self) -> AbstractContextManager[View]:
        # The library is another one after a copy was put back.
        return self.stored.reading()

    @rule(count=st.integers(0, 45), gap=st.integers(0, 3))
    def add(self, count: int, gap: int) -> None:
        self.stored.add(rows(count, seed=int(self.random.integers(10**6))), gap=gap)

    @rule(share=st.one_of(st.floats(0, 0.1), st.floats(0, 1)))
    def remove(self, share: float) -> None:
        held = np.array(sorted(self.stored.vectors), dtype=np.int64)
        self.stored.remove(held[self.random.random(len(held)) < share])

    @rule()
    def forget(self) -> None:
        self.stored.forget()

    @rule(program=st.integers(0, 1))
    def refresh(self, program: int) -> None:
        self.programs[program].refresh(View(self.stored), generation=1, dimension=DIMENSION)

    @rule(program=st.integers(0, 1))
    def flush(self, program: int) -> None:
        self.programs[program].flush()

    @rule()
    def keep_a_view(self) -> None:
        self.old = View(self.stored.copy())

    @rule()
    def keep_a_copy(self) -> None:
        self.copy = self.stored.copy()

    @rule(clean=st.booleans())
    def restart(self, clean: bool) -> None:
        for program in self.programs:
            if clean:
                program.close()
        settled()
        self.open()

    @precondition(lambda self: self.copy is not None)
    @rule()
    def put_a_copy_back(self) -> None:
        assert self.copy is not None
        self.restart(clean=True)
        self.stored, self.old = self.copy.copy(), None

    @rule(kind=st.sampled_from(["flip", "cut", "empty", "lose"]), which=st.integers(0, 9))
    def damage(self, kind: str, which: int) -> None:
        self.restart(clean=True)
        files = sorted(self.folder.glob("vectors-*"))
        if not files:
            return
        path = files[which % len(files)]
        content = bytearray(path.read_bytes())
        if kind == "lose":
            path.unlink()
        elif kind == "flip" and content:
            content[int(self.random.integers(len(content)))] ^= 1 << int(self.random.integers(8))
            path.write_bytes(content)
        else:
            path.write_bytes(content[: 0 if kind == "empty" else int(self.random.integers(len(content) + 1))])

    @rule(
        program=st.integers(0, 1),
        limit=st.integers(1, 60),
        share=st.one_of(st.none(), st.floats(0, 1)),
        seed=st.integers(0, 10_000),
    )
    def search(self, program: int, limit: int, share: float | None, seed: int) -> None:
        keeper, view, query = self.programs[program], View(self.stored), rows(1, seed=seed)[0]
        allowed = None
        if share is not None:
            allowed = np.flatnonzero(self.random.random(self.stored.last_id + 3) < share).astype(np.int64)
        expected = view.truth().search(query, limit, allowed=allowed)
        right = dict(view.truth().search(query, 10_000))
        # What takes long may come late, and nothing is ever wrong.
        for number, score in keeper.search(view, query, generation=1, limit=limit, allowed=allowed):
            assert right[number] == score
        settled()
        keeper.search(view, query, generation=1, limit=limit, allowed=allowed)
        settled()
        assert keeper.search(view, query, generation=1, limit=limit, allowed=allowed) == expected
        if self.old is not None:
            # A view of before: what was removed since may be missing, and what came since takes no place.
            still = np.array(sorted(set(self.old._stored.vectors) & set(self.stored.vectors)), dtype=np.int64)
            expected = self.old.truth().search(query, limit, allowed=still)
            assert keeper.search(self.old, query, generation=1, limit=limit) == expected

    def teardown(self) -> None:
        if hasattr(self, "directory"):
            settled()
            self.patch.undo()
            self.directory.cleanup()


class CodedVectorsAgree(VectorsAgree):
    """The same, with rows found by their codes, and files in use before they have been read through."""

    coded_from = 1
    checked_at_once = 0


VectorsAgree.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestVectorsAgree = VectorsAgree.TestCase
CodedVectorsAgree.TestCase.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)
TestCodedVectorsAgree = CodedVectorsAgree.TestCase


# Killed


WRITE = """
import sys
from pathlib import Path

import numpy as np

from articleqa.vectors import Vectors, policy
from articleqa.vectors.files import Files
from neighbours import DIMENSION, Stored, View, rows, settled

policy.CHANGED_FLOOR, policy.CODED_FROM = 20, 30
stored = Stored(tokens={0: bytes(8)})
vectors = Vectors(Path(sys.argv[1]))
for step in range(12):
    stored.add(rows(15, seed=step))
    stored.remove(np.array([15 * step + 3, 15 * step - 4]))
    stored.tokens[max(stored.tokens)] = bytes([step] * 8)
    vectors.refresh(View(stored), generation=1, dimension=DIMENSION)
    settled()
    print(step, flush=True)
vectors.close()
"""

POINTS = [
    "vectors.compaction.begun",
    "vectors.snapshot.growing",
    "vectors.snapshot.coding",
    "vectors.snapshot.written",
    "vectors.snapshot.synced",
    "vectors.snapshot.renamed",
    "vectors.snapshot.listed",
    "vectors.manifest.written",
    "vectors.manifest.synced",
    "vectors.manifest.renamed",
    "vectors.manifest.listed",
    "vectors.old.removed",
    "vectors.compaction.ended",
]


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize("point", POINTS)
def test_a_program_killed_anywhere_leaves_the_old_snapshot_or_the_new(tmp_path: Path, point: str, times: int) -> None:
    program = start(WRITE, tmp_path, ARTICLEQA_KILL_AT=f"{point}:{times}")
    output, errors = program.communicate(timeout=120)
    assert (program.returncode, errors) == (-signal.SIGKILL, "")
    stored = Stored(tokens={0: bytes(8)})
    for step in range(len(output.splitlines()) + 1):
        stored.add(rows(15, seed=step))
        stored.remove(np.array([15 * step + 3, 15 * step - 4]))
        stored.tokens[max(stored.tokens)] = bytes([step] * 8)
    manifest = Files(tmp_path).manifest(1)
    last_id = manifest.last_id if manifest else -1
    view = View(stored)
    vectors = Vectors(tmp_path)
    query = rows(1, seed=77)[0]
    found = vectors.search(view, query, generation=1, limit=300)
    # Only what came after the snapshot was read.
    later = sum(number > last_id for number in stored.vectors)
    assert view.reads == math.ceil(later / View.batch)
    assert last_id > 0 or times == 1 or "snapshot" in point
    assert found == view.truth().search(query, 300)
    vectors.close()
