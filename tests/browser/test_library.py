"""The library on the page: how articles come in, each with what became of it, and that none does any harm."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from articleqa import Article, Assistant, Encoder, Settings
from browser.conftest import DESKTOP, PHONE, Visit, served
from pages import serving

if TYPE_CHECKING:
    from playwright.sync_api import Locator

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
    settings = Settings(index=tmp_path / "index", max_source_bytes=100_000, allowed_hosts=("127.0.0.1",))
    with Assistant.open(settings, encoder=encoder) as opened:
        yield opened


@pytest.fixture
def site(assistant: Assistant) -> Iterator[str]:
    with served(assistant) as url:
        yield url


def lines(report: Locator) -> list[list[str]]:
    """What a report says of each source: the outcome, the title, and the reason where there is one."""
    return [line.inner_text().split("\n") for line in report.locator("li").all()]


def titles(opened: Visit) -> set[str]:
    """The titles in the table."""
    return set(opened.page.locator("tr[data-article] .row .title").all_inner_texts())


def write(folder: Path, **texts: str) -> Path:
    """Files in ``folder`` by their names; ``a__b`` is ``b.txt`` in the folder ``a``."""
    for name, text in texts.items():
        path = folder / (name.replace("__", "/") + ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_an_empty_library_says_what_to_do_and_a_file_can_be_asked_about(
    visit: Callable[..., Visit], site: str, assistant: Assistant, tmp_path: Path
) -> None:
    opened = visit(site)
    page = opened.page
    assert "The library is empty" in page.locator(".welcome").inner_text()
    assert "There are no articles yet" in page.locator(".empty").inner_text()
    write(tmp_path, bakery="The bakery of Nordholm sells forty kinds of bread.\n\nIt opens at five.", nothing="")
    large = tmp_path / "large.txt"
    large.write_text("x" * 100_001)
    page.locator(".drop input").set_input_files([tmp_path / "bakery.txt", tmp_path / "nothing.txt", large])
    report = opened.report("Added")
    told = lines(report)
    assert [line[:2] for line in told if line[0] == "Failed"] == [["Failed", "large.txt"], ["Failed", "nothing.txt"]]
    assert "larger than" in told[0][2]
    assert all(len(line) == 3 and line[2] for line in told[:2])  # and why
    assert [line[0] for line in told[2:]] == ["Added"]
    assert report.locator(".counts").inner_text().startswith("2 failed, 1 added")
    page.locator("tr[data-article]").wait_for()
    opened.ask("How many kinds of bread does the bakery of Nordholm sell?")
    assert opened.read() == "The bakery of Nordholm sells forty kinds of bread."
    assert len(assistant.articles()) == 1
    opened.library()
    report.get_by_role("button", name="Dismiss").click()
    assert not report.is_visible()
    assert opened.focused == "Library"
    page.get_by_role("button", name="Title").click()
    page.locator("th[aria-sort=ascending]").wait_for()
    assert not report.is_visible()  # nor does it come back when the table is drawn anew


def test_files_of_one_name_in_two_folders_are_two_articles(
    visit: Callable[..., Visit], site: str, assistant: Assistant, tmp_path: Path
) -> None:
    opened = visit(site)
    folder = write(tmp_path / "notes", north__notes="The mill in the north is old.", south__notes="The south has rain.")
    (folder / "north" / "mill.png").write_bytes(b"\x89PNG")
    picker = opened.page.get_by_label("Add a folder")
    picker.set_input_files(folder)
    report = opened.report("2 added")
    assert opened.page.locator(".sending").inner_text() == "1 file of other kinds left out"
    assert [line[0] for line in lines(report)] == ["Added", "Added"]
    assert {article.origin.split("uploads/")[1] for article in assistant.articles()} == {
        "notes/north/notes.txt",
        "notes/south/notes.txt",
    }
    opened.page.locator("tr[data-article]").nth(1).wait_for()

    write(
        folder,
        north__notes="The mill in the north is gone.",
        south__copied="The south has rain.",
        south__empty="",
        east__notes="The east is flat.",
    )
    picker.set_input_files(folder)
    report = opened.report("updated")
    assert [line[0] for line in lines(report)] == ["Failed", "Added", "Updated", "Copy", "Unchanged"]
    assert report.locator(".counts").inner_text().startswith("1 failed, 1 added, 1 updated, 1 copy, 1 unchanged")
    failed, *_, copy, _ = lines(report)
    assert failed[1] == "notes/south/empty.txt"
    assert copy[2] == "the same text is there already"
    assert len(assistant.articles()) == 4


def test_files_are_dropped_anywhere(visit: Callable[..., Visit], site: str, assistant: Assistant) -> None:
    opened = visit(site, **PHONE)
    page = opened.page
    library = page.locator(".aq-library")
    assert not library.is_visible()
    transfer = page.evaluate_handle(
        """() => {
          const transfer = new DataTransfer();
          transfer.items.add(new File(["The ferry leaves at nine."], "ferry.txt", { type: "text/plain" }));
          transfer.items.add(new File(["# The pier\\n\\nThe pier is ninety metres long."], "pier.md"));
          return transfer;
        }"""
    )
    page.dispatch_event(".aq-conversation, .aq-welcome", "dragover", {"dataTransfer": transfer})
    library.wait_for()
    assert "over" in (library.get_attribute("class") or "").split()
    page.dispatch_event(".aq-library", "drop", {"dataTransfer": transfer})
    opened.report("2 added")
    assert "over" not in (library.get_attribute("class") or "").split()
    assert {article.origin.rsplit("/", 1)[1] for article in assistant.articles()} == {"ferry.txt", "pier.md"}


def test_a_folder_is_dropped(visit: Callable[..., Visit], site: str, assistant: Assistant, tmp_path: Path) -> None:
    opened = visit(site)
    folder = write(tmp_path / "dropped", north__notes="The north.", south__notes="The south.", top="The top.")
    (folder / ".hidden.txt").write_text("Nobody asked for this.")
    mouse = opened.page.context.new_cdp_session(opened.page)
    for kind in ("dragEnter", "dragOver", "drop"):
        data: dict[str, Any] = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
        mouse.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": data})
    opened.report("3 added")
    assert {article.origin.split("uploads/")[1] for article in assistant.articles()} == {
        "dropped/north/notes.txt",
        "dropped/south/notes.txt",
        "dropped/top.txt",
    }


def test_addresses_are_pasted_on_lines_of_their_own(
    visit: Callable[..., Visit], site: str, assistant: Assistant
) -> None:
    page_of = "<html><head><title>{0}</title></head><body><article><h1>{0}</h1><p>{1}</p></article></body></html>"
    with serving() as web:
        texts = {"The mill": "The mill turns when the wind blows. " * 8, "The pier": "The pier is long. " * 16}
        mill, pier = (
            web.answer(f"/{place}", page_of.format(title, text).encode(), Content_Type="text/html")
            for place, (title, text) in enumerate(texts.items())
        )
        opened = visit(site)
        box = opened.page.get_by_role("textbox", name="Web addresses")
        box.focus()
        opened.page.keyboard.insert_text(f"{mill}\n{pier}\n{web.url('/nothing')}")  # as a paste does
        assert box.input_value().count("\n") == 2
        opened.page.keyboard.press("Enter")
        report = opened.report("2 added")
        failed, *added = lines(report)
        assert failed[:2] == ["Failed", web.url("/nothing")]
        assert "404" in failed[2]
        assert sorted(line[1] for line in added) == ["The mill", "The pier"]
        assert box.input_value() == ""
        opened.page.locator("tr[data-article]").nth(1).wait_for()
        assert titles(opened) == {"The mill", "The pier"}
        assert {article.url for article in assistant.articles()} == {mill, pier}


def test_a_path_is_no_address(visit: Callable[..., Visit], site: str, assistant: Assistant) -> None:
    opened = visit(site)
    opened.page.get_by_role("textbox", name="Web addresses").fill("/etc/hostname http://127.0.0.9:9/")
    opened.page.get_by_role("button", name="Add", exact=True).click()
    report = opened.report("2 failed")
    assert [line[:2] for line in lines(report)] == [["Failed", "/etc/hostname"], ["Failed", "http://127.0.0.9:9/"]]
    assert assistant.articles() == []


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_article_that_means_harm_does_none(
    visit: Callable[..., Visit], site: str, assistant: Assistant, device: dict[str, Any]
) -> None:
    assistant.add(EVIL)
    opened = visit(site, **device)
    page = opened.page
    assert page.locator(".articles .row .title").text_content() == " ".join(EVIL_TITLE.split())
    opened.ask("What does the zebra of Kessel wear?")
    answer = assistant.ask("What does the zebra of Kessel wear?")
    assert answer.citations
    # As many markers as citations, whatever numbers the article writes.
    assert page.locator(".marker").all_text_contents() == [str(citation.number) for citation in answer.citations]
    assert opened.read() == answer.citations[0].quote
    assert page.locator(".reading .text").text_content() == EVIL_TEXT
    page.get_by_role("button", name="Ask only this article").click()
    assert page.locator(".chips button").inner_text() == EVIL_TITLE
    assert page.locator(".limited").count() == 0
    opened.ask("What does the zebra of Kessel wear?")
    page.locator(".aq-scope .opener").click()
    page.wait_for_timeout(300)  # for what would have been requested or run by now
    assert page.title() == "Article QA"
    for name in ("img", "script", "style", "a", "iframe", "[onerror]", "[onload]"):
        places = ("conversation", "reader", "library", "scope", "welcome")
        assert page.locator(", ".join(f".aq-{place} {name}" for place in places)).count() == 0
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
