"""An article as HTML, with what was cited highlighted."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias
from urllib.parse import urlsplit

from articleqa.types import Article, Citation, Passage
from articleqa.ui.markup import dotted, escape, isolated, time, web_address
from articleqa.wording import plural

# Characters shown around the span at first; "show more" asks for four times as many.
EXTENT = 60_000

_BLANK = re.compile(r"\n[^\S\n]*\n\s*")
_HEADING = re.compile(r"(#{1,6})\s+(?=\S)")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch ``text[start:end]`` to mark; the one that was asked for is ``cited``, others are marked softly."""

    start: int
    end: int
    cited: bool = False


Request: TypeAlias = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Steps:
    """Where a citation stands among those of its answer. ``previous`` and ``next`` open others; None at an end."""

    position: int
    count: int
    previous: Request | None
    next: Request | None


@dataclass(frozen=True, slots=True)
class View:
    """What to show of an article, and what the page sends back to see more of it.

    Attributes:
        spans: what to mark. The cited one is scrolled to.
        steps: how to reach the other citations of the answer.
        request: what opens this view again, by the names of the data attributes.
        note: one line above the text, for the person.
        extent: characters to show around the cited span.
    """

    spans: Sequence[Span] = ()
    steps: Steps | None = None
    request: Request = field(default_factory=dict)
    note: str = ""
    extent: int = EXTENT


def render(article: Article, view: View, *, opened: int) -> str:
    """The article. ``opened`` tells two openings of the same view apart, so that each scrolls to its span."""
    cited = next((span for span in view.spans if span.cited), None)
    start, end = window(article.text, cited, view.extent)
    language = f' lang="{escape(article.language)}"' if article.language else ""
    return (
        f'<article class="reading" data-opened="{opened}" data-shown="{escape(article.id or "")}"{_data(view.request)}>'
        f"{_bar(view.steps, article.title)}{_head(article)}"
        + (f'<p class="remark">{escape(view.note)}</p>' if view.note else "")
        + (_left_out(start, "before this", view) if start else "")
        + f'<div class="text" dir="auto"{language}>{"".join(_paragraphs(article, view.spans, start, end))}</div>'
        + (_left_out(len(article.text) - end, "after this", view) if end < len(article.text) else "")
        + "</article>"
    )


def gone(quoted: Citation | Passage, quote: str, *, opened: int) -> str:
    """What to show where the article, or the revision that was cited, is no longer there."""
    meta = dotted(isolated(quoted.source or ""), time(quoted.published))
    return (
        f'<article class="reading" data-opened="{opened}">{_bar(None)}'
        f'<header><h2 tabindex="-1" dir="auto">{escape(quoted.title)}</h2><p class="meta">{meta}</p></header>'
        '<p class="remark">This article has been changed or removed since the answer was given. '
        "This is what was quoted:</p>"
        f'<blockquote class="kept" dir="auto">{escape(quote)}</blockquote></article>'
    )


def trouble(message: str, *, opened: int) -> str:
    """A line in place of an article."""
    return (
        f'<article class="reading" data-opened="{opened}">{_bar(None)}'
        f'<p class="remark" tabindex="-1">{escape(message)}</p></article>'
    )


def window(text: str, cited: Span | None, extent: int) -> tuple[int, int]:
    """The stretch of ``text`` to show: about ``extent`` characters around the span, cut between paragraphs.

    A cut falls within a paragraph only where none ends nearby. The span itself is never cut.
    """
    if len(text) <= extent:
        return 0, len(text)
    start, end = (cited.start, cited.end) if cited else (0, 0)
    spare = max(extent - (end - start), 0)
    first = max(0, min(start - spare // 3, len(text) - extent))
    last = min(len(text), max(first + extent, end))
    if first:
        gap = text.find("\n", first, min(start, first + extent // 10) + 1)
        first = gap + 1 if gap >= 0 else first
    if last < len(text):
        gap = text.rfind("\n", max(end, last - extent // 10), last)
        last = gap if gap >= 0 else last
    return min(first, start), max(last, end)


def _bar(steps: Steps | None, title: str = "") -> str:
    back = '<button type="button" class="quiet back" data-show="library">Library</button>'
    close = '<button type="button" class="quiet close" data-show="none" aria-label="Close the article">Close</button>'
    where = f'<span class="where" dir="auto" aria-hidden="true">{escape(title)}</span>'
    return f'<div class="bar">{back}{where}{_stepper(steps) if steps else ""}{close}</div>'


def _stepper(steps: Steps) -> str:
    def button(target: Request | None, name: str, sign: str) -> str:
        opens = f'data-event="open"{_data(target)}' if target else "disabled"
        return (
            f'<button type="button" class="step {name.lower()}" {opens} aria-label="{name} citation" '
            f'aria-keyshortcuts="{name[0].lower()}" title="{name} citation ({name[0].lower()})">{sign}</button>'
        )

    return (
        f'<span class="steps">{button(steps.previous, "Previous", "‹")}'
        f"<span>Citation {steps.position} of {steps.count}</span>"
        f"{button(steps.next, 'Next', '›')}</span>"
    )


def _head(article: Article) -> str:
    address = web_address(article.url)
    link = ""
    if address:
        host = (urlsplit(address).hostname or "").removeprefix("www.")
        link = (
            f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer">{escape(host)}'
            '<span class="hidden"> (opens the original in a new tab)</span></a>'
        )
    meta = dotted(isolated(article.source or ""), isolated(article.author or ""), time(article.published), link)
    only = (
        f'<button type="button" class="quiet only" data-only="{escape(article.id or "")}" '
        f'data-title="{escape(article.title)}">Ask only this article</button>'
    )
    return f'<header><h2 tabindex="-1" dir="auto">{escape(article.title)}</h2><p class="meta">{meta}</p>{only}</header>'


def _data(request: Request) -> str:
    return "".join(f' data-{name}="{escape(str(value))}"' for name, value in request.items())


def _left_out(characters: int, where: str, view: View) -> str:
    return (
        f'<p class="left-out">{plural(characters, "character")} {where} are not shown. '
        f'<button type="button" class="link" data-event="open"{_data(view.request)} data-extent="{view.extent * 4}">'
        "Show more</button></p>"
    )


def _paragraphs(article: Article, spans: Sequence[Span], start: int, end: int) -> Iterator[str]:
    page = bisect_right(article.pages, start) if article.pages else 0
    anchored = False
    for first, last in _blocks(article.text, start, end):
        reached = bisect_right(article.pages, first)
        if reached > page or (article.pages and first == start):
            page = reached
            yield f'<p class="page">Page {page}</p>'
        block = article.text[first:last]
        content, anchored = _marked(article.text, first, last, spans, anchored=anchored)
        heading = _HEADING.match(block)
        if heading and "\n" not in block:
            yield f'<p class="heading" role="heading" aria-level="{min(len(heading[1]) + 2, 6)}">{content}</p>'
        else:
            yield f'<p class="wrapped">{content}</p>' if _hard_wrapped(block) else f"<p>{content}</p>"


def _blocks(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The paragraphs of ``text[start:end]``: between blank lines, or lines where there are no blank ones."""
    gap = _BLANK if _BLANK.search(text, start, end) else re.compile(r"\n\s*")
    position = start
    for match in gap.finditer(text, start, end):
        if text[position : match.start()].strip():
            yield position, match.start()
            position = match.end()
    if text[position:end].strip():
        yield position, end


def _hard_wrapped(block: str) -> bool:
    """Whether lines end because a column was reached, so that they may flow: then newlines mean nothing."""
    lines = block.split("\n")
    return len(lines) > 2 and all(55 <= len(line) <= 100 for line in lines[:-1])


def _marked(text: str, first: int, last: int, spans: Sequence[Span], *, anchored: bool) -> tuple[str, bool]:
    """``text[first:last]`` escaped, with its spans in ``<mark>``. The first piece of the cited one is the anchor."""
    inside = [span for span in spans if span.start < last and span.end > first]
    edges = sorted({first, last, *(min(max(edge, first), last) for span in inside for edge in (span.start, span.end))})
    parts = []
    for left, right in pairwise(edges):
        piece = escape(text[left:right])
        covering = [span for span in inside if span.start <= left and span.end >= right]
        if any(span.cited for span in covering):
            anchor = "" if anchored else ' id="cited" tabindex="-1"'
            anchored = True
            parts.append(f'<mark class="cited"{anchor}>{piece}</mark>')
        elif covering:
            parts.append(f'<mark class="also">{piece}</mark>')
        else:
            parts.append(piece)
    return "".join(parts), anchored
