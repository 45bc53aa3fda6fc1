"""What a person does with the library at the page: add, list, remove, undo, rebuild."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from threading import Event, Thread

import pytest

from articleqa import Article, Assistant, Encoder, Settings
from articleqa.ui.shelf import Shelf

LIGHTHOUSE = "The lighthouse of Nordholm was built in 1871 by Ada Lindqvist."


@pytest.fixture
def assistant(tmp_path: Path, encoder: Encoder) -> Iterator[Assistant]:
    with Assistant.open(Settings(index=tmp_path / "index"), encoder=encoder) as opened:
        opened.add(
            Article("The lighthouse", LIGHTHOUSE, id="lighthouse", source="Coast Weekly", published="2024-05-01")
        )
        yield opened


@pytest.fixture
def shelf(assistant: Assistant, tmp_path: Path) -> Shelf:
    return Shelf(assistant, upload_folder=tmp_path / "arrivals")


def arrive(tmp_path: Path, text: str) -> str:
    folder = tmp_path / "arrivals" / "1f"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "file"
    path.write_text(text)
    return str(path)


def test_an_upload_can_be_asked_about_and_its_file_is_gone(shelf: Shelf, assistant: Assistant, tmp_path: Path) -> None:
    path = arrive(tmp_path, "The bakery of Nordholm sells forty kinds of bread.")
    *_, report = shelf.upload({"files": [{"path": path, "name": "bakery notes.txt"}]})
    assert "Added" in report
    assert "bakery notes" in shelf.table({})
    assert assistant.ask("How many kinds of bread does the bakery sell?").citations
    assert not Path(path).exists()
    assert not list((assistant.settings.index / "uploads").rglob("*"))


def test_the_same_file_again_is_a_new_version_of_the_article(
    shelf: Shelf, assistant: Assistant, tmp_path: Path
) -> None:
    for text, outcome in (("Bread costs 3.", "Added"), ("Bread costs 3.", "Unchanged"), ("Bread costs 4.", "Updated")):
        path = arrive(tmp_path, text)
        *_, report = shelf.upload({"files": [{"path": path, "name": "prices.txt"}]})
        assert outcome in report
    assert len(assistant.articles()) == 2


def test_only_what_was_uploaded_is_read(shelf: Shelf, assistant: Assistant, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The password is swordfish.")
    (tmp_path / "arrivals").mkdir()
    (tmp_path / "arrivals" / "link").symlink_to(secret)
    around = tmp_path / "arrivals" / ".." / "secret.txt"
    for path in (secret, around, tmp_path / "arrivals" / "link", tmp_path / "arrivals", "", 7, None):
        *_, report = shelf.upload({"files": [{"path": path if path is None else str(path), "name": "x.txt"}]})
        assert "did not arrive" in report
    assert len(assistant.articles()) == 1
    assert secret.exists()


def test_what_cannot_be_read_says_why_and_stops_nothing(shelf: Shelf, tmp_path: Path) -> None:
    empty, whole = arrive(tmp_path, ""), str(Path(arrive(tmp_path, "")).rename(tmp_path / "arrivals" / "other"))
    Path(empty).write_text("")
    Path(whole).write_text("The ferry leaves at nine.")
    files = [
        {"path": empty, "name": "nothing.txt"},
        {"path": whole, "name": "ferry.txt"},
        {"name": "big.pdf", "reason": "too big"},
    ]
    *_, report = shelf.upload({"files": files})
    text = unescape(re.sub(r"<[^>]+>", " ", report))
    assert re.search(r"Failed\s+nothing\.txt\s+\S", text)
    assert re.search(r"Failed\s+big\.pdf\s+too big", text)
    assert "Added" in text
    assert str(tmp_path) not in text


@pytest.mark.parametrize("files", [None, 3, "x", [], [3, None, "x"], {"path": "x"}])
def test_an_upload_of_nonsense_adds_nothing(shelf: Shelf, assistant: Assistant, files: object) -> None:
    *_, report = shelf.upload({"files": files})
    assert report == ""
    assert len(assistant.articles()) == 1


def test_an_address_is_an_address_and_no_path(shelf: Shelf, assistant: Assistant, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("The password is swordfish.")
    *_, report = shelf.fetch({"addresses": f"{secret} file://{secret} http://127.0.0.1:9/"})
    assert report.count("write an address that begins with") == 2
    assert "http://127.0.0.1:9/" in report  # refused by the loading itself
    assert len(assistant.articles()) == 1


def test_files_of_one_name_in_two_folders_are_two_articles(shelf: Shelf, assistant: Assistant, tmp_path: Path) -> None:
    def upload(*files: tuple[str, str]) -> str:
        entries = []
        for number, (name, text) in enumerate(files):
            path = tmp_path / "arrivals" / str(number)
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            entries.append({"path": str(path), "name": name})
        *_, report = shelf.upload({"files": entries})
        return report

    upload(("news/2023/note.txt", "The mill burnt down."), ("news/2024/note.txt", "The mill was built again."))
    assert len(assistant.articles()) == 3
    assert "1 updated" in upload(("news/2023/note.txt", "The mill was burning."), ("news/2024/more.txt", "It turns."))
    assert len(assistant.articles()) == 4
    assert not list((assistant.settings.index / "uploads").rglob("*"))


def test_every_source_is_followed_while_it_is_added(shelf: Shelf, tmp_path: Path) -> None:
    folder = tmp_path / "arrivals"
    folder.mkdir()
    names = [f"{number}.txt" for number in range(3)]
    for name in names:
        (folder / name).write_text(f"Number {name}. " + "The tide comes in and goes out again every day. " * 40)
    first, *_, last = shelf.upload({"files": [{"path": str(folder / name), "name": name} for name in names]})
    assert first.count("waiting") == 6  # the class and the word
    assert all(name in first for name in names)
    assert 'data-running="true"' in first
    assert "3 added" in last
    assert "data-running" not in last


def test_what_cannot_be_stored_is_said_and_nothing_is_added(shelf: Shelf, assistant: Assistant, tmp_path: Path) -> None:
    (assistant.settings.index / "uploads").write_text("a file where the folder should be")
    *_, report = shelf.upload({"files": [{"path": arrive(tmp_path, "Words."), "name": "x.txt"}]})
    assert "The files could not be stored" in report
    assert "Nothing was added" in report
    assert len(assistant.articles()) == 1


def test_what_was_removed_comes_back_as_it_was(shelf: Shelf, assistant: Assistant) -> None:
    assistant.add(Article("The lighthouse", "It is new. " + LIGHTHOUSE, id="lighthouse", source="Coast Weekly"))
    before = assistant.article("lighthouse")
    assert before.revision == 2
    (citation,) = assistant.ask("Who built the lighthouse of Nordholm?").citations
    report = shelf.remove({"article": "lighthouse"}, visitor="one")
    assert "Removed:" in report
    assert "The lighthouse" in report
    assert assistant.articles() == []
    assert "There are no articles yet" in shelf.table({})
    *_, report = shelf.undo(visitor="another")
    assert "too late" in report
    *_, report = shelf.undo(visitor="one")
    assert "Added" in report
    assert assistant.article("lighthouse") == before
    again = assistant.article(citation.article_id, revision=citation.revision)
    assert again.text[citation.start : citation.end] == citation.quote
    *_, report = shelf.undo(visitor="one")
    assert "too late" in report


def test_several_are_removed_and_come_back_together(shelf: Shelf, assistant: Assistant) -> None:
    assistant.add(Article("The harbour", "Ships come and go.", id="harbour"))
    report = shelf.remove({"articles": ["harbour", "lighthouse", "nobody", "harbour", 3]}, visitor="one")
    assert "2 articles" in report
    assert assistant.article_count() == 0
    list(shelf.undo(visitor="one"))
    assert assistant.article_count() == 2


@pytest.mark.parametrize(
    "sent", [{}, {"article": 3}, {"article": "nobody"}, {"articles": "lighthouse"}, {"articles": []}]
)
def test_what_is_not_there_is_not_removed(shelf: Shelf, assistant: Assistant, sent: dict[str, object]) -> None:
    assert "removed already" in shelf.remove(sent, visitor="one")
    assert assistant.article_count() == 1


def titles(table: str) -> list[str]:
    return [unescape(title) for title in re.findall(r'<span class="title"[^>]*>(.*?)</span>', table)]


def test_the_table_is_searched_and_sorted(shelf: Shelf, assistant: Assistant) -> None:
    assistant.add(
        Article("An inn", "It is full.", id="inn", source="Zeitung", published="2023-01-01"),
        Article("Boats", "They are old.", id="boats", source="Anzeiger"),
    )
    assert titles(shelf.table({"view": {"order": "title"}})) == ["An inn", "Boats", "The lighthouse"]
    by_date = shelf.table({"view": {"order": "published", "descending": True}})
    assert titles(by_date) == ["The lighthouse", "An inn", "Boats"]
    assert re.search(r'class="published" aria-sort="descending"', by_date)
    assert titles(shelf.table({"view": {"order": "source"}})) == ["Boats", "The lighthouse", "An inn"]
    found = shelf.table({"view": {"matching": "zeit"}})
    assert titles(found) == ["An inn"]
    assert "1 of 3 articles" in found
    nothing = shelf.table({"view": {"matching": "<b>nothing</b>"}})
    assert "&lt;b&gt;nothing&lt;/b&gt;" in nothing
    assert "0 of 3 articles" in nothing


def test_a_column_is_sorted_up_then_down_then_not_at_all(shelf: Shelf) -> None:
    view: dict[str, object] = {"order": "changed", "descending": True}
    seen = []
    for _ in range(3):
        table = shelf.table({"view": view})
        order, descending = re.findall(r'data-order="(\w+)" data-descending="(\w+)">Date', table)[0]
        view = {"order": order, "descending": descending == "true"}
        seen.append((order, descending))
    assert seen == [("published", "true"), ("published", "false"), ("changed", "true")]


@pytest.mark.parametrize(
    "view", [None, 3, {}, {"order": "nonsense", "limit": -5, "matching": 7, "descending": "yes"}, {"limit": True}]
)
def test_a_view_of_nonsense_lists_what_is_newest(shelf: Shelf, assistant: Assistant, view: object) -> None:
    assistant.add(Article("The harbour", "Ships come and go.", id="harbour"))
    assert titles(shelf.table({"view": view})) == ["The harbour", "The lighthouse"]


def test_a_long_list_is_shown_in_parts(shelf: Shelf, assistant: Assistant, tmp_path: Path) -> None:
    lines = [
        json.dumps({"id": f"n{number}", "title": f"Note {number}", "text": f"Fact {number}."}) for number in range(119)
    ]
    source = tmp_path / "notes.jsonl"
    source.write_text("\n".join(lines))
    assistant.add(source)
    first = shelf.table({})
    assert first.count("<tr") == 101
    assert "120 articles, the first 100 of them here" in first
    more = shelf.table({"view": {"limit": int(re.findall(r'data-limit="(\d+)"', first)[0])}})
    assert more.count("<tr") == 121


def test_the_first_screen_fits_the_library(tmp_path: Path, encoder: Encoder) -> None:
    with Assistant.open(Settings(index=tmp_path / "index"), encoder=encoder) as assistant:
        shelf = Shelf(assistant)
        assert "The library is empty" in shelf.welcome()
        *_, report = shelf.samples()
        assert "added" in report
        of_samples = re.findall(r'data-ask="([^"]*)"', shelf.welcome())
        assert len(of_samples) == 3
        assert "These articles explain the program" in shelf.welcome()
        assistant.add(
            Article(
                "The lighthouse of Nordholm",
                "The lighthouse of Nordholm was built in 1871. The lighthouse is 40 metres high. "
                "The lamp was put out in 1954 because the harbour had silted up.",
                id="lighthouse",
            )
        )
        of_own = re.findall(r'data-ask="([^"]*)"', shelf.welcome())
        assert len(of_own) == 3
        assert not set(of_own) & set(of_samples)
        assert any("lighthouse" in question.lower() for question in of_own)


def test_the_filters_are_those_of_the_library(shelf: Shelf, assistant: Assistant) -> None:
    assistant.add(Article("Boats", "They are old.", id="boats", source='"><b>', published="2023-02-01"))
    panel = shelf.scope()
    assert 'value="Coast Weekly"' in panel
    assert "<b>" not in panel
    assert "Dates from 1 February 2023 to 1 May 2024." in panel
    assert 'data-total="2 articles"' in panel


def test_a_rebuild_tells_how_far_it_is_while_questions_are_answered(shelf: Shelf, assistant: Assistant) -> None:
    reports = shelf.rebuild()
    assert 'data-running="true"' in next(reports)
    assert "being rebuilt already" in next(shelf.rebuild())
    assert assistant.ask("Who built the lighthouse of Nordholm?").citations
    *_, last = reports
    assert "The index is new: 1 article, 1 passage, none encoded again" in last
    assert "data-running" in next(shelf.rebuild())


def test_two_uploads_at_once_do_not_wait_for_each_other(shelf: Shelf, assistant: Assistant, tmp_path: Path) -> None:
    one, two = (tmp_path / "arrivals" / name for name in ("one", "two"))
    one.parent.mkdir()
    one.write_text("The first text.")
    two.write_text("The second text.")
    begun = shelf.upload({"files": [{"path": str(one), "name": "first.txt"}]})
    next(begun)  # its files are in their place, and stay there until it is done
    done = Event()

    def other() -> None:
        list(shelf.upload({"files": [{"path": str(two), "name": "second.txt"}]}))
        done.set()

    Thread(target=other, daemon=True).start()
    assert done.wait(60)
    assert "Added" in list(begun)[-1]
    assert assistant.article_count() == 3
    shutil.rmtree(tmp_path / "arrivals")
