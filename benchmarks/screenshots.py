"""The README's pictures of the chat: ``python benchmarks/screenshots.py`` writes them into ``docs/``.

It needs Chromium and ``pip install 'articleqa[browser]'``. Nothing in the pictures is painted: a library in a temporary
folder is served, asked and clicked. The articles are invented.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import uvicorn
from playwright.sync_api import Page, sync_playwright

from articleqa import Article, Assistant, Settings
from articleqa.server import create_app

DOCS = Path(__file__).parents[1] / "docs"
QUESTION = "When does the new bridge open?"
FOLLOW_UP = "And what did it cost?"

ARTICLES = (
    Article(
        title="Ferry to keep running for a year after the bridge opens",
        source="Harbour Post",
        author="Jonas Wik",
        published="2026-03-04",
        url="https://harbourpost.example/ferry",
        text="""The ferry between Aldmark and Sund will keep its timetable for twelve months after the new bridge \
opens, the county has decided.

Around 900 people take the boat on a working day. Most of them come on foot or by bicycle, and the bridge's footpath \
will not be ready before the spring of next year.

“Nobody should be stranded because a lane is late,” said Marta Lund, who heads the county's transport office.

The two boats, both built in 1988, are to be sold afterwards. A museum in Sund has asked for the older one.""",
    ),
    Article(
        title="New bridge over the Alde opens on 14 September",
        source="Aldmark Courier",
        author="Ingrid Thomsen",
        published="2026-06-18",
        url="https://courier.example/bridge-opening",
        text="""After six years of work, the new bridge between Aldmark and Sund has a date. It opens to traffic on \
14 September, the county said on Thursday.

The opening had been put off twice: first because the riverbed turned out to be softer than the surveys had said, then \
because a shipment of steel from the yard in Korsby was found to be faulty and had to be made again.

“We would rather open late than close early,” said county engineer Peder Holm, who has led the project since 2021.

The bridge is 1,140 metres long and carries two lanes in each direction. Cars will pay 30 crowns; buses, ambulances \
and people on foot pay nothing. The toll is to be lifted once the loan has been paid back, which the county expects \
in 2041.

The bridge cost 2.3 billion crowns, 400 million more than planned. The state pays half of it, the county and the two \
towns pay the rest.

A public walk across the empty bridge is planned for the weekend before the opening. Those who want to come have to \
register with the town hall, as no more than 8,000 people may be on the bridge at a time.""",
    ),
    Article(
        title="What the bridge will mean for Sund",
        source="Harbour Post",
        author="Jonas Wik",
        published="2026-07-09",
        url="https://harbourpost.example/sund",
        text="""House prices in Sund have risen by a fifth since the county named the day of the bridge's opening, \
according to the estate agents of the town.

From 14 September the way to Aldmark will take nine minutes by car. Today it takes fifty, ferry included.

The school expects forty more pupils within two years. “We have the rooms, we do not have the teachers,” says its \
head, Lise Amdal.""",
    ),
)


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


def main() -> int:
    """Take both pictures. Returns the exit code."""
    DOCS.mkdir(exist_ok=True)
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next((path for name in names if (path := shutil.which(name))), None)
    with (
        TemporaryDirectory() as folder,
        Assistant.open(Settings(index=Path(folder) / "index")) as assistant,
        sync_playwright() as playwright,
    ):
        assistant.add(*ARTICLES)
        with served(assistant) as url:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(
                viewport={"width": 1280, "height": 800}, device_scale_factor=2, reduced_motion="reduce"
            )
            page.goto(url)
            page.locator(".welcome").wait_for()
            ask(page, QUESTION)
            ask(page, FOLLOW_UP)
            page.locator(".aq-conversation").evaluate("log => { log.scrollTop = 0 }")
            page.screenshot(path=DOCS / "chat.png")
            page.get_by_role("button", name="Citation 1").first.click()
            page.locator("#cited").wait_for()
            page.mouse.move(640, 780)
            page.screenshot(path=DOCS / "source.png")
            browser.close()
    for name in ("chat.png", "source.png"):
        print(f"{DOCS / name}: {(DOCS / name).stat().st_size // 1024} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
