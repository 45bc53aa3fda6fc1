"""RSS 0.9x, 1.0 and 2.0, and Atom: one reader for all, as feeds mix them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from html import escape
from html.entities import html5
from typing import Any

from articleqa.loading.cleaning import one_line
from articleqa.loading.feed.dates import feed_date
from articleqa.loading.feed.entries import (
    Feed,
    FeedEntry,
    absolute,
    as_markup,
    distinct,
    entry_of,
    paragraphs,
    plain,
)
from articleqa.loading.raw import Raw

# The parser takes little time, but memory for each of them.
_MAX_TAGS = 1_000_000
# How much may follow a feed: programs that keep copies sign them.
_TAIL = 2_000

_ATOM = frozenset(("http://www.w3.org/2005/atom", "http://purl.org/atom/ns#"))
_PLAIN_NAMESPACES = _ATOM.union(
    (
        "",
        "http://purl.org/rss/1.0/",
        "http://my.netscape.com/rdf/simple/0.9/",
        "http://channel.netscape.com/rdf/simple/0.9/",
        "http://backend.userland.com/rss",
        "http://backend.userland.com/rss2",
        "http://blogs.law.harvard.edu/tech/rss",
    )
)
_PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf",
}
# Prefixes that are used without being declared mean what they mean elsewhere.
_UNDECLARED = {"atom": "", "a10": "", "rss": "", **{prefix: f"{prefix}:" for prefix in _PREFIXES.values()}}
_RDF_ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"
_ENTRIES = frozenset(("item", "entry"))
_FIELDS = frozenset(
    "title link guid id description summary content content:encoded author dc:creator pubdate published issued created"
    " updated modified dc:date dcterms:issued dcterms:created dcterms:modified feedburner:origlink".split()
)
_PUBLISHED = ("published", "issued", "pubdate", "dc:date", "dcterms:issued", "dcterms:created", "created")
_UPDATED = ("updated", "modified", "dcterms:modified")

_PROLOG = re.compile(r"\s*(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)", re.DOTALL | re.IGNORECASE)
_START = re.compile(r"<([^\W\d][\w:.-]*)")
_INVALID = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(r"&(?:#(?:[xX]([0-9a-fA-F]{1,6})|(\d{1,7}));|(\w{1,31});)?")
_NO_TAG = re.compile(r"<(?![^\W\d]|[/!?])")
_ENTRY_TAGS = re.compile(r"<(/?)(?:\w+:)?(?:item|entry)\b", re.IGNORECASE)
_MAIL_NAME = re.compile(r"\S+@\S+\s*\((.+)\)")
_NOT_HTML = re.compile("[^A-Za-z0-9]")
_FEED_TYPES = frozenset(("application/rss+xml", "application/atom+xml", "application/feed+json"))


def read_markup(text: str, raw: Raw) -> Feed:
    """The feed in ``text``.

    Raises:
        LoadingError: if it is no feed, or so large that it is none to be read.
    """
    root, whole = _root(text, raw)
    kind = _name(root)
    entries = [element for element in root.iter("{*}*") if _name(element) in _ENTRIES]
    if not whole and entries and _is_open(text):
        entries.pop()  # its link may be cut off, and would lead astray
    if not entries and kind not in ("rss", "rdf:rdf", "feed", "channel"):
        raise raw.refused("is not a feed: neither RSS nor Atom nor JSON Feed")
    channel = next((element for element in root.iter("{*}*") if _name(element) == "channel"), root)
    about = _fields(channel)
    base = raw.url or ""
    author = _author(about) if kind == "feed" else None
    return Feed(
        title=one_line(_title(about)),
        entries=distinct(_entry(element, author, base) for element in entries),
        whole=whole,
    )


def _root(text: str, raw: Raw) -> tuple[Any, bool]:
    """The outermost element, and whether it ends where the feed does.

    What stands before it, where entities are declared and other files named, never comes to the parser.
    """
    from lxml.etree import LxmlError, XMLParser, XMLSyntaxError, fromstring

    start = 0
    while match := _PROLOG.match(text, start):
        start = match.end()
    match = _START.search(text, start)
    if match is None:
        raise raw.refused("is not a feed: neither RSS nor Atom nor JSON Feed")
    if re.search("<!ENTITY", text[: match.start()], re.IGNORECASE):
        raise raw.refused("declares entities of its own, which are not read; ask for a plain feed")
    text = _INVALID.sub(" ", text[match.start() :])
    if match[1].lower() == "html":
        raise raw.refused(_page_reason(text, raw))
    if text.count("<") > _MAX_TAGS:
        raise raw.refused(f"has more than {_MAX_TAGS:,} tags, too many for one feed")
    # No feature of these is needed, and each could reach for another file.
    options = {"encoding": "utf-8", "resolve_entities": False, "no_network": True, "load_dtd": False}
    options |= {"remove_comments": True, "remove_pis": True, "collect_ids": False, "huge_tree": False}
    try:
        return fromstring(text.encode(), XMLParser(**options), base_url=raw.url), True
    except XMLSyntaxError:
        pass
    parser = XMLParser(**options, recover=True)
    try:
        root = fromstring(_mended(text).encode(), parser, base_url=raw.url)
    except LxmlError as error:
        raise raw.refused("is not a feed: it is damaged beyond reading") from error
    if root is None:
        raise raw.refused("is not a feed: it is damaged beyond reading")
    gave_up = any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log)
    ends = re.search(rf"</{re.escape(match[1])}\s*>", text[-_TAIL:]) is not None
    return root, ends and not gave_up


def _mended(text: str) -> str:
    """``text`` without what makes the parser drop something: bare ampersands and less-than signs, names of HTML.

    After its first error the parser drops every name, ``&amp;`` included, but keeps numbers.
    """
    parts: list[str] = []
    position = 0
    while position < len(text):
        opening = text.find("<![CDATA[", position)
        end = len(text) if opening < 0 else opening
        parts.append(_NO_TAG.sub("&#60;", _REFERENCE.sub(_reference, text[position:end])))
        if opening < 0:
            break
        closing = text.find("]]>", opening)
        position = len(text) if closing < 0 else closing + 3
        parts.append(text[opening:position] + ("]]>" if closing < 0 else ""))
    return "".join(parts)


def _reference(match: re.Match[str]) -> str:
    hexadecimal, decimal, name = match.groups()
    if name is not None:
        meant = html5.get(f"{name};")
        return f"&#38;{match[0][1:]}" if meant is None else "".join(f"&#{ord(character)};" for character in meant)
    if hexadecimal is None and decimal is None:
        return "&#38;"
    number = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return " " if number > 0x10FFFF or _INVALID.match(chr(number)) else match[0]


def _is_open(text: str) -> bool:
    """Whether an entry begins that does not end."""
    last = None
    for match in _ENTRY_TAGS.finditer(text):
        last = match
    return last is not None and not last[1]


def _page_reason(text: str, raw: Raw) -> str:
    """Why a web page is refused; a page that names its feed is asked for it."""
    from lxml.html import HTMLParser, document_fromstring

    tree = document_fromstring(text[:200_000].encode(), parser=HTMLParser(encoding="utf-8", collect_ids=False))
    for link in tree.iter("link"):
        is_feed = link.get("type", "").strip().lower() in _FEED_TYPES
        if is_feed and "alternate" in link.get("rel", "").lower().split():
            address = absolute(link.get("href"), raw.url or "")
            if address:
                return f"is a web page, not a feed; its feed is {address}"
    return "is a web page, not a feed; look there for the address of its feed"


def _name(element: Any) -> str:
    """What an element is called, whichever namespace says so: ``pubdate``, ``dc:creator``; empty for others."""
    namespace, _, local = str(element.tag).rpartition("}")
    namespace = namespace[1:].lower()
    if namespace in _PLAIN_NAMESPACES:
        prefix, colon, rest = local.lower().partition(":")
        return _UNDECLARED[prefix] + rest if colon and prefix in _UNDECLARED else prefix if not colon else ""
    return f"{_PREFIXES[namespace]}:{local.lower()}" if namespace in _PREFIXES else ""


def _fields(entry: Any) -> dict[str, list[Any]]:
    """The fields of an entry by their names. Where an end tag was forgotten, one field lies within another."""
    fields: dict[str, list[Any]] = defaultdict(list)
    pending = list(reversed(entry))
    while pending:
        element = pending.pop()
        name = _name(element)
        if name not in _FIELDS:
            continue
        fields[name].append(element)
        if name != "author" and element.get("type", "") != "xhtml" and _is_torn(element):
            pending.extend(reversed(element))
    return fields


def _is_torn(element: Any) -> bool:
    return any(_name(child) in _FIELDS or _name(child) in _ENTRIES for child in element)


def _entry(element: Any, author: str | None, base: str) -> FeedEntry | None:
    fields = _fields(element)
    published, updated = _date(fields, _PUBLISHED), _date(fields, _UPDATED)
    contents = [_markup(found) for name in ("content:encoded", "content") for found in fields.get(name, ())]
    summaries = [_markup(found) for name in ("description", "summary") for found in fields.get(name, ())]
    name = next((text for key in ("guid", "id") for found in fields.get(key, ()) if (text := _text(found).strip())), "")
    return entry_of(
        id=name or element.get(_RDF_ABOUT),
        link=_link(element, fields, base),
        title=_title(fields),
        author=_author(fields) or author,
        published=published,
        updated=updated,
        content=max(contents, key=len, default=""),
        summary=max(summaries, key=len, default=""),
    )


def _text(element: Any) -> str:
    return str(element.text or "") if _is_torn(element) else "".join(element.itertext())


def _title(fields: dict[str, list[Any]]) -> str | None:
    for element in fields.get("title", ()):
        text = _text(element)
        if text.strip():
            return text if _is_plain(element) else plain(text)
    return None


def _link(entry: Any, fields: dict[str, list[Any]], base: str) -> str | None:
    """Where the entry's page is: the best of what it says, as an absolute address."""
    for element, href in _links(fields):
        if address := absolute(href, element.base or base):
            return address
    return absolute(entry.get(_RDF_ABOUT), base)


def _links(fields: dict[str, list[Any]]) -> Iterator[tuple[Any, str | None]]:
    for element in fields.get("feedburner:origlink", ()):
        yield element, _text(element)
    alternates = [element for element in fields.get("link", ()) if element.get("href") and _is_alternate(element)]
    for element in sorted(alternates, key=lambda found: "html" not in found.get("type", "html")):
        yield element, element.get("href")
    for element in fields.get("link", ()):
        yield element, _text(element)
    for element in (*fields.get("guid", ()), *fields.get("id", ())):
        name = _text(element).strip()
        if name.startswith(("http://", "https://")) and element.get("isPermaLink", "true").lower() == "true":
            yield element, name
    for element in fields.get("content", ()):
        yield element, element.get("src")


def _is_alternate(link: Any) -> bool:
    return bool((link.get("rel") or "alternate").rpartition("/")[2].strip().lower() == "alternate")


def _author(fields: dict[str, list[Any]]) -> str | None:
    names = [_text(element).strip() for element in fields.get("dc:creator", ())]
    names += [] if any(names) else [_author_name(element) for element in fields.get("author", ())]
    return "; ".join(dict.fromkeys(name for name in names if name)) or None


def _author_name(element: Any) -> str:
    """Atom has the name in an element of its own, RSS in brackets behind a mail address."""
    for child in element:
        if str(child.tag).rpartition("}")[2].lower() == "name":
            return "".join(child.itertext()).strip()
    text = _text(element).strip() if len(element) == 0 else str(element.text or "").strip()
    match = _MAIL_NAME.fullmatch(text)
    return match[1].strip() if match else text


def _date(fields: dict[str, list[Any]], names: tuple[str, ...]) -> str | None:
    dates = (feed_date(_text(element)) for name in names for element in fields.get(name, ()))
    return next((found for found in dates if found), None)


def _is_plain(element: Any) -> bool:
    """Whether Atom says, or leaves to be understood, that something is plain text. RSS never says."""
    namespace = str(element.tag).rpartition("}")[0][1:].lower()
    kind = element.get("type", "text").strip().lower()
    return namespace in _ATOM and kind in ("text", "text/plain") and element.get("mode", "xml") == "xml"


def _markup(element: Any) -> str:
    """What an element holds, as HTML."""
    from lxml.etree import tostring

    kind = element.get("type", "").strip().lower()
    if "/" in kind and not kind.startswith("text/") and not kind.endswith(("+xml", "/xml")):
        return ""  # a picture, or packed data
    if len(element) == 0 or _is_torn(element):
        text = _text(element)
        return paragraphs(text) if _is_plain(element) else as_markup(text)
    for inner in element.iter("{*}*"):
        if inner is not element:
            inner.tag = _html_name(str(inner.tag))
    inner_markup = (tostring(child, encoding="unicode", method="html") for child in element)
    return escape(element.text or "") + "".join(inner_markup)


def _html_name(tag: str) -> str:
    """A tag as HTML has it, without its namespace or a prefix that was never declared."""
    name = _NOT_HTML.sub("", re.split("[}:]", tag)[-1])
    return name if name[:1].isalpha() else "span"
