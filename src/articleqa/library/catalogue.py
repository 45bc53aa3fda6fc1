"""The list of articles: which there are, in which order, and what is known of them without their texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from articleqa.library.conditions import CURRENT, article_condition, matching_condition, ordering
from articleqa.library.near_copies import NearCopies
from articleqa.library.records import RECORD_COLUMNS, record_of
from articleqa.types import ArticleNotFound, ArticleRecord, Filters, Order, SourceCount

_LAST_ROW = 2**63 - 1


class Catalogue(NearCopies):
    """What one unchanging view of the library says about its articles."""

    def article_count(self, filters: Filters | None = None, *, matching: str | None = None) -> int:
        """How many articles pass ``filters`` and hold the words of ``matching``.

        Raises:
            InvalidInput: if ``matching`` is no text, or too long.
        """
        where, bindings = _condition(filters, matching)
        return int(self._one(f"SELECT count(*) FROM articles a JOIN {CURRENT} WHERE {where}", bindings))

    def records(
        self,
        filters: Filters | None = None,
        *,
        matching: str | None = None,
        order: Order = Order.ARRIVAL,
        descending: bool = False,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[ArticleRecord]:
        """Articles, newest revision each; ``matching`` are words that all occur in what is known of an article.

        Raises:
            InvalidInput: if ``matching`` is no text or too long, or ``order`` is no :class:`Order`.
        """
        where, bindings = _condition(filters, matching)
        most = _LAST_ROW if limit is None else min(limit, _LAST_ROW)
        # What costs more than a look at the row is worked out for those that are shown, and for no others.
        rows = self._rows(
            f"SELECT a.number FROM articles a JOIN {CURRENT} WHERE {where} "
            f"ORDER BY {ordering(order, descending=descending)} LIMIT ? OFFSET ?",
            (*bindings, most, min(offset, _LAST_ROW)),
        )
        return self._records([int(row[0]) for row in rows])

    def newest(self, *, limit: int, filters: Filters | None = None) -> list[ArticleRecord]:
        """The articles that changed last, newest first."""
        return self.records(filters, order=Order.CHANGED, descending=True, limit=limit)

    def record(self, article_id: str) -> ArticleRecord:
        """One article by its id.

        Raises:
            ArticleNotFound: if there is none.
        """
        row = self._row("SELECT number FROM articles WHERE id = ?", (article_id,))
        if row is None:
            raise ArticleNotFound(f"there is no article {article_id!r}: `articleqa list` shows those there are")
        (record,) = self._records([int(row[0])])
        return record

    def sources(self, filters: Filters | None = None) -> list[SourceCount]:
        """The outlets of the articles that pass ``filters``: that with the most articles first, then by name."""
        where, bindings = article_condition(filters)
        rows = self._rows(
            "SELECT r.source, count(*) AS articles, min(r.published), max(r.published) "
            f"FROM articles a JOIN {CURRENT} WHERE r.source IS NOT NULL AND {where} "
            "GROUP BY r.source ORDER BY articles DESC, folded(r.source), r.source",
            bindings,
        )
        return [SourceCount(*row) for row in rows]

    def _records(self, numbers: Sequence[int]) -> list[ArticleRecord]:
        """The articles of those rows, in their order."""
        rows = self._rows(
            f"SELECT {RECORD_COLUMNS} FROM json_each(?) chosen CROSS JOIN articles a ON a.number = chosen.value "
            f"JOIN {CURRENT} JOIN texts t ON t.id = r.text ORDER BY chosen.key",
            (json.dumps(numbers),),
        )
        texts = {int(row[13]) for row in rows}
        copies, near = self._copies(texts), self.near_copies(texts)
        return [
            record_of(
                row,
                (
                    *(other for other in copies[row[13]] if other != row[0]),
                    *(other for _, other in near[row[13]]),
                ),
            )
            for row in rows
        ]

    def _copies(self, text_ids: Iterable[int]) -> dict[int, list[str]]:
        """Ids of the articles that carry each text."""
        copies: dict[int, list[str]] = {text_id: [] for text_id in text_ids}
        for text_id, article_id in self._rows(
            f"SELECT r.text, a.id FROM articles a JOIN {CURRENT} "
            "WHERE r.text IN (SELECT value FROM json_each(?)) ORDER BY a.number",
            (json.dumps(list(copies)),),
        ):
            copies[text_id].append(article_id)
        return copies


def _condition(filters: Filters | None, matching: str | None) -> tuple[str, tuple[str | int, ...]]:
    where, bindings = article_condition(filters)
    words, more = matching_condition(matching)
    return f"{where} AND {words}", (*bindings, *more)
