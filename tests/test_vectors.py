"""Nearest neighbours: one contract for both indexes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from articleqa.types import InvalidInput, Matrix, Vector
from articleqa.vectors import FaissIndex, Ids, NumpyIndex, VectorIndex, Vectors

DIMENSION = 16


def rows(count: int, *, seed: int = 0, dimension: int = DIMENSION) -> Matrix:
    """Unit-norm rows."""
    vectors = np.random.default_rng(seed).standard_normal((count, dimension)).astype(np.float32)
    result: Matrix = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return result


def numbers(*values: int) -> Ids:
    return np.array(values, dtype=np.int64)


@pytest.fixture(params=[NumpyIndex, FaissIndex])
def index(request: pytest.FixtureRequest) -> VectorIndex:
    """Both indexes, empty."""
    result: VectorIndex = request.param(DIMENSION)
    return result


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


class IndexesAgree(RuleBasedStateMachine):
    """Whatever is added and removed, FAISS answers what the plain truth answers."""

    @initialize(seed=st.integers(0, 1000))
    def begin(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.truth = NumpyIndex(DIMENSION)
        self.index = FaissIndex(DIMENSION)
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

    @rule()
    def compact(self) -> None:
        self.index.compact()

    @rule(limit=st.integers(1, 60), share=st.one_of(st.none(), st.floats(0, 1)), seed=st.integers(0, 10_000))
    def search(self, limit: int, share: float | None, seed: int) -> None:
        allowed = None
        if share is not None:
            allowed = np.flatnonzero(self.random.random(self.next + 3) < share).astype(np.int64)
        query = rows(1, seed=seed)[0]
        expected = self.truth.search(query, limit, allowed=allowed)
        found = self.index.search(query, limit, allowed=allowed)
        assert [number for number, _ in found] == [number for number, _ in expected]
        assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-6)

    @invariant()
    def as_many(self) -> None:
        if hasattr(self, "index"):
            assert len(self.index) == len(self.truth)
            assert set(self.index.ids.tolist()) == set(self.truth._ids.tolist())


IndexesAgree.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestIndexesAgree = IndexesAgree.TestCase


# Views of different age


class FixedSource:
    """A view of vectors that never change."""

    change = 1

    def __init__(self, vectors: Matrix) -> None:
        self._vectors = vectors

    def token(self, change: int) -> bytes | None:
        return b"fixed"

    def last_passage(self, generation: int) -> int:
        return len(self._vectors)

    def vectors_after(self, generation: int, passage_id: int) -> Iterator[tuple[Ids, Matrix]]:
        yield np.arange(passage_id + 1, len(self._vectors) + 1), self._vectors[passage_id:]

    def removed_after(self, change: int) -> Ids:
        return numbers()


def test_an_older_view_is_not_crowded_out_by_what_is_new(tmp_path: Path) -> None:
    """A reader began before a writer added what is much nearer to the question."""
    query: Vector = rows(1)[0]
    old = FixedSource(rows(20, seed=5))
    new = FixedSource(np.concatenate([rows(20, seed=5), np.repeat(query[None], 200, axis=0)]))
    new.change = 2
    vectors = Vectors(tmp_path)
    assert vectors.refresh(new, generation=1, dimension=DIMENSION) == 220
    found = vectors.search(old, query, generation=1, limit=10)
    assert len(found) == 10
    assert all(number <= 20 for number, _ in found)
    assert all(number > 20 for number, _ in vectors.search(new, query, generation=1, limit=10))
