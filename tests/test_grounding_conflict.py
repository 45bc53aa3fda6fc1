from __future__ import annotations

from dataclasses import replace

import pytest

from articleqa.grounding import Candidate, Ranked, conflict
from articleqa.library import STOP_STEMS, STOP_WORDS, stems
from articleqa.types import Passage

IGNORED = STOP_STEMS


def ranked(number: int, text: str, *, score: float = 1.0, also_in: tuple[str, ...] = ()) -> Ranked:
    passage = Passage(number, f"a{number}", 1, "News", None, None, 0, len(text), text, 1.0, also_in=also_in)
    candidate = Candidate(
        passage=passage,
        rank=0,
        number=0,
        start=0,
        end=len(text),
        text=text,
        stems=frozenset(stems(text)),
        stems_before=frozenset(),
        title_stems=frozenset(),
    )
    return Ranked(candidate, score, 0.7, 1.0)


def between(question: str, one: str, other: str) -> bool:
    weights = {
        stem: 1.0 for word in question.strip("?").split() if word.lower() not in STOP_WORDS for stem in stems(word)
    }
    entries = [ranked(1, one), ranked(2, other, score=0.9)]
    found = conflict(question, entries, weights, ignored=IGNORED)
    assert found in (None, tuple(entries))
    return found is not None


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "How many people died in the fire at the mill?",
            "The fire at the mill killed 12 people; all who died worked there.",
            "Fifteen people, or 15 people with the guard, died in the fire at the mill.",
        ),
        (
            "By how much do the harbour fees rise?",
            "The harbour fees rise by 14 percent in January.",
            "In January the harbour fees rise by 16 %, the mayor said.",
        ),
        (
            "How much does the breakwater cost?",
            "The breakwater is to cost 9.4 million crowns.",
            "The new breakwater may cost 11 million crowns.",
        ),
        (
            "When does the bridge open?",
            "The bridge is to open on 12 May.",
            "The mayor will open the bridge on 14 May.",
        ),
        (
            "In which year was the lighthouse built?",
            "The lighthouse was built in 1887.",
            "Masons from Skarnes built the lighthouse in 1891.",
        ),
        ("When does the ferry leave?", "The ferry is to leave at 9:15.", "The last ferry may leave at 10.40."),
    ],
)
def test_a_contradiction_is_seen_from_either_side(question: str, one: str, other: str) -> None:
    assert between(question, one, other)
    assert between(question, other, one)


@pytest.mark.parametrize(
    ("question", "one", "other"),
    [
        (
            "By how much do the harbour fees rise?",
            "The harbour fees rise by 14 percent in January.",
            "Harbour fees are to rise by 14 % from 1 January.",
        ),
        (
            "How much does the breakwater cost?",
            "The breakwater is to cost 9.4 million crowns.",
            "The breakwater may cost about 9,500,000 crowns.",
        ),
        (
            "How many people died in the fire at the mill?",
            "12 people died in the fire at the mill.",
            "In the fire at the mill 12 people died, among them 3 children.",
        ),
        (
            "How many boats are in the harbour of Velmora?",
            "In the harbour of Velmora there are 40 boats.",
            "The harbour of Velmora has 3 cranes for boats.",
        ),
        (
            "When did the strike at the mill begin?",
            "The strike at the mill began in 1931.",
            "The strike at the mill ended on 4 May, months after it began in 1931.",
        ),
        (
            "What was built in 1887 and when was it opened?",
            "The lighthouse was built in 1887 and opened in 1889.",
            "Built in 1887, the lighthouse was opened to all in 1889.",
        ),
        ("Who opened the bridge?", "The mayor opened the bridge on 12 May.", "The queen opened the bridge on 14 May."),
        (
            "How many people live in Skarnes?",
            "In Skarnes live 9,000 people.",
            "Of those who left the valley 70 people went to the mines far away.",
        ),
    ],
)
def test_what_does_not_contradict_is_none(question: str, one: str, other: str) -> None:
    assert not between(question, one, other)
    assert not between(question, other, one)


def test_one_article_and_its_copies_do_not_contradict_themselves() -> None:
    question, weights = "How many people died in the fire?", dict.fromkeys(("peopl", "die", "fire"), 1.0)
    one, other = ranked(1, "12 people died in the fire."), ranked(2, "15 people died in the fire.", score=0.9)
    assert conflict(question, [one, other], weights, ignored=IGNORED) == (one, other)
    same = replace(other, candidate=replace(other.candidate, passage=replace(other.candidate.passage, article_id="a1")))
    assert conflict(question, [one, same], weights, ignored=IGNORED) is None
    copied = ranked(1, "12 people died in the fire.", also_in=("a2",))
    assert conflict(question, [copied, other], weights, ignored=IGNORED) is None


def test_a_worse_answer_does_not_contradict_a_better_one() -> None:
    question, weights = "How many people died in the fire?", dict.fromkeys(("peopl", "die", "fire"), 1.0)
    one = ranked(1, "12 people died in the fire.")
    assert conflict(question, [one, ranked(2, "15 people died in the fire.", score=0.5)], weights, ignored=()) is None
    assert conflict(question, [], weights, ignored=()) is None
