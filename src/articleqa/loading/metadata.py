"""What a web page says of itself: title, author, site, date, language, canonical address."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from articleqa.loading.cleaning import day_or_moment

if TYPE_CHECKING:
    from lxml.html import HtmlElement

_STATEMENT = 300  # characters of an element that states a title, an author or a date
_STATES = re.compile(r"date|time|publi|posted|byline|author|creator|title|headline", re.IGNORECASE)
_STATING_TAGS = frozenset(("h1", "h2", "time", "abbr", "address"))
_FOREIGN = re.compile(r"comment|disqus|respon[ds]|reply|related|sidebar|footer|widget|promo|teaser", re.IGNORECASE)
_FOREIGN_TAGS = frozenset(("nav", "footer", "aside", "script", "style", "template", "noscript", "form"))
_DATED = re.compile(r"\s*(?:first )?(?:published|posted|updated|date|veröffentlicht|publié)\b", re.IGNORECASE)
_ABBREVIATED = re.compile(r"\b(Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec)t?\.(?=\s*\d)")
# The extensive search makes a first of January of every year that it meets, and loads a parser that takes seconds.
_DATES = {"original_date": True, "extensive_search": False}
_ARTICLE = re.compile(r"Article$|Posting$|^Report$")
_PUBLISHED_META = ("article:published_time", "og:article:published_time", "datepublished", "parsely-pub-date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """The page's own claims; None where it makes none. ``canonical`` may be relative."""

    title: str | None = None
    author: str | None = None
    site: str | None = None
    published: str | None = None
    language: str | None = None
    canonical: str | None = None


def metadata_of(tree: HtmlElement, *, url: str | None = None) -> Metadata:
    """The claims of a page (fetched from ``url``): title, author, site and day as trafilatura reads them.

    A date in the page's structured metadata wins over one that is only shown. Structured data that is no JSON is taken
    out of ``tree``.
    """
    from trafilatura.metadata import extract_metadata

    for name in ("trafilatura", "htmldate"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    structured = _tame_structured_data(tree)
    statements = _statements(tree)
    found = extract_metadata(statements, default_url=url, date_config=dict(_DATES))
    names = [
        name for name in (found.author or "").split("; ") if not re.search(r"\d", name)
    ]  # a byline has a date, too
    return Metadata(
        title=found.title,
        author="; ".join(names),
        site=re.sub(r":\d+$", "", found.sitename or ""),  # where it is made of the address, with its port
        published=_published(tree, structured) or _day(statements, url),
        language=_language(tree),
        canonical=_canonical(tree),
    )


def _day(statements: HtmlElement, url: str | None) -> str | None:
    """The day on which the page says it was published. Its title is not asked: it may speak of another day."""
    from trafilatura.metadata import extract_metadata

    for element in list(statements.iter("title", "h1", "h2")):
        element.drop_tree()
    for element in statements.iter("*"):
        if element.text:
            element.text = _ABBREVIATED.sub(r"\1", element.text)
    return day_or_moment(extract_metadata(statements, default_url=url, date_config=dict(_DATES)).date)


def _statements(tree: HtmlElement) -> HtmlElement:
    """The page's head and the short elements that state a title, an author or a date.

    Left alone with the whole page, the search for a date ends with any date in the text, or with the copyright's year.
    """
    from lxml.html import document_fromstring

    page: HtmlElement = document_fromstring("<html><head></head><body></body></html>")
    head, body = tree.find("head"), tree.find("body")
    if head is not None:
        page.replace(page[0], deepcopy(head))
    pending: list[Any] = [] if body is None else [body]
    while pending:
        element = pending.pop()
        if not isinstance(element.tag, str) or element.tag in _FOREIGN_TAGS:
            continue
        marks = " ".join(element.get(name, "") for name in ("class", "id", "itemprop", "rel"))
        if element.tag != "body" and _FOREIGN.search(marks):
            continue
        if _states_something(element, marks):
            copy = deepcopy(element)
            copy.tail = None
            if _DATED.match(copy.text or ""):
                copy.set("class", "date")
            page[-1].append(copy)
        else:
            pending.extend(reversed(element))
    return page


def _states_something(element: HtmlElement, marks: str) -> bool:
    if element.tag in ("body", "article", "main"):
        return False
    stating = element.tag in _STATING_TAGS or bool(_STATES.search(marks)) or bool(_DATED.match(element.text or ""))
    return stating and len(element.text_content()) <= _STATEMENT


def _tame_structured_data(tree: HtmlElement) -> list[dict[str, Any]]:
    """The JSON-LD objects of a page. What is no JSON is taken out, and long strings are cut: regexes come later."""
    objects: list[dict[str, Any]] = []
    for script in list(tree.iter("script")):
        if "json" not in script.get("type", ""):
            continue
        try:
            data = _cut(json.loads(script.text or "", strict=False), depth=0)
            script.text = json.dumps(data)
        except (ValueError, RecursionError):
            script.drop_tree()
            continue
        objects += _objects(data)
    return objects


def _cut(value: Any, *, depth: int) -> Any:
    if isinstance(value, str):
        return value[:_STATEMENT]
    if depth > 8:
        return None
    if isinstance(value, list):
        return [_cut(item, depth=depth + 1) for item in value[:50]]
    if isinstance(value, dict):
        return {str(key)[:100]: _cut(item, depth=depth + 1) for key, item in list(value.items())[:100]}
    return value


def _objects(data: Any) -> Iterator[dict[str, Any]]:
    for item in data if isinstance(data, list) else [data]:
        if isinstance(item, dict):
            yield item
            if isinstance(item.get("@graph"), list | dict):
                yield from _objects(item["@graph"])


def _published(tree: HtmlElement, structured: list[dict[str, Any]]) -> str | None:
    for meta in tree.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        if name.strip().lower() in _PUBLISHED_META and (found := day_or_moment(meta.get("content"))):
            return found
    for item in structured:
        kinds = item.get("@type")
        names = kinds if isinstance(kinds, list) else [kinds]
        stated = item.get("datePublished")
        is_article = any(isinstance(name, str) and _ARTICLE.search(name) for name in names)
        if is_article and isinstance(stated, str) and (found := day_or_moment(stated)):
            return found
    return None


def _language(tree: HtmlElement) -> str | None:
    stated = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang")
    if stated:
        return str(stated)
    for meta in tree.iter("meta"):
        if (meta.get("property") or meta.get("http-equiv") or "").lower() in ("og:locale", "content-language"):
            return str(meta.get("content", ""))
    return None


def _canonical(tree: HtmlElement) -> str | None:
    for link in tree.iter("link"):
        if "canonical" in link.get("rel", "").lower().split() and link.get("href"):
            return str(link.get("href"))
    return None
