"""Text of articles, models and people as HTML that cannot be anything but text."""

from __future__ import annotations

import html
import re
from datetime import date
from urllib.parse import urlsplit

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_MARKDOWN = re.compile(r"[\\`*_\[\]<>|~]")
_MARKDOWN_START = re.compile(r"^(\d*)([#+\-=.)])")
_SPACE = re.compile(r"\s+")


def escape(text: str) -> str:
    """``text`` for element content and quoted attributes. Control characters, which HTML has no place for, become �."""
    return html.escape(_CONTROL.sub("\ufffd", text), quote=True)


def excerpt(text: str, limit: int) -> str:
    """``text`` on one line, cut after a word at no more than ``limit`` characters; not escaped yet."""
    line = _SPACE.sub(" ", text[: 4 * limit]).strip()
    if len(line) <= limit and len(text) <= 4 * limit:
        return line
    cut = line[: limit - 1]
    word = cut.rfind(" ")
    return (cut[:word] if word > limit // 2 else cut).rstrip(" ,;:") + "…"


def markdown(text: str) -> str:
    """``text`` on one line of Markdown in which nothing is markup: no link, no image, no HTML, no heading."""
    line = _SPACE.sub(" ", _CONTROL.sub("\ufffd", text)).strip()
    return _MARKDOWN_START.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\g<0>", line))


def day(published: str | None) -> str:
    """``2024-11-07…`` as ``7 November 2024``; nothing where there is no date."""
    if published is None:
        return ""
    moment = date.fromisoformat(published[:10])
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def time(published: str | None, *, short: bool = False) -> str:
    """The date as a ``<time>`` element, or nothing. ``short`` is for columns: ``7 Nov 2024``."""
    if not published:
        return ""
    said = day(published)
    if short:
        number, month, year = said.split()
        said = f"{number} {month[:3]} {year}"
    return f'<time datetime="{escape(published)}">{said}</time>'


def isolated(text: str) -> str:
    """``text`` as an element whose direction of writing does not reach what stands beside it; nothing for nothing."""
    return f"<bdi>{escape(text)}</bdi>" if text else ""


def dotted(*parts: str) -> str:
    """The parts that are not empty, with a dot between them. Each part is HTML already."""
    return '<span class="dot" aria-hidden="true"> · </span>'.join(part for part in parts if part)


def web_address(url: str | None) -> str | None:
    """``url`` if a browser may be sent there: http or https with a host, and nothing that hides in it."""
    if not url or _CONTROL.search(url) or _SPACE.search(url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in ("http", "https") and parts.hostname else None
