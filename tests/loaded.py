"""Short ways to load one source in a test."""

from __future__ import annotations

import os

from articleqa.loading import Limits, load
from articleqa.types import Article, LoadingError

Source = str | os.PathLike[str] | Article


def articles(source: Source, *, limits: Limits | None = None) -> list[Article]:
    """The articles of a source that has nothing wrong with it."""
    results = list(load(source, limits=limits or Limits()))
    assert not [result for result in results if isinstance(result, LoadingError)], results
    return [result for result in results if isinstance(result, Article)]


def article(source: Source, *, limits: Limits | None = None) -> Article:
    """The one article of a source."""
    (only,) = articles(source, limits=limits)
    return only


def refusal(source: Source, *, limits: Limits | None = None) -> LoadingError:
    """The one error of a source that yields nothing else. Its reason is one line."""
    (only,) = list(load(source, limits=limits or Limits()))
    assert isinstance(only, LoadingError), only
    assert only.reason
    assert "\n" not in only.reason
    return only
