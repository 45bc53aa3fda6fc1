"""The main flow on a desktop and on a phone, in light and dark; and articles in other scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from articleqa import Article, Assistant, Encoder, Settings
from browser.conftest import LOOKS, PHONE, SECONDS_TO_ACT, Visit, served

if TYPE_CHECKING:
    from playwright.sync_api import Page

DUNMERE = "Who looks after the village of Dunmere?"

# Text that lies outside of the window, or is cut off by something that does not say so with an ellipsis.
CUT_OFF = """() => {
  const faults = [];
  if (document.documentElement.scrollWidth > innerWidth) faults.push(["the page scrolls sideways"]);
  for (const element of document.querySelectorAll("gradio-app *, .aq-tip *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
    if (element.closest(".hidden, option")) continue;
    const box = element.getBoundingClientRect();
    const said = [element.className, element.textContent.slice(0, 40)];
    if (box.left < -1 || box.right > innerWidth + 1) faults.push(["outside", ...said]);
    for (let at = element; at && at.tagName !== "GRADIO-APP"; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.overflowX === "visible") continue;
      const clamped = style.textOverflow === "ellipsis" || style.webkitLineClamp !== "none";
      if (!clamped && at.scrollWidth > at.clientWidth + 1) faults.push(["too wide", at.className, ...said]);
      if (["hidden", "clip"].includes(style.overflowY) && !clamped && at.scrollHeight > at.clientHeight + 2) {
        faults.push(["too high", at.className, ...said]);
      }
    }
  }
  return faults;
}"""

TEAHOUSE = Article(
    id="teahouse",
    title="青石镇老茶馆的历史",
    text="青石镇的老茶馆建于1921年，由李文山创办。\n\n茶馆每天早上五点开门，供应四十种茶。\n\n"
    "2003年，茶馆搬到了河边的新楼。现任老板是李文山的孙女李秀兰。"
    + "河边的风很大，冬天几乎没有客人，只有老人们坐在火炉旁。"
    * 12,
    source="青石日报",
    published="2023-03-02",
    language="zh",
)
MINARET = Article(
    id="minaret",
    title="منارة الميناء القديم",
    text="بُنيت منارة الميناء القديم عام 1871 على يد المهندس سليم حداد.\n\n"
    "كان ضوؤها يُرى من مسافة ثلاثين ميلاً. أُطفئت إلى الأبد عام 1954.",
    source="صحيفة الساحل",
    published="2022-05-06",
    language="ar",
)
HEBREW = Article(id="hebrew", title="המגדלור של נורדהולם", text="המגדלור נבנה בשנת 1871 על ידי עדה לוי.", language="he")
IN_OTHER_SCRIPTS = [
    (TEAHOUSE, "茶馆每天几点开门？", "茶馆每天早上五点开门，供应四十种茶。", "ltr"),
    (MINARET, "متى أُطفئت المنارة؟", "أُطفئت إلى الأبد عام 1954.", "rtl"),
    (HEBREW, "מי בנה את המגדלור?", HEBREW.text, "rtl"),
]


DRAWN = """new Promise((resolve, reject) => {
  requestAnimationFrame(() => resolve("drawn"));
  setTimeout(reject, 5000, new Error("a frame was asked for, and not drawn"));
})"""
# Counts the frames that are asked for; and resolves once none has been for half a second.
FRAMES = """window.asked = 0;
const frame = window.requestAnimationFrame;
window.requestAnimationFrame = (callback) => { window.asked += 1; return frame.call(window, callback); };"""
QUIET = f"""new Promise((resolve, reject) => {{
  const latest = Date.now() + {SECONDS_TO_ACT * 1000};
  (function look(before) {{
    if (window.asked === before) resolve();
    else if (Date.now() > latest) reject(new Error(`${{window.asked - before}} frames in the last half a second`));
    else setTimeout(look, 500, window.asked);
  }})(-1);
}})"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Assistant]:
    with Assistant.open(Settings(index=tmp_path_factory.mktemp("world") / "index"), encoder=encoder) as opened:
        opened.add(TEAHOUSE, MINARET, HEBREW)
        yield opened


@pytest.fixture(scope="module")
def site(world: Assistant) -> Iterator[str]:
    with served(world) as url:
        yield url


def direction(page: Page, selector: str) -> str:
    return str(page.locator(selector).first.evaluate("element => getComputedStyle(element).direction"))


@pytest.mark.parametrize("look", LOOKS)
def test_the_main_flow(visit: Callable[..., Visit], press: str, look: dict[str, Any]) -> None:
    opened = visit(press, **look)
    page, phone = opened.page, look["viewport"] == PHONE["viewport"]
    background = page.evaluate("getComputedStyle(document.querySelector('gradio-app')).backgroundColor")
    assert background == {"light": "rgb(250, 249, 246)", "dark": "rgb(23, 25, 27)"}[look["color_scheme"]]
    assert page.evaluate(CUT_OFF) == []
    assert (opened.focused == "Question") is not phone  # whose keyboard would hide half of the page

    turn = opened.ask(DUNMERE)
    assert page.evaluate(CUT_OFF) == []
    assert (opened.focused == "Question") is not phone

    reader = page.locator(".aq-reader")
    first = opened.read()
    assert page.evaluate("document.activeElement.id") == "cited"
    assert page.evaluate(CUT_OFF) == []
    second = opened.read(reader.get_by_role("button", name="Next citation"))
    assert second != first
    assert page.evaluate("document.activeElement.id") == "cited"
    assert opened.read(reader.get_by_role("button", name="Previous citation")) == first
    if phone:
        reader.get_by_role("button", name="Close the article").click()
        reader.wait_for(state="hidden")
    else:
        page.keyboard.press("Escape")
    assert opened.focused == turn.get_by_role("button", name="Citation 1:").get_attribute("aria-label")

    opened.library()
    assert opened.focused == "Library"
    page.get_by_label("Search the library").fill("wind farm")
    page.get_by_text("1 of 10 articles").wait_for()
    page.get_by_label("Ask only Engineer Oskar Brandt").check()
    page.get_by_role("textbox", name="Web addresses").fill("nowhere")
    page.get_by_role("button", name="Add", exact=True).click()
    opened.report("Failed")
    assert page.evaluate(CUT_OFF) == []
    if phone:
        page.get_by_role("button", name="Close the library").click()

    page.locator(".aq-scope .opener").click()
    popup = page.get_by_role("group", name="Filters")
    popup.get_by_label("Coast Wire").check()
    popup.get_by_label("from", exact=True).fill("2024-01-01")
    assert page.evaluate(CUT_OFF) == []
    popup.get_by_role("button", name="Done").click()
    popup.wait_for(state="hidden")
    assert page.evaluate(CUT_OFF) == []
    turn = opened.ask("What is the capital of France?")
    assert turn.get_by_role("button", name="Ask all of them").is_visible()
    assert page.evaluate(CUT_OFF) == []


@pytest.mark.parametrize(("article", "question", "answer", "towards"), IN_OTHER_SCRIPTS, ids=["zh", "ar", "he"])
@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_articles_in_other_scripts_are_shown_as_they_are_written(
    visit: Callable[..., Visit],
    world: Assistant,
    site: str,
    article: Article,
    question: str,
    answer: str,
    towards: str,
    device: dict[str, Any],
) -> None:
    citation = world.ask(question).citations[0]
    assert answer in citation.quote
    opened = visit(site, **device)
    turn = opened.ask(question)
    assert answer in turn.locator("blockquote").first.inner_text()
    assert direction(opened.page, ".turn .question") == towards
    assert direction(opened.page, ".turn blockquote") == towards
    assert direction(opened.page, ".turn figcaption .title") == towards
    assert opened.page.evaluate(CUT_OFF) == []
    assert opened.read() == citation.quote == article.text[citation.start : citation.end]
    assert opened.page.locator(".reading .text").get_attribute("lang") == article.language
    for place in ("h2", ".text", ".text p"):
        assert direction(opened.page, f".reading {place}") == towards
    assert opened.page.locator(".reading .text").evaluate("text => text.textContent") == "".join(
        article.text.split("\n")
    )
    assert opened.page.evaluate(CUT_OFF) == []
    opened.library()
    assert direction(opened.page, f"tr[data-article={article.id}] .row .title") == towards


def test_a_page_that_waits_for_nothing_draws_nothing(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press)
    page = opened.page
    page.add_init_script(FRAMES)
    page.reload()
    page.locator(".welcome").wait_for()
    page.evaluate(QUIET)
    opened.ask(DUNMERE)
    page.evaluate(QUIET)
    # A frame that is asked for in the same breath as an answer or an article is drawn.
    marker = opened.turn.get_by_role("button", name="Citation 1:")
    for _ in range(3):
        assert marker.evaluate(f"marker => {{ marker.click(); return {DRAWN}; }}") == "drawn"
        page.evaluate(QUIET)
