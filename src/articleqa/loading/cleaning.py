"""What every article goes through, wherever it came from."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from articleqa.types import Article, InvalidInput, LoadingError, utc_date

TITLE_CHARACTERS = 300
SHORT_LINE = 150

_INVALID = re.compile("[\x00\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]+")
_LINE = re.compile(r"[^\n]+")
_WORD = re.compile(r"\w")
_TEXT_FIELDS = ("title", "text", "id", "origin", "url", "source", "author", "language")


def valid_text(text: str) -> str:
    """``text`` with newlines as ``\\n`` and without what storage cannot hold: NUL and lone surrogates become U+FFFD."""
    return _INVALID.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(value: str | None) -> str | None:
    """``value`` as one line without control characters, at most 300 characters; None if nothing is left."""
    if value is None:
        return None
    line = " ".join(_CONTROL.sub(" ", _INVALID.sub("\ufffd", value)).split())
    return (line if len(line) <= TITLE_CHARACTERS else line[: TITLE_CHARACTERS - 1].rstrip() + "…") or None


def day_or_moment(value: str | date | None) -> str | None:
    """``value`` in UTC ISO 8601, or None where it cannot be read as a date."""
    if value is None:
        return None
    try:
        return utc_date(value)
    except InvalidInput:
        return None


def web_address(value: str | None) -> str | None:
    """``value`` if it is an absolute http or https address, else None: it becomes a link that people click."""
    if value is None or _CONTROL.search(value.strip()):
        return None
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return None
    return _INVALID.sub("\ufffd", value.strip()) if parts.scheme in ("http", "https") and parts.netloc else None


def language_code(value: str | None) -> str | None:
    """The language of a tag such as ``en-GB``, without its region: ``en``."""
    match = re.match(r"([A-Za-z]{2,3})(?:[-_]|$)", (value or "").strip())
    return match[1].lower() if match else None


def first_line(text: str) -> str | None:
    """The first line of ``text`` that is not blank, if it can be a title: short, and followed by something else."""
    for match in _LINE.finditer(text):
        line = match[0].strip()
        if not line:
            continue
        is_title = len(line) <= SHORT_LINE and _WORD.search(line) and _WORD.search(text, match.end())
        return one_line(line) if is_title else None
    return None


def readable_name(stem: str) -> str:
    """A file's stem as a title: ``the-old_mill`` becomes ``The old mill``."""
    name = one_line(re.sub(r"[-_+\s]+", " ", stem)) or "Untitled"
    return name[0].upper() + name[1:]


def finished(article: Article, *, where: str) -> Article:
    """``article`` cleaned and checked: valid text, one-line metadata, UTC dates, no link that is not one.

    Raises:
        LoadingError: naming ``where``, if a field has the wrong type or the text has no words.
    """
    _check_types(article, where)
    text = valid_text(article.text)
    if not _WORD.search(text):
        raise LoadingError(where, "has no text")
    pages = article.pages
    if len(text) != len(article.text):
        pages = tuple(len(valid_text(article.text[:offset])) for offset in pages)
    return replace(
        article,
        text=text,
        pages=pages,
        title=one_line(article.title) or first_line(text) or "Untitled",
        id=None if article.id is None else _INVALID.sub("\ufffd", article.id) or None,
        origin=None if article.origin is None else _INVALID.sub("\ufffd", article.origin) or None,
        url=web_address(article.url),
        source=one_line(article.source),
        author=one_line(article.author),
        language=one_line(article.language),
        published=day_or_moment(article.published),
    )


def _check_types(article: Article, where: str) -> None:
    values: dict[str, Any] = {field.name: getattr(article, field.name) for field in fields(article)}
    for name in _TEXT_FIELDS:
        if not isinstance(values[name], str) and (values[name] is not None or name in ("title", "text")):
            raise LoadingError(where, f"{name} is {kind(values[name])}, not a string")
    if not isinstance(values["published"], str | date | None):
        raise LoadingError(where, f"published is {kind(values['published'])}, not a date")
    pages = values["pages"]
    if not isinstance(pages, tuple) or not all(isinstance(offset, int) for offset in pages):
        raise LoadingError(where, "pages is not a tuple of offsets")
    if list(pages) != sorted(pages) or (pages and not 0 <= pages[0] <= pages[-1] <= len(article.text)):
        raise LoadingError(where, "pages are not rising offsets into the text")


def kind(value: object) -> str:
    """What a wrong value is, in the words of JSON."""
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", list: "a list"}
    return "an object" if isinstance(value, dict) else names.get(type(value), f"of type {type(value).__name__}")
