"""Web pages, as files or fetched."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from articleqa.loading.address import canonical
from articleqa.loading.cleaning import finished, language_code, readable_name, valid_text
from articleqa.loading.encoding import text_of
from articleqa.loading.metadata import Metadata, metadata_of
from articleqa.loading.raw import Raw
from articleqa.types import Article, LoadingError

if TYPE_CHECKING:
    from lxml.html import HtmlElement

# Extraction is quadratic in the elements of a page: of some shapes, this many take a minute.
_MAX_ELEMENTS = 30_000
_MANY_ELEMENTS = 10_000  # from here on trafilatura's result is not compared with that of other extractors
_MAX_ATTRIBUTE = 2_000
_MAX_METAS = 300

_CHARSET = re.compile(
    rb"""<(?:meta[^>]{0,300}?charset|\?xml[^>]{0,100}?encoding)\s*=\s*["']?\s*([\w.:-]{2,40})""", re.IGNORECASE
)
_PAGE_TAG = re.compile(r"</?(?:html|head|body)\b[^<>]*>", re.IGNORECASE)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_NEVER_TEXT = ("script", "style", "template", "noscript", "nav", "menu", "iframe", "object", "svg", "dialog", "select")
_BREAK = "\x00"  # a line break that is meant, unlike those of the source; no page has this character
_BLOCKS = frozenset(("p", "head", "quote", "list", "table", "div", "body", "main", "section", "article"))
_PAGE_BLOCKS = _BLOCKS.union(
    "address blockquote center dd dl dt figcaption figure form h1 h2 h3 h4 h5 h6 header hr li ol pre td th tr"
    " ul".split()
)


def read_html(raw: Raw) -> Article:
    """The article of a web page: what trafilatura takes for the article, without comments, scripts and hidden text.

    Raises:
        LoadingError: if the page holds no article, or its markup is beyond what can be read in reasonable time.
    """
    tree = _tree(raw)
    try:
        metadata = metadata_of(tree, url=raw.url)
        text = valid_text(_article_text(tree))
    except ImportError:
        raise
    except Exception as error:  # whatever the extraction stumbles over is the page's fault
        raise raw.refused(f"cannot be read as a web page ({type(error).__name__}); save its text as .txt") from error
    if not text:
        raise raw.refused("has no article in it; if the page shows one in the browser, save its text as .txt")
    return finished(_article(raw, metadata, text), where=raw.origin)


def text_of_markup(markup: str) -> str:
    """The visible text of a piece of HTML, blank lines between its paragraphs; empty where there is none.

    Unlike :func:`read_html`, it takes everything for the article.
    """
    from lxml.etree import LxmlError
    from lxml.html import HTMLParser, document_fromstring

    parser = HTMLParser(encoding="utf-8", collect_ids=False, remove_comments=True, remove_pis=True)
    try:
        page = f"<html><body>{valid_text(_PAGE_TAG.sub('', markup))}</body></html>".encode()
        tree = document_fromstring(page, parser=parser)
        _tame(tree, Raw(content=page, origin="", name=""))
        for element in list(tree.iter(*_NEVER_TEXT)):
            if element.getparent() is not None:
                element.drop_tree()
        found = tree.find("body")
        return "" if found is None else valid_text("\n\n".join(_blocks(found, _PAGE_BLOCKS)))
    except (LxmlError, LoadingError, ValueError):  # whatever is wrong with it, there is no text in it
        return ""


def _article(raw: Raw, metadata: Metadata, text: str) -> Article:
    """On the web the page's canonical address is the identity, if it is on the same host; a file's is its path."""
    url = canonical(metadata.canonical, base=raw.url) if metadata.canonical else None
    return Article(
        title=metadata.title or readable_name(raw.name),
        text=text,
        origin=raw.origin if raw.url is None else url or raw.url,
        url=url or raw.url,
        source=metadata.site or raw.site,
        author=metadata.author,
        published=metadata.published,
        language=language_code(metadata.language),
    )


def _tree(raw: Raw) -> HtmlElement:
    from lxml.etree import LxmlError
    from lxml.html import HTMLParser, document_fromstring

    in_page = _CHARSET.search(raw.content[:4096])
    declared = [raw.charset] if raw.charset else []
    if in_page:
        declared.append(in_page[1].decode("ascii"))
    text = valid_text(text_of(raw, declared=tuple(declared)))
    parser = HTMLParser(encoding="utf-8", collect_ids=False, remove_comments=True, remove_pis=True)
    try:
        tree = document_fromstring(text.encode("utf-8"), parser=parser)
    except (LxmlError, ValueError) as error:
        raise raw.refused("has no article in it: it is not HTML") from error
    # The parser stops at its limits and keeps what it has; the rest of the article would be lost without a word.
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise raw.refused("has too deep or too large markup for a web page; save its text as .txt")
    _tame(tree, raw)
    return tree


def _tame(tree: HtmlElement, raw: Raw) -> None:
    """Bound what the extraction's searches, quadratic in places, can be made to chew on; take out hidden text."""
    hidden: list[HtmlElement] = []
    metas = 0
    for number, element in enumerate(tree.iter("*"), start=1):
        if number > _MAX_ELEMENTS:
            raise raw.refused(
                f"has more than {_MAX_ELEMENTS:,} elements, too many for one article; save its text as .txt"
            )
        if element.tag not in ("html", "body") and _is_hidden(element):
            hidden.append(element)
        elif element.tag == "meta":
            metas += 1
            if metas > _MAX_METAS:
                hidden.append(element)
        for name, value in element.items():
            if len(value) > _MAX_ATTRIBUTE:
                if element.tag == "meta":
                    element.set(name, value[:_MAX_ATTRIBUTE])
                else:
                    del element.attrib[name]
    for element in hidden:
        element.drop_tree()


def _is_hidden(element: HtmlElement) -> bool:
    return (
        element.get("hidden", "until-found").lower() != "until-found"
        or element.get("aria-hidden", "").strip().lower() == "true"
        or bool(_HIDDEN_STYLE.search(element.get("style", "")))
    )


def _article_text(tree: HtmlElement) -> str:
    """The text of the article in ``tree``, blank lines between its paragraphs; empty if there is none."""
    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)
    for element in list(tree.iter(*_NEVER_TEXT)):
        if element.getparent() is not None:
            element.drop_tree()
    for element in tree.xpath('//*[@role="navigation" or @role="menu" or @role="search"]'):
        if element.getparent() is not None:
            element.drop_tree()
    links = {" ".join(link.text_content().split()) for link in tree.iter("a")}
    fast = sum(1 for _ in tree.iter("*")) > _MANY_ELEMENTS
    document = bare_extraction(tree, include_comments=False, include_tables=True, with_metadata=False, fast=fast)
    if document is None or isinstance(document, dict):
        return ""
    blocks = _blocks(document.body)
    whole = tree.find("body")
    if whole is not None and len(document.body) == 1 and "\n" in (document.body[0].text or ""):
        # The last resort of the extraction, for tiny pages, is all their text, broken at every element.
        dump = " ".join(document.body[0].text.split())
        blocks = [block for block in _blocks(whole, _PAGE_BLOCKS) if " ".join(block.split()) in dump] or blocks
    text = "\n\n".join(blocks)
    return text if _is_article(text, links) else ""


def _is_article(text: str, links: set[str]) -> bool:
    """Whether more than links is left. The extraction falls back to the whole page, which may be nothing but menus."""
    if len(text) > 1_000:
        return True
    rest = " ".join(text.split())
    for link in sorted(links, key=len, reverse=True):
        if link:
            rest = rest.replace(link, " ")
    return len(re.findall(r"\w+", rest)) >= 4 or len(re.findall(r"\w", rest)) >= 16


def _blocks(element: Any, names: frozenset[str] = _BLOCKS) -> list[str]:
    """The paragraphs of a tree: of trafilatura's own, where lists and tables are blocks, or of the page's."""
    blocks: list[str] = []
    loose = [element.text or ""]

    def flush() -> None:
        lines = [" ".join(line.split()) for line in "".join(loose).split(_BREAK)]
        if paragraph := "\n".join(line for line in lines if line):
            blocks.append(paragraph)
        loose.clear()

    for child in element:
        if names is _PAGE_BLOCKS and child.tag in names:
            flush()
            blocks += _blocks(child, names)
        elif child.tag in names or (child.tag == "code" and element.tag not in ("p", "item", "cell", "head")):
            flush()
            blocks += _block(child)
        else:
            loose.append(_inline(child))
        loose.append(child.tail or "")
    flush()
    return blocks


def _block(element: Any) -> list[str]:
    if element.tag == "list":
        block = "\n".join(_items(element, ""))
    elif element.tag == "table":
        rows = (" | ".join(_cell(cell) for cell in row.iter("cell")) for row in element.iter("row"))
        block = "\n".join(row for row in rows if row.strip(" |"))
    elif element.tag == "code":
        block = _inline(element).replace(_BREAK, "\n").strip("\n")
    else:
        return _blocks(element)
    return [block] if block.strip() else []


def _items(element: Any, indent: str) -> list[str]:
    lines: list[str] = []
    for item in element.iterchildren("item", "list"):
        if item.tag == "list":
            lines += _items(item, indent + "  ")
            continue
        own = " ".join(" ".join(_blocks(_without_lists(item))).split())
        if own:
            lines.append(f"{indent}- {own}")
        for nested in item.iterchildren("list"):
            lines += _items(nested, indent + "  ")
    return lines


def _without_lists(item: Any) -> Any:
    from copy import deepcopy

    bare = deepcopy(item)
    bare.tail = None
    for nested in list(bare.iterchildren("list")):
        nested.clear(keep_tail=True)
    return bare


def _cell(cell: Any) -> str:
    return " ".join(" ".join(_blocks(cell)).split())


def _inline(element: Any) -> str:
    if element.tag in ("lb", "br"):
        return _BREAK
    parts = [element.text or ""]
    for child in element:
        parts += (_inline(child), child.tail or "")
    return "".join(parts)
