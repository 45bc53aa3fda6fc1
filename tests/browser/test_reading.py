"""Asking and reading: from a question to the highlighted words in their article."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from articleqa import Article, Assistant, Encoder, Settings
from browser.conftest import PHONE, Visit, served
from encoders import HashingEncoder

if TYPE_CHECKING:
    from playwright.sync_api import Locator

LIGHTHOUSE = Article(
    id="lighthouse",
    title="The lighthouse of Nordholm",
    source="Coast Weekly",
    author="Ida Brandt",
    published="2024-05-01",
    url="https://coast.example/lighthouse",
    text="\n\n".join(
        [
            "The lighthouse of Nordholm was built in 1871 by Ada Lindqvist.",
            *("The coast around it is flat, and the wind has nothing to stop it there." for _ in range(60)),
            "The lamp of the lighthouse was put out for ever in 1954.",
            *("In winter nobody comes to the island, not even for the birds." for _ in range(20)),
        ]
    ),
)
HUGE = Article(
    id="annals",
    title="Annals of the salt works",
    text="\n\n".join(f"In the year {year} the salt works sold {year * 7} barrels." for year in range(2000, 9000)),
)
BUILT = "Who built the lighthouse of Nordholm?"
PUT_OUT = "When was the lamp of the lighthouse put out?"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[str]:
    settings = Settings(index=tmp_path_factory.mktemp("reading") / "index")
    with Assistant.open(settings, encoder=encoder) as assistant:
        assistant.add(LIGHTHOUSE)
        with served(assistant) as url:
            yield url


def within(inner: Locator, outer: Locator) -> bool:
    """Whether one thing is wholly inside another, as a person sees them."""
    small, large = inner.bounding_box(), outer.bounding_box()
    assert small is not None
    assert large is not None
    return (
        large["x"] <= small["x"]
        and large["y"] <= small["y"]
        and small["x"] + small["width"] <= large["x"] + large["width"] + 1
        and small["y"] + small["height"] <= large["y"] + large["height"] + 1
    )


def test_a_question_is_answered_by_the_words_of_an_article(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site)
    opened.ask(BUILT)
    quote = opened.page.locator(".turn blockquote").first
    assert quote.inner_text().startswith("The lighthouse of Nordholm was built in 1871 by Ada Lindqvist.")
    source = opened.page.locator(".turn figcaption").first
    assert source.inner_text().split("\n") == ["The lighthouse of Nordholm", "Coast Weekly · 1 May 2024"]


def test_a_citation_opens_the_exact_quote_in_view(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site)
    opened.ask(PUT_OUT)
    assert opened.read() == "The lamp of the lighthouse was put out for ever in 1954."
    pane = opened.page.locator(".aq-reader")
    assert within(opened.page.locator("#cited"), pane)
    assert pane.evaluate("pane => pane.scrollTop") > 500  # it stands far below the beginning
    assert opened.page.evaluate("scrollY") == 0  # the pane was scrolled, not the page
    link = pane.get_by_role("link")
    assert link.get_attribute("href") == "https://coast.example/lighthouse"
    assert link.get_attribute("rel") == "noopener noreferrer"


def test_the_source_under_a_quote_opens_it_too(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site)
    opened.ask(PUT_OUT)
    opened.page.locator(".turn figcaption button").first.click()
    assert opened.page.locator("#cited").inner_text() == "The lamp of the lighthouse was put out for ever in 1954."


def test_of_a_huge_article_the_cited_part_opens_at_once(visit: Callable[..., Visit], tmp_path: Path) -> None:
    with Assistant.open(Settings(index=tmp_path / "index"), encoder=HashingEncoder()) as assistant:
        assistant.add(HUGE)
        with served(assistant) as url:
            opened = visit(url)
            page, pane = opened.page, opened.page.locator(".aq-reader")
            opened.ask("How many barrels did the salt works sell in the year 5432?")
            assert opened.read() == "In the year 5432 the salt works sold 38024 barrels."
            assert within(page.locator("#cited"), pane)
            paragraphs = page.locator(".reading .text p")
            few = paragraphs.count()
            assert few < 2000
            page.get_by_role("button", name="Show more").first.click()
            paragraphs.nth(few).wait_for()
            assert within(page.locator("#cited"), pane)


def test_an_abstention_is_calm_and_opens_what_came_nearest(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site)
    opened.ask("What is the capital of France?")
    turn = opened.page.locator(".turn")
    assert turn.locator(".calm").inner_text() == "The articles do not say."
    assert turn.locator(".marker").count() == 0
    nearest = turn.locator(".card")
    assert 1 <= nearest.count() <= 3
    nearest.first.click()
    opened.page.locator("#cited").wait_for()
    turn.get_by_role("button", name="add it to the library").click()
    assert opened.page.get_by_role("heading", name="Library").is_visible()


def test_a_second_question_goes_to_the_top(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site)
    opened.ask(BUILT)
    opened.ask(PUT_OUT)
    log = opened.page.locator(".aq-conversation")
    question = opened.page.locator(".question").nth(1)
    assert within(question, log)
    top, place = log.bounding_box(), question.bounding_box()
    assert top is not None
    assert place is not None
    assert place["y"] - top["y"] < 60


def test_a_new_chat_is_empty(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site)
    opened.ask(BUILT)
    opened.page.get_by_role("button", name="New chat").click()
    opened.page.locator(".welcome").wait_for()
    opened.page.locator(".turn").wait_for(state="hidden")
    assert opened.focused == "Question"
    assert not opened.page.get_by_role("button", name="Export").is_visible()
    opened.ask(PUT_OUT)
    assert opened.page.locator(".turn").count() == 1


def test_a_question_right_after_a_new_chat_is_its_first(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site)
    page = opened.page
    for question in (BUILT, PUT_OUT, "Where does nobody come in winter?", BUILT, PUT_OUT):
        # Within one turn of the event loop: no person is as quick, but a slow server makes every person quick.
        page.evaluate(
            """question => {
              document.querySelector("[data-event=clear]").click();
              document.querySelector(".aq-composer textarea").value = question;
              document.querySelector(".aq-composer").requestSubmit();
            }""",
            question,
        )
        page.wait_for_function("!document.documentElement.hasAttribute('data-busy')")
        opened.settle()
        assert page.locator(".question").all_inner_texts() == [question]


def test_visitors_do_not_see_each_other(visit: Callable[..., Visit], site: str) -> None:
    first, second = visit(site), visit(site)
    first.ask(BUILT)
    second.ask(PUT_OUT)
    assert [question.inner_text() for question in first.page.locator(".question").all()] == [BUILT]
    assert [question.inner_text() for question in second.page.locator(".question").all()] == [PUT_OUT]
    second.read()
    assert first.page.locator("#cited").count() == 0


def test_pointing_at_a_marker_shows_what_is_quoted_and_where(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site)
    marker = opened.ask(PUT_OUT).get_by_role("button", name="Citation 1:")
    tip = opened.page.get_by_role("tooltip")
    assert not tip.is_visible()
    marker.hover()
    tip.wait_for()
    quote, title, about = tip.inner_text().split("\n")
    assert quote == "The lamp of the lighthouse was put out for ever in 1954."
    assert title == "The lighthouse of Nordholm"
    assert "Coast Weekly" in about
    assert "1 May 2024" in about
    assert marker.get_attribute("aria-describedby") == tip.get_attribute("id")
    opened.page.keyboard.press("Escape")
    assert not tip.is_visible()


def test_the_other_citations_of_an_answer_are_marked_and_stepped_to(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press)
    turn = opened.ask("Who looks after the village of Dunmere?")
    numbers = turn.locator(".marker").all_inner_texts()
    assert len(numbers) > 1
    first = opened.read()
    pane = opened.page.locator(".aq-reader")
    assert pane.get_by_text(f"Citation 1 of {len(numbers)}").is_visible()
    assert pane.get_by_role("button", name="Previous citation").is_disabled()
    softly = "".join(pane.locator("mark.also").all_text_contents())
    second = opened.read(pane.get_by_role("button", name="Next citation"))
    assert second != first
    assert second in softly
    assert pane.get_by_text(f"Citation 2 of {len(numbers)}").is_visible()
    assert turn.locator(".marker[aria-current]").all_inner_texts() == ["2"]
    assert within(opened.page.locator("#cited"), pane)


def test_on_a_phone_the_article_lies_over_the_lower_part(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site, **PHONE)
    page = opened.page
    opened.ask(PUT_OUT)
    pane = page.locator(".aq-reader")
    assert not pane.is_visible()
    page.get_by_role("button", name="Citation 1").tap()
    mark = page.locator("#cited")
    mark.wait_for()
    assert within(mark, pane)
    box = pane.bounding_box()
    assert box is not None
    assert 200 < box["y"] < 400
    quote = page.locator(".turn blockquote").first.bounding_box()
    assert quote is not None
    assert 0 <= quote["y"] < box["y"]  # the quote that was tapped can still be seen
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["viewport"]["width"]
    page.get_by_role("button", name="Close the article").tap()
    pane.wait_for(state="hidden")
    page.get_by_role("button", name="Library", exact=True).tap()
    page.get_by_role("heading", name="Library").wait_for()
