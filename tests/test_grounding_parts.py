from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.grounding import Part, as_evidence, open_parts, parts
from articleqa.grounding.parts import PARTS
from articleqa.library import STOP_STEMS, stems
from articles import HARBOUR
from test_grounding_evidence import candidates_of, passages_of


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("When was Tarn Bridge built and who paid for it?", ("When was Tarn Bridge built", "who paid for it?")),
        ("Who is the mayor? When was she elected?", ("Who is the mayor?", "When was she elected?")),
        (
            "How many people live in Tarn, and how many of them work in Vell?",
            ("How many people live in Tarn", "how many of them work in Vell?"),
        ),
        ("Compare the budgets of Tarn and Vell", ("Compare the budgets of Tarn", "Compare the budgets of Vell")),
        (
            "What do Markov and Lund say about the strike?",
            ("What do Markov say about the strike?", "What do Lund say about the strike?"),
        ),
        (
            "Does the Courier say that the port of Velmora raises its fees, while the Wire says that it does not?",
            ("Does the Courier say that the port of Velmora raises its fees", "the Wire says that it does not?"),
        ),
    ],
)
def test_a_question_that_asks_several_things_is_cut(question: str, asked: tuple[str, ...]) -> None:
    assert tuple(part.asked for part in parts(question)) == asked


@pytest.mark.parametrize(
    "question",
    [
        "By how much does Velmora raise its harbour fees?",
        "Who led the inquiry and was dismissed?",
        "Which harbour is old and is still in use?",
        "What do Tarn, Vell and Skarn export?",
        "Tarn and Vell",
        "Who?",
        "",
    ],
)
def test_a_question_that_asks_one_thing_stays_whole(question: str) -> None:
    assert parts(question) == ()


def test_a_part_that_leans_on_the_one_before_it_takes_its_names_along() -> None:
    assert parts("When was Tarn Bridge built and who paid for it?")[1].sought == "who paid for it? Tarn Bridge"
    # What has a name of its own needs no other.
    assert parts("When was Tarn Bridge built and who founded Vell?")[1] == Part(
        "who founded Vell?", "who founded Vell?"
    )


@given(st.text() | st.lists(st.sampled_from(["and", "who", "Tarn", "Vell", "?", ",", "is", "while"])).map(" ".join))
def test_parts_are_some_and_short(question: str) -> None:
    found = parts(question)
    assert len(found) != 1
    assert len(found) <= PARTS
    assert all(part.asked and part.sought.startswith(part.asked) for part in found)


def test_only_what_no_quote_has_the_words_of_is_open() -> None:
    spans = [as_evidence(candidate) for candidate in candidates_of(passages_of(HARBOUR))]
    fees = [span for span in spans if "14 percent" in span.text]
    asked = parts("By how much does Velmora raise its fees, and what do the repairs of the breakwater cost?")
    assert [part.asked for part in asked] == [
        "By how much does Velmora raise its fees",
        "what do the repairs of the breakwater cost?",
    ]
    assert open_parts(asked, fees, stems=stems, ignored=STOP_STEMS) == list(asked[1:])
    assert open_parts(asked, spans, stems=stems, ignored=STOP_STEMS) == []
    assert open_parts(asked, [], stems=stems, ignored=STOP_STEMS) == list(asked)
