"""A real Chromium at a real server: what every page does beyond the test is watched.

Without Chromium or Playwright these tests are skipped, and say so; where ``CI`` is set they fail instead.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import uvicorn

from articleqa import Assistant
from articleqa.server import create_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-quic"),
)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SECONDS_TO_START = 60

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def unavailable(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI is set, so that nothing may be skipped")
    pytest.skip(reason)


@dataclass
class Visit:
    """A page, and all that it did: where it sent requests, which dialogs it opened, what went wrong in it."""

    page: Page
    requests: list[str] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    def ask(self, question: str) -> None:
        """Ask, and wait until the answer is whole."""
        turns = self.page.locator(".turn[aria-busy=false]")
        before = turns.count()
        box = self.page.get_by_role("textbox", name="Question")
        box.fill(question)
        box.press("Enter")
        turns.nth(before).wait_for()

    @property
    def outside(self) -> list[str]:
        """Requests that left this machine."""
        return [
            url
            for url in self.requests
            if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).hostname not in LOOPBACK
        ]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Per module: while Playwright runs, no other event loop can run in this thread.
    try:
        from playwright.sync_api import Error, sync_playwright
    except ModuleNotFoundError:
        unavailable("Playwright is not installed: pip install 'articleqa[browser]'")
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    with sync_playwright() as playwright:
        try:
            opened = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        except Error as error:
            unavailable(f"there is no Chromium (on Debian: apt-get install chromium): {str(error).splitlines()[0]}")
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens a page. Afterwards nothing that it did may have left this machine or gone wrong."""
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def open_page(url: str, **options: Any) -> Visit:
        context = browser.new_context(**{"viewport": DESKTOP, "reduced_motion": "reduce", **options})
        contexts.append(context)
        context.set_default_timeout(20_000)
        page = context.new_page()
        visit = Visit(page)
        visits.append(visit)
        page.on("request", lambda request: visit.requests.append(request.url))
        page.on("pageerror", lambda error: visit.surprises.append(str(error)))
        page.on("console", lambda said: visit.surprises.append(said.text) if said.type == "error" else None)

        def refuse(dialog: Any) -> None:
            visit.surprises.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("dialog", refuse)
        page.goto(url)
        page.locator(".aq-composer textarea").wait_for()
        page.locator(".welcome").wait_for()
        return visit

    yield open_page
    for visit in visits:
        assert visit.outside == []
        assert visit.surprises == []
    for context in contexts:
        context.close()


@contextmanager
def served(assistant: Assistant) -> Iterator[str]:
    """The chat of ``assistant`` on a free port, in a thread of its own; yields its address."""
    config = uvicorn.Config(create_app(assistant), port=0, log_level="critical", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="served", daemon=True)
    thread.start()
    latest = time.monotonic() + SECONDS_TO_START
    while not server.started:
        if not thread.is_alive() or time.monotonic() > latest:
            raise RuntimeError("the server did not start")
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
