"""What takes its time says how far it is, and questions are answered meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event

import pytest

from articleqa import Article, Assistant, Settings
from articleqa.types import Matrix, Progress, ProgressCallback
from browser.conftest import SECONDS_TO_ACT, Visit, served
from encoders import HashingEncoder

MILL = Article(id="mill", title="The mill", text="The mill of Nordholm turns when the wind blows.")
TURNS = "When does the mill of Nordholm turn?"


class Gated(HashingEncoder):
    """Waits at its gate before it counts the words of a text with ``counting`` in it, and after ``encoding`` texts.

    It says that it encodes two texts a second. Questions pass.
    """

    def __init__(self) -> None:
        super().__init__()
        self.counting = "\0"
        self.encoding = 1000
        self.gate = Event()

    def count_tokens(self, text: str) -> int:
        if self.counting in text:
            self.gate.wait(SECONDS_TO_ACT)
        return super().count_tokens(text)

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        for number in range(len(texts)):
            if number == self.encoding:
                self.gate.wait(SECONDS_TO_ACT)
            if progress is not None:
                progress(Progress("encode", number + 1, len(texts), rate=2.0))
        return super().encode_documents(texts)


@pytest.fixture
def gated() -> Iterator[Gated]:
    encoder = Gated()
    yield encoder
    encoder.gate.set()


@pytest.fixture
def assistant(tmp_path: Path, gated: Gated) -> Iterator[Assistant]:
    with Assistant.open(Settings(index=tmp_path / "index"), encoder=gated) as opened:
        opened.add(MILL)
        yield opened


@pytest.fixture
def site(assistant: Assistant, gated: Gated) -> Iterator[str]:
    with served(assistant) as url:
        yield url
        gated.gate.set()  # a server does not end while something is being done


def test_adding_says_how_far_it_is(
    visit: Callable[..., Visit], site: str, assistant: Assistant, gated: Gated, tmp_path: Path
) -> None:
    gated.encoding = 2
    folder = tmp_path / "sources"
    folder.mkdir()
    names = ("a first", "b second", "c third", "d fourth")
    for name in names:
        (folder / f"{name}.txt").write_text(f"This is the {name} of four.")
    opened = visit(site)
    page = opened.page
    page.get_by_label("Add a folder").set_input_files(folder)
    report = page.locator(".report[data-running=true]")
    report.get_by_text("Encoding 2 of 4 passages, 2 a second, about 1 second left").wait_for()
    bar = report.get_by_role("progressbar")
    assert (bar.get_attribute("value"), bar.get_attribute("max")) == ("2", "4")
    followed = [line.inner_text().split("\n") for line in report.locator("li").all()]
    assert sorted(followed) == [["read", f"sources/{name}.txt"] for name in names]
    assert page.get_by_role("button", name="Rebuild index").is_disabled()

    # Meanwhile whoever asks is answered, and what is chosen stays so.
    page.get_by_label("Ask only The mill").check()
    other = visit(site)
    assert MILL.text in opened.ask(TURNS).inner_text()
    assert MILL.text in other.ask(TURNS).inner_text()
    assert other.page.locator(".report").count() == 0
    assert page.locator(".chosen").is_visible()
    assert len(assistant.articles()) == 1

    gated.gate.set()
    report = opened.report("4 added")
    assert report.get_by_role("progressbar").count() == 0
    assert page.locator(".chosen").is_visible()
    page.get_by_text("5 articles", exact=True).wait_for()
    assert page.get_by_role("button", name="Rebuild index").is_enabled()


def test_rebuilding_says_how_far_it_is_while_questions_are_answered(
    visit: Callable[..., Visit], site: str, assistant: Assistant, gated: Gated
) -> None:
    assistant.add(*(Article(id=f"n{number}", title=f"Note {number}", text=f"Note {number}.") for number in range(39)))
    gated.counting = "Note 35"
    opened, other = visit(site), visit(site)
    page = opened.page
    page.get_by_role("button", name="Rebuild index").click()
    report = page.locator(".report[data-running=true]")
    report.get_by_text("Indexing 32 of 40 articles").wait_for()
    bar = report.get_by_role("progressbar")
    assert (bar.get_attribute("value"), bar.get_attribute("max")) == ("32", "40")
    assert page.get_by_role("button", name="Rebuild index").is_disabled()

    assert opened.ask(TURNS).locator("blockquote").first.inner_text().startswith(MILL.text)
    assert opened.read() == MILL.text
    other.page.get_by_role("button", name="Rebuild index").click()
    other.report("The index is being rebuilt already.")

    gated.gate.set()
    opened.library()
    report = opened.report("The index is new: 40 articles, 40 passages, none encoded again, in")
    assert page.get_by_role("button", name="Rebuild index").is_enabled()
    assert opened.ask(TURNS).locator("blockquote").first.inner_text().startswith(MILL.text)
