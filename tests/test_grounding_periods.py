from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.grounding import Period, find_period, without_limit

TODAY = date(2025, 3, 13)  # a Thursday


@pytest.mark.parametrize(
    ("question", "first", "last", "rest"),
    [
        ("What is new since Monday?", "2025-03-10", "2025-03-13", "What is new ?"),
        ("What is new since Thursday?", "2025-03-06", "2025-03-13", "What is new ?"),
        ("What happened after Monday", "2025-03-11", "2025-03-13", "What happened"),
        ("What is new since yesterday", "2025-03-12", "2025-03-13", "What is new"),
        ("What is new today", "2025-03-13", "2025-03-13", "What is new"),
        ("What happened yesterday", "2025-03-12", "2025-03-12", "What happened"),
        ("What happened on Monday", "2025-03-10", "2025-03-10", "What happened"),
        ("What was reported this week", "2025-03-10", "2025-03-13", "What was reported"),
        ("What was reported last week", "2025-03-03", "2025-03-09", "What was reported"),
        ("What was reported this month", "2025-03-01", "2025-03-13", "What was reported"),
        ("What was reported last month", "2025-02-01", "2025-02-28", "What was reported"),
        ("What was reported last year", "2024-01-01", "2024-12-31", "What was reported"),
        ("What changed in the last 10 days", "2025-03-03", "2025-03-13", "What changed"),
        ("What changed in the past two weeks", "2025-02-27", "2025-03-13", "What changed"),
        ("What changed over the past month", "2025-02-11", "2025-03-13", "What changed"),
        ("What changed in the last 24 hours", "2025-03-12", "2025-03-13", "What changed"),
        ("What is new since 2024-12-24", "2024-12-24", "2025-03-13", "What is new"),
        ("What is new since 24 December", "2024-12-24", "2025-03-13", "What is new"),
        ("What is new since March 2nd", "2025-03-02", "2025-03-13", "What is new"),
        ("What is new since May 5, 2023", "2023-05-05", "2025-03-13", "What is new"),
        ("What is new since May", "2024-05-01", "2025-03-13", "What is new"),
        ("What is new since Sept 2024", "2024-09-01", "2025-03-13", "What is new"),
        ("What is new after May 2024", "2024-05-01", "2025-03-13", "What is new"),
        ("What is new from Monday on", "2025-03-10", "2025-03-13", "What is new"),
        ("What is new since 2024 about the port", "2024-01-01", "2025-03-13", "What is new about the port"),
        ("News from last week about the port", "2025-03-03", "2025-03-09", "News about the port"),
        ("What is new since the beginning of the year", "2025-01-01", "2025-03-13", "What is new"),
    ],
)
def test_a_period_is_found(question: str, first: str, last: str, rest: str) -> None:
    assert find_period(question, today=TODAY) == (Period(date.fromisoformat(first), date.fromisoformat(last)), rest)


@pytest.mark.parametrize(
    "question",
    [
        "Who built the bridge in 1931?",
        "What may happen next?",
        "What is new since 30 February?",
        "What is new since 2030?",
        "What is new since the war?",
        "How long did the last strike take?",
        "Is Marchetti the mayor?",
        "",
    ],
)
def test_without_one_there_is_none(question: str) -> None:
    assert find_period(question, today=TODAY) is None


@given(
    today=st.dates(min_value=date(1950, 1, 1), max_value=date(2150, 1, 1)),
    words=st.lists(
        st.sampled_from(
            "What is new since after from on in the last past this 0 3 31 999 Monday friday May feb 29 2024 "
            "2024-02-29 2023-02-29 week weeks month year days today yesterday of , . ?".split()
        ),
        max_size=9,
    ),
)
def test_no_question_breaks_it_and_no_period_is_yet_to_come(today: date, words: list[str]) -> None:
    found = find_period(" ".join(words), today=today)
    if found is not None:
        period, rest = found
        assert period.first <= today
        assert period.last <= today
        assert len(rest) < len(" ".join(words))


@given(today=st.dates(min_value=date(1950, 1, 1), max_value=date(2150, 1, 1)), back=st.integers(1, 7))
def test_a_weekday_is_the_last_one_before_today(today: date, back: int) -> None:
    day = today - timedelta(days=back)
    assert find_period(f"What is new since {day:%A}?", today=today) == (Period(day, today), "What is new ?")


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("Who is the mayor of Velmora as of March 2022?", "Who is the mayor of Velmora?"),
        ("As of 3 May 2023, how many had died?", "how many had died?"),
        ("Who is the mayor as of today?", "Who is the mayor?"),
        ("Who must pay by the end of 2020?", "Who must pay by the end of 2020?"),
        ("Is it as of now unknown?", "Is it as of now unknown?"),
    ],
)
def test_the_time_of_a_state_is_no_part_of_what_is_searched_for(question: str, rest: str) -> None:
    assert without_limit(question) == rest
