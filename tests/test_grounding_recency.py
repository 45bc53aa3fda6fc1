from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from articleqa.grounding import prefer_recent
from articleqa.grounding.recency import RECENT
from articleqa.types import Passage


def passage(number: int, published: str | None, score: float) -> Passage:
    return Passage(number, f"a{number}", 1, "News", None, published, 0, 4, "Text", score)


PASSAGES = st.lists(
    st.tuples(
        st.one_of(st.none(), st.dates().map(str), st.datetimes().map(lambda at: f"{at:%Y-%m-%dT%H:%MZ}")),
        st.floats(0, 1),
    ),
    max_size=8,
).map(lambda drawn: [passage(number, *each) for number, each in enumerate(drawn)])


@given(PASSAGES)
def test_nothing_is_lost_and_the_best_come_first(passages: list[Passage]) -> None:
    passages.sort(key=lambda each: -each.score)
    raised = prefer_recent(passages)
    assert sorted(each.id for each in raised) == sorted(each.id for each in passages)
    assert [each.score for each in raised] == sorted((each.score for each in raised), reverse=True)
    before = {each.id: each.score for each in passages}
    assert all(0 <= each.score - before[each.id] <= RECENT + 1e-9 for each in raised)


def test_of_two_that_say_the_same_the_newer_comes_first() -> None:
    old, new = passage(1, "2023-05-01", 0.72), passage(2, "2024-11-07T10:00:00Z", 0.70)
    assert [each.id for each in prefer_recent([old, new])] == [2, 1]


def test_what_says_something_else_does_not_come_first_because_it_is_new() -> None:
    old, new = passage(1, "2023-05-01", 0.8), passage(2, "2024-11-07", 0.5)
    assert [each.id for each in prefer_recent([old, new])] == [1, 2]


def test_of_one_day_or_of_none_nothing_changes() -> None:
    for day in ("2024-11-07", None):
        passages = [passage(1, day, 0.8), passage(2, day, 0.7)]
        assert prefer_recent(passages) == tuple(passages)
    assert [each.id for each in prefer_recent([passage(1, None, 0.71), passage(2, "2024-11-07", 0.7)])] == [2, 1]
