"""Filters at the chat: they limit the next answer, can be seen, and belong to one visitor."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from browser.conftest import Visit

if TYPE_CHECKING:
    from playwright.sync_api import Locator

WIND = "What is said about wind farms?"  # by the Halden Courier in October and by the Coast Wire in September 2024
CIDER = "How long does juice rest in oak barrels?"  # an article without a source or a date


def filters(opened: Visit) -> Locator:
    """The form of the filters, open."""
    form = opened.page.get_by_role("group", name="Filters")
    if not form.is_visible():
        opened.page.locator(".aq-scope .opener").click()
    return form


def chips(opened: Visit) -> list[str]:
    return opened.page.locator(".chips button").all_inner_texts()


def without(opened: Visit, chip: str) -> None:
    opened.page.locator(".chips").get_by_role("button", name=f"{chip}. Remove this filter").click()


def asked(opened: Visit) -> str:
    """Which articles the filters say are asked."""
    return opened.page.locator(".aq-scope .opener").inner_text()


def sources(turn: Locator) -> set[str]:
    """The outlets that the quotations of a turn name."""
    return {source.split(" · ")[0] for source in turn.locator("figcaption .meta").all_inner_texts()}


def test_a_source_limits_the_next_answer_and_its_chip_takes_it_away(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press)
    assert asked(opened) == "All 10 articles"
    assert sources(opened.ask(WIND)) == {"Halden Courier", "Coast Wire"}
    form = filters(opened)
    form.get_by_label("Coast Wire").check()
    form.get_by_role("button", name="Done").click()
    assert not form.is_visible()
    assert opened.focused == "Question"
    assert (asked(opened), chips(opened)) == ("Only", ["Coast Wire"])
    limited = opened.ask(WIND)
    assert sources(limited) == {"Coast Wire"}
    assert limited.locator(".limited").inner_text() == "Only Coast Wire"
    without(opened, "Source: Coast Wire")
    assert (asked(opened), chips(opened)) == ("All 10 articles", [])
    free = opened.ask(WIND)
    assert sources(free) == {"Halden Courier", "Coast Wire"}
    assert free.locator(".limited").count() == 0
    assert limited.locator(".limited").inner_text() == "Only Coast Wire"  # it was asked so


def test_two_sources_are_asked_together(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press)
    form = filters(opened)
    form.get_by_label("Coast Wire").check()
    form.get_by_label("Halden Courier").check()
    assert chips(opened) == ["Halden Courier", "Coast Wire"]
    opened.page.keyboard.press("Escape")
    turn = opened.ask(WIND)
    assert sources(turn) == {"Halden Courier", "Coast Wire"}
    assert turn.locator(".limited").inner_text() == "Only Halden Courier, Coast Wire"
    filters(opened).get_by_role("button", name="All articles").click()
    assert chips(opened) == []
    assert not form.get_by_label("Coast Wire").is_checked()


def test_dates_limit_the_next_answer(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press)
    form = filters(opened)
    assert form.get_by_text("Dates from 1 March 2019 to 8 November 2024.").is_visible()
    form.get_by_label("from").fill("2024-10-01")
    form.get_by_label("to", exact=True).fill("2024-10-31")
    assert chips(opened) == ["from 1 October 2024", "until 31 October 2024"]
    turn = opened.ask(WIND)
    assert sources(turn) == {"Halden Courier"}
    assert turn.locator(".limited").inner_text() == "Only 1 October 2024 to 31 October 2024"
    without(opened, "Published: from 1 October 2024")
    turn = opened.ask(WIND)
    assert sources(turn) == {"Halden Courier", "Coast Wire"}
    assert turn.locator(".limited").inner_text() == "Only until 31 October 2024"
    assert filters(opened).get_by_label("from").input_value() == ""


def test_articles_without_a_date_can_be_left_out(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press)
    form = filters(opened)
    form.get_by_label("from").fill("2024-01-01")
    assert "seven months" in opened.ask(CIDER).locator("blockquote").first.inner_text()
    filters(opened).get_by_label("also articles without a date").uncheck()
    assert chips(opened) == ["from 1 January 2024", "dated only"]
    turn = opened.ask(CIDER)
    assert turn.locator(".calm").inner_text() == "The articles do not say."
    assert turn.locator(".limited").inner_text() == "Only from 1 January 2024 · dated only"
    without(opened, "Published: dated only")
    assert chips(opened) == ["from 1 January 2024"]
    assert filters(opened).get_by_label("also articles without a date").is_checked()


def test_after_an_abstention_all_of_them_can_be_asked(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press)
    filters(opened).get_by_label("The Ledger").check()
    turn = opened.ask(CIDER)
    assert turn.get_by_text("Only some of the articles were asked.").is_visible()
    turn = opened.again(turn.get_by_role("button", name="Ask all of them"))
    assert "seven months" in turn.locator("blockquote").first.inner_text()
    assert turn.locator(".limited").count() == 0
    assert opened.page.locator(".turn").count() == 1  # in the place of the abstention
    assert (asked(opened), chips(opened)) == ("All 10 articles", [])


def test_an_abstention_of_all_articles_does_not_offer_more(visit: Callable[..., Visit], press: str) -> None:
    turn = visit(press).ask("What is the capital of France?")
    assert turn.locator(".calm").is_visible()
    assert turn.get_by_role("button", name="Ask all of them").count() == 0


def test_dates_the_wrong_way_round_say_so(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press)
    form = filters(opened)
    form.get_by_label("from").fill("2024-12-01")
    form.get_by_label("to", exact=True).fill("2024-01-01")
    turn = opened.ask(WIND)
    failure = turn.get_by_role("alert").inner_text()
    assert "2024-12-01" in failure
    assert "later than" in failure
    without(opened, "Published: until 1 January 2024")
    without(opened, "Published: from 1 December 2024")
    turn = opened.again(turn.get_by_role("button", name="Ask again"))
    assert sources(turn) == {"Halden Courier", "Coast Wire"}


def test_single_articles_are_chosen_by_their_boxes(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press)
    page = opened.page
    filters(opened).get_by_role("button", name="library").click()
    assert opened.focused == "Library"
    chosen = page.locator(".chosen")
    assert not chosen.is_visible()
    brandt = "Engineer Oskar Brandt plans a wind farm in the hills"
    page.get_by_label(f"Ask only {brandt}").check()
    assert chosen.locator(".count").inner_text() == "Only 1 article is asked"
    assert chips(opened) == [brandt]
    assert sources(opened.ask(WIND)) == {"Coast Wire"}
    page.get_by_label("Ask only Norvik Dairy reports a loss").check()
    assert chosen.locator(".count").inner_text() == "Only 2 articles are asked"
    assert chips(opened) == ["2 chosen articles"]
    chosen.get_by_role("button", name="Ask").click()
    assert opened.focused == "Question"
    turn = opened.ask(WIND)
    assert sources(turn) == {"Coast Wire"}
    assert turn.locator(".limited").inner_text() == "Only 2 chosen articles"
    page.get_by_label(f"Ask only {brandt}").uncheck()
    assert chips(opened) == ["Norvik Dairy reports a loss"]
    assert opened.ask(WIND).locator(".calm").is_visible()
    chosen.get_by_role("button", name="Clear").click()
    assert not chosen.is_visible()
    assert page.locator("[data-choose]:checked").count() == 0
    assert sources(opened.ask(WIND)) == {"Halden Courier", "Coast Wire"}


def test_the_article_that_is_read_can_be_asked_alone(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press)
    opened.ask("What does Petra Solvang say about wind farms at sea?")
    opened.read()
    opened.page.get_by_role("button", name="Ask only this article").click()
    assert opened.focused == "Question"
    assert chips(opened) == ["An interview with fisheries minister Petra Solvang"]
    assert sources(opened.ask(WIND)) == {"Halden Courier"}
    opened.library()
    boxes = opened.page.locator("[data-choose]:checked")
    assert [box.get_attribute("data-choose") for box in boxes.all()] == ["solvang-interview"]


def test_filters_belong_to_one_visitor(visit: Callable[..., Visit], press: str) -> None:
    first, second = visit(press), visit(press)
    filters(first).get_by_label("Coast Wire").check()
    first.page.get_by_label("Ask only Norvik Dairy reports a loss").check()
    assert (asked(second), chips(second)) == ("All 10 articles", [])
    assert not second.page.locator(".chosen").is_visible()
    turn = second.ask(WIND)
    assert sources(turn) == {"Halden Courier", "Coast Wire"}
    assert turn.locator(".limited").count() == 0
    assert first.ask(WIND).locator(".limited").inner_text() == "Only Coast Wire · 1 chosen article"
    assert visit(press).page.locator(".chips li").count() == 0
