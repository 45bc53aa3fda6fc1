"""Pieces of SQL over the tables ``a`` (articles), ``r`` (revisions) and ``t`` (texts)."""

from __future__ import annotations

import json
from typing import Any

from articleqa.library.folding import folded
from articleqa.types import Filters, InvalidInput, Order

LONGEST_MATCHING = 1000

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


def matching_condition(matching: object) -> tuple[str, tuple[str, ...]]:
    """``matching`` as a condition that every word of it occurs in what is known of an article, with its bindings.

    Raises:
        InvalidInput: if ``matching`` is no text, or longer than ``LONGEST_MATCHING``.
    """
    if matching is None:
        return "1", ()
    if not isinstance(matching, str):
        raise InvalidInput(f"matching is of type {type(matching).__name__}: give the words to look for as one string")
    if len(matching) > LONGEST_MATCHING:
        raise InvalidInput(f"matching has {len(matching)} characters: {LONGEST_MATCHING} are the most")
    # A half of a character, which no text can hold, is found nowhere.
    words = tuple(folded(matching.encode(errors="backslashreplace").decode()).split())
    return " AND ".join(["instr(a.folded, ?)"] * len(words)) or "1", words


def ordering(order: Order, *, descending: bool) -> str:
    """``order`` as what stands behind ``ORDER BY``. See :class:`Order` for what comes last, and for ties.

    Raises:
        InvalidInput: if ``order`` is none.
    """
    try:
        chosen = Order(order)
    except ValueError as error:
        raise InvalidInput(f"order={order!r} is none: choose {', '.join(Order)}") from error
    direction = "DESC" if descending else "ASC"
    match chosen:
        case Order.ARRIVAL:
            return f"a.number {direction}"
        case Order.CHANGED:
            return f"r.added {direction}, a.number {direction}"
        case Order.PUBLISHED:
            return f"r.published {direction} NULLS LAST, a.number"
        case Order.SOURCE:
            return f"folded(r.source) {direction} NULLS LAST, a.number"
        case Order.TITLE:
            # The title is the first line of what was folded when the article came: nothing has to be folded again.
            return f"substr(a.folded, 1, instr(a.folded, char(10)) - 1) {direction}, a.number"
