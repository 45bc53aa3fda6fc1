"""All that fills a library, under one name."""

from __future__ import annotations

from articleqa.ingest.adding import Adding
from articleqa.ingest.rebuilding import Rebuilding


class Ingest(Adding, Rebuilding):
    """The only way in which a library changes."""
