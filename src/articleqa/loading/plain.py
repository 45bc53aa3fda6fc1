"""Plain text and Markdown."""

from __future__ import annotations

import re

from articleqa.loading.cleaning import finished, first_line, language_code, readable_name, valid_text
from articleqa.loading.encoding import text_of
from articleqa.loading.raw import Raw
from articleqa.types import Article

_FRONT_MATTER = re.compile(r"---[ \t]*\n(.{0,20000}?)\n(?:---|\.\.\.)[ \t]*(?:\n(?:[ \t]*\n)*|\Z)", re.DOTALL)
_PAIR = re.compile(r"([A-Za-z][\w -]*?)[ \t]*:(?:[ \t]+(.*)|$)")
_FENCE = re.compile(r" {0,3}(```+|~~~+)")
_HEADING = re.compile(r" {0,3}#[ \t]+(.+?)[ \t]*#*[ \t]*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"\*+|`+|~~|^#+[ \t]+")


def read_plain(raw: Raw) -> Article:
    """The article in a ``.txt`` file. The text stays whole, its title line included."""
    text = valid_text(text_of(raw))
    article = Article(
        title=first_line(text) or readable_name(raw.name), text=text, origin=raw.origin, url=raw.url, source=raw.site
    )
    return finished(article, where=raw.origin)


def read_markdown(raw: Raw) -> Article:
    """The article in a Markdown file, as it is written; only a front matter is read and cut off."""
    front, text = _front_matter(valid_text(text_of(raw)))
    article = Article(
        title=front.get("title") or _heading(text) or _first_line(text) or readable_name(raw.name),
        text=text,
        origin=raw.origin,
        url=raw.url or front.get("url"),
        source=front.get("source") or raw.site,
        author=front.get("author") or front.get("authors"),
        published=front.get("date") or front.get("published"),
        language=language_code(front.get("language") or front.get("lang")),
    )
    return finished(article, where=raw.origin)


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    """The ``key: value`` lines between two ``---`` at the very beginning, and the rest of the text."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        return {}, text
    values: dict[str, str] = {}
    for line in match[1].split("\n"):
        if pair := _PAIR.match(line):
            values[pair[1].lower()] = (pair[2] or "").strip().strip("[]").strip().strip("\"'")
        elif line.strip() and not line.startswith((" ", "\t", "-", "#")):
            return {}, text  # two rules with prose between them
    return (values, text[match.end() :]) if values else ({}, text)


def _heading(text: str) -> str | None:
    fence = None
    for match in re.finditer(r"[^\n]+", text):
        line = match[0]
        if opening := _FENCE.match(line):
            if fence is None:
                fence = opening[1]
            elif opening[1].startswith(fence):
                fence = None
        elif fence is None and (heading := _HEADING.match(line)):
            return _unmarked(heading[1])
    return None


def _first_line(text: str) -> str | None:
    line = first_line(text)
    return None if line is None else _unmarked(line)


def _unmarked(line: str) -> str | None:
    return _MARKS.sub("", _LINK.sub(r"\1", line)).strip() or None
