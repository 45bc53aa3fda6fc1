"""Measures the chat in real browsers: twenty people who ask at once, a long article, a long table.

    python benchmarks/browsers.py [--rounds N] [--keep FOLDER] [--json FILE]

It needs Chromium and ``pip install 'articleqa[browser]'``. The server is a process of its own; the people are contexts
of one headless Chromium, which has to share the machine with it. Times are taken inside the page, from the key to the
frame that shows the answer, so that what drives the browsers is not measured. Every answer is checked: each person asks
about another article, and the second question ("And who designed it?") is the same for all, so that an answer out of
somebody else's chat is found. The articles are invented.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import fmean
from typing import Any

import httpx
import numpy as np
from invented import Building, invented_annals, invented_buildings
from measuring import context
from playwright.async_api import Browser, Error, Page, async_playwright

from articleqa import Assistant, Settings

RESULT = Path(__file__).parent / "results" / "browsers.json"
IN_THE_PAGE = Path(__file__).with_suffix(".js")
PACKAGES = ("gradio", "playwright", "openvino", "faiss-cpu", "apsw")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")

BROWSERS = 20
ARTICLES = 500
THINK_SECONDS = 10.0
TARGET_SECONDS = 1.5
PATIENCE_SECONDS = 180.0
PIXELS_A_FRAME = 60


@dataclass
class Measured:
    """The asks of many people: seconds of each, and whatever went wrong."""

    rounds: list[list[float]] = field(default_factory=lambda: [[], []])
    late: list[float] = field(default_factory=list)
    loads: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    wall: float = 0.0
    processor: dict[str, float] = field(default_factory=dict)

    def report(self, *, together: bool) -> dict[str, Any]:
        """Figures for the result file."""
        both = [seconds for asks in self.rounds for seconds in asks]
        result: dict[str, Any] = {
            "asks": len(both),
            "errors": self.errors,
            "first question, seconds": figures(self.rounds[0]),
            "second question, seconds": figures(self.rounds[1]),
            "both, seconds": figures(both),
            "page load with all others, seconds": figures(self.loads),
        }
        if together:
            result |= {
                "keys pressed within, seconds": round(max(self.late) - min(self.late), 3),
                "processor seconds for one ask": {
                    name: round(spent / len(both), 3) for name, spent in self.processor.items()
                },
                "cores busy": round(sum(self.processor.values()) / self.wall, 2),
            }
        return result


@dataclass(frozen=True)
class Person:
    """A page, and the building that is asked about in it."""

    page: Page
    building: Building

    async def type(self, turn: int) -> None:
        """Write a question into its field."""
        await typed(self.page, self.building.asks[turn][0])

    async def ask(self, turn: int, found: Measured, moment: float) -> None:
        """Press Enter at ``moment`` (of the clock), and wait for the whole answer."""
        try:
            seconds, late = await pressed(self.page, moment)
        except Error as error:
            found.errors.append(f"{self.building.place}: {str(error).splitlines()[0]}")
        else:
            found.rounds[turn].append(seconds)
            found.late.append(late)

    async def ask_in_own_time(self, rng: random.Random, found: Measured) -> None:
        """Ask both questions, each after some thinking."""
        for turn, thinking in enumerate([rng.uniform(0, THINK_SECONDS) for _ in self.building.asks]):
            await self.type(turn)
            await self.ask(turn, found, time.time() + thinking)

    async def faults(self) -> list[str]:
        """What is wrong with the chat: it holds this person's two questions with their answers, and nobody else's."""
        shown = [text.strip() for text in await self.page.locator(".turn").all_inner_texts()]
        asks = self.building.asks
        if len(shown) != len(asks):
            return [f"{self.building.place}: {len(asks)} questions were asked, and there are {len(shown)}"]
        return [
            f"{self.building.place}: {question!r}, to be answered with {fact!r}, shows {said!r}"
            for said, (question, fact) in zip(shown, asks, strict=True)
            if not said.removeprefix("Edit").lstrip().startswith(question) or fact not in said
        ]


def main() -> int:
    """Measure everything, keep and print the result. Returns 1 if anything went wrong or the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help=f"how often {BROWSERS} people come, ask and go")
    parser.add_argument("--keep", type=Path, help="keep the library here, and use the one that is there")
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    buildings, (annals, years) = list(invented_buildings(ARTICLES - 1)), invented_annals()
    with tempfile.TemporaryDirectory(prefix="articleqa-browsers-") as temporary:
        index, rng = (options.keep or Path(temporary)).resolve(), random.Random(1)
        with Assistant.open(Settings(index=index, llm="none", reader="none")) as assistant:
            assistant.add(annals, *(building.article(rng) for building in buildings))
            records = assistant.articles()
            size = {"articles": len(records), "passages": sum(record.passages for record in records)}
            print(size, flush=True)
            facade = asked_of_the_facade(assistant, buildings[:BROWSERS])
        with served(index, "none") as (url, server):
            result = asyncio.run(measured(url, server, buildings, years, rounds=options.rounds))
        with served(index, "builtin") as (url, server):
            read = asyncio.run(measured_together(url, server, buildings, rounds=options.rounds))
    together = result["all at once"]["both, seconds"]
    result = {
        "library": size | {"characters of the longest": len(annals.text)},
        "the facade alone, one at a time, seconds": figures(facade),
        **result,
        "all at once, with the reader": read,
        "ratios, page to facade": {
            "all at once, p95 to the facade's mean": round(together["p95"] / fmean(facade), 1),
            "all at once, p95 to so many asks of the facade": round(together["p95"] / fmean(facade) / BROWSERS, 2),
        },
    }
    about = context(PACKAGES)
    about["packages"]["chromium"] = result.pop("chromium")
    text = json.dumps({"context": about, "result": result}, indent=2) + "\n"
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(text, encoding="utf-8")
    print(text)
    errors = [error for part in result.values() if isinstance(part, dict) for error in part.get("errors", ())]
    return 1 if errors or together["p95"] > TARGET_SECONDS else 0


def asked_of_the_facade(assistant: Assistant, buildings: Sequence[Building]) -> list[float]:
    """Seconds of each ask without a page; whatever has to be opened first is open."""
    assistant.ask("What is this about?")
    seconds = []
    for building in buildings:
        history: list[dict[str, str]] = []
        for question, fact in building.asks:
            began = time.perf_counter()
            answer = assistant.ask(question, history=history)
            seconds.append(time.perf_counter() - began)
            if fact not in answer.text:
                raise SystemExit(f"The articles do not answer {question!r} about {building.place}: {answer.text!r}")
            history += [{"role": "user", "text": question}, {"role": "assistant", "text": answer.text}]
    return seconds


@contextmanager
def served(index: Path, reader: str) -> Iterator[tuple[str, int]]:
    """``articleqa serve`` over a library, as a process; yields its address and its number."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ARTICLEQA_")}
    chosen = {"INDEX": str(index), "PORT": str(port), "LLM": "none", "READER": reader}
    environment |= {f"ARTICLEQA_{name}": value for name, value in chosen.items()}
    process = subprocess.Popen([sys.executable, "-m", "articleqa", "serve"], env=environment, cwd=index)
    url = f"http://127.0.0.1:{port}"
    try:
        while not _answers(url):
            if process.poll() is not None:
                raise SystemExit("The server did not start.")
            time.sleep(0.2)
        yield url, process.pid
    finally:
        process.terminate()
        process.wait()


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", trust_env=False).is_success
    except httpx.TransportError:
        return False


async def measured(
    url: str, server: int, buildings: Sequence[Building], years: Sequence[tuple[str, str]], *, rounds: int
) -> dict[str, Any]:
    """Every measurement in the browser, each in fresh pages."""
    async with chromium() as browser:
        long_article = await opened_citations(browser, url, years)
        table = await scrolled_table(browser, url)
        people = iter(buildings)
        together, spread = await pressing_together(browser, url, server, people, rounds=rounds), Measured()
        for _ in range(rounds):
            await visited(browser, url, list(islice(people, BROWSERS)), spread)
        release = browser.version
    return {
        "chromium": release,
        "all at once": together.report(together=True),
        f"within {THINK_SECONDS:g} s of thinking": spread.report(together=False),
        "200-page article": long_article,
        f"table of {ARTICLES} articles": table,
    }


async def measured_together(url: str, server: int, buildings: Sequence[Building], *, rounds: int) -> dict[str, Any]:
    """Only what all ask at the same moment."""
    async with chromium() as browser:
        return (await pressing_together(browser, url, server, iter(buildings), rounds=rounds)).report(together=True)


async def pressing_together(
    browser: Browser, url: str, server: int, people: Iterator[Building], *, rounds: int
) -> Measured:
    """So many times as many people as there are browsers, who press the key at the same moment."""
    together = Measured()
    for _ in range(rounds):
        await visited(browser, url, list(islice(people, BROWSERS)), together, server=server)
    return together


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A headless one of this machine."""
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        await browser.close()


async def visited(
    browser: Browser, url: str, buildings: Sequence[Building], found: Measured, *, server: int | None = None
) -> None:
    """A person for each building comes, asks twice and goes: all at the same moment if ``server`` is given, else each
    in their own time."""
    pages = await asyncio.gather(*(opened(browser, url, found.errors) for _ in buildings))
    people = [Person(page, building) for page, building in zip(pages, buildings, strict=True)]
    found.loads += [await page.evaluate("bench.welcomed / 1000") for page in pages]
    if server is None:
        rng = random.Random(buildings[0].place)
        await asyncio.gather(*(person.ask_in_own_time(rng, found) for person in people))
    else:
        for turn in range(2):
            await asyncio.sleep(1)  # what the answers before left to do is done
            await asyncio.gather(*(person.type(turn) for person in people))
            before, began = processor_seconds(server), time.monotonic()
            # By then every page has been told when to press the key.
            moment = time.time() + 1
            await asyncio.gather(*(person.ask(turn, found, moment) for person in people))
            found.wall += time.monotonic() - began - 1
            for name, spent in processor_seconds(server).items():
                found.processor[name] = found.processor.get(name, 0.0) + spent - before[name]
    for person in people:
        found.errors += await person.faults()
        await person.page.context.close()
    print(f"{len(people)} people", figures(found.rounds[0]), figures(found.rounds[1]), *found.errors, flush=True)


async def opened(browser: Browser, url: str, errors: list[str], watch: str = "") -> Page:
    """A fresh page with its first screen drawn. What goes wrong in it is added to ``errors``."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(1000 * PATIENCE_SECONDS)
    await context.add_init_script(f"{IN_THE_PAGE.read_text(encoding='utf-8')}\nbench.watchWelcome();{watch}")
    page = await context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    await page.goto(url)
    await page.wait_for_function("bench.welcomed", polling=200)
    return page


async def typed(page: Page, question: str) -> None:
    """Write a question into its field."""
    await page.get_by_role("textbox", name="Question").fill(question)


async def pressed(page: Page, moment: float) -> tuple[float, float]:
    """Press Enter at ``moment``: seconds until the whole answer is drawn, and how late the key was pressed."""
    call = "([moment, patience]) => bench.press(moment, patience)"
    seconds, late = await page.evaluate(call, [moment * 1000, PATIENCE_SECONDS])
    return float(seconds), float(late)


async def opened_citations(browser: Browser, url: str, years: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Ask about one year after another of the long article, and open each answer's citation."""
    errors: list[str] = []
    page = await opened(browser, url, errors)
    asking, opening = [], []
    for number, (question, fact) in enumerate(years):
        await typed(page, question)
        marker = page.locator(".turn").nth(number).locator(".marker").first
        try:
            asking.append((await pressed(page, time.time()))[0])
            call = "(marker, [fact, patience]) => bench.open(marker, fact, patience)"
            opening.append(float(await marker.evaluate(call, [fact, PATIENCE_SECONDS])))
        except Error as error:
            errors.append(f"{question}: {str(error).splitlines()[0]}")
    await page.context.close()
    print("200-page article", figures(opening), *errors, flush=True)
    return {
        "errors": errors,
        "one person asking, seconds": figures(asking),
        "click on a citation to its span in view, seconds": figures(opening),
    }


async def scrolled_table(browser: Browser, url: str) -> dict[str, Any]:
    """Load the page, have the whole table shown, and scroll it from its first row to its last."""
    errors: list[str] = []
    page = await opened(browser, url, errors, "bench.watchRows();")
    await page.wait_for_function("bench.rows.at")
    await asyncio.sleep(2)
    rows = await page.evaluate("({ count: bench.rows.ids.size, at: bench.rows.at / 1000 })")
    await page.get_by_role("button", name="Library", exact=True).first.click()
    frames: list[float] = []
    try:
        row = page.locator(".aq-library .articles [data-article]").first
        call = "(row, [step, total, patience]) => bench.scroll(row, step, total, patience)"
        frames = await row.evaluate(call, [PIXELS_A_FRAME, ARTICLES, PATIENCE_SECONDS])
    except Error as error:
        errors.append(str(error).splitlines()[0])
    await page.context.close()
    print("table", rows, figures(frames), *errors, flush=True)
    return {
        "errors": errors,
        "page load to rows drawn, seconds": round(rows["at"], 3),
        "rows drawn then": rows["count"],
        "frames while scrolling, seconds": figures(frames),
        "frames": len(frames),
    }


def processor_seconds(server: int) -> dict[str, float]:
    """Processor time so far of the server, of Chromium and of what drives it. It reads Linux's ``/proc``."""
    parents: dict[int, int] = {}
    names: dict[int, str] = {}
    spent: dict[int, float] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = path.read_text(encoding="utf-8", errors="replace").rpartition(")")
        except OSError:
            continue  # it has ended
        values, number = tail.split(), int(path.parent.name)
        names[number] = head.partition("(")[2]
        parents[number] = int(values[1])
        spent[number] = (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")
    totals = {"server": 0.0, "chromium": 0.0, "driver": 0.0}
    for number, seconds in spent.items():
        line = [number]
        while line[-1] in parents:
            line.append(parents[line[-1]])
        if server in line:
            totals["server"] += seconds
        elif os.getpid() in line:
            totals["chromium" if "chrom" in names[number] else "driver"] += seconds
    return totals


def figures(seconds: Sequence[float]) -> dict[str, float]:
    """Median, 95th percentile and the longest; nothing of nothing."""
    if not seconds:
        return {}
    p50, p95 = np.percentile(seconds, (50, 95))
    return {"p50": round(float(p50), 4), "p95": round(float(p95), 4), "longest": round(max(seconds), 4)}


if __name__ == "__main__":
    sys.exit(main())
