"""The library on the page: adding, removing, and articles that mean harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from articleqa import Article, Assistant, Encoder, Settings
from browser.conftest import PHONE, Visit, served

OUTSIDE = "https://outside.example"
EVIL_TITLE = f'<img src=x onerror="document.title=1"> [1]({OUTSIDE}) [1]'
EVIL_TEXT = (
    "The zebra of Kessel wears <b>a hat</b> <script>document.title=1</script>"
    f' <img src={OUTSIDE}/a.png onerror="alert(1)"> <svg onload=alert(1)> ![picture]({OUTSIDE}/b.png)'
    " [click](javascript:alert(1)) [1] [2] ${alert(1)} {{this}} `alert(1)` </mark></p></article>"
    "<style>*{display:none}</style><button data-event=remove data-article=evil>"
)
EVIL = Article(
    id='evil"><script>alert(1)</script>',
    title=EVIL_TITLE,
    text=EVIL_TEXT,
    url="javascript:alert(1)",
    source="<svg onload=alert(1)>",
    author='"><img src=x onerror=alert(1)>',
)


@pytest.fixture
def assistant(tmp_path: Path, encoder: Encoder) -> Iterator[Assistant]:
    with Assistant.open(Settings(index=tmp_path / "index", max_source_bytes=100_000), encoder=encoder) as opened:
        yield opened


@pytest.fixture
def site(assistant: Assistant) -> Iterator[str]:
    with served(assistant) as url:
        yield url


def test_an_empty_library_says_what_to_do_and_a_file_can_be_asked_about(
    visit: Callable[..., Visit], site: str, assistant: Assistant, tmp_path: Path
) -> None:
    opened = visit(site)
    page = opened.page
    assert "The library is empty" in page.locator(".welcome").inner_text()
    bakery = tmp_path / "bakery notes.txt"
    bakery.write_text("The bakery of Nordholm sells forty kinds of bread.\n\nIt opens at five.")
    empty = tmp_path / "nothing.txt"
    empty.touch()
    large = tmp_path / "large.txt"
    large.write_text("x" * 100_001)
    page.locator("input[type=file]").set_input_files([bakery, empty, large])
    report = page.locator("ul.report")
    report.wait_for()
    lines = [line.inner_text().split("\n") for line in report.locator("li").all()]
    assert sorted(line[0] for line in lines) == ["Added", "Failed", "Failed"]
    assert {line[1] for line in lines if line[0] == "Failed"} == {"nothing.txt", "large.txt"}
    assert all(len(line) == 3 and line[2] for line in lines if line[0] == "Failed")
    page.get_by_role("button", name="Which articles do you have?").wait_for()
    opened.ask("How many kinds of bread does the bakery of Nordholm sell?")
    assert "forty kinds of bread" in page.locator(".turn blockquote").first.inner_text()
    page.get_by_role("button", name="Citation 1").click()
    assert page.locator("#cited").inner_text() == "The bakery of Nordholm sells forty kinds of bread."
    assert len(assistant.articles()) == 1


def test_an_article_is_removed_at_the_second_click(
    visit: Callable[..., Visit], site: str, assistant: Assistant
) -> None:
    assistant.add(Article("The mill", "The mill turns when the wind blows.", id="mill"))
    opened = visit(site)
    page = opened.page
    opened.ask("When does the mill turn?")
    page.get_by_role("button", name="Remove The mill").click()
    assert len(assistant.articles()) == 1
    page.get_by_role("button", name="Really remove? Remove The mill").click()
    page.get_by_text("Removed: The mill").wait_for()
    assert assistant.articles() == []
    page.get_by_role("button", name="Citation 1").click()
    pane = page.locator(".aq-reader")
    pane.get_by_text("changed or removed since the answer was given").wait_for()
    assert pane.locator("blockquote").inner_text() == "The mill turns when the wind blows."


def test_a_path_is_no_address(visit: Callable[..., Visit], site: str, assistant: Assistant) -> None:
    page = visit(site).page
    page.get_by_role("textbox", name="Web addresses").fill("/etc/hostname http://127.0.0.1:9/")
    page.get_by_role("button", name="Add", exact=True).click()
    report = page.locator("ul.report")
    report.wait_for()
    assert [line.inner_text().split("\n")[:2] for line in report.locator("li").all()] == [
        ["Failed", "/etc/hostname"],
        ["Failed", "http://127.0.0.1:9/"],
    ]
    assert assistant.articles() == []


@pytest.mark.parametrize("phone", [False, True])
def test_an_article_that_means_harm_does_none(
    visit: Callable[..., Visit], site: str, assistant: Assistant, phone: bool
) -> None:
    assistant.add(EVIL)
    opened = visit(site, **({"viewport": PHONE, "is_mobile": True, "has_touch": True} if phone else {}))
    page = opened.page
    assert page.locator(".articles .title").text_content() == " ".join(EVIL_TITLE.split())
    opened.ask("What does the zebra of Kessel wear?")
    answer = assistant.ask("What does the zebra of Kessel wear?")
    assert answer.citations
    # As many markers as citations, whatever numbers the article writes.
    assert page.locator(".marker").all_text_contents() == [str(citation.number) for citation in answer.citations]
    page.get_by_role("button", name="Citation 1").click()
    page.locator("#cited").first.wait_for()
    shown = "".join(page.locator("mark.cited").all_text_contents())
    assert shown == answer.citations[0].quote
    assert page.locator(".reading .text").text_content() == EVIL_TEXT
    page.wait_for_timeout(300)  # for what would have been requested or run by now
    assert page.title() == "Article QA"
    for name in ("img", "script", "svg", "style", "a", "iframe", "[onerror]", "[onload]"):
        assert page.locator(f".aq-conversation {name}, .aq-reader {name}, .aq-library {name}").count() == 0
    assert page.locator("[data-event=remove]").count() == 1  # the library's own button
    assert opened.outside == []


def test_even_markup_that_was_let_through_could_not_fetch_or_run(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site)
    opened.page.evaluate(
        """address => {
          document.querySelector(".aq-reader").innerHTML =
            `<img src="${address}/a.png"><img src="x" onerror="document.title='run'"><iframe src="${address}">`;
          return fetch(address).catch(() => null);
        }""",
        OUTSIDE,
    )
    opened.page.wait_for_timeout(500)
    assert opened.page.title() == "Article QA"
    assert any("Content Security Policy" in said for said in opened.surprises)
    # What the policy blocks is announced as a request that failed at once, and never leaves the browser.
    opened.surprises.clear()
    opened.requests.clear()
