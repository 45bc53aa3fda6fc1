from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from articleqa.llm.stopping import UntilStop

_PIECES = st.lists(st.text(alphabet="ab\n", max_size=4), max_size=12)
_STOPS = st.lists(st.text(alphabet="ab\n", min_size=1, max_size=3), max_size=3)


def shown(pieces: list[str], stop: list[str]) -> str:
    until = UntilStop(stop)
    return "".join([*map(until.feed, pieces), until.finish()])


@given(_PIECES, st.text(alphabet="ab\n", min_size=1, max_size=3))
def test_what_is_shown_ends_where_the_stop_string_begins(pieces: list[str], stop: str) -> None:
    assert shown(pieces, [stop]) == "".join(pieces).partition(stop)[0]


@given(_PIECES, _STOPS)
def test_no_stop_string_is_ever_shown(pieces: list[str], stop: list[str]) -> None:
    result = shown(pieces, stop)
    assert "".join(pieces).startswith(result)
    assert all(each not in result for each in stop)


def test_what_could_be_the_beginning_of_a_stop_string_is_held_back() -> None:
    until = UntilStop(["END"])
    assert [until.feed(piece) for piece in ("a E", "N", "x E", "ND b", "c")] == ["a ", "", "ENx ", "", ""]
    assert until.stopped
    assert until.finish() == ""


def test_an_empty_stop_string_stops_nothing() -> None:
    assert shown(["a", "b"], [""]) == "ab"
