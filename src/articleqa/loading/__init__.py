"""Files, folders, web pages and objects to articles.

Nothing here knows of passages, vectors or databases. One bad source is a :class:`~articleqa.types.LoadingError` in the
stream of articles, never the end of it.
"""

from articleqa.loading.limits import Limits
from articleqa.loading.sources import SUFFIXES, count, load

__all__ = ["SUFFIXES", "Limits", "count", "load"]
