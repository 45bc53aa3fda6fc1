"""What can be done with an answer that is there: ask again, edit its question, copy it, export the conversation."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from articleqa import Article, Assistant, Encoder, Settings
from articles import HARBOUR, WIND
from browser.conftest import PHONE, Visit, served
from endpoints import misbehaving_endpoint

if TYPE_CHECKING:
    from markdown_it.token import Token

FOG = "How many days of fog did Kestrel Bay have?"
FEES = "By how much will the port of Velmora raise its harbour fees?"
FARM = "How many turbines does Oskar Brandt want to build?"
NOWHERE = "What is the capital of France?"
PLAIN = {"paragraph_open", "inline", "text", "softbreak", "paragraph_close"}
CLIPBOARD = ["clipboard-read", "clipboard-write"]


def questions(opened: Visit) -> list[str]:
    return opened.page.locator(".question").all_inner_texts()


def markup(text: str) -> Iterator[Token]:
    """All the markup in a text of Markdown."""
    for block in MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(text):
        yield block
        yield from block.children or ()


def exported(opened: Visit, tmp_path: Path) -> str:
    with opened.page.expect_download() as download:
        opened.page.get_by_role("button", name="Export").click()
    assert re.fullmatch(r"article-qa-\d{4}-\d\d-\d\d\.md", download.value.suggested_filename)
    path = tmp_path / "exported.md"
    download.value.save_as(path)
    return path.read_text(encoding="utf-8")


def test_asking_again_replaces_the_answer(visit: Callable[..., Visit], tmp_path: Path, encoder: Encoder) -> None:
    with Assistant.open(Settings(index=tmp_path / "index"), encoder=encoder) as assistant:
        assistant.add(HARBOUR)
        with served(assistant) as url:
            opened = visit(url)
            opened.ask(FEES)
            assert opened.ask(FARM).locator(".calm").is_visible()
            assert opened.page.get_by_role("button", name="Ask again").count() == 1  # of the last turn alone
            assistant.add(WIND)
            turn = opened.again(opened.page.get_by_role("button", name="Ask again"))
            assert "38 turbines" in turn.locator("blockquote").first.inner_text()
            assert questions(opened) == [FEES, FARM]


def test_an_edited_question_replaces_what_came_after(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press)
    first = opened.ask(FOG)
    opened.ask(FEES)
    opened.ask(FARM)
    first.hover()
    first.get_by_role("button", name="Edit the question").click()
    assert opened.box.input_value() == FOG
    assert opened.focused == "Question"
    assert opened.page.get_by_text("what came after it, will be replaced").is_visible()
    assert questions(opened) == [FOG, FEES, FARM]  # nothing is lost yet
    opened.page.keyboard.type(" This year, I mean?")
    opened.page.keyboard.press("Enter")
    edited = f"{FOG} This year, I mean?"
    opened.page.get_by_role("heading", name=edited).wait_for()
    opened.page.locator(".turn[aria-busy=false]").wait_for()
    assert questions(opened) == [edited]
    assert "61 days of fog" in opened.turn.inner_text()
    assert not opened.page.get_by_text("will be replaced").is_visible()
    opened.ask(FEES)
    assert questions(opened) == [edited, FEES]  # the next one is a new turn again


@pytest.mark.parametrize("leave", ["Escape", "Keep them", "New chat"])
def test_editing_can_be_left(visit: Callable[..., Visit], press: str, leave: str) -> None:
    opened = visit(press)
    opened.ask(FOG)
    opened.ask(FEES)
    opened.page.locator(".turn").first.get_by_role("button", name="Edit the question").click()
    warning = opened.page.get_by_text("will be replaced")
    assert warning.is_visible()
    if leave == "Escape":
        opened.page.keyboard.press("Escape")
    else:
        opened.page.get_by_role("button", name=leave).click()
    warning.wait_for(state="hidden")
    assert opened.box.input_value() == ""
    assert opened.focused == "Question"
    kept = [] if leave == "New chat" else [FOG, FEES]
    if not kept:
        opened.page.locator(".turn").first.wait_for(state="hidden")
    opened.ask(FARM)
    assert questions(opened) == [*kept, FARM]


def test_a_question_is_edited_on_a_phone(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press, **PHONE)
    turn = opened.ask(FOG)
    turn.get_by_role("button", name="Edit the question").tap()
    opened.box.fill(FEES)
    opened.page.get_by_role("button", name="Ask", exact=True).tap()
    opened.page.get_by_role("heading", name=FEES).wait_for()
    opened.page.locator(".turn[aria-busy=false]").wait_for()
    assert questions(opened) == [FEES]


def test_a_copy_holds_the_quotes_with_their_sources_and_no_markup_of_theirs(
    visit: Callable[..., Visit], press: str
) -> None:
    opened = visit(press, permissions=CLIPBOARD)
    turn = opened.ask("What is said about the fog horn of Kestrel Bay, and what happened to it?")
    quotes = turn.locator("blockquote").all_inner_texts()
    assert any("<img" in quote for quote in quotes)
    turn.get_by_role("button", name="Copy with sources").click()
    turn.get_by_role("button", name="Copied").wait_for()
    copied = opened.page.evaluate("navigator.clipboard.readText()")
    numbers = turn.locator(".marker").all_inner_texts()
    for number in numbers:
        assert f"[{number}] Weather notes from Kestrel Bay" in copied
    assert {token.type for token in markup(copied)} <= PLAIN
    shown = "".join(token.content for token in markup(copied) if token.type == "text")
    assert "<img" in shown  # as text, and whole
    assert "<script>" in shown
    turn.get_by_role("button", name="Copy with sources").wait_for()  # the button is itself again


def test_a_copy_names_the_web_address(visit: Callable[..., Visit], press: str) -> None:
    opened = visit(press, permissions=CLIPBOARD)
    turn = opened.ask(FEES)
    turn.get_by_role("button", name="Copy with sources").click()
    turn.get_by_role("button", name="Copied").wait_for()
    copied = opened.page.evaluate("navigator.clipboard.readText()")
    assert "Velmora raises its harbour fees, Halden Courier, 7 November 2024" in copied
    links = [token.attrs["href"] for token in markup(copied) if token.type == "link_open"]
    assert set(links) == {HARBOUR.url}


def test_what_articles_say_is_escaped_in_a_copy(visit: Callable[..., Visit], tmp_path: Path, encoder: Encoder) -> None:
    text = "The pier of Aldby ![x](http://outside.example/x.png) is 90 metres long <img src=x> and old [1]."
    with Assistant.open(Settings(index=tmp_path / "index"), encoder=encoder) as assistant:
        assistant.add(Article("# A *pier*", text, id="pier"))
        with served(assistant) as url:
            opened = visit(url, permissions=CLIPBOARD)
            turn = opened.ask("How long is the pier of Aldby?")
            turn.get_by_role("button", name="Copy with sources").click()
            turn.get_by_role("button", name="Copied").wait_for()
            copied = opened.page.evaluate("navigator.clipboard.readText()")
            first = copied.split("\n\n")[0]
            assert first.startswith(r"The pier of Aldby !\[x\](http://outside.example/x.png) is 90 metres long")
            assert first.endswith(r"long \<img src=x\> and old \[1\]. [1]")
            assert not {"image", "link_open", "html_inline", "heading_open", "em_open"} & {
                token.type for token in markup(copied)
            }


def test_an_export_holds_every_turn(visit: Callable[..., Visit], press: str, tmp_path: Path) -> None:
    opened = visit(press)
    opened.ask(FEES)
    opened.ask(NOWHERE)
    opened.page.locator(".aq-scope .opener").click()
    opened.page.get_by_label("from", exact=True).fill("2024-12-01")
    opened.ask(FOG)
    assert not opened.page.get_by_label("from", exact=True).is_visible()  # it would lie over the answer
    opened.page.locator(".aq-scope .opener").click()
    opened.page.get_by_label("to", exact=True).fill("2024-01-01")
    opened.ask(FOG)  # with dates that contradict each other
    text = exported(opened, tmp_path)
    assert re.match(r"# Article QA, \d{4}-\d\d-\d\d\n", text)
    parts = text.split("\n## ")[1:]
    assert [part.splitlines()[0] for part in parts] == [FEES, NOWHERE, FOG, FOG]
    assert "raise its harbour fees by 14 percent" in parts[0]
    assert "[1] Velmora raises its harbour fees, Halden Courier, 7 November 2024" in parts[0]
    assert "The articles do not say." in parts[1]
    assert parts[2].splitlines()[2] == "*Only from 1 December 2024*"
    assert "The articles do not say." in parts[2]
    assert "later than" in parts[3]
    assert opened.outside == []


def test_an_export_holds_what_was_stopped_and_leaves_out_what_still_comes(
    visit: Callable[..., Visit], tmp_path: Path, encoder: Encoder
) -> None:
    with misbehaving_endpoint("stalls", text="The port raises its fees [1]. More is to") as endpoint:
        settings = Settings(index=tmp_path / "index", llm=endpoint.spec)
        with Assistant.open(settings, encoder=encoder) as assistant:
            assistant.add(HARBOUR)
            with served(assistant) as url:
                opened = visit(url)
                opened.ask(NOWHERE)
                opened.send(FEES)
                opened.page.locator(".turn[aria-busy=true] .draft, .turn[aria-busy=true] .prose").first.wait_for()
                text = exported(opened, tmp_path)
                assert f"## {NOWHERE}" in text
                assert FEES not in text
                opened.page.get_by_role("button", name="Stop").click()
                opened.turn.get_by_text("Stopped.").wait_for()
                text = exported(opened, tmp_path)
                assert text.split("\n## ")[2].splitlines() == [FEES, "", "*Stopped.*"]
