"""An answer that a language model writes, as it comes in: quotes first, then sentences that are judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from articleqa import Article, Assistant, Encoder, Settings
from browser.conftest import Visit, served
from endpoints import misbehaving_endpoint

TOWER = "The tower of Skarby is 41 metres high. It was finished in 1902 after nine years of work."


@contextmanager
def writing(behaviour: str, text: str, tmp_path: Path, encoder: Encoder) -> Iterator[str]:
    """The chat with a language model that writes ``text``, or does not."""
    with misbehaving_endpoint(behaviour, text=text) as endpoint:
        settings = Settings(index=tmp_path / "index", llm=endpoint.spec)
        with Assistant.open(settings, encoder=encoder) as assistant:
            assistant.add(Article("The tower", TOWER, id="tower", source="Town Paper"))
            with served(assistant) as url:
                yield url


def test_a_composed_answer_says_how_well_it_is_supported(
    visit: Callable[..., Visit], tmp_path: Path, encoder: Encoder
) -> None:
    text = "It is 41 metres high, the tower of Skarby [1]. Queen Beatrix owns seven such towers in Portugal."
    with writing("answers", text, tmp_path, encoder) as url:
        opened = visit(url)
        opened.ask("How high is the tower of Skarby?")
        prose = opened.page.locator(".turn .prose")
        assert "It is 41 metres high, the tower of Skarby." in prose.inner_text()
        assert prose.locator(".judgement").inner_text() == "not in the articles"
        assert prose.locator(".unsupported .marker").count() == 0
        prose.get_by_role("button", name="Citation 1").click()
        cited = opened.page.locator("#cited")
        cited.wait_for()
        assert "41 metres high" in cited.inner_text()
        opened.page.context.close()


def test_a_citation_opens_while_the_answer_is_still_being_written(
    visit: Callable[..., Visit], tmp_path: Path, encoder: Encoder
) -> None:
    with writing("stalls", "The tower of Skarby is 41 metres high [1]. More is", tmp_path, encoder) as url:
        opened = visit(url)
        box = opened.page.get_by_role("textbox", name="Question")
        box.fill("How high is the tower of Skarby?")
        box.press("Enter")
        marker = opened.page.locator(".sources .marker").first
        marker.wait_for()
        assert opened.page.locator(".turn[aria-busy=true]").count() == 1
        marker.click()
        opened.page.locator("#cited").wait_for()
        assert "41 metres high" in opened.page.locator("#cited").inner_text()
        opened.page.get_by_role("button", name="Stop").click()
        opened.page.locator(".turn[aria-busy=false]").wait_for()
        assert "Stopped." in opened.page.locator(".turn").inner_text()
        assert opened.page.get_by_role("button", name="Ask").is_visible()
        opened.page.context.close()


def test_a_model_that_is_down_leaves_the_quotes_and_a_note(
    visit: Callable[..., Visit], tmp_path: Path, encoder: Encoder
) -> None:
    with writing("down", "", tmp_path, encoder) as url:
        opened = visit(url)
        opened.ask("How high is the tower of Skarby?")
        assert "41 metres high" in opened.page.locator(".turn blockquote").first.inner_text()
        assert "language model did not answer" in opened.page.locator(".notes").inner_text()
        opened.page.context.close()
