"""Feeds: RSS 0.9x, 1.0 and 2.0, Atom, JSON Feed. What they list, and the articles that their entries lead to."""

from articleqa.loading.feed.entries import Feed, FeedEntry
from articleqa.loading.feed.fetching import FeedAnswer, feed_address, fetch_feed, load_entry, text_article
from articleqa.loading.feed.reading import read_feed

__all__ = ["Feed", "FeedAnswer", "FeedEntry", "feed_address", "fetch_feed", "load_entry", "read_feed", "text_article"]
