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

from articleqa import Article, Assistant, Encoder, Settings
from articleqa.server import create_app
from articles import ARTICLES
from endpoints import misbehaving_endpoint

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page, Request

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-quic"),
)
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SECONDS_TO_START = 60
SECONDS_TO_ACT = 30
SECONDS_OF_SILENCE = 5

DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
# Both devices and both schemes are seen every time; the two other pairs of them where there is time.
LOOKS = [
    pytest.param({**device, "color_scheme": scheme}, id=f"{name}-{scheme}", marks=marks)
    for name, device, scheme, marks in (
        ("desktop", DESKTOP, "light", ()),
        ("phone", PHONE, "dark", ()),
        ("desktop", DESKTOP, "dark", pytest.mark.slow),
        ("phone", PHONE, "light", pytest.mark.slow),
    )
]


PAGES: list[Page] = []  # that are open


def close(pages: list[Page]) -> None:
    for page in pages:
        if page in PAGES:
            PAGES.remove(page)
            page.close()


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
    listening: set[Request] = field(default_factory=set)

    @property
    def turn(self) -> Locator:
        """The last question and its answer."""
        return self.page.locator(".turn").last

    @property
    def box(self) -> Locator:
        """Where questions are written."""
        return self.page.get_by_role("textbox", name="Question")

    def began(self, request: Request) -> None:
        """Take note of a request."""
        self.requests.append(request.url)
        if "/queue/" in request.url:
            self.listening.add(request)

    def ended(self, request: Request) -> None:
        """Take note that nothing more comes to a request."""
        self.listening.discard(request)

    def send(self, question: str) -> None:
        """Ask, and wait for nothing."""
        self.box.fill(question)
        self.box.press("Enter")

    def ask(self, question: str) -> Locator:
        """Ask, and wait until the answer is whole: the turn that holds it."""
        return self.answered(lambda: self.send(question))

    def again(self, button: Locator) -> Locator:
        """Click what asks again in the place of the last turn, and wait until that has an answer."""
        return self.answered(button.click)

    def answered(self, act: Callable[[], None]) -> Locator:
        """Do what asks a question, and wait until the answer is whole: the turn that holds it."""
        # Whatever is drawn next takes the mark away.
        self.page.evaluate("for (const turn of document.querySelectorAll('.turn')) turn.dataset.before = ''")
        act()
        self.page.locator(".turn:last-child[aria-busy=false]:not([data-before])").wait_for()
        return self.page.locator(".turn").nth(self.page.locator(".turn").count() - 1)

    def read(self, marker: Locator | None = None) -> str:
        """Open a citation, by default the first of the last answer: the words that are then marked."""
        (marker or self.turn.get_by_role("button", name="Citation 1:")).click()
        self.page.locator(".aq-reader:not([aria-busy])").wait_for()
        self.page.locator("#cited").wait_for()
        return "".join(self.page.locator("mark.cited").all_text_contents())

    def library(self) -> Locator:
        """The library, on the screen."""
        library = self.page.locator(".aq-library")
        if not library.is_visible():
            self.page.locator(".aq-header").get_by_role("button", name="Library").click()
        self.page.get_by_role("heading", name="Library").wait_for()
        return library

    def report(self, text: str) -> Locator:
        """The library's report, once it holds ``text``."""
        report = self.page.locator(".report").filter(has_text=text)
        report.wait_for()
        return report

    def settle(self) -> None:
        """Wait until the server has said all that it was asked for: the page listens as long as something may come.

        Gradio's page listens on where an event ends in the moment in which another begins, though nothing comes.
        """
        latest = time.monotonic() + SECONDS_OF_SILENCE
        while self.listening and time.monotonic() < latest:
            self.page.wait_for_timeout(20)

    @property
    def focused(self) -> str:
        """What has the focus: its label, or else its text."""
        return str(
            self.page.evaluate("(document.activeElement.ariaLabel ?? document.activeElement.textContent).trim()")
        )

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


@pytest.fixture(scope="module")
def contexts(browser: Browser) -> dict[str, BrowserContext]:
    """Browser contexts by their options. Pages that share one also share what it has fetched, and so open quickly."""
    return {}


@pytest.fixture
def visit(browser: Browser, contexts: dict[str, BrowserContext]) -> Iterator[Callable[..., Visit]]:
    """Opens a page. Afterwards nothing that it did may have left this machine or gone wrong."""
    visits: list[Visit] = []

    def open_page(url: str, **options: Any) -> Visit:
        options = {**DESKTOP, "reduced_motion": "reduce", **options}
        context = contexts.get(repr(options))
        if context is None:
            context = contexts[repr(options)] = browser.new_context(**options)
            context.set_default_timeout(SECONDS_TO_ACT * 1000)
        page = context.new_page()
        visit = Visit(page)
        visits.append(visit)
        page.on("request", visit.began)
        page.on("requestfinished", visit.ended)
        page.on("requestfailed", visit.ended)
        page.on("pageerror", lambda error: visit.surprises.append(str(error)))
        page.on("console", lambda said: visit.surprises.append(said.text) if said.type == "error" else None)

        def refuse(dialog: Any) -> None:
            visit.surprises.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        page.on("dialog", refuse)
        PAGES.append(page)
        page.goto(url)
        page.locator(".aq-composer textarea").wait_for()
        page.locator(".welcome").wait_for()
        return visit

    yield open_page
    close([visit.page for visit in visits])
    for visit in visits:
        assert visit.outside == []
        assert visit.surprises == []


@pytest.fixture(scope="session")
def press(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[str]:
    """The chat about a library of a dozen articles, for tests that change nothing in it."""
    with Assistant.open(Settings(index=tmp_path_factory.mktemp("press") / "index"), encoder=encoder) as assistant:
        assistant.add(*ARTICLES)
        with served(assistant) as url:
            yield url


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
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield url
    finally:
        close([page for page in PAGES if page.url.startswith(f"{url}/")])  # they would miss the server
        server.should_exit = True
        thread.join()


TOWER = Article(
    id="tower",
    title="The tower",
    text="The tower of Skarby is 41 metres high. It was finished in 1902 after nine years of work.",
    source="Town Paper",
)
# A sentence that the article carries, one that it carries in part, and one that it does not.
COMPOSED = (
    "The tower is 41 metres high [1]. "
    "The tower of Skarby stands proudly above the town, 41 metres high [1]. "
    "Queen Beatrix owns seven such towers in Portugal."
)


@contextmanager
def composing(behaviour: str, folder: Path, encoder: Encoder) -> Iterator[str]:
    """The chat about a tower, with a language model that writes ``COMPOSED``, or does not; yields its address."""
    with misbehaving_endpoint(behaviour, text=COMPOSED) as endpoint:
        settings = Settings(index=folder / "index", llm=endpoint.spec)
        with Assistant.open(settings, encoder=encoder) as assistant:
            assistant.add(TOWER)
            with served(assistant) as url:
                yield url
