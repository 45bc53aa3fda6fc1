"""What is damaged is found, said in one line, and mended; what is removed is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from articleqa.library import Library
from articleqa.library.library import FILE_NAME
from articleqa.types import Article, LibraryDamaged
from conftest import OpenShelf
from shelves import HARBOUR, STORM, ids, run_sql

# Damage


def test_what_is_no_database_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"This is no database, although it has the name of one. " * 100)
    with pytest.raises(LibraryDamaged, match=r"library.sqlite3 is damaged .*put a copy of it back") as damage:
        Library(tmp_path)
    assert "\n" not in str(damage.value)


def test_damaged_pages_are_reported_in_one_line(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*(Article(id=str(number), title="News", text=f"Report {number}. " * 50) for number in range(60)))
    place.library.checkpoint()
    place.close()
    path = place.folder / FILE_NAME
    content = bytearray(path.read_bytes())
    for page in range(4096 * 32, len(content), 4096):
        content[page : page + 200] = b"\xff" * 200
    path.write_bytes(content)
    damaged = Library(place.folder)
    with pytest.raises(LibraryDamaged) as damage, damaged.reading() as snapshot:
        [snapshot.article(record.id) for record in snapshot.records()]
    assert "\n" not in str(damage.value)
    assert damaged.integrity_problems()
    damaged.close()


@pytest.mark.parametrize(
    "damage", ["text || 'x'", "CAST(x'fffe4142' AS TEXT)", "''", "replace(text, 'storm', 'sturm')"]
)
def test_a_damaged_text_is_found_reported_and_mended_by_adding_it_again(shelf: OpenShelf, damage: str) -> None:
    place = shelf()
    place.add(HARBOUR, STORM)
    run_sql(place.folder, f"UPDATE texts SET text = {damage} WHERE text LIKE 'A storm%'")
    place.close()
    place = shelf()
    with place.library.reading() as snapshot:
        assert snapshot.damaged_texts() == ["storm"]
        with pytest.raises(LibraryDamaged, match="add the article again from its source"):
            snapshot.article("storm")
        assert snapshot.article("harbour").text == HARBOUR.text
    place.lexical("storm breakwater")
    place.add(STORM)
    assert place.article("storm").text == STORM.text
    assert [passage.text for passage in place.lexical("breakwater")] == [STORM.text]
    place.check()
    place.ingest.remove("storm")
    place.check()


def test_an_article_with_a_damaged_text_can_be_removed(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR, STORM)
    place.close()
    run_sql(place.folder, "UPDATE texts SET text = 'Other words.' WHERE text LIKE 'A storm%'")
    place = shelf()
    place.ingest.remove("storm")
    assert ids(place.lexical("storm breakwater other words harbour")) == {"harbour"}
    place.check()


def test_a_text_that_another_program_mended_is_read_again(shelf: OpenShelf) -> None:
    place, other = shelf(), shelf()
    place.add(STORM)
    run_sql(place.folder, "UPDATE texts SET text = 'Other words.'")
    place.library._texts.clear()
    assert [passage.text for passage in place.lexical("breakwater")] == ["Other words."]
    other.add(STORM)
    assert place.article("storm").text == STORM.text


def test_what_another_program_does_is_no_damage(shelf: OpenShelf) -> None:
    place, other = shelf(), shelf()
    for number in range(40):
        other.add(Article(id=str(number), title="News", text=f"Report {number} of the harbour."))
        assert place.library.integrity_problems() == []


# Removal


def test_nothing_of_a_removed_article_stays_in_the_file(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*(Article(id=str(number), title="News", text=f"Report {number} of the harbour.") for number in range(50)))
    secret = Article(
        id="secret-identity",
        title="Xylophone heading",
        text="Zeppelins quarrel mumblingly.\n\nOxymoronic walruses juggle.",
        url="https://quagmire.example/kumquat",
        author="Yolanda Vexwood",
    )
    place.add(secret)
    place.add(Article(id="secret-identity", title="Xylophone heading", text="Flamboyant gherkins whisper."))
    words = (
        *("xylophon", "zeppelin", "quarrel", "mumbl", "oxymoron", "walrus", "juggl", "quagmire", "kumquat"),
        *("yolanda", "vexwood", "flamboy", "gherkin", "whisper", "secret-identity"),
    )
    place.library.checkpoint()
    assert [word for word in words if not _is_in_files(place.folder, word)] == []
    place.ingest.remove("secret-identity")
    assert [word for word in words if _is_in_files(place.folder, word)] == []
    assert place.lexical("zeppelin gherkin") == []
    assert len(place.lexical("harbour")) == 50
    place.check()


def _is_in_files(folder: Path, word: str) -> bool:
    """Whether a word, or all but its first letter, which the full-text index may share with another, is in a file."""
    return any(word[1:].encode() in path.read_bytes().lower() for path in folder.glob(f"{FILE_NAME}*"))


def test_removing_does_not_wait_for_readers(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR, STORM)
    with place.library.reading() as snapshot:
        assert snapshot.article_count() == 2
        place.ingest.remove("storm")
        assert snapshot.article("storm").text == STORM.text
    place.library.checkpoint()
    assert not _is_in_files(place.folder, "breakwater")
