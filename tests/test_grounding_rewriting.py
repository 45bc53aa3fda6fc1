from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.grounding import LONGEST_REWRITE, faithful_rewrite, rewrite_messages
from articleqa.types import Turn

HISTORY = (
    Turn("user", "How many passengers did the ferry of Ostrey carry in 2018?"),
    Turn("assistant", "The ferry of Ostrey carried 12,400 passengers. [1]"),
)


def content(text: str) -> frozenset[str]:
    return frozenset(word for word in text.lower().strip(" ?.").split() if len(word) > 3) - {"what", "about"}


def taken(written: str, question: str = "And in 2019?") -> str | None:
    return faithful_rewrite(written, question, HISTORY, content)


def test_a_model_is_shown_the_conversation_before_the_question() -> None:
    [(_, instructions), (role, task)] = rewrite_messages("And in\n2019?", HISTORY)
    assert "Do not answer" in instructions
    assert role == "user"
    assert task.splitlines() == [
        "Conversation:",
        "Question: How many passengers did the ferry of Ostrey carry in 2018?",
        "Answer: The ferry of Ostrey carried 12,400 passengers.",
        "",
        "Last question: And in 2019?",
        "Rewritten question:",
    ]


def test_nobody_is_asked_where_nothing_was_said() -> None:
    assert rewrite_messages("And in 2019?", []) == []
    assert rewrite_messages("And in 2019?", [Turn("user", " ")]) == []


def test_a_long_conversation_is_shown_in_part() -> None:
    [_, (_, task)] = rewrite_messages("Why?", [Turn("user", f"{number} " + "x" * 5000) for number in range(50)])
    assert len(task) < 2000
    assert "Question: 49 " in task
    assert "Question: 45 " not in task


WHOLE = "How many passengers did the ferry of Ostrey carry in 2019?"


@pytest.mark.parametrize(
    "written",
    [WHOLE, f"Rewritten question: {WHOLE}", f'  "{WHOLE}"\nThis is clearer.', f"question: {WHOLE}", f"{WHOLE} [1]"],
)
def test_a_rewrite_that_keeps_names_and_numbers_is_taken(written: str) -> None:
    assert taken(written) == WHOLE


@pytest.mark.parametrize(
    "written",
    [
        "",
        "\n",
        "How many passengers did the ferry of Ostrey carry?",
        "How many passengers did the ferry of Ostrey carry in 2018?",
        "How many passengers did the ferry of Tarvell carry in 2019?",
        "How many passengers did the ferry of Ostrey carry in 2019 and 2020?",
        "The ferry of Ostrey carried 15,900 passengers in 2019.",
        WHOLE + " or more" * 60,
    ],
)
def test_a_rewrite_that_asks_something_else_is_not(written: str) -> None:
    assert taken(written) is None


@pytest.mark.parametrize(
    ("question", "written", "holds"),
    [
        ("What about its captain?", "Who is the captain of the ferry of Ostrey?", True),
        ("What about its captain?", "Who owns the ferry of Ostrey?", False),
        ("What about Brook?", "What does Brook say about the ferry of Ostrey?", True),
        ("What about Brook?", "What is said about the ferry of Ostrey?", False),
        ("Why?", HISTORY[0].text, False),
    ],
)
def test_what_is_asked_for_must_be_left(question: str, written: str, holds: bool) -> None:
    assert (taken(written, question) is not None) is holds


@given(st.text(max_size=500), st.text(max_size=80))
def test_a_rewrite_is_one_short_line_or_nothing(written: str, question: str) -> None:
    text = faithful_rewrite(written, question, HISTORY, content)
    assert text is None or (text.strip() and len(text.splitlines()) == 1 and len(text) <= LONGEST_REWRITE)
