from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.grounding import Period, asked_period, prefer_recent
from articleqa.grounding.recency import RECENT
from articleqa.types import Passage

EVER = Period(date.min, date.max)
TODAY = date(2024, 11, 7)  # a Thursday


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
    raised = prefer_recent(passages, EVER)
    assert sorted(each.id for each in raised) == sorted(each.id for each in passages)
    assert [each.score for each in raised] == sorted((each.score for each in raised), reverse=True)
    before = {each.id: each.score for each in passages}
    assert all(0 <= each.score - before[each.id] <= RECENT + 1e-9 for each in raised)


def test_of_two_that_say_the_same_the_newer_comes_first() -> None:
    old, new = passage(1, "2023-05-01", 0.72), passage(2, "2024-11-07T10:00:00Z", 0.70)
    assert [each.id for each in prefer_recent([old, new], EVER)] == [2, 1]


def test_what_says_something_else_does_not_come_first_because_it_is_new() -> None:
    old, new = passage(1, "2023-05-01", 0.8), passage(2, "2024-11-07", 0.5)
    assert [each.id for each in prefer_recent([old, new], EVER)] == [1, 2]


def test_of_one_day_or_of_none_nothing_changes() -> None:
    for day in ("2024-11-07", None):
        passages = [passage(1, day, 0.8), passage(2, day, 0.7)]
        assert prefer_recent(passages, EVER) == tuple(passages)
    assert [each.id for each in prefer_recent([passage(1, None, 0.71), passage(2, "2024-11-07", 0.7)], EVER)] == [2, 1]


def test_articles_of_another_time_are_not_raised() -> None:
    early, within, late = passage(1, "2023-01-09", 0.70), passage(2, "2023-05-01", 0.69), passage(3, "2024-11-07", 0.71)
    may = Period(date(2023, 5, 1), date(2023, 5, 31))
    assert [each.id for each in prefer_recent([late, early, within], may)] == [2, 3, 1]
    assert [each.id for each in prefer_recent([late, early, within], Period(date.min, date(2023, 5, 31)))] == [2, 1, 3]


@pytest.mark.parametrize(
    ("question", "first", "last"),
    [
        ("What is the latest on the strike?", date.min, TODAY),
        ("Who is the mayor now?", date.min, TODAY),
        ("What did the council decide this week?", date(2024, 11, 4), TODAY),
        ("What happened at the port in the last ten days?", date(2024, 10, 28), TODAY),
        ("Who was the mayor as of May 2023?", date.min, date(2023, 5, 31)),
        ("How many people had died as of 3 May 2023?", date.min, date(2023, 5, 3)),
        ("How high was the debt by the end of 2020?", date.min, date(2020, 12, 31)),
        ("Who led the union until last week?", date.min, date(2024, 11, 3)),
        ("Who led the union until Tuesday?", date.min, date(2024, 11, 5)),
        # What is yet to come has not been written about.
        ("What will the bridge cost as of 2031?", date.min, TODAY),
    ],
)
def test_the_time_that_a_question_asks_about(question: str, first: date, last: date) -> None:
    assert asked_period(question, today=TODAY) == Period(first, last)


@pytest.mark.parametrize(
    "question", ["Who is the mayor?", "How was it done by the council?", "Until when is it open?", ""]
)
def test_most_questions_ask_about_no_time(question: str) -> None:
    assert asked_period(question, today=TODAY) is None


@given(st.text(), st.dates())
def test_a_period_ends_today_at_the_latest(question: str, today: date) -> None:
    found = asked_period(f"as of {question}", today=today)
    assert found is None or found.first <= found.last <= today
