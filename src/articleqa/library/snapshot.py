"""Reading: everything that one unchanging view of the library can say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple, cast

import apsw
import numpy as np

from articleqa.library.catalogue import Catalogue
from articleqa.library.conditions import CURRENT, INDEXING_TITLE, article_condition
from articleqa.library.files import FileShelf
from articleqa.library.records import RECORD_COLUMNS, FoundPassage, record_of
from articleqa.library.stored_vectors import Ids, StoredVectors
from articleqa.library.subscriptions import FeedShelf
from articleqa.library.texts import TextCache
from articleqa.library.words import Words
from articleqa.types import Article, ArticleNotFound, ArticleRecord, Filters, LibraryDamaged


class _Shown(NamedTuple):
    """The article that a text is shown under, and the others that have it."""

    record: ArticleRecord
    pages: tuple[int, ...]
    also_in: tuple[str, ...]
    near: tuple[tuple[int, str], ...]


class Snapshot(Catalogue, Words, StoredVectors, FeedShelf, FileShelf):
    """A view of the library within one transaction. Not for sharing between threads."""

    def __init__(self, connection: apsw.Connection, texts: TextCache) -> None:
        super().__init__(connection)
        self._texts = texts

    # State

    @property
    def change(self) -> int:
        """The number of the last change."""
        return int(self._one("SELECT max(number) FROM changes"))

    def token(self, change: int) -> bytes | None:
        """What tells the change of that number from one of the same number in another library; None if it is not known.

        A library that was put back from an older copy counts on from there, and so does one that was begun anew.
        """
        row = self._row("SELECT token FROM changes WHERE number = ?", (change,))
        return bytes(row[0]) if row else None

    def numbers_given(self) -> dict[str, int]:
        """The last number that was given out in each table, whose rows' numbers are never used again."""
        return {str(name): int(last) for name, last in self._rows("SELECT name, seq FROM sqlite_sequence")}

    # Articles

    def article(self, article_id: str, revision: int | None = None) -> Article:
        """One article, whole.

        Raises:
            ArticleNotFound: if it, or that revision of it, is not kept.
            LibraryDamaged: if its text is not what was stored.
        """
        row = self._row(
            """SELECT a.id, a.origin, r.revision, r.text, r.title, r.url, r.source, r.author, r.published, r.language,
                r.pages FROM articles a JOIN revisions r ON r.article = a.number
                WHERE a.id = ? AND r.revision = coalesce(?, a.revision)""",
            (article_id, revision),
        )
        if row is None:
            current = self.record(article_id).revision
            raise ArticleNotFound(f"revision {revision} of {article_id!r} is not kept; the current one is {current}")
        return Article(
            id=row[0],
            origin=row[1],
            revision=row[2],
            text=self.text(row[3], verify=True),
            title=row[4],
            url=row[5],
            source=row[6],
            author=row[7],
            published=row[8],
            language=row[9],
            pages=tuple(json.loads(row[10])),
        )

    def text(self, text_id: int, *, verify: bool = False) -> str:
        """A whole text by its row.

        Raises:
            LibraryDamaged: with ``verify``, if the text does not match its digest.
        """
        digest = bytes(self._one("SELECT digest FROM texts WHERE id = ?", (text_id,)))
        text = self._texts.get(digest)
        if verify and text is not None and text_digest(text) != digest:
            text = None  # another program may have mended it since
        if text is None:
            # What is no UTF-8 any more can be read all the same, and is found by its digest.
            text = bytes(self._one("SELECT CAST(text AS BLOB) FROM texts WHERE id = ?", (text_id,))).decode(
                errors="replace"
            )
            if verify and text_digest(text) != digest:
                raise LibraryDamaged("the stored text of an article is damaged: add the article again from its source")
            self._texts.put(digest, text)
        return text

    def is_sound(self, text_id: int, text: str) -> bool:
        """Whether ``text`` is what was stored in that row."""
        return bool(text_digest(text) == self._one("SELECT digest FROM texts WHERE id = ?", (text_id,)))

    def has_sound_text(self, text_id: int) -> bool:
        """Whether the text of that row is what was stored."""
        return self.is_sound(text_id, self.text(text_id))

    def holds(self, text_id: int, text: str) -> bool:
        """Whether what is stored in that row is ``text`` to the letter, and not damaged."""
        return bool(self._one("SELECT CAST(text AS BLOB) = ? FROM texts WHERE id = ?", (text.encode(), text_id)))

    def damaged_texts(self) -> list[str]:
        """Ids of articles whose stored text does not match its digest."""
        rows = self._connection.execute(
            f"SELECT a.id, CAST(t.text AS BLOB), t.digest FROM articles a JOIN {CURRENT} JOIN texts t ON t.id = r.text"
        )
        return [str(row[0]) for row in rows if hashlib.sha256(cast(bytes, row[1])).digest() != row[2]]

    def texts_to_index(self, generation: int) -> list[tuple[int, str]]:
        """Row and title of every text of a current revision that a generation lacks, or has under a stale title."""
        rows = self._rows(
            f"SELECT t.id, {INDEXING_TITLE} FROM texts t WHERE t.id IN (SELECT r.text FROM articles a JOIN {CURRENT}) "
            "AND (NOT EXISTS (SELECT 1 FROM passages p WHERE p.text = t.id AND p.generation = ?) "
            f"OR t.title <> {INDEXING_TITLE}) ORDER BY t.id",
            (generation,),
        )
        return [(int(row[0]), str(row[1])) for row in rows]

    def indexed_texts(self, generation: int) -> int:
        """How many texts a generation holds."""
        return int(self._one("SELECT count(DISTINCT text) FROM passages WHERE generation = ?", (generation,)))

    def indexed_title(self, text_id: int) -> str | None:
        """The title that a text is indexed under; None if no current revision carries the text."""
        row = self._row(
            "SELECT title FROM texts t WHERE t.id = ? AND EXISTS "
            f"(SELECT 1 FROM articles a JOIN {CURRENT} WHERE r.text = t.id)",
            (text_id,),
        )
        return str(row[0]) if row else None

    def stale_title(self, text_id: int) -> str | None:
        """The title that a text should be indexed under, where none of its articles has the one it is indexed under."""
        row = self._row(
            f"SELECT {INDEXING_TITLE} FROM texts t WHERE t.id = ? AND t.title <> {INDEXING_TITLE}", (text_id,)
        )
        return str(row[0]) if row else None

    def stale_titles(self) -> list[int]:
        """Rows of the texts that were left indexed under a title that none of their articles has any more."""
        return [int(row[0]) for row in self._rows("SELECT text FROM stale_titles ORDER BY text")]

    def text_row(self, digest: bytes) -> int | None:
        """The row of the text with this digest, if it is stored."""
        row = self._row("SELECT id FROM texts WHERE digest = ?", (digest,))
        return int(row[0]) if row else None

    def has_passages(self, text_id: int, generation: int) -> bool:
        """Whether a text has been cut and encoded in a generation."""
        return (
            self._row("SELECT 1 FROM passages WHERE text = ? AND generation = ? LIMIT 1", (text_id, generation))
            is not None
        )

    # Passages

    def passages(self, ids: Sequence[int], filters: Filters | None = None) -> dict[int, FoundPassage]:
        """Passages by id, each under the first of its articles that passes ``filters``; what is gone is left out."""
        rows = self._rows(
            'SELECT id, text, start, "end" FROM passages WHERE id IN (SELECT value FROM json_each(?))',
            (json.dumps([int(value) for value in ids]),),
        )
        shown = self._articles_of({int(row[1]) for row in rows}, filters)
        found = {}
        for passage_id, text_id, start, end in rows:
            if text_id not in shown:
                continue
            article = shown[text_id]
            found[passage_id] = FoundPassage(
                id=passage_id,
                text_id=text_id,
                start=start,
                end=end,
                text=self.text(text_id)[start:end],
                article=article.record,
                also_in=article.also_in,
                pages=article.pages,
                near=article.near,
            )
        return found

    def allowed_passages(self, generation: int, filters: Filters | None) -> Ids | None:
        """Ids of the passages that pass ``filters``, ascending; None where every passage does."""
        if not filters:
            return None
        where, bindings = article_condition(filters)
        rows = self._rows(
            "SELECT id FROM passages WHERE generation = ? AND text IN "
            f"(SELECT r.text FROM articles a JOIN {CURRENT} WHERE {where}) ORDER BY id",
            (generation, *bindings),
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64)

    # Rows

    def _articles_of(self, text_ids: set[int], filters: Filters | None) -> dict[int, _Shown]:
        where, bindings = article_condition(filters)
        rows = self._rows(
            f"SELECT {RECORD_COLUMNS} FROM articles a JOIN {CURRENT} JOIN texts t ON t.id = r.text "
            f"WHERE r.text IN (SELECT value FROM json_each(?)) AND {where} ORDER BY a.number",
            (json.dumps(sorted(text_ids)), *bindings),
        )
        copies, near = self._copies(text_ids), self.near_copies(text_ids)
        shown: dict[int, _Shown] = {}
        for row in rows:
            text_id = int(row[13])
            if text_id not in shown:
                also_in = tuple(other for other in copies[text_id] if other != row[0])
                record = record_of(row, (*also_in, *(other for _, other in near[text_id])))
                shown[text_id] = _Shown(record, tuple(json.loads(row[12])), also_in, tuple(near[text_id]))
        return shown


def text_digest(text: str) -> bytes:
    """What identifies a text, 32 bytes."""
    return hashlib.sha256(text.encode()).digest()
