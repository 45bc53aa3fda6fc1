"""Words that go with numbers."""

from __future__ import annotations


def plural(count: int, noun: str) -> str:
    """``1 article``, ``2 articles``, ``12,000 characters``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
