"""Asking and reading: from a question to the highlighted words in their article."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from articleqa import Article, Assistant, Encoder, Settings
from browser.conftest import PHONE, Visit, served

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
    text="\n\n".join(f"In the year {year} the salt works sold {year * 7} barrels." for year in range(3000, 6000)),
)
BUILT = "Who built the lighthouse of Nordholm?"
PUT_OUT = "When was the lamp of the lighthouse put out?"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[str]:
    settings = Settings(index=tmp_path_factory.mktemp("reading") / "index")
    with Assistant.open(settings, encoder=encoder) as assistant:
        assistant.add(LIGHTHOUSE, HUGE)
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
    opened.page.get_by_role("button", name="Citation 1").click()
    mark = opened.page.locator("#cited")
    mark.wait_for()
    assert mark.inner_text() == "The lamp of the lighthouse was put out for ever in 1954."
    pane = opened.page.locator(".aq-reader")
    assert within(mark, pane)
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


def test_of_a_huge_article_the_cited_part_opens_at_once(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site)
    opened.ask("How many barrels did the salt works sell in the year 5432?")
    opened.page.get_by_role("button", name="Citation 1").click()
    mark = opened.page.locator("#cited")
    assert mark.inner_text() == "In the year 5432 the salt works sold 38024 barrels."
    assert within(mark, opened.page.locator(".aq-reader"))
    paragraphs = opened.page.locator(".reading .text p")
    few = paragraphs.count()
    opened.page.get_by_role("button", name="Show more").first.click()
    opened.page.wait_for_function(f"document.querySelectorAll('.reading .text p').length > {few}")
    assert within(mark, opened.page.locator(".aq-reader"))


def test_by_keyboard_alone(
    visit: Callable[..., Visit], encoder: Encoder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Assistant.open(Settings(index=tmp_path_factory.mktemp("keys") / "index"), encoder=encoder) as assistant:
        assistant.add_samples()
        with served(assistant) as url:
            page = visit(url).page
            focus = "document.activeElement"
            assert page.evaluate(f"{focus}.getAttribute('aria-label')") == "Question"
            page.keyboard.type("What is a citation here?")
            page.keyboard.press("Enter")
            marker = page.get_by_role("button", name="Citation 1")
            marker.wait_for()
            page.locator(".turn[aria-busy=false]").wait_for()
            for _ in range(20):
                page.keyboard.press("Shift+Tab")
                if page.evaluate(f"{focus}.className") == "marker":
                    break
            last = page.evaluate(f"{focus}.textContent")
            assert page.locator(".aq-tip").is_visible()
            page.keyboard.press("Enter")
            page.locator("#cited").wait_for()
            page.wait_for_function(f"{focus}.id === 'cited'")
            first_words = page.locator("#cited").inner_text()
            page.get_by_role("button", name="Previous citation").focus()
            page.keyboard.press("Enter")
            page.wait_for_function("words => document.querySelector('#cited').textContent !== words", arg=first_words)
            page.keyboard.press("Escape")
            assert page.evaluate(f"[{focus}.className, {focus}.textContent]") == ["marker", last]
            page.locator("body").click(position={"x": 5, "y": 400})
            page.keyboard.press("/")
            assert page.evaluate(f"{focus}.getAttribute('aria-label')") == "Question"


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
    assert opened.page.locator(".turn").count() == 0
    opened.ask(PUT_OUT)
    assert opened.page.locator(".turn").count() == 1


def test_visitors_do_not_see_each_other(visit: Callable[..., Visit], site: str) -> None:
    first, second = visit(site), visit(site)
    first.ask(BUILT)
    second.ask(PUT_OUT)
    assert [question.inner_text() for question in first.page.locator(".question").all()] == [BUILT]
    assert [question.inner_text() for question in second.page.locator(".question").all()] == [PUT_OUT]
    second.page.get_by_role("button", name="Citation 1").click()
    second.page.locator("#cited").wait_for()
    assert first.page.locator("#cited").count() == 0


def test_a_suggestion_asks_itself(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site)
    opened.page.get_by_role("button", name="Which articles do you have?").click()
    opened.page.locator(".turn[aria-busy=false]").wait_for()
    assert "The lighthouse of Nordholm" in opened.page.locator(".answer").inner_text()


def test_on_a_phone_the_article_lies_over_the_lower_part(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site, viewport=PHONE, has_touch=True, is_mobile=True)
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
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.get_by_role("button", name="Close the article").tap()
    pane.wait_for(state="hidden")
    page.get_by_role("button", name="Library", exact=True).tap()
    page.get_by_role("heading", name="Library").wait_for()


CONTRAST = """() => {
  const rgb = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }).reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = rgb(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] > 0.99) return color;
    }
    return [255, 255, 255];
  };
  const faults = [];
  for (const element of document.querySelectorAll("gradio-app *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (element.disabled || element.closest(".hidden")) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faults.push([element.className, element.textContent.slice(0, 30), ratio]);
  }
  return faults;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(visit: Callable[..., Visit], site: str, scheme: str) -> None:
    opened = visit(site, color_scheme=scheme)
    background = opened.page.evaluate("getComputedStyle(document.querySelector('gradio-app')).backgroundColor")
    assert background == {"light": "rgb(250, 249, 246)", "dark": "rgb(23, 25, 27)"}[scheme]
    assert opened.page.evaluate(CONTRAST) == []
    opened.ask(BUILT)
    opened.ask("What is the capital of France?")
    assert opened.page.evaluate(CONTRAST) == []
    opened.page.get_by_role("button", name="Citation 1").first.click()
    opened.page.locator("#cited").wait_for()
    assert opened.page.evaluate(CONTRAST) == []
