"""A run as a file, as a page, and beside another run."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.evaluation import (
    Difference,
    EvaluationReport,
    Evidence,
    Question,
    Result,
    check_comparable,
    check_target,
    compare,
    load_report,
    page,
    save_report,
    write_whole,
)
from articleqa.types import InvalidInput, Outcome
from evaluated import report, result

RUN = report(
    result("a", confidence=0.9, quotes=("It sails at nine.",), answers=("nine",)),
    result("b", confidence=0.8, type="when", holds=False, right=0, quotes=("It is blue.",), answers=("ten",)),
    result("c", confidence=0.1, outcome=Outcome.NOT_FOUND, holds=False, right=0, hit=2, answers=("eleven",)),
    result("d", confidence=0.2, answerable=False, outcome=Outcome.UNCLEAR),
)
HOSTILE = "</title><script>alert(1)</script><img src=x onerror='a()'> \" & \x00 \u202e \ud800"


class Elements(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.words.append(data)


# The file


def test_a_report_is_kept_question_by_question(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    save_report(RUN, path)
    kept = json.loads(path.read_text("utf-8"))
    assert [entry["id"] for entry in kept["results"]] == ["a", "b", "c", "d"]
    assert kept["results"][2]["outcome"] == "not_found"
    assert "It sails at nine." not in path.read_text("utf-8")
    assert "results" not in RUN.as_dict()

    again = load_report(path)
    assert again.as_dict() == RUN.as_dict()
    assert again.results == RUN.results  # quotes and gold answers do not count
    assert [entry.quotes for entry in again.results] == [(), (), (), ()]
    save_report(again, path)
    assert json.loads(path.read_text("utf-8")) == kept
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "[]", "{}", '"x"', "[" * 100_000, '{"format": "articleqa evaluation 1"}', "\ud800"],
)
def test_a_file_that_is_no_report_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InvalidInput, match=r"is no report that `articleqa eval --save` wrote$"):
        load_report(path)


@pytest.mark.parametrize("wrong", ["NaN", "1e999", '"high"', "null"])
def test_a_report_with_a_figure_that_is_none_is_refused(wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    save_report(RUN, path)
    path.write_text(path.read_text("utf-8").replace('"confidence": 0.9', f'"confidence": {wrong}'), "utf-8")
    with pytest.raises(InvalidInput, match="is no report"):
        load_report(path)


def test_what_cannot_be_read_or_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_report(tmp_path / "none.json")
    with pytest.raises(InvalidInput, match="cannot be read"):
        load_report(tmp_path)
    with pytest.raises(InvalidInput, match="is a folder"):
        check_target(tmp_path)
    with pytest.raises(InvalidInput, match="there is no folder"):
        check_target(tmp_path / "none" / "run.json")
    with pytest.raises(InvalidInput, match="cannot be written"):
        write_whole(tmp_path / "none" / "run.json", "")
    check_target(tmp_path / "run.json")
    assert list(tmp_path.iterdir()) == []


# Two runs


def by_name(earlier: EvaluationReport, later: EvaluationReport) -> dict[str, Difference]:
    return {f"{entry.section} {entry.measure}": entry for entry in compare(earlier, later).differences}


def test_a_run_does_not_differ_from_itself() -> None:
    comparison = compare(RUN, RUN)
    assert (comparison.questions, comparison.before, comparison.after) == (4, 4, 4)
    assert {(entry.section, entry.measure) for entry in comparison.differences} >= {
        ("retrieval", "hit@5"),
        ("answers", "quote-contains"),
        ("refusals", "precision"),
        ("latency", "mean total, ms"),
        ("selection", "AURC"),
    }
    assert {(entry.change, entry.low, entry.high, entry.beyond_noise) for entry in comparison.differences} == {
        (0.0, 0.0, 0.0, False)
    }


def test_a_difference_has_its_interval() -> None:
    # 100 questions; 30 become right, none wrong: +.30, with a standard error of sqrt(.3 * .7 / 100) = .0458.
    before = report(*(result(str(number), holds=False, right=0) for number in range(100)))
    after = report(*(result(str(number), holds=number < 30, right=int(number < 30)) for number in range(100)))
    found = by_name(before, after)
    held = found["answers quote-contains"]
    assert (held.before, held.after, held.questions, held.beyond_noise) == (0, 0.3, 100, True)
    assert held.change == pytest.approx(0.3)
    assert held.low == pytest.approx(0.3 - 1.96 * 0.0458, abs=0.02)
    assert held.high == pytest.approx(0.3 + 1.96 * 0.0458, abs=0.02)
    assert found["selection AURC"].change == pytest.approx(-0.3)
    assert found["selection AURC"].beyond_noise
    assert not found["retrieval hit@5"].beyond_noise
    assert compare(before, after) == compare(before, after)


def test_a_change_there_and_back_is_within_noise() -> None:
    before = report(*(result(str(number), holds=number % 2 == 0) for number in range(40)))
    after = report(*(result(str(number), holds=number % 2 == 1) for number in range(40)))
    found = by_name(before, after)["answers quote-contains"]
    assert (found.change, found.beyond_noise) == (0, False)
    assert found.low < -0.2 < 0.2 < found.high


@pytest.mark.parametrize(("count", "beyond"), [(5, False), (6, True)])
def test_a_handful_of_questions_proves_nothing(count: int, beyond: bool) -> None:
    before = report(*(result(str(number), holds=False) for number in range(count)))
    after = report(*(result(str(number)) for number in range(count)))
    assert by_name(before, after)["answers quote-contains"].beyond_noise is beyond


def test_only_the_questions_that_both_asked_are_compared() -> None:
    more = report(*RUN.results, result("e"))
    comparison = compare(more, RUN)
    assert (comparison.questions, comparison.before, comparison.after) == (4, 5, 4)
    assert {entry.change for entry in comparison.differences} == {0.0}


def test_runs_that_do_not_match_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="of the set 'bakeries', and this is 'ferries'"):
        compare(replace(RUN, name="bakeries"), RUN)
    with pytest.raises(InvalidInput, match="none of the questions"):
        compare(RUN, report(result("z")))
    with pytest.raises(InvalidInput, match="'a' is not what it was"):
        compare(RUN, report(result("a", question="Where to?")))
    with pytest.raises(InvalidInput, match="'a' is not what it was"):
        compare(RUN, report(result("a", answerable=False)))
    question = Question("a", "Where to?", ("nine",), True, (Evidence("f", 0, 1),), frozenset("f"))
    with pytest.raises(InvalidInput, match="'a' is not what it was"):
        check_comparable(RUN, tmp_path / "ferries", [question])
    check_comparable(RUN, tmp_path / "ferries", [replace(question, question="When does it sail?")])


ASKED = st.tuples(st.integers(0, 4), st.integers(0, 1), st.sampled_from(Outcome))


def asked(name: str, answerable: bool | None, told: tuple[int, int, Outcome]) -> Result:
    """A question; one of which the set knows no answer where ``answerable`` is None."""
    level, right, outcome = told
    held = None if answerable is None else right
    known = None if held is None else bool(held)
    sure = level / 4
    return result(name, confidence=sure, answerable=answerable is not False, right=held, holds=known, outcome=outcome)


@given(st.lists(st.tuples(st.sampled_from([True, False, None]), ASKED, ASKED), min_size=1, max_size=12))
def test_any_two_runs_differ_as_their_measures_do(
    questions: list[tuple[bool | None, tuple[int, int, Outcome], tuple[int, int, Outcome]]],
) -> None:
    earlier = report(*(asked(str(place), kind, told) for place, (kind, told, _) in enumerate(questions)))
    later = report(*(asked(str(place), kind, told) for place, (kind, _, told) in enumerate(questions)))
    itself = compare(earlier, earlier, draws=20).differences
    assert {(entry.change, entry.low, entry.high) for entry in itself} == {(0.0, 0.0, 0.0)}
    for entry in compare(earlier, later, draws=20).differences:
        assert entry.low <= entry.high
        if entry.section in ("refusals", "answers", "retrieval", "selection"):
            assert entry.before == pytest.approx(getattr(earlier, entry.section)[entry.measure])
            assert entry.after == pytest.approx(getattr(later, entry.section)[entry.measure])


# The page


def test_the_page_has_the_figures_the_curves_and_the_worst_questions() -> None:
    text = page(RUN, comparison=compare(RUN, RUN))
    seen = Elements(text)
    words = " ".join(" ".join(seen.words).split())
    assert seen.tags.count("svg") == 2
    assert "4 questions, 2 articles" in words
    assert f"(AURC) is {RUN.selection['AURC']:.3f}" in words
    for heading in ("Figures", "Compared with the run before", "Latency", "types of questions"):
        assert heading in words
    wrong, refused = words.split("Confident and wrong")[1].split("Refused though answerable")
    assert ("It is blue." in wrong, "ten" in wrong, "It sails at nine." in wrong) == (True, True, False)
    assert ("eleven" in refused, "first right passage: 2" in refused, "It is blue." in refused) == (True, True, False)
    for picture in re.findall("<svg.*?</svg>", text, re.DOTALL):
        ET.fromstring(picture)
    assert "prefers-color-scheme: dark" in text


def test_the_page_of_a_run_without_answers_is_whole() -> None:
    empty = report(result("a", holds=None, right=None, gold=0), result("b", holds=None, right=None, gold=0))
    seen = Elements(page(empty))
    assert "svg" not in seen.tags
    assert seen.words.count("None.") == 2


def check_harmless(text: str) -> None:
    """Nothing in the page runs, and nothing is loaded: the elements are those that the page itself has."""
    seen = Elements(text)
    allowed = set(Elements(page(RUN)).tags)
    assert set(seen.tags) <= allowed
    assert allowed.isdisjoint({"script", "img", "link", "iframe", "a", "object", "base"})
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name in ("src", "href", "srcdoc")]
    assert "url(" not in text
    assert "@import" not in text
    assert seen.tags.count("title") == 3  # of the page, and of each picture
    text.encode("utf-8")


def hostile(text: str) -> EvaluationReport:
    made = report(
        result(text, question=text, type=text, confidence=0.9, right=0, holds=False, quotes=(text,), answers=(text,)),
        result("b", question=text, type=text, outcome=Outcome.NOT_FOUND, holds=False, right=0, answers=(text,)),
        name=text,
    )
    return replace(made, settings={text: text})


def test_hostile_text_is_only_text() -> None:
    text = page(hostile(HOSTILE))
    check_harmless(text)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\x00" not in text
    assert "\u202e" not in text


@given(st.text(st.sampled_from("<>&\"'/=! -scriptonx\x00\x1b\u202e\ud800]]") | st.characters(), max_size=40))
def test_any_text_is_only_text(text: str) -> None:
    check_harmless(page(hostile(text)).replace("url(", "").replace("@import", ""))


def test_a_page_with_half_of_a_surrogate_pair_is_written(tmp_path: Path) -> None:
    write_whole(tmp_path / "run.html", "a\ud800b")
    assert (tmp_path / "run.html").read_text("utf-8") == "a?b"
