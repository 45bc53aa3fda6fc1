"""The list of articles: search, order, more rows, removal with a way back, and what others do to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from articleqa import Article, Assistant, Settings
from browser.conftest import PHONE, Visit, served
from encoders import HashingEncoder
from programs import finish, start

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Locator

COUNT = 300
OUTLETS = ("Ash Paper", "Birch Post", "Cedar Times", "Dune Daily", "Elm Echo", "Fern Globe", "Gorse Mail", "Heath News")
MORE_OUTLETS = ("Iris Wire", "Juniper Sun", "Kelp Star", "Larch Line", "Moss Mirror", "Nettle Note")
MILL = Article(
    id="mill", title="The mill", text="The mill of Nordholm turns when the wind blows.", source="Coast Weekly"
)
PIER = Article(id="pier", title="The pier", text="The pier of Nordholm is ninety metres long.")
SHIP = Article(id="ship", title="The ship", text="The ship in the harbour of Nordholm has two masts.")
TURNS = "When does the mill of Nordholm turn?"


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The chat about a library of three hundred articles, every tenth of them without a source or a date."""
    outlets = (*OUTLETS, *MORE_OUTLETS)
    articles = [
        Article(
            id=f"report-{number}",
            title=f"Report {number:03}" + (" on the needle" if number == 7 else ""),
            text=f"Part {number} of what was reported.",
            source=outlets[number % len(outlets)] if number % 10 else None,
            author="Ida Brandt" if number in (7, 8) else None,
            published=f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}" if number % 10 else None,
        )
        for number in range(COUNT)
    ]
    with Assistant.open(
        Settings(index=tmp_path_factory.mktemp("full") / "index"), encoder=HashingEncoder()
    ) as assistant:
        assistant.add(*articles)
        with served(assistant) as url:
            yield url


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with Assistant.open(Settings(index=tmp_path / "index"), encoder=HashingEncoder()) as opened:
        opened.add(MILL, PIER, SHIP)
        yield opened


@pytest.fixture
def site(assistant: Assistant) -> Iterator[str]:
    with served(assistant) as url:
        yield url


def rows(opened: Visit) -> Locator:
    return opened.page.locator("tr[data-article]")


def titles(opened: Visit) -> list[str]:
    return opened.page.locator("tr[data-article] .row .title").all_inner_texts()


def until(opened: Visit, *expected: str) -> None:
    """Wait until these are the titles of the table, whatever their order."""
    opened.page.wait_for_function(
        """expected => {
          const titles = [...document.querySelectorAll("tr[data-article] .row .title")];
          return JSON.stringify(titles.map((title) => title.textContent).sort()) === JSON.stringify(expected);
        }""",
        arg=sorted(expected),
    )


def order_by(opened: Visit, column: str, direction: str | None) -> list[str]:
    """Click the head of a column: the titles once the table is sorted so."""
    heads = opened.page.locator("th[aria-sort]")
    opened.page.locator("th").get_by_role("button", name=column).click()
    if direction is None:
        heads.wait_for(state="detached")
    else:
        opened.page.locator(f"th[aria-sort={direction}]").filter(has_text=column).wait_for()
        assert heads.count() == 1
    return titles(opened)


def test_more_rows_come_when_one_scrolls(visit: Callable[..., Visit], full: str) -> None:
    opened = visit(full)
    label = opened.page.locator(".list .label")
    assert label.inner_text() == "300 articles, the first 100 of them here"
    assert rows(opened).count() == 100
    assert titles(opened)[0] == "Report 299"  # the newest
    opened.page.locator(".aq-library").hover()
    opened.page.mouse.wheel(0, 100_000)
    rows(opened).nth(COUNT - 1).wait_for(state="attached")
    assert label.inner_text() == "300 articles"
    assert titles(opened)[-1] == "Report 000"
    assert not opened.page.get_by_role("button", name="Show more").is_visible()


def test_the_library_is_searched(visit: Callable[..., Visit], full: str) -> None:
    opened = visit(full)
    search = opened.page.get_by_label("Search the library")
    label = opened.page.locator(".list .label")
    search.press_sequentially("NEEDLE")
    until(opened, "Report 007 on the needle")
    assert label.inner_text() == "1 of 300 articles"
    search.fill("ida brandt")
    until(opened, "Report 007 on the needle", "Report 008")
    search.fill("no such thing")
    opened.page.get_by_text("None of them matches “no such thing”.").wait_for()
    assert label.inner_text() == "0 of 300 articles"
    search.fill("")
    rows(opened).nth(99).wait_for()
    assert label.inner_text() == "300 articles, the first 100 of them here"


def test_the_table_is_sorted_by_its_heads(visit: Callable[..., Visit], full: str) -> None:
    opened = visit(full)
    assert opened.page.locator("th[aria-sort]").count() == 0
    assert order_by(opened, "Title", "ascending")[:2] == ["Report 000", "Report 001"]
    assert order_by(opened, "Title", "descending")[:2] == ["Report 299", "Report 298"]
    assert order_by(opened, "Title", None)[:2] == ["Report 299", "Report 298"]  # the newest first, as before
    order_by(opened, "Date", "descending")
    dates = opened.page.locator("td.published time")
    assert dates.first.get_attribute("datetime") == max(
        str(dates.nth(place).get_attribute("datetime")) for place in range(dates.count())
    )
    order_by(opened, "Date", "ascending")
    assert str(dates.first.get_attribute("datetime")).startswith("2024-01")  # and not one without a date
    order_by(opened, "Source", "ascending")
    assert opened.page.locator("td.source").first.inner_text() == "Ash Paper"
    opened.page.get_by_label("Search the library").fill("needle")
    until(opened, "Report 007 on the needle")
    assert opened.page.locator("th[aria-sort=ascending]").inner_text() == "Source"  # searching keeps the order


def test_on_a_phone_a_row_says_what_the_columns_would(visit: Callable[..., Visit], full: str) -> None:
    opened = visit(full, **PHONE)
    opened.library()
    row = opened.page.locator("tr[data-article=report-299]")
    shown = row.inner_text()
    assert "Fern Globe" in shown
    assert "20 December 2024" in shown
    assert order_by(opened, "Date", "descending")
    assert row.get_by_role("button", name="Remove Report 299").is_visible()


def test_of_many_sources_one_is_found_by_typing(visit: Callable[..., Visit], full: str) -> None:
    opened = visit(full)
    opened.page.locator(".aq-scope .opener").click()
    form = opened.page.get_by_role("group", name="Filters")
    sources = form.locator(".sources li")
    assert sources.count() == len(OUTLETS) + len(MORE_OUTLETS)
    form.get_by_label("Find a source").fill("mo")
    shown = [source for source in sources.all() if source.is_visible()]
    assert [source.locator(".name").inner_text() for source in shown] == ["Moss Mirror"]
    shown[0].get_by_role("checkbox").check()
    assert opened.page.locator(".chips").inner_text() == "Moss Mirror"


def test_a_removal_is_undone_and_its_citation_opens_again(
    visit: Callable[..., Visit], site: str, assistant: Assistant
) -> None:
    opened = visit(site)
    page = opened.page
    opened.ask(TURNS)
    page.get_by_role("button", name="Remove The mill").click()
    report = opened.report("Removed: The mill")
    until(opened, "The pier", "The ship")
    assert {article.id for article in assistant.articles()} == {"pier", "ship"}
    page.get_by_role("button", name="Citation 1:").click()
    pane = page.locator(".aq-reader")
    pane.get_by_text("changed or removed since the answer was given").wait_for()
    assert pane.locator("blockquote").inner_text() == MILL.text
    opened.library()
    report.get_by_role("button", name="Undo").click()
    until(opened, "The mill", "The pier", "The ship")
    assert opened.read() == MILL.text
    assert pane.locator(".remark").count() == 0
    assert page.locator(".reading .meta").first.inner_text() == "Coast Weekly"


def test_several_are_removed_at_once_and_come_back(
    visit: Callable[..., Visit], site: str, assistant: Assistant
) -> None:
    opened = visit(site)
    page = opened.page
    page.get_by_label("Ask only The mill").check()
    page.get_by_label("Ask only The pier").check()
    page.locator(".chosen").get_by_role("button", name="Remove").click()
    report = opened.report("Removed: 2 articles")
    until(opened, "The ship")
    assert page.locator(".chips li").count() == 0  # what is gone is no longer asked
    assert not page.locator(".chosen").is_visible()
    report.get_by_role("button", name="Undo").click()
    until(opened, "The mill", "The pier", "The ship")
    assert len(assistant.articles()) == 3
    assert MILL.text in opened.ask(TURNS).locator("blockquote").first.inner_text()


def test_the_chosen_stay_chosen_while_others_are_removed(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site)
    page = opened.page
    page.get_by_label("Ask only The mill").check()
    page.get_by_role("button", name="Remove The ship").click()
    opened.report("Removed: The ship")
    until(opened, "The mill", "The pier")
    assert page.locator(".chosen .count").inner_text() == "Only 1 article is asked"
    assert page.get_by_label("Ask only The mill").is_checked()
    assert not page.get_by_label("Ask only The pier").is_checked()


def test_undo_brings_back_what_this_visitor_removed(
    visit: Callable[..., Visit], site: str, assistant: Assistant
) -> None:
    first, second = visit(site), visit(site)
    first.page.get_by_role("button", name="Remove The mill").click()
    first.report("Removed: The mill")
    second.page.get_by_role("button", name="Remove The pier").click()
    second.report("Removed: The pier")
    first.page.get_by_role("button", name="Undo").click()
    until(first, "The mill", "The ship")
    assert {article.id for article in assistant.articles()} == {"mill", "ship"}


def test_what_others_change_shows_by_itself(visit: Callable[..., Visit], site: str, assistant: Assistant) -> None:
    opened, other = visit(site), visit(site)
    opened.ask(TURNS)
    other.page.get_by_role("button", name="Remove The pier").click()
    code = "import sys; from articleqa import Assistant; Assistant.open(sys.argv[1]).remove('ship')"
    finish(start(code, assistant.settings.index))
    until(opened, "The mill")
    until(other, "The mill")
    assert opened.page.locator(".aq-scope .opener").inner_text() == "All 1 article"
    assert opened.page.locator(".turn").count() == 1  # the conversation is left alone


def test_an_article_of_the_table_is_read(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site)
    rows(opened).get_by_role("button", name="The pier").first.click()
    reading = opened.page.locator(".reading")
    reading.get_by_role("heading", name="The pier").wait_for()
    assert reading.locator(".text").inner_text() == PIER.text
    assert reading.locator("mark").count() == 0
    reading.get_by_role("button", name="Library").click()
    assert rows(opened).first.is_visible()
