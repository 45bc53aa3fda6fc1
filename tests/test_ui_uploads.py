"""Uploads: names that are safe and stay, and files that do not."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.ui.uploads import Uploads, safe_name, safe_path


@given(st.text(st.characters(), max_size=400))
def test_a_safe_name_is_one_file_in_one_folder(name: str) -> None:
    safe = safe_name(name)
    path = Path("/folder") / safe
    assert path.parent == Path("/folder")
    assert path.name == safe
    assert not safe.startswith(".")
    assert len(safe.encode()) <= 160
    assert safe_name(safe) == safe


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("report.pdf", "report.pdf"),
        ("Ärger im Büro (2).docx", "Ärger im Büro (2).docx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\notes.txt", "notes.txt"),
        (".bashrc", "bashrc"),
        ('a<b>"c".md', "a_b__c_.md"),
        ("", "upload"),
        ("..", "upload"),
        ("文章.txt", "文章.txt"),
    ],
)
def test_a_name_stays_readable(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_a_file_stands_under_its_name_while_it_is_read_and_is_gone_afterwards(tmp_path: Path) -> None:
    arrived = tmp_path / "9f8e7d"
    arrived.write_text("words")
    with Uploads(tmp_path / "uploads").named([(arrived, "notes.txt")]) as names:
        ((path, name),) = ((Path(path), name) for path, name in names.items())
        assert name == "notes.txt"
        assert path == tmp_path / "uploads" / "notes.txt"
        assert path.read_text() == "words"
    assert not path.exists()
    assert not arrived.exists()


def test_two_files_of_one_name_do_not_replace_each_other(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_text("one")
    second.write_text("two")
    with Uploads(tmp_path / "uploads").named([(first, "a.txt"), (second, "a.txt")]) as names:
        assert [(name, Path(path).read_text()) for path, name in names.items()] == [
            ("a.txt", "one"),
            ("a (2).txt", "two"),
        ]


def test_a_file_is_gone_even_if_reading_it_fails(tmp_path: Path) -> None:
    arrived = tmp_path / "1"
    arrived.write_text("words")
    with (
        pytest.raises(RuntimeError, match="damaged"),
        Uploads(tmp_path / "uploads").named([(arrived, "a.txt")]),
    ):
        raise RuntimeError("damaged")
    assert not list((tmp_path / "uploads").rglob("*"))


@given(st.text(st.characters(), max_size=200))
def test_a_safe_path_stays_in_its_folder(name: str) -> None:
    path = Path("/folder") / safe_path(name)
    assert path.is_relative_to("/folder")
    assert path != Path("/folder")
    assert ".." not in path.parts
    assert all(safe_name(part) == part for part in path.parts[2:])


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("news/2024/a.txt", "news/2024/a.txt"),
        ("../../etc/passwd", "etc/passwd"),
        ("C:\\news\\a.txt", "C_/news/a.txt"),
        ("/abs/./b.md", "abs/b.md"),
        ("", "upload"),
    ],
)
def test_a_path_keeps_its_folders(name: str, path: str) -> None:
    assert safe_path(name) == Path(path)


def test_a_name_that_is_being_added_is_waited_for(tmp_path: Path) -> None:
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_text("one")
    second.write_text("two")
    uploads = Uploads(tmp_path / "uploads")
    read: list[str] = []

    def other() -> None:
        with uploads.named([(second, "a.txt")]) as names:
            read.extend(Path(path).read_text() for path in names)

    thread = Thread(target=other)
    with uploads.named([(first, "a.txt")]) as names:
        thread.start()
        read.extend(Path(path).read_text() for path in names)
        thread.join(0.2)
        assert thread.is_alive()
    thread.join()
    assert read == ["one", "two"]
