"""The measures of judged questions, each worked out by hand, and what holds of them for any questions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.evaluation import Evidence, Question, Result
from articleqa.evaluation.curves import POINTS, areas, calibration, risk_coverage
from articleqa.evaluation.judging import judged
from articleqa.evaluation.measures import UNTYPED, by_type, figures, follow_ups, latencies
from articleqa.types import Answer, Citation, Outcome, Passage, Sentence, Support
from evaluated import result

TEXT = "The ferry Elin sails to Korsund at nine. It carries forty cars. Captain Mara Lind has led it since 2019."


def citation(number: int, start: int, end: int) -> Citation:
    return Citation(number, "ferry", 1, "The ferry", None, None, None, start, end, TEXT[start:end])


def passage(number: int, article: str, start: int, end: int) -> Passage:
    return Passage(number, article, 1, "A title", None, None, start, end, TEXT[start:end], 1.0)


QUESTION = Question(
    id="q",
    question="When does it sail, and who leads it?",
    answers=("at nine", "Mara Lind"),
    answerable=True,
    evidence=(Evidence("ferry", 32, 39), Evidence("ferry", 72, 81)),
    relevant=frozenset({"ferry"}),
    type="two",
)
ANSWER = Answer(
    text="The ferry Elin sails to Korsund at nine. [1] It carries forty cars. [2] It is blue.",
    outcome=Outcome.ANSWERED,
    confidence=0.75,
    sentences=(
        Sentence("The ferry Elin sails to Korsund at nine.", (citation(1, 0, 40),)),
        Sentence("It carries forty cars.", (citation(2, 41, 63),), Support.PARTLY),
        Sentence("It is blue.", (), Support.UNSUPPORTED),
    ),
    citations=(citation(1, 0, 40), citation(2, 41, 63)),
    timings={"retrieve": 0.25, "total": 0.5},
)


def test_an_answer_is_held_against_its_question() -> None:
    passages = [passage(1, "bakery", 0, 90), passage(2, "ferry", 40, 63), passage(3, "ferry", 0, 40)]
    found = judged(QUESTION, ANSWER, passages, exact=2)
    assert (found.id, found.type, found.outcome, found.confidence) == ("q", "two", Outcome.ANSWERED, 0.75)
    assert found.hit == 3
    # The relevant article is the second of two.
    assert found.gain == pytest.approx(1 / np.log2(3))
    assert (found.contains, found.holds) == (True, True)
    assert (found.citations, found.exact, found.right) == (2, 2, 1)
    assert (found.gold, found.gold_cited) == (2, 1)
    assert found.sentences == {"supported": 1, "partly": 1, "unsupported": 1}
    assert found.milliseconds == {"retrieve": 250, "total": 500}
    assert found.wrong is False
    assert found.as_dict().keys() == Result.__dataclass_fields__.keys() - {"quotes", "answers"}


def test_what_a_set_does_not_tell_is_not_judged() -> None:
    silent = replace(QUESTION, answers=(), evidence=())
    found = judged(silent, ANSWER, [passage(1, "ferry", 0, 40)], exact=2)
    assert (found.hit, found.contains, found.holds, found.f1, found.right, found.wrong) == (
        1,
        None,
        None,
        None,
        None,
        None,
    )
    refused = judged(replace(QUESTION, answerable=False), replace(ANSWER, outcome=Outcome.UNCLEAR), [], exact=2)
    assert (refused.gain, refused.holds, refused.wrong, refused.sentences) == (None, None, False, {})


# Ten places of a small run: four answerable with a right quote, one with a wrong one, two refused; three unanswerable.
RESULTS = (
    result("a", confidence=0.9, hit=1, holds=True, type="who", citations=2, right=1, gold=2, gold_cited=1),
    result("b", confidence=0.8, hit=2, holds=True, type="who", citations=1, right=1, gold=1, gold_cited=1),
    result("c", confidence=0.7, hit=6, holds=False, type="when", citations=1, right=0, gold=1, follow_up=True),
    result("d", confidence=0.6, hit=5, holds=True, type="when", citations=1, right=1, gold_cited=1, follow_up=True),
    result("e", confidence=0.1, hit=None, outcome=Outcome.NOT_FOUND, holds=False, right=0),
    result("f", confidence=0.95, answerable=False, citations=1),
    result("g", confidence=0.2, answerable=False, outcome=Outcome.NOT_FOUND, type="when"),
    result("h", confidence=0.3, answerable=False, outcome=Outcome.UNCLEAR),
)


def test_figures_are_those_worked_out_by_hand() -> None:
    retrieval = figures(RESULTS, "retrieval")
    assert [retrieval[f"hit@{cut}"] for cut in (1, 3, 5, 10)] == [1 / 5, 2 / 5, 3 / 5, 4 / 5]
    assert retrieval["MRR"] == pytest.approx((1 + 1 / 2 + 1 / 6 + 1 / 5) / 5)
    assert figures(RESULTS, "answers")["quote-contains"] == 3 / 5
    assert figures(RESULTS, "refusals") == {
        "right (of unanswerable)": pytest.approx(2 / 3),
        "wrong (of answerable)": 1 / 5,
        "precision": pytest.approx(2 / 3),
        "recall": pytest.approx(2 / 3),
    }
    # Five citations of answerable questions, three of them right; five gold spans of the four answered, three cited.
    assert figures(RESULTS, "citations") == {"exact": 1, "precision": 3 / 5, "recall": 3 / 5}


def test_sentences_are_shared_out_by_support() -> None:
    results = [
        result("a", sentences={"supported": 3, "unsupported": 1}),
        result("b", sentences={"partly": 4}),
        result("c", outcome=Outcome.NOT_FOUND),
    ]
    assert figures(results, "sentences") == {"supported": 3 / 8, "partly": 4 / 8, "unsupported": 1 / 8}


def test_each_type_and_the_follow_ups_have_figures_of_their_own() -> None:
    assert by_type(RESULTS) == {
        "who": {"questions": 2, "answerable": 2, "hit@5": 1, "quote-contains": 1, "refused, wrong (of answerable)": 0},
        "when": {
            "questions": 3,
            "answerable": 2,
            "hit@5": 0.5,
            "quote-contains": 0.5,
            "refused, right (of unanswerable)": 1,
            "refused, wrong (of answerable)": 0,
        },
        UNTYPED: {
            "questions": 3,
            "answerable": 1,
            "hit@5": 0,
            "quote-contains": 0,
            "refused, right (of unanswerable)": 0.5,
            "refused, wrong (of answerable)": 1,
        },
    }
    assert by_type([result("a"), result("b")]) == {}
    assert follow_ups(RESULTS) == {"questions": 2, "hit@5": 0.5, "quote-contains": 0.5}
    assert follow_ups([result("a")]) == {}


def test_latencies_are_of_the_questions_that_had_the_stage() -> None:
    results = [result(str(number), milliseconds={"total": float(number)}) for number in range(1, 21)]
    results.append(replace(results[0], milliseconds={"total": 0.5, "generate": 7.0}))
    assert latencies(results) == {"total": {"p50": 10.0, "p95": 19.0}, "generate": {"p50": 7.0, "p95": 7.0}}


def test_the_risk_coverage_curve_by_hand() -> None:
    points, area = risk_coverage(RESULTS)
    # In the order of confidence: f (wrong), a, b, c (wrong), d, h, g, e (wrong: refused though answerable).
    risks = [1 / 1, 1 / 2, 1 / 3, 2 / 4, 2 / 5, 2 / 6, 2 / 7, 3 / 8]
    assert [coverage for coverage, _ in points] == [place / 8 for place in range(1, 9)]
    assert [risk for _, risk in points] == pytest.approx(risks)
    assert area == pytest.approx(sum(risks) / 8)
    assert risk_coverage([result("a", holds=None, right=None)]) == ([], None)


def test_questions_of_one_confidence_have_no_order() -> None:
    tied = [result("a", holds=False, right=0), result("b"), result("c", confidence=0.1)]
    assert risk_coverage(tied) == risk_coverage([tied[1], tied[0], tied[2]])
    # Half a wrong one, then the other half, then a right one.
    assert risk_coverage(tied)[1] == pytest.approx((1 / 2 + 1 / 2 + 1 / 3) / 3)


def test_the_calibration_by_hand() -> None:
    assert calibration([*RESULTS, result("x", confidence=1.0), result("y", right=None, holds=None)])[-2:] == [
        {"questions": 1, "confidence": 0.8, "answerable": 1, "right": 1},
        {"questions": 3, "confidence": pytest.approx(2.85 / 3), "answerable": 2 / 3, "right": 2 / 3},
    ]
    assert calibration([]) == []


# Few levels, so that there are ties.
JUDGED = st.lists(
    st.builds(
        lambda level, answerable, right, outcome: result(
            "q", confidence=level / 8, answerable=answerable, right=right, outcome=outcome
        ),
        st.integers(0, 8),
        st.booleans(),
        st.sampled_from([0, 1, None]),
        st.sampled_from(Outcome),
    ),
    max_size=250,
)


@given(JUDGED)
def test_any_curve_goes_from_left_to_right_within_the_square(results: list[Result]) -> None:
    points, area = risk_coverage(results)
    known = [entry for entry in results if entry.wrong is not None]
    assert len(points) == min(len(known), POINTS)
    assert (area is None) == (not known)
    if area is not None:
        coverages = [coverage for coverage, _ in points]
        assert coverages == sorted(set(coverages))
        assert (points[0][0], coverages[-1]) == (1 / len(known), 1)
        assert all(0 <= risk <= 1 for _, risk in points)
        assert points[-1][1] == pytest.approx(sum(bool(entry.wrong) for entry in known) / len(known))
        assert 0 <= area <= 1


@given(JUDGED, st.data())
def test_the_areas_of_draws_are_those_of_the_drawn_questions(results: list[Result], data: st.DataObject) -> None:
    known = [entry for entry in results if entry.wrong is not None]
    if not known:
        return
    counts = data.draw(st.lists(st.integers(0, 3), min_size=len(known), max_size=len(known)).filter(any))
    confidence = np.array([entry.confidence for entry in known])
    wrong = np.array([float(bool(entry.wrong)) for entry in known])
    found = areas(confidence, wrong, np.array([counts, [1] * len(known)]))
    drawn = [entry for entry, count in zip(known, counts, strict=True) for _ in range(count)]
    assert list(found) == [pytest.approx(risk_coverage(each)[1], abs=1e-9) for each in (drawn, known)]


@given(JUDGED)
def test_shares_stay_within_bounds(results: list[Result]) -> None:
    for section in ("retrieval", "refusals", "sentences"):
        assert all(0 <= value <= 1 for value in figures(results, section).values())
