"""Feeds that are followed: asked when they are due, politely, and what they list made into articles."""

from articleqa.feeds.feeds import Feeds

__all__ = ["Feeds"]
