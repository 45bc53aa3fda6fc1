"""axe-core on every screen, on a desktop and on a phone, in light and dark, and the contrast of every text."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from articleqa import Assistant, Encoder, Settings
from browser.conftest import LOOKS, Visit, composing, served, unavailable
from encoders import HashingEncoder

if TYPE_CHECKING:
    from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
GRAVE = ("serious", "critical")

RUN = """async (tags) => {
  const { violations } = await axe.run({ runOnly: { type: "tag", values: tags }, resultTypes: ["violations"] });
  return violations.map(({ id, impact, nodes }) => [id, impact, nodes.map(({ target }) => target.join(" "))]);
}"""

# What axe cannot decide: text over gradients, and text that something else partly covers.
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


@pytest.fixture(scope="session")
def axe() -> str:
    path = Path(sys.prefix) / "node_modules" / "axe-core" / "axe.min.js"
    if not path.is_file():
        unavailable("axe-core is not installed: npm install --prefix THE_ENVIRONMENT --no-save axe-core")
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[str]:
    with composing("answers", tmp_path_factory.mktemp("composed"), encoder) as url:
        yield url


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(index=tmp_path_factory.mktemp("empty") / "index")
    with Assistant.open(settings, encoder=HashingEncoder()) as assistant, served(assistant) as url:
        yield url


def faults(page: Page, axe: str) -> list[Any]:
    """What a person could not read or operate on the screen as it is."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(axe)
    grave = [violation for violation in page.evaluate(RUN, TAGS) if violation[1] in GRAVE]
    return [*grave, *page.evaluate(CONTRAST)]


@pytest.mark.parametrize("look", LOOKS)
def test_every_screen_of_a_conversation(
    visit: Callable[..., Visit], press: str, axe: str, look: dict[str, Any]
) -> None:
    opened = visit(press, **look)
    page = opened.page
    found = {"welcome": faults(page, axe)}
    turn = opened.ask("Who looks after the village of Dunmere?")
    found["answer"] = faults(page, axe)
    opened.read()
    found["article"] = faults(page, axe)
    turn.locator(".marker").first.focus()
    found["tip"] = faults(page, axe)
    opened.library()
    page.get_by_label("Ask only Engineer Oskar Brandt").check()
    page.get_by_role("textbox", name="Web addresses").fill("nowhere")
    page.get_by_role("button", name="Add", exact=True).click()
    opened.report("Failed")
    found["library"] = faults(page, axe)
    if page.get_by_role("button", name="Close the library").is_visible():
        page.get_by_role("button", name="Close the library").click()
    opened.ask("What is the capital of France?")
    found["abstention"] = faults(page, axe)
    page.get_by_role("button", name="Edit the question").first.click()
    page.locator(".aq-scope .opener").click()
    page.get_by_role("group", name="Filters").get_by_label("Coast Wire").check()
    found["filters"] = faults(page, axe)
    assert found == {screen: [] for screen in found}


@pytest.mark.parametrize("look", LOOKS)
def test_an_empty_library(visit: Callable[..., Visit], empty: str, axe: str, look: dict[str, Any]) -> None:
    opened = visit(empty, **look)
    assert faults(opened.page, axe) == []
    opened.library()
    assert faults(opened.page, axe) == []


@pytest.mark.parametrize("look", LOOKS)
def test_a_composed_answer(visit: Callable[..., Visit], composed: str, axe: str, look: dict[str, Any]) -> None:
    opened = visit(composed, **look)
    turn = opened.ask("How high is the tower of Skarby?")
    assert turn.locator(".judgement").all_inner_texts() == ["partly supported", "not in the articles"]
    assert faults(opened.page, axe) == []
