"""An answer that a language model writes, as it comes in: quotes first, then sentences that are judged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from articleqa import Encoder
from browser.conftest import Visit, composing

HEIGHT = "How high is the tower of Skarby?"


def test_a_composed_answer_says_how_well_it_is_supported(
    visit: Callable[..., Visit], tmp_path: Path, encoder: Encoder
) -> None:
    with composing("answers", tmp_path, encoder) as url:
        opened = visit(url, permissions=["clipboard-read", "clipboard-write"])
        turn = opened.ask(HEIGHT)
        prose = turn.locator(".prose")
        said = " ".join(prose.all_inner_texts())
        assert "The tower is 41 metres high." in said
        assert turn.locator(".judgement").all_inner_texts() == ["partly supported", "not in the articles"]
        assert "stands proudly above the town" in turn.locator("span.partly:not(.judgement)").inner_text()
        assert turn.locator("span.partly .marker").count() == 1
        assert "seven such towers in Portugal" in turn.locator("span.unsupported:not(.judgement)").inner_text()
        assert turn.locator("span.unsupported .marker").count() == 0
        assert "41 metres high" in opened.read(prose.get_by_role("button", name="Citation 1:").first)
        turn.get_by_role("button", name="Copy with sources").click()
        turn.get_by_role("button", name="Copied").wait_for()
        copied = opened.page.evaluate("navigator.clipboard.readText()")
        assert "Queen Beatrix owns seven such towers in Portugal. *(not in the articles)*" in copied
        assert "[1] *(partly supported)*" in copied


def test_a_citation_opens_while_the_answer_is_still_being_written(
    visit: Callable[..., Visit], tmp_path: Path, encoder: Encoder
) -> None:
    with composing("stalls", tmp_path, encoder) as url:
        opened = visit(url)
        opened.send(HEIGHT)
        marker = opened.page.locator(".sources .marker").first
        marker.wait_for()
        assert opened.page.locator(".turn[aria-busy=true]").count() == 1
        assert "41 metres high" in opened.read(marker)
        opened.page.get_by_role("button", name="Stop").click()
        opened.page.locator(".turn[aria-busy=false]").wait_for()
        assert "Stopped." in opened.turn.inner_text()
        assert opened.page.get_by_role("button", name="Ask", exact=True).is_visible()
        assert not opened.page.get_by_role("button", name="Stop").is_visible()


def test_escape_stops_an_answer(visit: Callable[..., Visit], tmp_path: Path, encoder: Encoder) -> None:
    with composing("stalls", tmp_path, encoder) as url:
        opened = visit(url)
        opened.send(HEIGHT)
        opened.page.locator(".sources .marker").first.wait_for()
        opened.page.keyboard.press("Escape")
        opened.page.locator(".turn[aria-busy=false]").wait_for()
        assert "Stopped." in opened.turn.inner_text()
        assert opened.focused == "Question"


def test_a_new_chat_ends_the_answer_that_is_being_written(
    visit: Callable[..., Visit], tmp_path: Path, encoder: Encoder
) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    with composing("stalls", tmp_path, encoder) as url:
        opened = visit(url)
        opened.send(HEIGHT)
        opened.page.locator(".sources .marker").first.wait_for()
        opened.page.get_by_role("button", name="New chat").click()
        opened.send("What is the capital of France?")  # which no language model is asked
        opened.page.locator(".turn[aria-busy=false]").get_by_text("The articles do not say.").wait_for()
        # Gradio says the end of what was left once more, and on a busy machine says it late: it is drawn over at once.
        sync_api.expect(opened.page.locator(".question")).to_have_text(["What is the capital of France?"])


def test_a_model_that_is_down_leaves_the_quotes_and_a_note(
    visit: Callable[..., Visit], tmp_path: Path, encoder: Encoder
) -> None:
    with composing("down", tmp_path, encoder) as url:
        turn = visit(url).ask(HEIGHT)
        assert "41 metres high" in turn.locator("blockquote").first.inner_text()
        assert "language model did not answer" in turn.locator(".notes").inner_text()
