from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from articleqa import Article, Settings
from articleqa.assistant.pace import Pace
from articleqa.assistant.quoting import LEAST_SHOWN
from conftest import OpenAssistant
from scripted import ScriptedModel


def test_nothing_is_known_before_the_first_answer() -> None:
    pace = Pace()
    assert pace.readable(2.0) is None
    pace.observe(1_000, 0.001)  # out of a server's cache
    pace.observe(0, 3.0)
    assert pace.readable(2.0) is None


def test_one_slow_answer_among_quick_ones_does_not_count() -> None:
    pace = Pace()
    for seconds in (1.0, 1.0, 60.0, 1.0, 1.0):
        pace.observe(1_000, seconds)
    assert pace.readable(2.0) == 2_000
    # A machine that has become slower is believed after some answers.
    for _ in range(3):
        pace.observe(1_000, 4.0)
    assert pace.readable(2.0) == 500


@given(st.lists(st.tuples(st.integers(1, 100_000), st.floats(0.05, 1_000))), st.floats(0.1, 100))
def test_what_is_readable_lies_between_the_slowest_and_the_quickest(
    answers: list[tuple[int, float]], seconds: float
) -> None:
    pace = Pace()
    for characters, taken in answers:
        pace.observe(characters, taken)
    readable = pace.readable(seconds)
    speeds = [characters / taken for characters, taken in answers[-5:]]
    if readable is None:
        assert not answers
    else:
        assert int(min(speeds) * seconds) <= readable <= max(speeds) * seconds


FERRY = [
    Article(id=f"ferry-{number}", title=f"The ferry of Halm {number}", text=f"The ferry of Halm {text}.")
    for number, text in enumerate(
        [
            "carries eighty lorries and forty cars to the island",
            "was built in a yard of Tarvik from steel that came by rail",
            "sails twice a day in winter and leaves the pier at dawn",
            "broke a propeller last spring and was towed to a dock",
            "has a kitchen where fish soup is cooked by two brothers",
            "belongs to a company that also runs buses in the hills",
        ]
    )
]


def shown(prompt: str) -> int:
    return sum(f"\n[{number}] " in prompt for number in range(1, 10))


def test_a_slow_model_is_shown_fewer_quotes(assistant: OpenAssistant) -> None:
    quick, slow = ScriptedModel("The ferry of Halm. [1]"), ScriptedModel("The ferry of Halm. [1]")
    slow.waits = 0.4
    for folder, model in (("quick", quick), ("slow", slow)):
        opened = assistant(folder, llm=model, llm_first_token=0.1, answer_cache=0)
        opened.add(*FERRY)
        for _ in range(2):
            assert opened.ask("What is known about the ferry of Halm?").answered
    assert shown(quick.prompts[0]) == shown(quick.prompts[1]) == shown(slow.prompts[0]) > LEAST_SHOWN
    assert shown(slow.prompts[1]) == LEAST_SHOWN


def test_the_time_is_a_setting() -> None:
    assert Settings().llm_first_token == 2.0
