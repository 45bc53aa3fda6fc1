"""Feeds and the pages of their entries, fetched with the same care as any page."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from articleqa.loading.address import checked, page_name, shown, site_name
from articleqa.loading.cleaning import finished, readable_name
from articleqa.loading.feed.entries import Feed, FeedEntry
from articleqa.loading.feed.reading import read_feed
from articleqa.loading.limits import Limits
from articleqa.loading.raw import Raw
from articleqa.loading.sources import article_of
from articleqa.loading.web import ask, body, charset, fetch, refused
from articleqa.types import Article, InvalidInput, LoadingError

if TYPE_CHECKING:
    import httpx

_HEADERS = {
    "User-Agent": "articleqa",
    "Accept": "application/rss+xml,application/atom+xml,application/feed+json,application/rdf+xml,"
    "application/xml;q=0.9,text/xml;q=0.9,application/json;q=0.8,*/*;q=0.1",
    "Accept-Encoding": "gzip, deflate",
}
_VALIDATOR = re.compile(r"[ -~]{1,500}")
# Bytes of UTF-8 rather than letters: what takes three hundred in English takes a hundred letters in Chinese.
_SHORTEST_TEXT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedAnswer:
    """What the address of a feed answered.

    ``feed`` is None where nothing has changed. ``address`` is where it has moved for good, or was asked. ``etag`` and
    ``last_modified`` are to be shown when it is asked again; a feed that was not read to its end has none.
    """

    address: str
    feed: Feed | None
    etag: str | None = None
    last_modified: str | None = None


def feed_address(url: str) -> str:
    """``url`` in the one spelling that a feed is known by.

    Raises:
        InvalidInput: if it cannot be fetched.
    """
    try:
        return checked(url)
    except InvalidInput as error:
        raise InvalidInput(f"the feed {shown(url)!r} {error}") from error


def fetch_feed(
    address: str, *, limits: Limits, etag: str | None = None, last_modified: str | None = None
) -> FeedAnswer:
    """Ask for a feed, and say what was last read of it.

    Raises:
        FetchError: naming ``address``, if it does not answer.
        LoadingError: if it answers with something else than a feed.
    """
    conditions = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    known = {name: value for name, value in conditions.items() if value}

    def read(url: str, permanent: str, response: httpx.Response) -> tuple[str, Raw | None, str | None, str | None]:
        validators = [_validator(response.headers.get(name)) for name in ("ETag", "Last-Modified")]
        if response.status_code == 304 and known:
            return permanent, None, validators[0] or etag, validators[1] or last_modified
        if not 200 <= response.status_code < 300:
            raise refused(url, response)
        stated = charset(response.headers.get("Content-Type", ""))
        raw = Raw(content=body(url, response, limits), origin=address, name=page_name(url), url=url, charset=stated)
        return permanent, raw, validators[0], validators[1]

    moved_to, raw, new_etag, new_date = ask(address, limits, headers={**_HEADERS, **known}, read=read)
    feed = None if raw is None else read_feed(raw)
    if feed is not None and not feed.whole:
        new_etag = new_date = None
    return FeedAnswer(address=moved_to, feed=feed, etag=new_etag, last_modified=new_date)


def load_entry(entry: FeedEntry, *, limits: Limits) -> Article:
    """The article on the page of an entry; what the page does not say of it is filled from the entry.

    Raises:
        LoadingError: if the page cannot be fetched (then a :class:`FetchError`), or holds no article.
    """
    if entry.link is None:
        raise LoadingError(entry.id, "has no link")
    page = fetch(entry.link, limits)
    try:
        article = article_of(page.raw, page.suffix, limits)
    except LoadingError as error:
        raise LoadingError(entry.link, error.reason) from error
    is_untitled = article.title in (readable_name(page.raw.name), "Untitled")
    return replace(
        article,
        title=(entry.title if is_untitled else None) or article.title,
        author=article.author or entry.author,
        published=article.published or entry.published,
    )


def text_article(entry: FeedEntry, *, feed_url: str, feed_title: str | None) -> Article:
    """The article that the feed's own text is, where that of the page cannot be had.

    Raises:
        LoadingError: if there is too little of it to be one.
    """
    text = entry.text
    origin = entry.link or f"{feed_url}#{entry.id}"
    if len(text.encode()) < _SHORTEST_TEXT:
        raise LoadingError(origin, "the feed's own text is too short to be an article")
    article = Article(
        title=entry.title or "",
        text=text,
        origin=origin,
        url=entry.link,
        source=feed_title or site_name(feed_url),  # it is the feed that says so, wherever its link leads
        author=entry.author,
        published=entry.published,
    )
    return finished(article, where=origin)


def _validator(value: str | None) -> str | None:
    """What can be shown as a header again."""
    return value if value and _VALIDATOR.fullmatch(value) else None
