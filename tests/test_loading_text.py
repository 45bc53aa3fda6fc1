"""Plain text, Markdown, encodings, and articles given as objects."""

from __future__ import annotations

import codecs
import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from articleqa.loading import Limits, count
from articleqa.loading.cleaning import day_or_moment, first_line, valid_text, web_address
from articleqa.types import Article
from loaded import article, articles, refusal

BRIDGE = "The bridge is closed.\n\nIt was hit by the flood, and the mayor said “no” to a ferry.\n"
NOISE = random.Random(1).randbytes(5_000)


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "the-old_bridge.txt"


def test_a_text_is_kept_whole_with_its_title_line(note: Path) -> None:
    note.write_text("  The bridge  \n\nIt is closed.\n", encoding="utf-8")
    loaded = article(note)
    assert loaded.title == "The bridge"
    assert loaded.text == "  The bridge  \n\nIt is closed.\n"
    assert loaded.origin == str(note.resolve())
    assert (loaded.url, loaded.published, loaded.source, loaded.pages) == (None, None, None, ())


@pytest.mark.parametrize("text", ["One line only.", "long " * 40 + "\n\nand more", "* * *\n\nThe bridge is closed."])
def test_a_first_line_that_is_no_title_leaves_the_name_of_the_file(note: Path, text: str) -> None:
    note.write_text(text, encoding="utf-8")
    assert article(note).title == "The old bridge"


@pytest.mark.parametrize(
    ("text", "title"),
    [("\n\n Head \n\nBody", "Head"), ("Head", None), ("", None), ("Head\n\n***\n", None), ("a\tb\nc", "a b")],
)
def test_first_line(text: str, title: str | None) -> None:
    assert first_line(text) == title


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_encodings(note: Path, encoding: str) -> None:
    note.write_bytes(BRIDGE.encode(encoding))
    assert article(note).text == BRIDGE


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Le café était fermé à cause de la grève générale, a déclaré le préfet."),
        ("cp1252", "Die Straße über die Brücke ist gesperrt, sagte der Bürgermeister."),
        ("cp1251", "Мост закрыт, сообщил мэр города на следующей неделе после наводнения."),
        ("koi8-r", "Мост закрыт, сообщил мэр города на следующей неделе после наводнения."),
        ("cp1250", "Žluťoučký kůň příšerně úpěl ďábelské ódy na řece Vltavě."),
        ("cp1253", "Η γέφυρα έκλεισε, δήλωσε ο δήμαρχος της πόλης μετά την πλημμύρα."),
        ("cp1256", "وقال الرئيس إن المحادثات ستستمر الأسبوع المقبل في القاهرة."),
        ("gb18030", "市长表示，大桥将于下周关闭。经济增长放缓引发担忧。"),
        ("big5", "市長表示，大橋將於下週關閉。經濟成長放緩引發擔憂。"),
        ("shift_jis", "市長は来週、橋を閉鎖すると述べた。経済の減速に懸念が広がっている。"),
        ("euc_jp", "市長は来週、橋を閉鎖すると述べた。経済の減速に懸念が広がっている。"),
        ("euc_kr", "시장은 다음 주 다리를 폐쇄할 것이라고 말했다. 경제 둔화가 우려된다."),
        ("utf-16-le", "Мост закрыт, сообщил мэр города."),
    ],
)
def test_encodings_of_the_world(note: Path, encoding: str, text: str) -> None:
    note.write_bytes(text.encode(encoding))
    assert article(note).text == text


def test_the_encoding_of_a_long_file_is_found_by_its_few_foreign_lines(note: Path) -> None:
    text = "The bridge is closed.\n" * 10_000 + "Le café était fermé à cause de la grève.\n" + "It is.\n" * 10_000
    note.write_bytes(text.encode("cp1252"))
    assert article(note).text == text


def test_one_damaged_byte_does_not_turn_a_text_into_another_encoding(note: Path) -> None:
    text = "Die Straße über die Brücke ist gesperrt, sagte der Bürgermeister."
    note.write_bytes(text.encode().replace(b"gesperrt", b"ge\xffsperrt"))
    assert article(note).text == text.replace("gesperrt", "ge\ufffdsperrt")


def test_newlines_nul_and_surrogates(note: Path) -> None:
    note.write_bytes("The bridge\r\n\r\nis\rclosed\x00 till Friday, Jürgen said.".encode())
    assert article(note).text == "The bridge\n\nis\nclosed\ufffd till Friday, Jürgen said."
    assert valid_text("a\ud800b\x00c\r\n") == "a\ufffdb\ufffdc\n"


@pytest.mark.parametrize("content", [b"", b" \n\t\n", codecs.BOM_UTF8, b"...\n\n---"])
def test_an_empty_file_is_refused(note: Path, content: bytes) -> None:
    note.write_bytes(content)
    assert refusal(note).reason in ("is empty", "has no text")


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)) * 20,
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"%PDF-1.7\nplain enough",
        b"PK\x03\x04abc",
        NOISE,
    ],
    ids=["bytes", "png", "pdf", "zip", "random"],
)
def test_a_binary_file_with_a_text_suffix_is_refused(note: Path, content: bytes) -> None:
    note.write_bytes(content)
    assert refusal(note).reason.startswith("is not text")


def test_a_file_above_the_limit_is_refused_and_the_setting_named(note: Path) -> None:
    with note.open("wb") as file:
        file.truncate(50_000_000)
    assert refusal(note).reason == "is larger than 40,000,000 bytes; raise max_source_bytes to read it"
    note.write_text("The bridge\n\nis closed.", encoding="utf-8")
    size = note.stat().st_size
    assert article(note, limits=Limits(max_bytes=size)).title == "The bridge"
    assert "max_source_bytes" in refusal(note, limits=Limits(max_bytes=size - 1)).reason


def test_markdown_is_kept_as_written_but_for_its_front_matter(tmp_path: Path) -> None:
    path = tmp_path / "bridge.md"
    body = "    indented\n\n```\n# no title\n```\n\n# The **bridge** [again](https://x.example) #\n\n- one\n- two\n"
    path.write_text(
        f"---\nauthor: [Ann Lee]\ndate: 2024-11-07T10:00:00+02:00\ntags:\n  - flood\n---\n\n{body}", encoding="utf-8"
    )
    loaded = article(path)
    assert loaded.text == body
    assert loaded.title == "The bridge again"
    assert (loaded.author, loaded.published) == ("Ann Lee", "2024-11-07T08:00:00Z")


def test_front_matter_names_what_the_text_does_not(tmp_path: Path) -> None:
    path = tmp_path / "bridge.md"
    front = (
        'title: "The flood: a report"\ndate: soon\nsource: Valley News\nurl: https://valley.example/flood\nlang: en-GB'
    )
    path.write_text(f"---\n{front}\n---\n# Other\n\nText.", encoding="utf-8")
    loaded = article(path)
    assert (loaded.title, loaded.source, loaded.url) == (
        "The flood: a report",
        "Valley News",
        "https://valley.example/flood",
    )
    assert (loaded.published, loaded.language, loaded.text) == (None, "en", "# Other\n\nText.")


@pytest.mark.parametrize("text", ["---\n\nIt is closed.\n\n---\n\nNow it is open.", "---\ntitle: x\nIt is closed."])
def test_rules_are_no_front_matter(tmp_path: Path, text: str) -> None:
    path = tmp_path / "old-bridge.md"
    path.write_text(text, encoding="utf-8")
    assert article(path).text == text


def test_markdown_without_a_heading_is_named_like_a_text(tmp_path: Path) -> None:
    path = tmp_path / "old-bridge.md"
    path.write_text("## The *bridge*\n\nIt is closed.", encoding="utf-8")
    assert article(path).title == "The bridge"
    path.write_text("It is closed.", encoding="utf-8")
    assert article(path).title == "Old bridge"


GIVEN = Article(title="The bridge", text="It is closed.")


def test_an_article_passes_as_it_is() -> None:
    given = Article(
        "The bridge", "It is closed.", id=" 7\n", url="https://x.example/1", author="Ann", pages=(0, 3), revision=2
    )
    assert article(given) == given
    assert article(GIVEN).origin is None
    assert count(GIVEN) == 1


def test_an_article_is_cleaned() -> None:
    given = Article(
        title=" The\nbridge\x07 ",
        text="It is\r\n\x00closed.",
        url="javascript:alert(1)",
        author="\n",
        published="2024-11-07T10:00:00+02:00",
        pages=(0, 7, 8),
    )
    loaded = article(given)
    assert (loaded.title, loaded.text, loaded.url, loaded.author) == ("The bridge", "It is\n\ufffdclosed.", None, None)
    assert loaded.published == "2024-11-07T08:00:00Z"
    assert [loaded.text[start:] for start in loaded.pages] == ["It is\n\ufffdclosed.", "\ufffdclosed.", "closed."]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": " \n"}, "has no text"),
        ({"text": None}, "text is null, not a string"),
        ({"title": 3}, "title is a number, not a string"),
        ({"author": ["Ann"]}, "author is a list, not a string"),
        ({"published": 2024}, "published is a number, not a date"),
        ({"pages": (5, 2)}, "pages are not rising offsets into the text"),
        ({"pages": [0]}, "pages is not a tuple of offsets"),
        ({"pages": (0, 99)}, "pages are not rising offsets into the text"),
    ],
)
def test_an_article_that_cannot_be_is_refused(change: dict[str, object], reason: str) -> None:
    given = replace(GIVEN, **change)  # type: ignore[arg-type]
    assert refusal(given).reason == reason


def test_an_article_object_has_the_limit_of_a_file() -> None:
    assert "max_source_bytes" in refusal(GIVEN, limits=Limits(max_bytes=5)).reason


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2024-11-07", "2024-11-07"),
        ("2024-11-07T23:30:00-05:00", "2024-11-08T04:30:00Z"),
        ("2124-11-07", "2124-11-07"),
        (date(2024, 11, 7), "2024-11-07"),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_dates(value: str | date | None, expected: str | None) -> None:
    assert day_or_moment(value) == expected


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,x", "//x.example", "https://", "http://[x", "a\nb"]
)
def test_what_is_no_web_address_becomes_no_link(link: str) -> None:
    assert web_address(link) is None


def test_several_sources_of_one_text_are_several_articles(tmp_path: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(BRIDGE, encoding="utf-8")
    assert [Path(loaded.origin or "").name for loaded in articles(tmp_path)] == ["a.txt", "b.txt"]
