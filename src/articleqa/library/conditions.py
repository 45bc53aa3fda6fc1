"""Pieces of SQL over the tables ``a`` (articles), ``r`` (revisions) and ``t`` (texts)."""

from __future__ import annotations

import json
from typing import Any

from articleqa.types import Filters

# Joins each article to its current revision.
CURRENT = "revisions r ON r.article = a.number AND r.revision = a.revision"
# The title in front of a text's passages: the one they have, while an article has it, else that of the first article.
INDEXING_TITLE = f"""coalesce(
    (SELECT r.title FROM articles a JOIN {CURRENT} WHERE r.text = t.id AND r.title = t.title LIMIT 1),
    (SELECT r.title FROM articles a JOIN {CURRENT} WHERE r.text = t.id ORDER BY a.number LIMIT 1))"""


def article_condition(filters: Filters | None) -> tuple[str, tuple[Any, ...]]:
    """``filters`` as a condition on articles and their current revisions, with its bindings."""
    conditions: list[str] = []
    bindings: list[Any] = []
    if filters is not None:
        if filters.sources is not None:
            conditions.append("r.source IN (SELECT value FROM json_each(?))")
            bindings.append(json.dumps(filters.sources))
        if filters.article_ids is not None:
            conditions.append("a.id IN (SELECT value FROM json_each(?))")
            bindings.append(json.dumps(filters.article_ids))
        for bound, comparison in ((filters.after, ">="), (filters.before, "<=")):
            if bound is not None:
                # A day and a moment are compared as days: both ends are inclusive.
                conditions.append(
                    f"coalesce(substr(r.published, 1, length(?)) {comparison} substr(?, 1, length(r.published)), ?)"
                )
                bindings.extend((str(bound), str(bound), filters.undated))
    return " AND ".join(conditions) or "1", tuple(bindings)
