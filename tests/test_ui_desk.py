"""What a person does at the page, over a real library: ask, open, add, remove."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from threading import Thread

import pytest

from articleqa import Article, Assistant, Encoder, Settings
from articleqa.ui.desk import Desk, Exchanges
from endpoints import misbehaving_endpoint

LIGHTHOUSE = (
    "The lighthouse of Nordholm was built in 1871 by Ada Lindqvist.\n\n"
    "Its lamp could be seen from thirty miles away. It was put out for ever in 1954.\n\n"
    "Today the tower belongs to the birds, and to the tourists who come for them."
)
BUILT = "Who built the lighthouse of Nordholm?"


@pytest.fixture
def assistant(tmp_path: Path, encoder: Encoder) -> Iterator[Assistant]:
    with Assistant.open(Settings(index=tmp_path / "index"), encoder=encoder) as opened:
        opened.add(
            Article("The lighthouse", LIGHTHOUSE, id="lighthouse", source="Coast Weekly", published="2024-05-01")
        )
        yield opened


@pytest.fixture
def desk(assistant: Assistant, tmp_path: Path) -> Desk:
    return Desk(assistant, upload_folder=tmp_path / "arrivals")


def ask(desk: Desk, question: str, exchanges: Exchanges = ()) -> Exchanges:
    *_, last = desk.ask({"question": question}, exchanges, visitor="one")
    return last


def cited(markup: str) -> str:
    return unescape("".join(re.findall(r'<mark class="cited"[^>]*>(.*?)</mark>', markup, re.DOTALL)))


def arrive(tmp_path: Path, text: str) -> str:
    folder = tmp_path / "arrivals" / "1f"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "file"
    path.write_text(text)
    return str(path)


def test_a_question_is_answered_by_a_quote_that_opens_in_its_article(desk: Desk) -> None:
    exchanges = ask(desk, BUILT)
    answer = exchanges[-1].answer
    assert answer is not None
    assert answer.citations[0].quote == "The lighthouse of Nordholm was built in 1871 by Ada Lindqvist."
    assert cited(desk.open({"turn": 0, "number": 1}, exchanges)) == answer.citations[0].quote


def test_the_question_is_shown_before_there_is_an_answer(desk: Desk) -> None:
    first = next(desk.ask({"question": BUILT}, (), visitor="one"))
    assert first[-1].question == BUILT
    assert not first[-1].finished


def test_a_conversation_grows(desk: Desk) -> None:
    exchanges = ask(desk, "And when was its lamp put out?", ask(desk, BUILT))
    assert [exchange.question for exchange in exchanges] == [BUILT, "And when was its lamp put out?"]
    assert len(desk.conversation(exchanges)) == 2


def test_an_abstention_opens_the_nearest_passage(desk: Desk) -> None:
    exchanges = ask(desk, "What is the capital of France?")
    assert "The articles do not say." in desk.conversation(exchanges)[-1]
    passage = exchanges[-1].passages[0]
    shown = cited(desk.open({"turn": 0, "passage": 0}, exchanges))
    assert "".join(shown.split()) == "".join(passage.text.split())


def test_an_empty_question_asks_nothing(desk: Desk) -> None:
    assert list(desk.ask({"question": " \n "}, (), visitor="one")) == []
    assert list(desk.ask({}, (), visitor="one")) == []


def test_a_question_that_is_too_long_is_refused(desk: Desk, assistant: Assistant) -> None:
    longest = assistant.settings.max_question_characters
    (failed,) = ask(desk, "x" * (longest + 1))
    assert failed.failure == f"Ask in no more than {longest:,} characters."
    assert len(failed.question) == longest


@pytest.mark.parametrize(
    "sent",
    [
        *({}, {"turn": 0}, {"turn": 7, "number": 1}, {"turn": -1, "number": 1}, {"turn": 0, "number": 99}),
        *(
            {"turn": 0, "passage": -1},
            {"turn": 0, "passage": 99},
            {"turn": 0, "quoted": 99},
            {"turn": True, "number": 1},
        ),
        *({"turn": "0", "number": "1"}, {"article": 3}, {"turn": None, "number": []}),
    ],
)
def test_what_a_browser_makes_up_opens_nothing(desk: Desk, sent: dict[str, object]) -> None:
    assert "earlier conversation" in desk.open(sent, ask(desk, BUILT))


def test_an_article_that_was_removed_leaves_its_quote(desk: Desk, assistant: Assistant) -> None:
    exchanges = ask(desk, BUILT)
    assistant.remove("lighthouse")
    shown = desk.open({"turn": 0, "number": 1}, exchanges)
    assert "changed or removed since" in shown
    assert "built in 1871 by Ada Lindqvist." in shown
    assert "no longer in the library" in desk.open({"article": "lighthouse"}, exchanges)


def test_an_article_that_changed_is_never_highlighted_wrongly(desk: Desk, assistant: Assistant) -> None:
    exchanges = ask(desk, BUILT)
    assistant.add(Article("The lighthouse", "Something new stands first.\n\n" + LIGHTHOUSE, id="lighthouse"))
    shown = desk.open({"turn": 0, "number": 1}, exchanges)
    assert cited(shown) in ("", "The lighthouse of Nordholm was built in 1871 by Ada Lindqvist.")
    assert "changed since" in shown or "changed or removed since" in shown


def test_an_upload_can_be_asked_about_and_its_file_is_gone(desk: Desk, assistant: Assistant, tmp_path: Path) -> None:
    path = arrive(tmp_path, "The bakery of Nordholm sells forty kinds of bread.")
    *_, (report, articles) = desk.upload({"files": [{"path": path, "name": "bakery notes.txt"}]})
    assert "Added" in report
    assert "bakery notes.txt" in articles
    assert ask(desk, "How many kinds of bread does the bakery sell?")[-1].citations
    assert not Path(path).exists()
    assert list((assistant.settings.index / "uploads").iterdir()) == []


def test_the_same_file_again_is_a_new_version_of_the_article(desk: Desk, assistant: Assistant, tmp_path: Path) -> None:
    for text, outcome in (("Bread costs 3.", "Added"), ("Bread costs 3.", "Unchanged"), ("Bread costs 4.", "Updated")):
        path = arrive(tmp_path, text)
        *_, (report, _) = desk.upload({"files": [{"path": path, "name": "prices.txt"}]})
        assert outcome in report
    assert len(assistant.articles()) == 2


def test_only_what_was_uploaded_is_read(desk: Desk, assistant: Assistant, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The password is swordfish.")
    (tmp_path / "arrivals").mkdir()
    (tmp_path / "arrivals" / "link").symlink_to(secret)
    around = tmp_path / "arrivals" / ".." / "secret.txt"
    for path in (secret, around, tmp_path / "arrivals" / "link", tmp_path / "arrivals", "", 7, None):
        *_, (report, _) = desk.upload({"files": [{"path": path if path is None else str(path), "name": "x.txt"}]})
        assert "did not arrive" in report
    assert len(assistant.articles()) == 1
    assert secret.exists()


def test_what_cannot_be_read_says_why_and_stops_nothing(desk: Desk, tmp_path: Path) -> None:
    empty, whole = arrive(tmp_path, ""), str(Path(arrive(tmp_path, "")).rename(tmp_path / "arrivals" / "other"))
    Path(empty).write_text("")
    Path(whole).write_text("The ferry leaves at nine.")
    files = [
        {"path": empty, "name": "nothing.txt"},
        {"path": whole, "name": "ferry.txt"},
        {"name": "big.pdf", "reason": "too big"},
    ]
    *_, (report, _) = desk.upload({"files": files})
    text = unescape(re.sub(r"<[^>]+>", " ", report))
    assert re.search(r"Failed\s+nothing\.txt\s+\S", text)
    assert re.search(r"Failed\s+big\.pdf\s+too big", text)
    assert "Added" in text
    assert str(tmp_path) not in text


@pytest.mark.parametrize("files", [None, 3, "x", [], [3, None, "x"], {"path": "x"}])
def test_an_upload_of_nonsense_adds_nothing(desk: Desk, assistant: Assistant, files: object) -> None:
    *_, (report, _) = desk.upload({"files": files})
    assert report == ""
    assert len(assistant.articles()) == 1


def test_an_address_is_an_address_and_no_path(desk: Desk, assistant: Assistant, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The password is swordfish.")
    *_, (report, _) = desk.fetch({"addresses": f"{secret} file://{secret} http://127.0.0.1:9/"})
    assert report.count("write an address that begins with") == 2
    assert "http://127.0.0.1:9/" in report  # refused by the loading itself
    assert len(assistant.articles()) == 1


def test_removing_an_article(desk: Desk, assistant: Assistant) -> None:
    report, articles = desk.remove({"article": "lighthouse"})
    assert "Removed: The lighthouse" in report
    assert "There are no articles yet" in articles
    assert assistant.articles() == []
    assert "removed already" in desk.remove({"article": "lighthouse"})[0]


def test_the_newest_article_is_listed_first(desk: Desk, assistant: Assistant) -> None:
    assistant.add(Article("The harbour", "Ships come and go.", id="harbour"))
    _, articles = desk.shelf()
    assert articles.index("The harbour") < articles.index("The lighthouse")


def test_a_long_list_is_shown_in_parts(desk: Desk, assistant: Assistant, tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": f"n{number}", "title": f"Note {number}", "text": f"Fact {number}."}) for number in range(119)
    ]
    source = tmp_path / "notes.jsonl"
    source.write_text("\n".join(lines))
    assistant.add(source)
    _, first = desk.shelf()
    assert first.count("<li>") == 100
    assert "120 articles, the newest 100 of them here" in first
    _, more = desk.shelf(sent={"limit": int(re.findall(r'data-limit="(\d+)"', first)[0])})
    assert more.count("<li>") == 120


def test_the_first_screen_fits_the_library(tmp_path: Path, encoder: Encoder) -> None:
    with Assistant.open(Settings(index=tmp_path / "index"), encoder=encoder) as assistant:
        desk = Desk(assistant)
        assert "The library is empty" in desk.conversation(())[0]
        assistant.add_samples()
        assert "What is a citation here?" in desk.conversation(())[0]
        assistant.add(Article("The harbour", "Ships come and go.", id="harbour"))
        (screen,) = desk.conversation(())
        assert "What is a citation here?" not in screen
        assert "Which articles do you have?" in screen


def test_a_composed_answer_is_stopped_where_it_stands(tmp_path: Path, encoder: Encoder) -> None:
    with misbehaving_endpoint("stalls", text="It was Ada Lindqvist [1]. And nobody knows what") as endpoint:
        settings = Settings(index=tmp_path / "index", llm=endpoint.spec)
        with Assistant.open(settings, encoder=encoder) as assistant:
            assistant.add(Article("The lighthouse", LIGHTHOUSE, id="lighthouse"))
            desk = Desk(assistant)
            states = desk.ask({"question": BUILT}, (), visitor="one")
            for state in states:
                if state[-1].draft or state[-1].sentences:
                    break
            assert list(desk.ask({"question": "Another?"}, state, visitor="one")) == []
            stopping = Thread(target=desk.stop, args=("one",))
            stopping.start()
            *_, last = states
            stopping.join()
    assert last[-1].stopped
    assert last[-1].quotes
    assert last[-1].answer is None
    assert cited(desk.open({"turn": 0, "quoted": 0}, last)) == ""  # the library is closed
