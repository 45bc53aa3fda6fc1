"""The schema, as small numbered steps. A step that has shipped is never edited; the next one mends it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import apsw

from articleqa.checkpoints import reached
from articleqa.types import LibraryError


def _first_schema(connection: apsw.Connection) -> None:
    for statement in (
        # One row for each transaction that changed something, for those who keep something derived from the library;
        # the oldest are forgotten. The token is drawn by lot: two histories that share a number do not share it.
        "CREATE TABLE changes (number INTEGER PRIMARY KEY, token BLOB NOT NULL)",
        "INSERT INTO changes VALUES (0, randomblob(8))",
        """CREATE TABLE generations (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            fingerprint TEXT NOT NULL,
            encoder TEXT NOT NULL,
            dimension INTEGER NOT NULL,
            active INTEGER NOT NULL,
            created TEXT NOT NULL
        )""",
        """CREATE TABLE texts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            digest BLOB NOT NULL UNIQUE,
            characters INTEGER NOT NULL,
            text TEXT NOT NULL,
            -- the title in front of its passages, which is that of the first article with this text
            title TEXT NOT NULL
        )""",
        """CREATE TABLE articles (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            origin TEXT NOT NULL,
            revision INTEGER NOT NULL
        )""",
        """CREATE TABLE revisions (
            article INTEGER NOT NULL REFERENCES articles (number) ON DELETE CASCADE,
            revision INTEGER NOT NULL,
            text INTEGER NOT NULL REFERENCES texts (id),
            title TEXT NOT NULL,
            url TEXT,
            source TEXT,
            author TEXT,
            published TEXT,
            language TEXT,
            pages TEXT NOT NULL,
            added TEXT NOT NULL,
            PRIMARY KEY (article, revision)
        ) WITHOUT ROWID""",
        "CREATE INDEX revisions_text ON revisions (text)",
        # Passages belong to a text, not to an article: identical text is cut and encoded once, whoever carries it.
        """CREATE TABLE passages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            generation INTEGER NOT NULL REFERENCES generations (id),
            text INTEGER NOT NULL REFERENCES texts (id),
            start INTEGER NOT NULL,
            "end" INTEGER NOT NULL,
            -- digest of what the encoder read, so that the same words are never encoded twice
            input BLOB NOT NULL
        )""",
        "CREATE INDEX passages_text ON passages (text, generation)",
        "CREATE INDEX passages_input ON passages (input)",
        """CREATE TABLE vectors (
            passage INTEGER PRIMARY KEY REFERENCES passages (id) ON DELETE CASCADE,
            vector BLOB NOT NULL,
            digest BLOB NOT NULL
        )""",
        """CREATE TABLE removed_passages (
            change INTEGER NOT NULL,
            passage INTEGER NOT NULL,
            PRIMARY KEY (change, passage)
        ) WITHOUT ROWID""",
    ):
        connection.execute(statement).fetchall()


def _folded_words(connection: apsw.Connection) -> None:
    # What an article can be found by in a list, a field on each line, the title first. See `folding`.
    connection.execute("ALTER TABLE articles ADD COLUMN folded TEXT NOT NULL DEFAULT ''").fetchall()
    connection.execute(
        """UPDATE articles SET folded = coalesce((
            SELECT folded(concat_ws(char(10), r.title, r.source, r.author, articles.origin, r.url)) FROM revisions r
            WHERE r.article = articles.number AND r.revision = articles.revision), '')"""
    ).fetchall()


def _feeds(connection: apsw.Connection) -> None:
    for statement in (
        # Moments are in seconds since 1970. A feed without a next one has ended.
        """CREATE TABLE feeds (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            url TEXT NOT NULL UNIQUE,
            moved_to TEXT,
            title TEXT,
            etag TEXT,
            last_modified TEXT,
            next_at REAL,
            failures INTEGER NOT NULL DEFAULT 0,
            last_error TEXT
        )""",
        """CREATE TABLE feed_entries (
            feed INTEGER NOT NULL REFERENCES feeds (number) ON DELETE CASCADE,
            entry TEXT NOT NULL,
            link TEXT,
            updated TEXT,
            origin TEXT,
            outcome TEXT NOT NULL,
            retries INTEGER NOT NULL,
            -- when the feed last listed it
            listed REAL NOT NULL,
            PRIMARY KEY (feed, entry)
        ) WITHOUT ROWID""",
        "CREATE INDEX feed_entries_link ON feed_entries (link)",
    ):
        connection.execute(statement).fetchall()


def _files(connection: apsw.Connection) -> None:
    for statement in (
        # Files of watched folders as they were when they were read, so that a restart reads only what has changed. They
        # lie with the articles that came of them: a library that was put back from a copy knows which it lacks.
        # A path is kept as the system's bytes, which need not be text.
        """CREATE TABLE files (
            path BLOB PRIMARY KEY,
            origin TEXT NOT NULL,
            state TEXT NOT NULL
        ) WITHOUT ROWID""",
        "CREATE INDEX articles_origin ON articles (origin)",
    ):
        connection.execute(statement).fetchall()


def _generation_states(connection: apsw.Connection) -> None:
    for statement in (
        # See `State`. One generation answers, and at most one is kept to return to.
        "ALTER TABLE generations ADD COLUMN state TEXT NOT NULL DEFAULT 'growing'",
        "UPDATE generations SET state = 'answering' WHERE active",
        "ALTER TABLE generations DROP COLUMN active",
        "CREATE UNIQUE INDEX generations_state ON generations (state) WHERE state IN ('answering', 'kept')",
        # How many there are is asked with every question: counting them each time would cost more than the search.
        "ALTER TABLE generations ADD COLUMN passages INTEGER NOT NULL DEFAULT 0",
        "UPDATE generations SET passages = (SELECT count(*) FROM passages p WHERE p.generation = generations.id)",
        """CREATE TRIGGER passages_came AFTER INSERT ON passages BEGIN
            UPDATE generations SET passages = passages + 1 WHERE id = new.generation;
        END""",
        """CREATE TRIGGER passages_went AFTER DELETE ON passages BEGIN
            UPDATE generations SET passages = passages - 1 WHERE id = old.generation;
        END""",
        # With several generations in one table, each has to be found without reading the others.
        "CREATE INDEX passages_generation ON passages (generation)",
    ):
        connection.execute(statement).fetchall()


def _near_copies(connection: apsw.Connection) -> None:
    for statement in (
        # What each text is compared by, and what finds the texts that may be like another. See `near_copies`.
        """CREATE TABLE signatures (
            text INTEGER PRIMARY KEY REFERENCES texts (id),
            signature BLOB NOT NULL
        )""",
        """CREATE TABLE bands (
            key INTEGER NOT NULL,
            text INTEGER NOT NULL,
            PRIMARY KEY (key, text)
        ) WITHOUT ROWID""",
        # Each pair of texts that are nearly identical, in both directions.
        """CREATE TABLE alike (
            text INTEGER NOT NULL,
            other INTEGER NOT NULL,
            PRIMARY KEY (text, other)
        ) WITHOUT ROWID""",
        # Comparing a large library takes minutes, for which nobody who opens it should wait: the texts that are there
        # are compared as others come in, and the rest when the index is built anew.
        "CREATE TABLE uncompared (text INTEGER PRIMARY KEY REFERENCES texts (id))",
        "INSERT INTO uncompared SELECT id FROM texts",
    ):
        connection.execute(statement).fetchall()


def _stale_titles(connection: apsw.Connection) -> None:
    for statement in (
        # Texts that are indexed under a title which none of their articles has any more: the next to write sees to it.
        "CREATE TABLE stale_titles (text INTEGER PRIMARY KEY REFERENCES texts (id) ON DELETE CASCADE)",
        """INSERT INTO stale_titles SELECT t.id FROM texts t
            WHERE t.id IN (
                SELECT r.text FROM articles a JOIN revisions r ON r.article = a.number AND r.revision = a.revision)
            AND NOT EXISTS (
                SELECT 1 FROM articles a JOIN revisions r ON r.article = a.number AND r.revision = a.revision
                WHERE r.text = t.id AND r.title = t.title)""",
    ):
        connection.execute(statement).fetchall()


MIGRATIONS: tuple[Callable[[apsw.Connection], None], ...] = (
    _first_schema,
    _folded_words,
    _feeds,
    _files,
    _generation_states,
    _near_copies,
    _stale_titles,
)


def migrate(connection: apsw.Connection) -> None:
    """Bring the schema to the newest version, within the transaction of the caller."""
    version = schema_version(connection)
    for number, step in enumerate(MIGRATIONS[version:], start=version + 1):
        step(connection)
        reached("library.migration.stepped")
        connection.pragma("user_version", number)


def schema_version(connection: apsw.Connection) -> int:
    """How many steps the file has seen, 0 for one that is new."""
    return int(connection.pragma("user_version"))


def newer_schema(version: int, *, copy: Path | None = None) -> LibraryError:
    """The file was written by a newer program; ``copy`` is what it was before that."""
    back = f", or put {copy} in its place, which is the library as it was before" if copy else ""
    return LibraryError(
        f"the library was written by a newer Article QA (schema {version}, this one knows {len(MIGRATIONS)}): "
        f"upgrade with pip install --upgrade articleqa{back}"
    )
