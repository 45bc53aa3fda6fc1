"""Words: what a question asks of a generation's full-text index, and what that finds."""

from __future__ import annotations

import math

import apsw

from articleqa.library.conditions import CURRENT, article_condition
from articleqa.library.generations import Generations, fts_table
from articleqa.library.lexical import (
    COMMON_FLOOR,
    COMMON_SHARE,
    LexicalQuery,
    phrase,
    question_terms,
    stems,
)
from articleqa.types import Filters

# A title that says what is asked for is worth more than one mention in the text.
TITLE_WEIGHT = 1.0
# So many of its own words are enough to recognise a passage.
_OWN_TERMS = 12


class Words(Generations):
    """Searching for words within one unchanging view of the library."""

    def lexical_query(self, generation: int, question: str) -> LexicalQuery:
        """``question`` as terms with their weights; terms that say little are not searched for while others remain."""
        total = max(1, self.passage_count(generation))
        weights: dict[str, float] = {}
        frequencies: dict[str, int] = {}
        for term in question_terms(question):
            counts = {stem: self._frequency(generation, stem) for stem in stems(term)}
            frequencies[term] = max(counts.values(), default=0)
            for stem, count in counts.items():
                weights[stem] = math.log(1 + (total - count + 0.5) / (count + 0.5))
        known = [term for term, count in frequencies.items() if count]
        telling = [term for term in known if frequencies[term] <= max(COMMON_FLOOR, COMMON_SHARE * total)]
        return LexicalQuery(" OR ".join(phrase(term) for term in telling or known), weights)

    def lexical_search(
        self, generation: int, query: LexicalQuery, *, limit: int, filters: Filters | None = None
    ) -> list[tuple[int, float]]:
        """``(passage id, BM25 score)``, best first; a higher score is better."""
        if not query.expression:
            return []
        table = fts_table(generation)
        condition, bindings = "", ()
        if filters:
            where, bindings = article_condition(filters)
            # The unary plus keeps SQLite from looking each allowed row up in the full-text index.
            condition = (
                "AND +rowid IN (SELECT id FROM passages WHERE text IN "
                f"(SELECT r.text FROM articles a JOIN {CURRENT} WHERE {where}))"
            )
        rows = self._rows(
            f"SELECT rowid, -bm25({table}, {TITLE_WEIGHT}, 1.0) AS score FROM {table} "
            f"WHERE {table} MATCH ? {condition} ORDER BY score DESC, rowid LIMIT ?",
            (query.expression, *bindings, limit),
        )
        return [(int(row[0]), float(row[1])) for row in rows]

    def finds_by_words(self, generation: int, passage_id: int, text: str) -> bool:
        """Whether a passage is found by the words of ``text``, its own; one without any need not be."""
        terms = [term for term in question_terms(text)[:_OWN_TERMS] if stems(term)]
        if not terms:
            return True
        table = fts_table(generation)
        expression = " AND ".join(phrase(term) for term in terms)
        try:
            rows = self._rows(f"SELECT 1 FROM {table} WHERE {table} MATCH ? AND rowid = ?", (expression, passage_id))
        except apsw.CorruptError:
            return False
        return bool(rows)

    def _frequency(self, generation: int, stem: str) -> int:
        """In how many passages a stem occurs."""
        table = fts_table(generation)
        self._rows(f"CREATE VIRTUAL TABLE IF NOT EXISTS temp.{table}_words USING fts5vocab(main, {table}, row)")
        row = self._row(f"SELECT doc FROM temp.{table}_words WHERE term = ?", (stem,))
        return int(row[0]) if row else 0
