"""Writing: everything that changes the library, within one transaction."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import apsw

from articleqa.library.changes import Changes, now
from articleqa.library.conditions import CURRENT
from articleqa.library.files import FileWriter
from articleqa.library.generations import fts_table
from articleqa.library.lexical import indexed
from articleqa.library.near_copies import NearCopyWriter
from articleqa.library.snapshot import text_digest
from articleqa.library.stored_vectors import vector_digest
from articleqa.library.subscriptions import FeedWriter
from articleqa.library.texts import TextCache
from articleqa.types import Article, InvalidInput

# Texts from before texts were compared that are, with each text that comes in.
COMPARED_BESIDE = 4
# Far more than anybody reaches, and far from where SQLite's integers end.
LAST_REVISION = 1_000_000_000


class Stored(StrEnum):
    """What became of one article."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    COPY = "copy"


@dataclass(frozen=True, slots=True)
class NewPassage:
    """A passage to store: its span, the digest of what the encoder read, and the vector as float32 bytes."""

    start: int
    end: int
    input: bytes
    vector: bytes


def article_id(origin: str) -> str:
    """The id of an article that came without one: short, stable, safe in a URL and a shell."""
    return hashlib.blake2b(origin.encode(), digest_size=8).hexdigest()


def check_revision(article: Article) -> None:
    """Make sure that an article names no revision, or one that the library can count on from.

    Raises:
        InvalidInput: if it names another.
    """
    revision: object = article.revision
    if revision is None:
        return
    if not isinstance(revision, int) or isinstance(revision, bool) or not 1 <= revision <= LAST_REVISION:
        raise InvalidInput(f"an article's revision is None or a whole number from 1 to {LAST_REVISION}")


class Writer(Changes, FeedWriter, FileWriter, NearCopyWriter):
    """A snapshot that can be changed. Obtained from :meth:`Library.writing`."""

    def __init__(self, connection: apsw.Connection, texts: TextCache) -> None:
        super().__init__(connection, texts)
        self._retitled: set[int] = set()

    def put(self, article: Article, passages: Sequence[NewPassage], generation: int) -> Stored:
        """Store an article with the passages of its text.

        ``article`` has an id and an origin. ``passages`` is not used where the text is stored already and is sound.
        An article that is not there begins with the revision that it names, so that one that was removed can come
        back as it was cited; for one that is there, revisions are counted on.

        Raises:
            InvalidInput: if it names a revision that cannot be one.
        """
        check_revision(article)
        digest = text_digest(article.text)
        text_id = self.text_row(digest)
        if text_id is not None and not self.holds(text_id, article.text):
            self._mend_text(text_id, article.text)
            self.put_passages(text_id, article.title, passages, generation)
        current = self._row(
            """SELECT a.number, a.revision, a.origin, r.text, t.digest, r.title, r.url, r.source, r.author, r.published,
                r.language, r.pages FROM articles a
                JOIN revisions r ON r.article = a.number AND r.revision = a.revision
                JOIN texts t ON t.id = r.text WHERE a.id = ?""",
            (article.id,),
        )
        pages = json.dumps(article.pages)
        metadata = (
            article.title,
            article.url,
            article.source,
            article.author,
            article.published,
            article.language,
            pages,
        )
        if (
            current is not None
            and current[4] == digest
            and tuple(current[5:]) == metadata
            and current[2] == article.origin
        ):
            return Stored.UNCHANGED
        self._changed()
        if current is not None and current[5] != article.title:
            self._retitled.add(int(current[3]))
        if current is not None and current[4] == digest:
            # The text stands: its revision does, too.
            self._run("UPDATE articles SET origin = ? WHERE number = ?", (article.origin, current[0]))
            self._run(
                "UPDATE revisions SET title = ?, url = ?, source = ?, author = ?, published = ?, language = ?, "
                "pages = ?, added = ? WHERE article = ? AND revision = ?",
                (*metadata, now(), current[0], current[1]),
            )
            self._fold(int(current[0]))
            return Stored.UPDATED
        known = text_id is not None and self._in_use(text_id)
        if text_id is None:
            self._run(
                "INSERT INTO texts (digest, characters, text, title) VALUES (?, ?, ?, ?)",
                (digest, len(article.text), article.text, article.title),
            )
            text_id = self._connection.last_insert_rowid()
            for row in (text_id, *self.uncompared(COMPARED_BESIDE)):
                self.compare(row, self.text(row), read=self.text)
        if not self.has_passages(text_id, generation):
            self.put_passages(text_id, article.title, passages, generation)
        if current is None:
            revision = article.revision or 1
            self._run(
                "INSERT INTO articles (id, origin, revision) VALUES (?, ?, ?)", (article.id, article.origin, revision)
            )
            number = self._connection.last_insert_rowid()
        else:
            number, revision = int(current[0]), int(current[1]) + 1
            self._run(
                "UPDATE articles SET origin = ?, revision = ? WHERE number = ?", (article.origin, revision, number)
            )
        self._run(
            "INSERT INTO revisions (article, revision, text, title, url, source, author, published, language, pages, "
            "added) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, revision, text_id, *metadata, now()),
        )
        self._fold(number)
        if current is not None:
            self._release_passages(int(current[3]))
            self._retitled.add(int(current[3]))
            return Stored.UPDATED
        return Stored.COPY if known else Stored.ADDED

    def put_passages(self, text_id: int, title: str, passages: Sequence[NewPassage], generation: int) -> None:
        """Index a text in a generation, under ``title``, in place of what was there.

        Where the title is another than before, the text goes out of every other generation.
        """
        if self.indexed_title(text_id) in (title, None):
            self._drop_passages(text_id, generation)
        else:
            self._drop_passages(text_id)
            self._retitled.add(text_id)
        self._run("UPDATE texts SET title = ? WHERE id = ? AND title <> ?", (title, text_id, title))
        text = self.text(text_id)
        for passage in passages:
            self._run(
                'INSERT INTO passages (generation, text, start, "end", input) VALUES (?, ?, ?, ?, ?)',
                (generation, text_id, passage.start, passage.end, passage.input),
            )
            number = self._connection.last_insert_rowid()
            self._run(
                "INSERT INTO vectors (passage, vector, digest) VALUES (?, ?, ?)",
                (number, passage.vector, vector_digest(passage.vector)),
            )
            self._index_words(generation, number, title, text[passage.start : passage.end])
        if self.is_uncompared(text_id):
            self.compare(text_id, text, read=self.text)
        self._changed()

    def remove(self, article: str) -> None:
        """Remove an article with every revision of it, and every text that no other article carries.

        Raises:
            ArticleNotFound: if there is none.
        """
        self.record(article)
        number = int(self._one("SELECT number FROM articles WHERE id = ?", (article,)))
        texts = [int(row[0]) for row in self._rows("SELECT text FROM revisions WHERE article = ?", (number,))]
        self._run("DELETE FROM articles WHERE number = ?", (number,))
        for text_id in texts:
            self._release_passages(text_id)
            self._release_text(text_id)
        self._retitled.update(texts)
        self._changed()

    def settle(self, *texts: int) -> None:
        """Keep in mind which of the texts whose titles this transaction touched, and of ``texts``, have a stale one.

        It belongs to the transaction: whoever comes after a crash knows what is left to do.
        """
        for text_id in sorted({*self._retitled, *texts}):
            if self.stale_title(text_id) is None:
                self._run("DELETE FROM stale_titles WHERE text = ?", (text_id,))
            else:
                self._run("INSERT OR IGNORE INTO stale_titles VALUES (?)", (text_id,))
        self._retitled.clear()

    def prune_revisions(self) -> int:
        """Drop every revision that is not the current one; how many there were."""
        stale = (
            "SELECT r.article, r.revision, r.text FROM revisions r JOIN articles a ON a.number = r.article "
            "WHERE r.revision <> a.revision"
        )
        rows = self._rows(stale)
        for number, revision, text_id in rows:
            self._run("DELETE FROM revisions WHERE article = ? AND revision = ?", (number, revision))
            self._release_text(int(text_id))
        if rows:
            self._changed()
        return len(rows)

    def _fold(self, number: int) -> None:
        """Keep what an article is found by in a list."""
        self._run(
            "UPDATE articles SET folded = ("
            "SELECT folded(concat_ws(char(10), r.title, r.source, r.author, a.origin, r.url)) "
            f"FROM articles a JOIN {CURRENT} WHERE a.number = articles.number) WHERE number = ?",
            (number,),
        )

    def _in_use(self, text_id: int) -> bool:
        return (
            self._row(
                "SELECT 1 FROM revisions r JOIN articles a ON a.number = r.article AND a.revision = r.revision "
                "WHERE r.text = ? LIMIT 1",
                (text_id,),
            )
            is not None
        )

    def _release_passages(self, text_id: int) -> None:
        """Take a text out of the index when no article carries it any more."""
        if not self._in_use(text_id):
            self._drop_passages(text_id)

    def _release_text(self, text_id: int) -> None:
        if self._row("SELECT 1 FROM revisions WHERE text = ? LIMIT 1", (text_id,)) is None:
            self.forget_comparison(text_id)
            self._run("DELETE FROM texts WHERE id = ?", (text_id,))
            self.texts_went = True

    def _mend_text(self, text_id: int, text: str) -> None:
        """Put ``text`` in the place of what is damaged, and take out of the index what was cut from that."""
        self._changed()
        self._drop_passages(text_id)
        self._run("UPDATE texts SET text = ? WHERE id = ?", (text, text_id))
        self._texts.clear()
        self.texts_went = True
        self.compare(text_id, text, read=self.text)

    def _drop_passages(self, text_id: int, generation: int | None = None) -> None:
        """Take a text out of the index of a generation, or of all of them."""
        rows = self._rows(
            'SELECT id, generation, start, "end" FROM passages WHERE text = ? AND generation = coalesce(?, generation)',
            (text_id, generation),
        )
        if not rows:
            return
        self._changed()
        change = self.change
        title = self._one("SELECT title FROM texts WHERE id = ?", (text_id,))
        text = self.text(text_id)
        sound = self.is_sound(text_id, text)
        worded = {where for where in {int(row[1]) for row in rows} if self.has_words(where)}
        for number, where, start, end in rows:
            table = fts_table(where)
            if sound and where in worded:
                # The index keeps no text: what is taken out has to be said again, word for word.
                self._run(
                    f"INSERT INTO {table} ({table}, rowid, title, body) VALUES ('delete', ?, ?, ?)",
                    (number, indexed(title), indexed(text[start:end])),
                )
            self._run("INSERT INTO removed_passages (change, passage) VALUES (?, ?)", (change, number))
            self._run("DELETE FROM passages WHERE id = ?", (number,))
        if not sound:
            for where in worded:
                self._index_words_again(where)

    def _index_words_again(self, generation: int) -> None:
        """Make a full-text index from nothing: what to take out of it is not known any more."""
        table = fts_table(generation)
        self._run(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")
        for number, text_id, title, start, end in self._rows(
            'SELECT p.id, t.id, t.title, p.start, p."end" FROM passages p JOIN texts t ON t.id = p.text '
            "WHERE p.generation = ? ORDER BY p.text, p.id",
            (generation,),
        ):
            self._index_words(generation, number, title, self.text(text_id)[start:end])

    def _index_words(self, generation: int, passage: int, title: str, body: str) -> None:
        self._run(
            f"INSERT INTO {fts_table(generation)} (rowid, title, body) VALUES (?, ?, ?)",
            (passage, indexed(title), indexed(body)),
        )
