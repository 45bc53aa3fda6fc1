"""The pictures of the chat: ``python benchmarks/screenshots.py [NAME…]``.

Those of the README go into ``docs/``, the others into ``build/screenshots/``, to be looked at.

It needs Chromium and ``pip install 'articleqa[browser]'``. With fonts-inter, fonts-noto-core and fonts-noto-cjk they
look like those in the README. Nothing in the pictures is painted: a library in a temporary folder is served, asked and
clicked. The articles are invented.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from pictured import ARTICLES
from playwright.sync_api import Browser, Page, sync_playwright

from articleqa import Assistant, Settings
from articleqa.server import create_app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")
QUESTION = "When does the new bridge open?"
FOLLOW_UP = "And what did it cost?"
ABSENT = "Who painted the ceiling of the opera house?"


@contextmanager
def served(assistant: Assistant) -> Iterator[str]:
    """The chat on a free port, in a thread; yields its address."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(assistant), port=0, log_level="critical", timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise SystemExit("The server did not start.")
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def ask(page: Page, question: str) -> None:
    """Ask, and wait for the whole answer."""
    whole = page.locator(".turn[aria-busy=false]")
    before = whole.count()
    page.get_by_role("textbox", name="Question").fill(question)
    page.keyboard.press("Enter")
    whole.nth(before).wait_for()


def welcome(page: Page) -> None:
    """The first screen, with its suggestions."""
    page.locator(".suggestion").first.wait_for()


def chat(page: Page) -> None:
    """A question and a follow-up."""
    ask(page, QUESTION)
    ask(page, FOLLOW_UP)
    page.locator(".aq-conversation").evaluate("log => { log.scrollTop = 0 }")


def source(page: Page) -> None:
    """The article beside the answer, with what it quotes."""
    chat(page)
    page.get_by_role("button", name="Citation 1").first.click()
    page.locator("#cited").wait_for()
    page.mouse.move(640, 780)


def tip(page: Page) -> None:
    """What a marker says while it is pointed at."""
    ask(page, QUESTION)
    page.get_by_role("button", name="Citation 1").first.hover()
    page.locator(".aq-tip").wait_for()


def filters(page: Page) -> None:
    """A question to one outlet alone."""
    page.get_by_role("button", name="articles").first.click()
    page.get_by_role("checkbox", name="Harbour Post").check()
    page.get_by_role("button", name="Done").click()
    ask(page, "How long does the ferry keep running?")
    page.locator(".aq-scope .opener").click()


def not_found(page: Page) -> None:
    """A question that the articles do not answer."""
    ask(page, ABSENT)


def library(page: Page) -> None:
    """The table, sorted by date, after a removal that can be undone."""
    page.get_by_role("button", name="Date").click()
    page.locator("[aria-sort=descending]").wait_for()
    page.get_by_role("button", name="Remove Town hall counts the swans again").click()
    page.get_by_role("button", name="Undo").wait_for()
    page.get_by_role("checkbox", name="Ask only Minutes of the county council, 11 June").check()
    page.mouse.move(300, 700)


def right_to_left(page: Page) -> None:
    """An Arabic article."""
    page.locator(".articles .row", has_text="الجسر").click()
    page.locator(".reading").wait_for()


def chinese(page: Page) -> None:
    """A Chinese question about a Chinese article."""
    ask(page, "新桥什么时候通车？")
    page.get_by_role("button", name="Citation 1").first.click()
    page.locator("#cited").wait_for()


@dataclass(frozen=True)
class Picture:
    """One picture: what is done before it is taken, and on which screen."""

    name: str
    scene: Callable[[Page], None]
    dark: bool = False
    phone: bool = False

    @property
    def path(self) -> Path:
        """Where it is kept."""
        folder = "docs" if f"(docs/{self.name}.png)" in README else "build/screenshots"
        return ROOT / folder / f"{self.name}.png"


PICTURES = (
    Picture("welcome", welcome),
    Picture("chat", chat),
    Picture("source", source),
    Picture("tip", tip),
    Picture("filters", filters),
    Picture("not-found", not_found),
    Picture("library", library),
    Picture("right-to-left", right_to_left),
    Picture("chinese", chinese),
    Picture("dark", source, dark=True),
    Picture("library-dark", library, dark=True),
    Picture("phone", chat, phone=True),
    Picture("phone-source", source, phone=True),
    Picture("phone-dark", source, phone=True, dark=True),
    Picture("phone-filters", filters, phone=True),
    Picture("phone-not-found", not_found, phone=True, dark=True),
)


def take(browser: Browser, url: str, picture: Picture) -> None:
    """Plays one scene on a screen of its own and takes its picture."""
    size = {"width": 390, "height": 844} if picture.phone else {"width": 1280, "height": 800}
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        device_scale_factor=2,
        color_scheme="dark" if picture.dark else "light",
        reduced_motion="reduce",
        is_mobile=picture.phone,
        has_touch=picture.phone,
    )
    try:
        page = context.new_page()
        page.goto(url)
        page.locator(".welcome").wait_for()
        page.locator(".articles tr").first.wait_for(state="attached")
        picture.scene(page)
        page.wait_for_timeout(400)  # fonts, and whatever still moves
        picture.path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=picture.path)
    finally:
        context.close()


def main(names: list[str]) -> int:
    """Take the pictures of those names, or all of them. Returns the exit code."""
    wanted = [picture for picture in PICTURES if not names or picture.name in names]
    programs = ("chromium", "chromium-browser", "google-chrome")
    chromium = next((path for name in programs if (path := shutil.which(name))), None)
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for picture in wanted:
            # Each in a library of its own: one scene removes an article.
            with Assistant.open(Settings(index=Path(folder) / picture.name)) as assistant:
                assistant.add(*ARTICLES)
                with served(assistant) as url:
                    take(browser, url, picture)
            print(f"{picture.path.relative_to(ROOT)}: {picture.path.stat().st_size // 1024} KB")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
