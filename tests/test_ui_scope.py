"""The filters at the chat: what is sent becomes filters, and words for the person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.types import Filters, InvalidInput, SourceCount
from articleqa.ui import scope

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(["sources", "after", "before", "undated", "articles", "other"])


@given(st.dictionaries(NAMES, ANYTHING))
def test_whatever_is_sent_becomes_filters_or_one_clear_line(sent: dict[str, object]) -> None:
    trouble = ""
    filters = None
    try:
        filters = scope.filters(sent)
    except InvalidInput as error:
        trouble = str(error)
    assert "\n" not in trouble
    assert filters is None or filters
    assert bool(scope.words(filters)) is (filters is not None)


@pytest.mark.parametrize(
    ("filters", "words"),
    [
        (None, ""),
        (Filters(source=("A", "B")), "A, B"),
        (Filters(after="2024-05-01"), "from 1 May 2024"),
        (Filters(before="2024-05-01", undated=False), "until 1 May 2024 · dated only"),
        (Filters(after="2024-05-01", before="2024-06-02"), "1 May 2024 to 2 June 2024"),
        (Filters(after="2024-05-01", before="2024-05-01"), "1 May 2024"),
        (Filters(source="A", article_ids=("x",)), "A · 1 chosen article"),
        (Filters(article_ids=()), "0 chosen articles"),
    ],
)
def test_filters_in_words(filters: Filters | None, words: str) -> None:
    assert scope.words(filters) == words


def test_many_sources_can_be_searched() -> None:
    few, many = ([SourceCount(f"Paper {n}", 1, None, None) for n in range(count)] for count in (3, 40))
    assert "Find a source" not in scope.panel(few, total=3)
    assert "Find a source" in scope.panel(many, total=40)
    assert "No article names its source." in scope.panel([], total=1)
