"""The page by keyboard alone: real keys, and at every stop one sees where one is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

from articleqa import Article, Assistant, Settings
from browser.conftest import Visit, served
from encoders import HashingEncoder

if TYPE_CHECKING:
    from pathlib import Path

MOST_STOPS = 60

# Whether one sees where the focus is: an outline, of the thing itself or of what stands for it, within the window.
SEEN = """() => {
  const at = document.activeElement;
  if (at === document.body) return "nothing has the focus";
  if (at.type === "date" && !at.matches(":focus")) return ""; // its calendar button, which the browser draws
  const bright = getComputedStyle(document.documentElement).getPropertyValue("--accent").trim();
  const accent = Object.assign(document.createElement("i"), { style: `color: ${bright}` });
  document.body.append(accent);
  const color = getComputedStyle(accent).color;
  accent.remove();
  const outlined = [at, at.closest("label"), at.closest(".field")].filter(Boolean).some((part) => {
    const style = getComputedStyle(part);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.borderTopColor === color;
  });
  const box = (at.matches("[type=file]") ? at.closest("label") : at).getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const name = `${at.tagName} ${at.type ?? ""} ${at.className} ${at.ariaLabel ?? at.textContent.slice(0, 40)}`;
  return outlined ? (inside ? "" : `${name} is outside of the window`) : `${name} shows no focus`;
}"""

MILL = Article(id="mill", title="The mill", text="The mill of Nordholm turns in the wind.", source="Coast Weekly")
PIER = Article(id="pier", title="The pier", text="The pier of Nordholm is ninety metres long.")


@pytest.fixture
def assistant(tmp_path: Path) -> Iterator[Assistant]:
    with Assistant.open(Settings(index=tmp_path / "index"), encoder=HashingEncoder()) as opened:
        opened.add(MILL, PIER)
        yield opened


@pytest.fixture
def site(assistant: Assistant) -> Iterator[str]:
    with served(assistant) as url:
        yield url


def go(opened: Visit, name: str, *, back: bool = False) -> None:
    """Press Tab until what is called ``name`` has the focus; the focus is seen at every stop on the way."""
    passed: list[str] = []
    for _ in range(MOST_STOPS):
        opened.page.keyboard.press("Shift+Tab" if back else "Tab")
        assert opened.page.evaluate(SEEN) == ""
        passed.append(opened.focused)
        if passed[-1].startswith(name):
            return
    raise AssertionError(f"{name!r} is not among {passed}")


def hit(opened: Visit, *keys: str) -> None:
    for key in keys:
        opened.page.keyboard.press(key)


def cited(opened: Visit, but: str = "") -> str:
    """The words that are marked and have the focus, once they are others than ``but``."""
    opened.page.wait_for_function(
        "but => document.activeElement.id === 'cited' && document.activeElement.textContent !== but", arg=but
    )
    return opened.focused


def test_from_a_question_to_its_citations_and_back(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press)
    assert opened.focused == "Question"
    assert opened.page.evaluate(SEEN) == ""
    opened.page.keyboard.type("Who looks after the village of Dunmere?")
    turn = opened.answered(lambda: hit(opened, "Enter"))
    assert opened.focused == "Question"
    go(opened, "Citation 1:", back=True)
    assert opened.page.get_by_role("tooltip").is_visible()
    hit(opened, "Enter")
    first = cited(opened)
    go(opened, "Next citation", back=True)
    hit(opened, "Enter")
    second = cited(opened, but=first)
    hit(opened, "p")
    assert cited(opened, but=second) == first
    hit(opened, "n")
    assert cited(opened, but=first) == second
    hit(opened, "n")  # there is no third one
    assert cited(opened) == second
    hit(opened, "Escape")
    assert opened.focused == turn.get_by_role("button", name="Citation 1:").get_attribute("aria-label")
    hit(opened, "/")
    assert opened.focused == "Question"
    opened.page.keyboard.type("and/or")
    assert opened.box.input_value() == "and/or"  # a slash that is written is a slash


def test_a_line_is_broken_with_shift(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press)
    opened.page.keyboard.type("Who looks after")
    hit(opened, "Shift+Enter")
    opened.page.keyboard.type("the village of Dunmere?")
    assert opened.page.locator(".turn").count() == 0
    turn = opened.answered(lambda: hit(opened, "Enter"))
    assert turn.locator(".question").inner_text() == "Who looks after\nthe village of Dunmere?"


def test_filters_are_chosen_and_taken_away(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press)
    popup = opened.page.get_by_role("group", name="Filters")
    chips = opened.page.locator(".chips li")
    go(opened, "All 10 articles", back=True)
    hit(opened, "Enter")
    assert popup.is_visible()
    assert opened.page.evaluate("document.activeElement.closest('.popup') !== null")
    for _ in range(MOST_STOPS):
        hit(opened, "Tab")
        assert opened.page.evaluate(SEEN) == ""
        if opened.page.evaluate("document.activeElement.value") == "Coast Wire":
            break
    hit(opened, "Space")
    assert chips.all_inner_texts() == ["Coast Wire"]
    hit(opened, "Escape")
    assert not popup.is_visible()
    assert opened.focused == "Only"
    go(opened, "Source: Coast Wire")
    hit(opened, "Enter")
    assert chips.count() == 0
    assert opened.focused == "All 10 articles"
    hit(opened, "Enter")
    assert popup.is_visible()
    go(opened, "Question")
    assert not popup.is_visible()  # it would lie over the conversation


def test_the_library_is_searched_sorted_and_changed(
    visit: Callable[..., Visit], site: str, assistant: Assistant
) -> None:
    opened = visit(site)
    rows = opened.page.locator("tr[data-article]")
    go(opened, "Search the library")
    opened.page.keyboard.type("pier")
    opened.page.get_by_text("1 of 2 articles").wait_for()
    assert opened.focused == "Search the library"
    hit(opened, "Control+A", "Delete")
    rows.nth(1).wait_for()
    go(opened, "Title")
    hit(opened, "Enter")
    opened.page.locator("th[aria-sort=ascending]").wait_for()
    assert opened.focused == "Title"
    go(opened, "Ask only The mill")
    hit(opened, "Space")
    assert opened.page.locator(".chips").inner_text() == "The mill"
    hit(opened, "Space")
    go(opened, "Remove The pier")
    hit(opened, "Enter")
    opened.report("Removed: The pier")
    rows.nth(1).wait_for(state="detached")
    opened.settle()
    assert opened.page.evaluate(SEEN) == ""  # the focus is not lost with the last row
    go(opened, "Undo")
    hit(opened, "Enter")
    rows.nth(1).wait_for()
    opened.settle()
    assert len(assistant.articles()) == 2
    assert opened.page.evaluate(SEEN) == ""
    go(opened, "The pier")
    hit(opened, "Enter")
    opened.page.locator(".reading").wait_for()
    assert opened.focused == "The pier"
    hit(opened, "Escape")
    assert opened.focused.startswith("The pier")
    go(opened, "Question", back=True)
