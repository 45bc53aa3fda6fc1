from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.grounding import Candidate, Signals, after_reading, after_verification, confidence, rank, signals
from articleqa.grounding.confidence import INTERCEPT, READ_INTERCEPT, READ_WEIGHTS, WEIGHTS
from articleqa.library import stems
from articleqa.types import Passage, Reading, Support

ROOT = Path(__file__).parents[1]
SIGNALS = st.builds(Signals, *(st.floats(0, 1) for _ in fields(Signals)))


@given(SIGNALS)
def test_confidence_is_a_probability(found: Signals) -> None:
    assert 0 <= confidence(found) <= 1


@given(found=SIGNALS, name=st.sampled_from([field.name for field in fields(Signals)]), more=st.floats(0, 1))
def test_more_of_any_signal_never_lowers_the_confidence(found: Signals, name: str, more: float) -> None:
    raised = replace(found, **{name: max(getattr(found, name), more)})
    assert confidence(raised) >= confidence(found)


def test_nothing_found_is_not_believed_and_everything_is() -> None:
    assert confidence(Signals(*(0.0 for _ in fields(Signals)))) < 0.1
    assert confidence(Signals(*(1.0 for _ in fields(Signals)))) > 0.9
    assert signals("Why?", [], [], {}, stems, agreement=0.4, searched=7) == Signals(*(0.0 for _ in fields(Signals)))


def reading(score: float, no_answer: float) -> Reading:
    passage = Passage(1, "a", 1, "Velmora", None, None, 0, 20, "Harbour fees rise by", 1.0)
    return Reading(passage, 0, 7, "Harbour", score, no_answer)


@given(found=SIGNALS, score=st.floats(-30, 30), more=st.floats(0, 30), no_answer=st.floats(0, 1))
def test_a_surer_reader_never_lowers_the_confidence(
    found: Signals, score: float, more: float, no_answer: float
) -> None:
    doubting = after_reading(found, [reading(score, no_answer)])
    assert 0 <= doubting <= after_reading(found, [reading(score + more, no_answer)]) <= 1
    assert doubting <= after_reading(found, [reading(score, no_answer / 2)])
    # The surest of what was read counts, and nothing read is like a reader that sees nothing.
    assert doubting == after_reading(found, [reading(score, no_answer), reading(-30, 1)])
    assert after_reading(found, []) == after_reading(found, [reading(-30, 1)])


@given(found=st.floats(0, 1), supports=st.lists(st.sampled_from(Support), max_size=6))
def test_what_verification_doubts_is_believed_less_and_never_more(found: float, supports: list[Support]) -> None:
    sure = after_verification(found, [Support.SUPPORTED, *supports])
    assert after_verification(found, [Support.SUPPORTED]) == found
    assert 0 <= after_verification(found, [Support.UNSUPPORTED, *supports]) <= sure <= found
    assert after_verification(found, [Support.PARTLY, *supports]) <= sure


def candidate(text: str, *, number: int, title: str = "Velmora", place: int = 0) -> Candidate:
    passage = Passage(number, "a", 1, title, None, None, 0, len(text), text, 1.0)
    return Candidate(
        passage=passage,
        rank=place,
        number=0,
        start=0,
        end=len(text),
        text=text,
        stems=frozenset(stems(text)),
        stems_before=frozenset(),
        title_stems=frozenset(stems(title)),
    )


def found(question: str, *candidates: Candidate) -> Signals:
    weights = {stem: 1.0 for word in ("harbour", "fees") for stem in stems(word)}
    ranked = rank(question, candidates, weights, lambda texts: [0.1 * len(text.split()) for text in texts])
    return signals(question, ranked, candidates, {1: 0.4, 2: 0.7}, stems, agreement=0.6, searched=1_000)


def test_the_signals_are_of_the_best_sentence_and_passage() -> None:
    best = found(
        "How high are harbour fees?",
        candidate("Harbour fees rise.", number=1),
        candidate("The fees of the harbour are high.", number=2, place=1),
    )
    assert best.sentence_cosine == pytest.approx(0.7)
    assert best.sentence_coverage == 1.0
    assert best.passage_cosine == 0.7
    assert best.agreement == 0.6
    assert best.smallness == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("question", "share"),
    [
        ("What did Tarkan say in Velmora?", 1.0),  # one in the text, one in the title
        ("What did Tarkan say in Skarnes?", 0.5),
        ("What did Solvang say in Skarnes?", 0.0),
        ("Did Tarkan raise fees by 14 percent?", 1.0),
        ("Did Tarkan raise fees by 15 percent?", 0.5),
        ("Skarnes is where?", 1.0),  # what a question begins with is no name
        ("what do i have to pay?", 1.0),
        ("What do I have to pay, if I may ask?", 1.0),
        ("What did Tarkan’s people say?", 1.0),
    ],
)
def test_names_and_numbers_of_the_question_are_looked_for(question: str, share: float) -> None:
    assert found(question, candidate("Tarkan raises fees by 14 percent.", number=1)).names == share


def test_names_must_be_together_in_one_passage() -> None:
    apart = (candidate("Tarkan raises fees.", number=1), candidate("Solvang sleeps.", number=2, place=1))
    assert found("Did Tarkan meet Solvang?", *apart).names == 0.5
    assert found("Did Tarkan meet Solvang?", candidate("Tarkan met Solvang.", number=1)).names == 1.0


def test_the_weights_are_those_that_were_measured() -> None:
    measured = json.loads((ROOT / "benchmarks" / "results" / "confidence.json").read_text("utf-8"))["result"]
    assert measured["signals"] == [field.name for field in fields(Signals)]
    assert (tuple(measured["weights"]), measured["intercept"]) == (WEIGHTS, INTERCEPT)


def test_the_weights_with_a_reader_are_those_that_were_measured() -> None:
    measured = json.loads((ROOT / "benchmarks" / "results" / "confidence-reader.json").read_text("utf-8"))["result"]
    assert measured["signals"] == [field.name for field in fields(Signals)]
    assert (tuple(measured["read"]["weights"]), measured["read"]["intercept"]) == (READ_WEIGHTS, READ_INTERCEPT)
