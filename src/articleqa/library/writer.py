"""Writing: everything that changes the library, within one transaction."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from articleqa.library.lexical import TOKENIZER, indexed
from articleqa.library.snapshot import Generation, Snapshot, fts_table, vector_digest
from articleqa.types import Article


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


def text_digest(text: str) -> bytes:
    """What identifies a text, 32 bytes."""
    return hashlib.sha256(text.encode()).digest()


def article_id(origin: str) -> str:
    """The id of an article that came without one: short, stable, safe in a URL and a shell."""
    return hashlib.blake2b(origin.encode(), digest_size=8).hexdigest()


class Writer(Snapshot):
    """A snapshot that can be changed. Obtained from :meth:`Library.writing`."""

    def begin_generation(self, *, fingerprint: str, encoder: str, dimension: int, active: bool) -> Generation:
        """Make an empty generation."""
        self._run(
            "INSERT INTO generations (fingerprint, encoder, dimension, active, created) VALUES (?, ?, ?, ?, ?)",
            (fingerprint, encoder, dimension, int(active), _now()),
        )
        number = self._connection.last_insert_rowid()
        tokenizer = " ".join(TOKENIZER)
        self._run(
            f"CREATE VIRTUAL TABLE {fts_table(number)} USING fts5(title, body, content = '', contentless_delete = 1, "
            f"tokenize = '{tokenizer}')"
        )
        self._changed()
        return Generation(number, fingerprint, encoder, dimension)

    def activate(self, generation: int) -> None:
        """Let ``generation`` answer from now on, and drop every other."""
        self._run("UPDATE generations SET active = (id = ?)", (generation,))
        rows = self._rows("SELECT id FROM generations WHERE id <> ?", (generation,))
        for (other,) in rows:
            self.drop_generation(int(other))
        self._changed()

    def drop_generation(self, generation: int) -> None:
        """Remove a generation with its passages and vectors. Articles stay."""
        self._run("DELETE FROM passages WHERE generation = ?", (generation,))
        self._run(f"DROP TABLE IF EXISTS temp.{fts_table(generation)}_words")
        self._run(f"DROP TABLE IF EXISTS {fts_table(generation)}")
        self._run("DELETE FROM generations WHERE id = ?", (generation,))
        self._changed()

    def unfinished_generations(self) -> list[int]:
        """Generations that were begun and do not answer."""
        return [int(row[0]) for row in self._rows("SELECT id FROM generations WHERE NOT active")]

    def put(self, article: Article, passages: Sequence[NewPassage], generation: int) -> Stored:
        """Store an article with the passages of its text.

        ``article`` has an id and an origin. ``passages`` is not used where the text is stored already.
        """
        digest = text_digest(article.text)
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
        if current is not None and current[4] == digest:
            # The text stands: its revision does, too.
            self._run("UPDATE articles SET origin = ? WHERE number = ?", (article.origin, current[0]))
            self._run(
                "UPDATE revisions SET title = ?, url = ?, source = ?, author = ?, published = ?, language = ?, "
                "pages = ?, added = ? WHERE article = ? AND revision = ?",
                (*metadata, _now(), current[0], current[1]),
            )
            return Stored.UPDATED
        text_id = self.text_row(digest)
        known = text_id is not None and self._in_use(text_id)
        if text_id is None:
            self._run(
                "INSERT INTO texts (digest, characters, text, title) VALUES (?, ?, ?, ?)",
                (digest, len(article.text), article.text, article.title),
            )
            text_id = self._connection.last_insert_rowid()
        if not self.has_passages(text_id, generation):
            self.put_passages(text_id, article.title, passages, generation)
        if current is None:
            self._run("INSERT INTO articles (id, origin, revision) VALUES (?, ?, 1)", (article.id, article.origin))
            number, revision = self._connection.last_insert_rowid(), 1
        else:
            number, revision = int(current[0]), int(current[1]) + 1
            self._run(
                "UPDATE articles SET origin = ?, revision = ? WHERE number = ?", (article.origin, revision, number)
            )
        self._run(
            "INSERT INTO revisions (article, revision, text, title, url, source, author, published, language, pages, "
            "added) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (number, revision, text_id, *metadata, _now()),
        )
        if current is not None:
            self._release_passages(int(current[3]))
            return Stored.UPDATED
        return Stored.COPY if known else Stored.ADDED

    def put_passages(self, text_id: int, title: str, passages: Sequence[NewPassage], generation: int) -> None:
        """Index a text in a generation, under ``title``, in place of what was there."""
        self._drop_passages(text_id, generation)
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
            self._run(
                f"INSERT INTO {fts_table(generation)} (rowid, title, body) VALUES (?, ?, ?)",
                (number, indexed(title), indexed(text[passage.start : passage.end])),
            )
        self._changed()

    def replace_vector(self, passage_id: int, vector: bytes) -> None:
        """Put a sound vector in the place of a damaged one."""
        self._run(
            "INSERT OR REPLACE INTO vectors (passage, vector, digest) VALUES (?, ?, ?)",
            (passage_id, vector, vector_digest(vector)),
        )
        self._changed()

    def remove(self, article: str) -> list[int]:
        """Remove an article with every revision of it, and every text that no other article carries.

        Returns:
            Rows of the texts that other articles still carry.

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
        self._changed()
        return [text_id for text_id in texts if self._in_use(text_id)]

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
            for (generation,) in self._rows("SELECT id FROM generations"):
                self._drop_passages(text_id, int(generation))

    def _release_text(self, text_id: int) -> None:
        if self._row("SELECT 1 FROM revisions WHERE text = ? LIMIT 1", (text_id,)) is None:
            self._run("DELETE FROM texts WHERE id = ?", (text_id,))
            self._texts.clear()

    def _drop_passages(self, text_id: int, generation: int) -> None:
        gone = self.passages_of(text_id, generation)
        change = self.change + 1
        for number in gone:
            self._run(f"DELETE FROM {fts_table(generation)} WHERE rowid = ?", (number,))
            self._run("INSERT OR IGNORE INTO removed_passages (change, passage) VALUES (?, ?)", (change, number))
        self._run("DELETE FROM passages WHERE text = ? AND generation = ?", (text_id, generation))
        if gone:
            self._changed()

    def _changed(self) -> None:
        self._run("UPDATE state SET change = change + 1")

    def _run(self, statement: str, bindings: Sequence[Any] = ()) -> None:
        self._rows(statement, bindings)


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
