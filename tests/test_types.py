from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import articleqa
from articleqa import types
from articleqa.types import (
    Answer,
    ArticleNotFound,
    ArticleQAError,
    Citation,
    Filters,
    InvalidInput,
    LibraryError,
    LoadingError,
    Order,
    Outcome,
    Progress,
    Sentence,
    errors,
    utc_date,
)

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

zones = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(timezones=st.none() | zones)


def in_utc(moment: datetime) -> datetime:
    """What ``utc_date`` should mean; moments whose UTC has no year are left out."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return aware.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        assume(False)
        raise


def citation(number: int) -> Citation:
    return Citation(number, f"article-{number}", 1, "Title", None, None, None, 0, 5, "quote")


# Dates


@given(st.dates())
def test_a_day_stays_a_day(day: date) -> None:
    assert utc_date(day) == utc_date(day.isoformat()) == utc_date(f" {day.isoformat()}\n") == day.isoformat()


@given(moments)
def test_a_moment_is_the_same_moment_in_utc(moment: datetime) -> None:
    expected = in_utc(moment)
    written = utc_date(moment)
    assert _MOMENT.fullmatch(written)
    assert datetime.fromisoformat(written) == expected
    assert utc_date(moment.isoformat()) == written


@given(moments)
def test_a_date_that_is_read_twice_does_not_change(moment: datetime) -> None:
    in_utc(moment)
    assert utc_date(utc_date(moment)) == utc_date(moment)


@given(moments, moments)
def test_dates_sort_as_time_does(one: datetime, other: datetime) -> None:
    assert (in_utc(one) < in_utc(other)) == (utc_date(one) < utc_date(other))


@given(st.text() | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{2,12}(Z|[+-][0-9]{2}:[0-9]{2})?)?"))
def test_any_text_is_a_date_or_refused_in_one_line(text: str) -> None:
    try:
        written = utc_date(text)
    except InvalidInput as error:
        refused = str(error).splitlines()
    else:
        assert _MOMENT.fullmatch(written) or date.fromisoformat(written).isoformat() == written
        return
    assert len(refused) == 1


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2024-13-01", "2024-02-30", "7.11.2024", "2024-11-07T25:00:00Z", "now"]
)
def test_what_is_no_date_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(repr(text)) + ".*write it as 2024-11-07"):
        utc_date(text)


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:30:00-01:00"])
def test_a_moment_outside_the_calendar_is_refused(moment: str) -> None:
    with pytest.raises(InvalidInput, match="1 to 9999"):
        utc_date(moment)


# Filters


@given(st.dates(), st.dates())
def test_a_period_must_not_end_before_it_begins(one: date, other: date) -> None:
    first, last = sorted((one, other))
    filters = Filters(after=first, before=last)
    assert (filters.after, filters.before) == (first.isoformat(), last.isoformat())
    if first < last:
        with pytest.raises(InvalidInput, match="no article can be both"):
            Filters(after=last, before=first)


def test_a_period_may_be_one_day_whatever_the_hours() -> None:
    filters = Filters(after="2024-11-07T18:00:00Z", before="2024-11-07")
    assert filters.before == "2024-11-07"


def test_dates_of_a_filter_are_written_in_utc() -> None:
    assert Filters(after="2024-11-07T01:00:00+03:00").after == "2024-11-06T22:00:00Z"
    with pytest.raises(InvalidInput, match="'soon' is not a date"):
        Filters(before="soon")


def test_sources_are_one_or_several() -> None:
    assert Filters().sources is None
    assert Filters(source="The Post").sources == ("The Post",)
    assert Filters(source=["The Post", "The Times"]).sources == ("The Post", "The Times")  # type: ignore[arg-type]
    assert Filters(source=()).sources == ()


@pytest.mark.parametrize(
    "filters",
    [
        Filters(source="The Post"),
        Filters(source=()),
        Filters(after="2024-11-07"),
        Filters(before="2024-11-07"),
        Filters(article_ids=()),
        Filters(article_ids=("a",)),
    ],
)
def test_a_filter_that_can_keep_an_article_out_is_true(filters: Filters) -> None:
    assert filters


def test_a_filter_that_keeps_nothing_out_is_false() -> None:
    assert not Filters()
    assert not Filters(undated=False)


def test_filters_are_values() -> None:
    one = Filters(source=["a"], article_ids=["x"])  # type: ignore[arg-type]
    assert one == Filters(source=("a",), article_ids=("x",))
    assert hash(one) == hash(Filters(source=("a",), article_ids=("x",)))
    with pytest.raises(AttributeError):
        one.undated = False  # type: ignore[misc]


# Lists and reports


def test_an_order_is_what_it_is_called() -> None:
    assert [str(order) for order in Order] == ["arrival", "changed", "published", "source", "title"]
    assert Order("title") is Order.TITLE


def test_what_was_read_is_told_last_and_not_always() -> None:
    assert Progress("index", 3, 5, 1.5, 2.0) == Progress("index", 3, 5, 1.5, 2.0, None)
    assert Progress("load", 1, origin="notes.txt") == Progress("load", 1, None, None, None, "notes.txt")


# What is exported


def test_the_vocabulary_exports_what_it_defines() -> None:
    modules = [
        value for value in vars(types).values() if getattr(value, "__name__", "").startswith(f"{types.__name__}.")
    ]
    assert len(modules) == 7
    defined = {
        name
        for module in modules
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__
    }
    assert defined <= set(types.__all__)
    assert {name for name in articleqa.__all__ if hasattr(types, name)} <= set(types.__all__)
    for name in articleqa.__all__:
        assert getattr(articleqa, name) is getattr(types, name, getattr(articleqa, name))


# Sentences and answers


@given(st.text(min_size=1), st.lists(st.integers(1, 99), max_size=5))
def test_markers_follow_the_sentence_in_order(text: str, numbers: list[int]) -> None:
    marked = Sentence(text, tuple(map(citation, numbers))).marked
    assert marked == text + "".join(f" [{number}]" for number in numbers)


def test_a_sentence_without_citations_has_no_marker() -> None:
    assert Sentence("It is so.").marked == "It is so."
    assert Sentence("It is so.", (citation(2), citation(1))).marked == "It is so. [2] [1]"


@pytest.mark.parametrize("outcome", Outcome)
def test_answers_and_conflicts_count_as_answered(outcome: Outcome) -> None:
    assert Answer("…", outcome).answered == (outcome in {"answered", "conflicting"})


# Errors


def every_error(root: type[ArticleQAError]) -> set[type[ArticleQAError]]:
    return {root}.union(*(every_error(child) for child in root.__subclasses__() if child.__module__ == errors.__name__))


def test_the_documentation_draws_the_whole_tree_of_errors() -> None:
    drawn: dict[str, str] = {}
    parents: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"    ([│ ]*(?:[├└]── )?)([A-Z]\w+)", line)
        if found is None:
            continue
        depth, name = len(found[1]), found[2]
        parents = [parent for parent in parents if parent[0] < depth]
        drawn[name] = parents[-1][1] if parents else "Exception"
        parents.append((depth, name))
    assert drawn == {error.__name__: error.__bases__[0].__name__ for error in every_error(ArticleQAError)}


def test_errors_can_be_caught_as_what_python_calls_them() -> None:
    assert issubclass(InvalidInput, ValueError)
    assert issubclass(ArticleNotFound, KeyError)
    assert issubclass(ArticleNotFound, LibraryError)


def test_an_error_reads_as_its_line() -> None:
    assert str(ArticleNotFound("there is no article 'x'")) == "there is no article 'x'"
    assert str(ArticleNotFound()) == ""
    error = LoadingError("notes.pdf", "the file is empty")
    assert (str(error), error.origin, error.reason) == (
        "notes.pdf: the file is empty",
        "notes.pdf",
        "the file is empty",
    )


def test_a_day_in_the_compact_form_stays_a_day() -> None:
    assert utc_date("20241107") == "2024-11-07"


def test_one_id_or_source_is_one_and_not_its_letters() -> None:
    filters = Filters(article_ids="abc", source="TRT World")
    assert filters.article_ids == ("abc",)
    assert filters.sources == ("TRT World",)
