"""JSON Feed, https://www.jsonfeed.org/version/1.1/."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from articleqa.loading.cleaning import one_line
from articleqa.loading.feed.dates import feed_date
from articleqa.loading.feed.entries import Feed, FeedEntry, absolute, distinct, entry_of, paragraphs
from articleqa.loading.raw import Raw


def read_json_feed(text: str, raw: Raw) -> Feed:
    """The feed in ``text``.

    Raises:
        LoadingError: if it is not JSON, or not a JSON Feed.
    """
    try:
        feed = json.loads(text, strict=False)
    except (ValueError, RecursionError) as error:
        raise raw.refused("is not JSON that can be read, or is cut off; try again later") from error
    items = feed.get("items")
    if not isinstance(items, list):
        raise raw.refused("is not a feed: it is JSON without a list of items")
    author = _authors(feed)
    entries = (_entry(item, author, raw.url or "") for item in items if isinstance(item, dict))
    return Feed(title=one_line(_string(feed, "title")), entries=distinct(entries))


def _entry(item: dict[str, Any], author: str | None, base: str) -> FeedEntry | None:
    name = _string(item, "id")
    links = (absolute(_string(item, key), base) for key in ("url", "external_url"))
    by_id = absolute(name, base) if name and name.startswith(("http://", "https://")) else None
    return entry_of(
        id=name,
        link=next((link for link in links if link), by_id),
        title=_string(item, "title"),
        author=_authors(item) or author,
        published=feed_date(_string(item, "date_published")),
        updated=feed_date(_string(item, "date_modified")),
        content=_string(item, "content_html") or paragraphs(_string(item, "content_text") or ""),
        summary=paragraphs(_string(item, "summary") or ""),
    )


def _authors(item: Mapping[str, Any]) -> str | None:
    """The names of version 1.1, a list, and of version 1, one object."""
    listed = item.get("authors")
    authors = listed if isinstance(listed, list) else [item.get("author")]
    names = (_string(author, "name") for author in authors if isinstance(author, dict))
    return "; ".join(name for name in names if name) or None


def _string(item: Mapping[str, Any], key: str) -> str | None:
    """A value that is text, or a number in its place, as some write ids."""
    value = item.get(key)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return value.strip() or None if isinstance(value, str) else None
