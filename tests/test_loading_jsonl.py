"""Files with an article on each line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from articleqa.loading import Limits, count, load
from articleqa.types import Article, LoadingError
from loaded import article, articles, refusal

BRIDGE = {"title": "The bridge", "text": "It is closed.\r\nFor good."}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "articles.jsonl"


def lines(*values: object) -> bytes:
    return b"".join(value if isinstance(value, bytes) else json.dumps(value).encode() + b"\n" for value in values)


def test_all_fields(file: Path) -> None:
    given = {
        **BRIDGE,
        "id": "valley/1",
        "url": "https://valley.example/1",
        "source": "Valley News",
        "author": "Ann Lee",
        "published": "2024-11-07T10:00:00+02:00",
        "language": "en",
        "unknown": [1],
    }
    file.write_bytes(lines(given))
    assert article(file) == Article(
        title="The bridge",
        text="It is closed.\nFor good.",
        id="valley/1",
        origin=f"{file.resolve()}#valley/1",
        url="https://valley.example/1",
        source="Valley News",
        author="Ann Lee",
        published="2024-11-07T08:00:00Z",
        language="en",
    )


def test_a_line_without_an_id_is_known_by_its_number(file: Path) -> None:
    file.write_bytes(lines(BRIDGE, b"\n", b" \r\n", {"text": "Head\n\nBody", "title": None}))
    first, second = articles(file)
    assert (first.id, first.origin) == (None, f"{file.resolve()}#1")
    assert (second.title, second.origin) == ("Head", f"{file.resolve()}#4")


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"{no json}\n", "line 2: is not JSON: Expecting property name enclosed in double quotes at character 2"),
        (b"\xff\xfe\n", "line 2: is not UTF-8; save the file as UTF-8"),
        (b"[" * 100_000 + b"\n", "line 2: is not JSON that can be read"),
        (b'{"text": ' + b"1" * 5_000 + b"}\n", "line 2: is not JSON that can be read"),
        ([1], "line 2: is a list, not an object with a title and a text"),
        ({"title": "x"}, "line 2: has no field text"),
        ({"text": None}, "line 2: text is null, not a string"),
        ({"text": " "}, "line 2: has no text"),
        ({"text": ["a"]}, "line 2: text is a list, not a string"),
        ({**BRIDGE, "id": 7}, "line 2: id is a number, not a string"),
        ({**BRIDGE, "published": 2024}, "line 2: published is a number, not a string"),
        ({**BRIDGE, "author": {"name": "Ann"}}, "line 2: author is an object, not a string"),
        ({**BRIDGE, "source": True}, "line 2: source is a boolean, not a string"),
        ({**BRIDGE, "id": "1"}, "line 2: has the id of line 1; give every article its own"),
    ],
)
def test_a_bad_line_is_named_and_the_others_go_on(file: Path, bad: object, reason: str) -> None:
    file.write_bytes(lines({**BRIDGE, "id": "1"}, bad, {**BRIDGE, "id": "2"}))
    first, error, last = load(file)
    assert isinstance(error, LoadingError)
    assert (error.origin, error.reason) == (str(file.resolve()), reason)
    assert [isinstance(found, Article) and found.id for found in (first, last)] == ["1", "2"]


def test_the_limit_is_that_of_a_line(file: Path) -> None:
    long = {"title": "Long", "text": "word " * 200}
    file.write_bytes(lines(*[BRIDGE] * 20, long, BRIDGE))
    results = list(load(file, limits=Limits(max_bytes=500)))
    assert [number for number, found in enumerate(results, start=1) if isinstance(found, LoadingError)] == [21]
    assert str(results[20]).endswith("line 21: is larger than 500 bytes; raise max_source_bytes to read it")


def test_what_json_can_hold_and_storage_cannot(file: Path) -> None:
    file.write_bytes(
        b'\xef\xbb\xbf{"title": "a\\ud800", "text": "nul \\u0000 and \\udc00", "id": "\\ud800", "url": "data:x"}'
    )
    loaded = article(file)
    assert (loaded.title, loaded.text, loaded.id) == ("a\ufffd", "nul \ufffd and \ufffd", "\ufffd")
    assert loaded.url is None


@pytest.mark.parametrize("published", ["yesterday", "", "2024-13-45"])
def test_a_date_that_is_none_is_left_out(file: Path, published: str) -> None:
    file.write_bytes(lines({**BRIDGE, "published": published}))
    assert article(file).published is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "is empty"), (b"\n \n", "is empty"), ("{}".encode("utf-16"), "is UTF-16; save it as UTF-8")],
)
def test_files_without_lines(file: Path, content: bytes, reason: str) -> None:
    file.write_bytes(content)
    assert refusal(file).reason == reason


def test_how_many_there_are_is_known_only_by_reading(file: Path) -> None:
    file.write_bytes(lines(BRIDGE))
    assert count(file) is None
    assert count(file.parent) is None
    assert len(articles(file.parent)) == 1
