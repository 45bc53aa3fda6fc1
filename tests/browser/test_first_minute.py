"""The first minute: an empty library says what to do, the samples can be asked, and then one's own article."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from articleqa import Assistant, Encoder, Settings
from browser.conftest import PHONE, Visit, served

BAKERY = (
    "The bakery of Nordholm sells forty kinds of bread.\n\n"
    "It opens at five in the morning. The bakery of Nordholm was founded by Greta Holm in 1932."
)
SAMPLES = 7


@pytest.fixture
def assistant(tmp_path: Path, encoder: Encoder) -> Iterator[Assistant]:
    with Assistant.open(Settings(index=tmp_path / "index"), encoder=encoder) as opened:
        yield opened


@pytest.fixture
def site(assistant: Assistant) -> Iterator[str]:
    with served(assistant) as url:
        yield url


def suggestions(opened: Visit) -> list[str]:
    opened.page.locator(".suggestion").first.wait_for()
    return opened.page.locator(".suggestion").all_inner_texts()


def new_chat(opened: Visit) -> None:
    opened.page.get_by_role("button", name="New chat").click()
    opened.page.locator(".welcome").wait_for()


def test_from_an_empty_library_over_the_samples_to_an_own_article(
    visit: Callable[..., Visit], site: str, assistant: Assistant, tmp_path: Path
) -> None:
    opened = visit(site)
    welcome = opened.page.locator(".welcome")
    assert "The library is empty" in welcome.inner_text()
    welcome.get_by_role("button", name="Try it with the samples").click()
    opened.report(f"{SAMPLES} added")
    asked = suggestions(opened)
    assert len(asked) == len(set(asked)) == 3
    assert "These articles explain the program." in welcome.inner_text()

    titles = {article.title for article in assistant.articles()}
    for question in asked:
        turn = opened.answered(opened.page.get_by_role("button", name=question, exact=True).click)
        assert turn.locator(".question").inner_text() == question
        assert turn.locator(".marker").count() >= 1
        assert set(turn.locator("figcaption .title").all_inner_texts()) <= titles
        assert opened.read() == turn.locator(".marker").first.get_attribute("data-quote")
        new_chat(opened)

    path = tmp_path / "bakery.txt"
    path.write_text(BAKERY)
    opened.library()
    opened.page.locator(".drop input").set_input_files(path)
    opened.report("Added")
    opened.page.locator(".suggestion").filter(has_text="bakery").first.wait_for()
    assert "bakery" in suggestions(opened)[0]
    assert not set(asked) & set(suggestions(opened))
    assert "These articles explain the program." not in welcome.inner_text()
    turn = opened.answered(opened.page.locator(".suggestion").first.click)
    assert opened.read() in BAKERY


def test_of_an_empty_library_on_a_phone_the_first_step_is_a_tap_away(visit: Callable[..., Visit], site: str) -> None:
    opened = visit(site, **PHONE)
    assert not opened.page.locator(".aq-library").is_visible()
    opened.page.get_by_role("button", name="Add articles").tap()
    opened.page.get_by_text("Add files", exact=True).wait_for()
    assert opened.focused == "Library"
    opened.page.get_by_role("button", name="Close the library").tap()
    opened.page.locator(".aq-library").wait_for(state="hidden")


def test_a_question_to_an_empty_library_is_answered_calmly(visit: Callable[..., Visit], site: str) -> None:
    turn = visit(site).ask("Is anybody here?")
    assert turn.locator(".calm").inner_text() == "The articles do not say."
    assert turn.get_by_role("button", name="add it to the library").is_visible()
    assert turn.locator(".card").count() == 0


def test_what_holds_for_any_library_can_be_asked_of_a_small_one(
    visit: Callable[..., Visit], site: str, assistant: Assistant, tmp_path: Path
) -> None:
    (tmp_path / "note.txt").write_text("Bread.")  # which suggests nothing
    assistant.add(tmp_path / "note.txt")
    opened = visit(site)
    assert "Which articles do you have?" in suggestions(opened)
    turn = opened.answered(opened.page.get_by_role("button", name="Which articles do you have?").click)
    assert assistant.articles()[0].title in turn.locator(".answer").inner_text()
