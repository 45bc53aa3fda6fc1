"""Feeds to be served and read in tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

LONG = (
    "The ferry to the island stops for the winter, the port said on Monday. Passengers will be taken by bus to the "
    "bridge at Ostrava instead, twice a day, and tickets that were sold already are good for both. The crew of eleven "
    "will repair the landing stage until March, which was damaged in the storm of last year and never mended since."
)


def rss(*items: str, title: str = "The Courier", version: str = "2.0") -> bytes:
    """RSS with these items."""
    spaces = (
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:atom="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/" '
        'xmlns:feedburner="http://rssnamespace.org/feedburner/ext/1.0" xmlns:dcterms="http://purl.org/dc/terms/"'
    )
    head = f'<?xml version="1.0" encoding="utf-8"?>\n<rss version="{version}" {spaces}><channel>'
    return f"{head}<title>{escape(title)}</title>{''.join(items)}</channel></rss>".encode()


def item(**fields: str) -> str:
    """An item of RSS; ``dc__date`` is ``dc:date``. Values are text, escaped here."""
    inner = (f"<{name.replace('__', ':')}>{escape(text)}</{name.replace('__', ':')}>" for name, text in fields.items())
    return f"<item>{''.join(inner)}</item>"


def atom(*entries: str, head: str = "<title>The Wire</title>", attributes: str = "") -> bytes:
    """Atom with these entries."""
    start = f'<feed xmlns="http://www.w3.org/2005/Atom" {attributes}>'
    return f"{start}{head}{''.join(f'<entry>{entry}</entry>' for entry in entries)}</feed>".encode()


def json_feed(*items: Mapping[str, Any], **fields: Any) -> bytes:
    """JSON Feed with these items."""
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "The Notes", **fields, "items": items}
    return json.dumps(feed).encode()


def page(title: str | None, *, text: str = LONG, head: str = "") -> bytes:
    """A web page with an article."""
    heading = "" if title is None else f"<h1>{title}</h1>"
    named = "" if title is None else f"<title>{title}</title>"
    body = f"<article>{heading}<p>{text}</p></article>"
    return f"<!doctype html><html lang=en><head>{named}{head}</head><body>{body}</body></html>".encode()
