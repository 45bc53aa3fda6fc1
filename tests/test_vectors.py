"""Nearest neighbours: one contract for every index."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from articleqa.types import InvalidInput
from articleqa.vectors import FaissIndex, NumpyIndex, VectorIndex, policy
from articleqa.vectors.files import Files, Shown
from neighbours import DIMENSION, FoldedIndex, numbers, rows


@pytest.fixture(params=["plain", "tail", "rows", "codes"])
def index(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> VectorIndex:
    """Every index, empty: the plain truth, in memory, in a file, and in a file with codes."""
    monkeypatch.setattr(policy, "GATHER_FLOOR", 5)
    monkeypatch.setattr(policy, "CODED_FROM", 1 if request.param == "codes" else 1_000_000)
    if request.param == "plain":
        return NumpyIndex(DIMENSION)
    return FaissIndex(DIMENSION) if request.param == "tail" else FoldedIndex(DIMENSION, tmp_path)


# The contract


def test_an_empty_index_finds_nothing(index: VectorIndex) -> None:
    assert len(index) == 0
    assert index.search(rows(1)[0], 5) == []
    assert index.search(rows(1)[0], 5, allowed=numbers(1, 2)) == []
    index.remove(numbers(1))
    index.add(numbers(), rows(0))
    assert len(index) == 0


def test_the_nearest_come_first_with_their_cosines(index: VectorIndex) -> None:
    vectors = rows(50)
    index.add(np.arange(100, 150), vectors)
    query = rows(1, seed=1)[0]
    found = index.search(query, 7)
    scores = vectors @ query
    assert [number for number, _ in found] == [100 + int(row) for row in np.argsort(-scores)[:7]]
    assert [score for _, score in found] == pytest.approx(np.sort(scores)[::-1][:7], abs=1e-6)
    assert all(type(number) is int and type(score) is float for number, score in found)


def test_as_many_as_there_are(index: VectorIndex) -> None:
    index.add(numbers(5, 9), rows(2))
    assert {number for number, _ in index.search(rows(1)[0], 10)} == {5, 9}
    assert index.search(rows(1)[0], 0) == []


def test_a_vector_finds_itself(index: VectorIndex) -> None:
    vectors = rows(300)
    index.add(np.arange(300), vectors)
    for row in range(0, 300, 30):
        ((number, score),) = index.search(vectors[row], 1)
        assert number == row
        assert score == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_query_that_is_not_finite_is_near_nothing(index: VectorIndex, value: float) -> None:
    index.add(np.arange(3), rows(3))
    query = rows(1)[0]
    query[3] = value
    assert index.search(query, 3) == []


@pytest.mark.parametrize("shape", [(DIMENSION - 1,), (DIMENSION + 1,), (1, DIMENSION), ()])
def test_a_query_of_another_shape_is_refused(index: VectorIndex, shape: tuple[int, ...]) -> None:
    index.add(np.arange(3), rows(3))
    with pytest.raises(InvalidInput, match="the encoder gave a question the shape"):
        index.search(np.zeros(shape, dtype=np.float32), 3)


def test_what_is_removed_is_not_found_and_others_take_its_place(index: VectorIndex) -> None:
    vectors = rows(40)
    index.add(np.arange(40), vectors)
    index.remove(numbers(7))
    assert len(index) == 39
    assert 7 not in {number for number, _ in index.search(vectors[7], 39)}
    assert len(index.search(vectors[7], 40)) == 39
    # The removal of what is not there, or no longer, changes nothing.
    index.remove(numbers(7, 1000))
    assert len(index) == 39
    index.remove(np.arange(39))
    assert [number for number, _ in index.search(vectors[7], 5)] == [39]
    index.remove(numbers(39))
    assert index.search(vectors[7], 5) == []
    index.add(numbers(40), vectors[:1])
    assert [number for number, _ in index.search(vectors[7], 5)] == [40]


def test_only_what_is_allowed_is_found(index: VectorIndex) -> None:
    vectors = rows(100)
    index.add(np.arange(100), vectors)
    query = vectors[0]
    assert {number for number, _ in index.search(query, 10, allowed=numbers(3, 50, 4))} == {3, 4, 50}
    assert [number for number, _ in index.search(query, 1, allowed=numbers(50, 51))] in ([50], [51])
    assert index.search(query, 10, allowed=numbers()) == []
    assert index.search(query, 10, allowed=numbers(1000)) == []
    index.remove(numbers(4, 3))
    assert {number for number, _ in index.search(query, 10, allowed=numbers(3, 50, 4))} == {50}
    assert index.search(query, 10, allowed=numbers(3)) == []
    assert len(index.search(query, 100, allowed=np.arange(100))) == 98


def test_equal_vectors_are_all_found(index: VectorIndex) -> None:
    index.add(np.arange(5), np.repeat(rows(1), 5, axis=0))
    found = index.search(rows(1)[0], 5)
    assert {number for number, _ in found} == set(range(5))


def test_equals_are_in_the_order_of_their_ids(index: VectorIndex) -> None:
    vectors = np.repeat(rows(3), 4, axis=0)
    index.add(np.arange(12), vectors)
    query = rows(1, seed=3)[0]
    found = [number for number, _ in index.search(query, 12)]
    assert sorted(found) == list(range(12))
    for first in range(0, 12, 4):
        assert found[first : first + 4] == sorted(found[first : first + 4])


@pytest.mark.parametrize("ids", [(5, 5), (6, 5), (3, 4), (2, 9), (4,)])
def test_ids_ascend(index: VectorIndex, ids: tuple[int, ...]) -> None:
    index.add(numbers(1, 4), rows(2))
    with pytest.raises(ValueError, match="ids have to ascend from 4 on"):
        index.add(numbers(*ids), rows(len(ids)))
    assert len(index) == 2


def test_there_are_as_many_ids_as_vectors(index: VectorIndex) -> None:
    with pytest.raises(ValueError, match="2 ids for 3 vectors"):
        index.add(numbers(1, 2), rows(3))


def test_an_id_that_was_removed_is_not_given_again(index: VectorIndex) -> None:
    index.add(numbers(1, 2), rows(2))
    index.remove(numbers(2))
    index.add(numbers(3), rows(1))
    assert {number for number, _ in index.search(rows(1)[0], 9)} == {1, 3}


def test_what_is_later_than_a_view_is_passed_over(index: VectorIndex) -> None:
    if isinstance(index, NumpyIndex):
        pytest.skip("it knows no views")
    assert isinstance(index, FaissIndex)
    vectors = rows(60)
    index.add(np.arange(30), vectors[:30])
    index.add(np.arange(30, 60), vectors[30:])
    for last in (0, 17, 29, 30, 44, 59, 100):
        found = index.search(vectors[59], 60, last=last)
        assert sorted(number for number, _ in found) == list(range(min(last, 59) + 1))
        allowed = index.search(vectors[59], 60, last=last, allowed=np.arange(10, 50))
        assert sorted(number for number, _ in allowed) == list(range(10, min(last, 49) + 1))


class IndexesAgree(RuleBasedStateMachine):
    """Whatever is added, removed and folded into files, FAISS answers what the plain truth answers."""

    coded_from = 1_000_000

    @initialize(seed=st.integers(0, 1000))
    def begin(self, seed: int) -> None:
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(policy, "CODED_FROM", self.coded_from)
        self.patch.setattr(policy, "GATHER_FLOOR", 5)
        self.folder = TemporaryDirectory()
        self.random = np.random.default_rng(seed)
        self.truth = NumpyIndex(DIMENSION)
        self.index = FaissIndex(DIMENSION)
        self.files = Files(Path(self.folder.name))
        self.next = 1

    @rule(count=st.integers(0, 40), gap=st.integers(0, 5))
    def add(self, count: int, gap: int) -> None:
        ids = np.arange(self.next + gap, self.next + gap + count, dtype=np.int64)
        vectors = rows(count, seed=self.next)
        self.truth.add(ids, vectors)
        self.index.add(ids, vectors)
        self.next += gap + count

    @rule(share=st.floats(0, 1))
    def remove(self, share: float) -> None:
        ids = np.flatnonzero(self.random.random(self.next + 3) < share).astype(np.int64)
        self.truth.remove(ids)
        self.index.remove(ids)

    @rule(meanwhile=st.integers(0, 20), share=st.floats(0, 0.3))
    def compact(self, meanwhile: int, share: float) -> None:
        before = self.index.freeze()
        self.add(meanwhile, 0)
        self.remove(share)
        segment = self.files.publish(1, before.batches(), dimension=DIMENSION, shown=Shown())
        self.index = self.index.succeeded(before, segment)

    @rule()
    def reopen(self) -> None:
        before = self.index.freeze()
        self.files.publish(1, before.batches(), dimension=DIMENSION, shown=Shown())
        segment = self.files.open(1, DIMENSION)
        assert segment is not None
        self.index = FaissIndex(DIMENSION, segment=segment)

    @rule(limit=st.integers(1, 60), share=st.one_of(st.none(), st.floats(0, 1)), seed=st.integers(0, 10_000))
    def search(self, limit: int, share: float | None, seed: int) -> None:
        allowed = None
        if share is not None:
            allowed = np.flatnonzero(self.random.random(self.next + 3) < share).astype(np.int64)
        query = rows(1, seed=seed)[0]
        assert self.index.search(query, limit, allowed=allowed) == self.truth.search(query, limit, allowed=allowed)

    @invariant()
    def as_many(self) -> None:
        if hasattr(self, "index"):
            assert len(self.index) == len(self.truth)
            assert self.index.ids.tolist() == self.truth.ids.tolist()

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.patch.undo()
            self.folder.cleanup()


class CodedIndexesAgree(IndexesAgree):
    """The same, with rows found by their codes first."""

    coded_from = 1


IndexesAgree.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestIndexesAgree = IndexesAgree.TestCase
CodedIndexesAgree.TestCase.settings = settings(max_examples=20, stateful_step_count=30, deadline=None)
TestCodedIndexesAgree = pytest.mark.slow(CodedIndexesAgree.TestCase)
