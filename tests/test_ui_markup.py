"""Text as HTML: whatever it says, it stays text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.ui.markup import day, dotted, escape, excerpt, web_address
from articleqa.wording import plural

CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Seen(HTMLParser):
    """What a parser of HTML makes of a piece of it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text = ""
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.extend(attrs)


def seen(markup: str) -> Seen:
    parser = Seen()
    parser.feed(markup)
    parser.close()
    return parser


@given(st.text())
def test_escaped_text_reads_back_as_itself_and_holds_no_tag(text: str) -> None:
    read = seen(escape(text))
    assert read.text == CONTROL.sub("\ufffd", text)
    assert read.tags == []


@given(st.text())
def test_escaped_text_cannot_leave_an_attribute(text: str) -> None:
    read = seen(f'<b title="{escape(text)}">')
    assert read.tags == ["b"]
    assert read.attributes == [("title", CONTROL.sub("\ufffd", text))]


@given(st.text(), st.integers(min_value=10, max_value=300))
def test_an_excerpt_is_one_line_within_its_limit(text: str, limit: int) -> None:
    line = excerpt(text, limit)
    assert len(line) <= limit
    assert line == " ".join(line.split())
    assert " ".join(text.split()).startswith(line.removesuffix("…").rstrip(" ,;:"))


def test_an_excerpt_of_a_short_text_is_the_text() -> None:
    assert excerpt("  Two\n words ", 20) == "Two words"


def test_a_long_excerpt_ends_after_a_word() -> None:
    assert excerpt("one two three four", 12) == "one two…"


@pytest.mark.parametrize(
    ("published", "shown"),
    [
        ("2024-11-07", "7 November 2024"),
        ("2024-01-31T23:59:59Z", "31 January 2024"),
        ("0814-01-28", "28 January 814"),
        (None, ""),
    ],
)
def test_a_date_is_written_out(published: str | None, shown: str) -> None:
    assert day(published) == shown


@pytest.mark.parametrize("url", ["https://example.org/a?b=1#c", "http://localhost:8000/", "HTTPS://EXAMPLE.ORG/"])
def test_a_web_address_may_be_opened(url: str) -> None:
    assert web_address(url) == url


@pytest.mark.parametrize(
    "url",
    [
        *(
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "java\nscript:alert(1)",
            "data:text/html,<script>",
            "vbscript:x",
        ),
        *("file:///etc/passwd", "//example.org/a", "/relative", "https://", "http:///path", "", None),
        *("https://example.org/a b", "https://[::1", "\x01https://example.org"),
    ],
)
def test_anything_else_may_not(url: str | None) -> None:
    assert web_address(url) is None


def test_a_dot_stands_only_between_two_parts() -> None:
    assert dotted("", "one", "", "two", "").count("·") == 1
    assert dotted("one") == "one"
    assert dotted("", "") == ""


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 articles"), (1, "1 article"), (2, "2 articles"), (12_000, "12,000 articles")]
)
def test_a_count_agrees_with_its_noun(count: int, shown: str) -> None:
    assert plural(count, "article") == shown
