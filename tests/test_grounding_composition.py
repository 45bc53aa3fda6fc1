from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from articleqa import chunking
from articleqa.grounding.composition import (
    ABSTENTION,
    INSTRUCTIONS,
    Draft,
    compose_messages,
    is_abstention,
    one_line,
    parse_markers,
)
from articleqa.types import Turn


def split(text: str) -> list[tuple[int, int]]:
    return [(span.start, span.end) for span in chunking.sentences(text)]


def drafted(deltas: Sequence[str]) -> list[tuple[str, list[int]]]:
    draft = Draft(split)
    released = [piece for delta in deltas for piece in draft.feed(delta)]
    return released + draft.end()


# Taking a text apart


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It is so [1]. It was so [2].", [("It is so.", [1]), ("It was so.", [2])]),
        ("It is so. [1] It was so. [2]", [("It is so.", [1]), ("It was so.", [2])]),
        ("It is so.[1] It was so.[2]", [("It is so.", [1]), ("It was so.", [2])]),
        ("It is so.[1]It was so.[2]", [("It is so.", [1]), ("It was so.", [2])]),
        ("It is so [1][2]. It was so.", [("It is so.", [1, 2]), ("It was so.", [])]),
        ("It is so. [1] [2] It was so.", [("It is so.", [1, 2]), ("It was so.", [])]),
        ("It is so [1, 2]. It was so [1;3].", [("It is so.", [1, 2]), ("It was so.", [1, 3])]),
        ("It is so [1 and 2]. It was so [1-3].", [("It is so.", [1, 2]), ("It was so.", [1, 3])]),
        ("It is so [99].", [("It is so.", [99])]),
        ("It is so【1】. It was so 【2】.", [("It is so.", [1]), ("It was so.", [2])]),
        (
            "It is so [Quote 2]. It was so. [quote 3] It ends.",
            [("It is so.", [2]), ("It was so.", [3]), ("It ends.", [])],
        ),
        ("It [1] is so [1].", [("It is so.", [1])]),
        ("It is so. [1].", [("It is so.", [1])]),
        ("[1] It is so.", [("It is so.", [1])]),
        ("It is so.\n[1]\nIt was so.\n[2]", [("It is so.", [1]), ("It was so.", [2])]),
        ("- It is so [1]\n- It was so [2]", [("- It is so", [1]), ("- It was so", [2])]),
        ("It is so [1] [2", [("It is so", [1])]),
        ("It is so [", [("It is so", [])]),
        ("In [2024] it was so [1].", [("In [2024] it was so.", [1])]),
        ("He left Acme Inc. [1] in May [2].", [("He left Acme Inc. in May.", [1, 2])]),
        ("Dr. Roll said 3.5 percent [1]. Yes.", [("Dr. Roll said 3.5 percent.", [1]), ("Yes.", [])]),
        ("这里是首都。[1]那里是海港。[2]", [("这里是首都。", [1]), ("那里是海港。", [2])]),
        ("[1][2]", []),
        (" \n", []),
        ("...", []),
        ("", []),
    ],
)
def test_a_text_falls_into_sentences_with_their_markers(text: str, sentences: list[tuple[str, list[int]]]) -> None:
    assert drafted([text]) == sentences


PIECES = st.sampled_from(
    """It|Dr.|Inc.|U.S.|No.|he|The|Roll|left|so|3|3.5|12|1.|.|!|?|…|。|首都|[1]|[2]|[1, 2]|【3】|[quote 1]|[|]|[1|[see
|2]| |\n\n|\n- |# |"|”|(|)|: |:\n|, | |. |. |. |? """.split("|")
)
TEXTS = st.lists(PIECES, max_size=16).map("".join)


@given(text=TEXTS, cuts=st.lists(st.integers(0, 120), max_size=12))
@example(text="It is so. [1] [2] Then he left.", cuts=[11, 14, 15, 16])
@example(text='He left. " and she stayed.', cuts=[10, 11])
@example(text="Acme Inc. Henderson left.", cuts=[12])
@example(text="It was in 5. 6. Then he left.", cuts=[16])
@example(text="# So. It is\nand was.", cuts=[8])
@example(text="It is so. It is so. He left.", cuts=[21, 24])
def test_the_cuts_between_deltas_make_no_difference(text: str, cuts: list[int]) -> None:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    deltas = [text[start:end] for start, end in pairwise(places)]
    assert drafted(deltas) == drafted([text])
    assert drafted(list(text)) == drafted([text])


@given(text=TEXTS)
def test_released_sentences_are_whole_single_lines_and_never_repeated(text: str) -> None:
    released = [sentence for sentence, _ in drafted(list(text))]
    assert len({sentence.lower() for sentence in released}) == len(released)
    for sentence in released:
        assert sentence == " ".join(sentence.split())
        assert parse_markers(sentence) == (sentence, [])


def test_a_sentence_is_given_out_as_soon_as_the_next_has_begun() -> None:
    draft = Draft(split)
    assert draft.feed("The port is open. [1]") == []
    assert draft.feed(" It was closed in May") == [("The port is open.", [1])]
    assert draft.feed(" [2].") == []
    assert draft.end() == [("It was closed in May.", [2])]
    assert not draft.over


def test_a_model_that_repeats_itself_is_heard_once() -> None:
    draft = Draft(split)
    said = [piece for _ in range(5) for piece in draft.feed("The port is open [1]. It is old [2]. ")]
    assert said == [("The port is open.", [1]), ("It is old.", [2])]
    assert draft.over
    assert draft.feed("A new thing. And another.") == []
    assert draft.end() == []


def test_a_model_that_does_not_stop_is_cut_off_at_a_sentence() -> None:
    draft = Draft(split)
    text = "".join(f"Sentence {number} says what the one before did not [1]. " for number in range(200))
    said = [piece for word in text.split(" ") if not draft.over for piece in draft.feed(word + " ")]
    assert draft.over
    assert draft.end() == []
    assert 50 < len(said) < 100
    assert said == drafted([text])
    assert said[-1] == (f"Sentence {len(said) - 1} says what the one before did not.", [1])


# Markers in a text


@pytest.mark.parametrize(
    ("text", "plain", "numbers"),
    [
        ("in 24 hours [1].", "in 24 hours.", [1]),
        ("so [2] and so [1][2]", "so and so", [2, 1]),
        ("no marker", "no marker", []),
        ("a [1a] b [1234] c [x]", "a [1a] b [1234] c [x]", []),
        ("[1]", "", [1]),
        ("", "", []),
    ],
)
def test_markers_are_taken_out(text: str, plain: str, numbers: list[int]) -> None:
    assert parse_markers(text) == (plain, numbers)


@pytest.mark.parametrize(
    "marker", ["[1]", "[ 1 ]", "[1, 2]", "[1][2]", "【1】", "[quote 2]", "[Quotes 1 and 2]", "[1\n]"]
)
def test_a_marker_in_a_quote_is_no_marker_any_more(marker: str) -> None:
    text = one_line(f"It was said {marker} so.")
    assert parse_markers(text)[1] == []
    assert "1" in text or "2" in text


@given(st.text(alphabet="[]【】12, quote\n\t", max_size=30))
def test_nothing_that_an_article_writes_is_a_marker(text: str) -> None:
    cleaned = one_line(text)
    assert parse_markers(cleaned)[1] == []
    assert "\n" not in cleaned


# Abstention


@pytest.mark.parametrize(
    "text",
    [
        ABSTENTION,
        "the articles do not say",
        "The quotes don't say.",
        "The quotes don’t mention it.",
        " The article does not contain this [1].",
        "The articles do not say anything about Brazil.",
    ],
)
def test_an_abstention_is_recognised(text: str) -> None:
    assert is_abstention(text)


@pytest.mark.parametrize(
    "text", ["The articles say that he left.", "She said: the articles do not say.", "He does not say.", ""]
)
def test_an_answer_is_no_abstention(text: str) -> None:
    assert not is_abstention(text)


# Messages


EVIDENCE = [(f"Title {number}, Source", f"Quote number {number}. " + "It says much. " * 30) for number in range(1, 7)]


def test_messages_are_instructions_then_history_then_the_task() -> None:
    history = [Turn("user", "Who is Roll?"), Turn("assistant", "Dagny Roll is an engineer. [3]")]
    messages = compose_messages(
        "And Brandt?",
        [("A title [1]\nof two lines", "Ignore this [2].\n\nBrandt is a farmer 【1】.")],
        history=history,
        asked_on=date(2024, 11, 7),
    )
    assert [role for role, _ in messages] == ["system", "user", "assistant", "user"]
    assert messages[0][1] == INSTRUCTIONS
    assert ABSTENTION in INSTRUCTIONS
    # The numbers of an earlier answer are of other quotes.
    assert messages[2][1] == "Dagny Roll is an engineer."
    assert messages[3][1] == (
        "Today is 2024-11-07.\nQuotes:\n"
        "From A title (1) of two lines:\n[1] Ignore this (2). Brandt is a farmer (1).\n\n"
        "Question: And Brandt?"
    )


@given(
    question=st.text(max_size=300),
    count=st.integers(0, 6),
    turns=st.lists(st.builds(Turn, st.sampled_from(["user", "assistant"]), st.text(max_size=800)), max_size=8),
    tokens=st.integers(800, 8192),
)
def test_messages_fit_the_window_and_begin_alike(question: str, count: int, turns: list[Turn], tokens: int) -> None:
    messages = compose_messages(question, EVIDENCE[:count], history=turns, context_tokens=tokens)
    # Three characters a token, with room for an answer of 300.
    assert sum(len(text) for _, text in messages) <= (tokens - 300) * 3
    assert messages[0] == ("system", INSTRUCTIONS)
    assert messages[-1][0] == "user"
    assert all(text for _, text in messages)
    shown = [number for number in range(1, 7) if f"[{number}] " in messages[-1][1]]
    assert shown == list(range(1, len(shown) + 1)), "the best quotes stay, and keep their numbers"
    assert shown or not count


def test_a_narrow_window_gets_fewer_quotes_and_no_history() -> None:
    history = [Turn("user", "x" * 2000), Turn("assistant", "y" * 2000)]
    wide = compose_messages("Why?", EVIDENCE, history=history, context_tokens=4096)
    narrow = compose_messages("Why?", EVIDENCE, history=history, context_tokens=800)
    assert "[6] " in wide[-1][1]
    assert len(wide) == 4
    assert "[6] " not in narrow[-1][1]
    assert "[1] " in narrow[-1][1]
    assert len(narrow) < len(wide)


def test_without_a_day_no_day_is_named() -> None:
    assert "Today" not in compose_messages("Why?", EVIDENCE)[-1][1]
