"""The file of kept answers: derived, bounded, and never worth an error.

It lies beside the library and not in it. What is written into the library waits for its one writer, goes with every
export, and outlives a crash, which costs syncs; this may be lost at any moment, and then costs one answer of a language
model. So nobody waits for it, and whatever goes wrong with it means that there is no kept answer.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import apsw

from articleqa.assistant.cache.mark import Mark
from articleqa.library import Library
from articleqa.types import ArticleQAError

_log = logging.getLogger(__name__)

FILE_NAME = "answers.sqlite3"

# Bytes of all answers, and of one. A long answer has a few thousand.
MOST_BYTES = 16_000_000
MOST_BYTES_EACH = 200_000
# Seconds that an answer that is complete may wait until it is kept, and that what must go waits for those who read.
_KEEPING = 0.2
_CLEARING = 2.0

_SCHEMA = 1
_TABLES = (
    # `used` is when an answer was last given, in nanoseconds since 1970.
    """CREATE TABLE answers (
        key BLOB PRIMARY KEY,
        found BLOB NOT NULL,
        used INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        digest BLOB NOT NULL,
        answer BLOB NOT NULL
    )""",
    "CREATE INDEX answers_used ON answers (used)",
    # Since this moment nothing was taken out of the library that an answer here may hold.
    "CREATE TABLE mark (change INTEGER NOT NULL, token BLOB NOT NULL, generation INTEGER NOT NULL)",
)


class _Damaged(Exception):
    """The file is not what was written."""


class AnswerFile:
    """Answers by a key, at most so many. May be shared between threads and programs: each use opens the file anew."""

    def __init__(self, library: Library, *, most: int) -> None:
        self._library = library
        self._most = most
        self.path = library.folder / FILE_NAME

    def get(self, key: bytes, found: bytes) -> bytes | None:
        """The answer that was kept under ``key`` when the articles said what ``found`` stands for; None without one."""
        answer: bytes | None = None
        with self._forgiving(), self._opened(wait=0) as connection:
            rows = connection.execute(
                "SELECT answer, digest FROM answers WHERE key = ? AND found = ?", (key, found)
            ).fetchall()
            for kept, digest in rows:
                if _digest(kept) != digest:  # type: ignore[arg-type]  # (it is a blob)
                    raise _Damaged
                answer = kept  # type: ignore[assignment]
                connection.execute("UPDATE answers SET used = ? WHERE key = ?", (time.time_ns(), key)).fetchall()
        return answer

    def put(self, key: bytes, found: bytes, answer: bytes, *, since: Mark) -> None:
        """Keep an answer that was begun ``since``, unless something has been taken out of the library meanwhile."""
        if len(answer) > MOST_BYTES_EACH:
            return
        with self._forgiving(), self._opened(wait=_KEEPING, new=True) as connection, _transaction(connection):
            # Whoever takes something out clears this file afterwards, and waits until this transaction has ended: what
            # is still there now is either still there at its end, or is cleared then.
            with self._library.reading() as snapshot:
                if since.has_lost(snapshot):
                    return
                mark = _mark(connection)
                if mark is None or mark.has_lost(snapshot):
                    _delete_all(connection)
                now = Mark.of(snapshot)
            _set_mark(connection, now)
            connection.execute(
                "INSERT OR REPLACE INTO answers (key, found, used, bytes, digest, answer) VALUES (?, ?, ?, ?, ?, ?)",
                (key, found, time.time_ns(), len(answer), _digest(answer), answer),
            ).fetchall()
            self._trim(connection)

    def settle(self) -> None:
        """Clear the file if something was taken out of the library that it may hold, by whatever program."""
        if not self.path.exists():
            return
        lost = False
        with self._forgiving(), self._opened(wait=_KEEPING) as connection:
            mark = _mark(connection)
            with self._library.reading() as snapshot:
                lost = mark is None or mark.has_lost(snapshot)
            if not lost and _count(connection) > self._most:
                with _transaction(connection):
                    self._trim(connection)
        if lost:
            self.clear()

    def clear(self) -> None:
        """Keep nothing of any answer: what is deleted is overwritten."""
        if not self.path.exists():
            return
        try:
            with self._opened(wait=_CLEARING) as connection, _transaction(connection):
                _delete_all(connection)
        except (apsw.Error, OSError, _Damaged):
            self._remove()

    def _trim(self, connection: apsw.Connection) -> None:
        """Delete those that were not given for the longest time, as far as there are too many, or too much."""
        connection.execute(
            "DELETE FROM answers WHERE key IN (SELECT key FROM (SELECT key, row_number() OVER latest AS place, "
            "sum(bytes) OVER latest AS size FROM answers WINDOW latest AS (ORDER BY used DESC, key)) "
            "WHERE place > ? OR size > ?)",
            (self._most, MOST_BYTES),
        ).fetchall()

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        """Whatever goes wrong, there is no answer here, and nothing is kept. A damaged file is removed."""
        try:
            yield
        except (apsw.CorruptError, apsw.NotADBError, _Damaged):
            self._remove()
        except (apsw.Error, OSError, ArticleQAError) as error:
            _log.debug("%s: %s", self.path, error)

    def _remove(self) -> None:
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            _log.warning("%s cannot be cleared (%s): delete it", self.path, error)

    @contextmanager
    def _opened(self, *, wait: float, new: bool = False) -> Iterator[apsw.Connection]:
        """A connection that waits so many seconds for others; ``new``: the file is made where there is none."""
        flags = apsw.SQLITE_OPEN_READWRITE | (apsw.SQLITE_OPEN_CREATE if new else 0)
        if not new and not self.path.exists():
            raise FileNotFoundError(self.path)
        with closing(apsw.Connection(str(self.path), flags=flags)) as connection:
            connection.set_busy_timeout(int(wait * 1000))
            # A power cut may take the file. No journal beside it has what was deleted from it.
            connection.pragma("synchronous", "off")
            connection.pragma("journal_mode", "memory")
            connection.pragma("secure_delete", True)
            version = connection.pragma("user_version")
            if new and version == 0:
                with _transaction(connection):
                    # Another program may have made them meanwhile.
                    version = connection.pragma("user_version")
                    if version == 0:
                        for statement in _TABLES:
                            connection.execute(statement).fetchall()
                        connection.pragma("user_version", _SCHEMA)
                        version = _SCHEMA
            if version != _SCHEMA:
                raise _Damaged
            yield connection


@contextmanager
def _transaction(connection: apsw.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE").fetchall()
    try:
        yield
        connection.execute("COMMIT").fetchall()
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK").fetchall()
        raise


def _mark(connection: apsw.Connection) -> Mark | None:
    rows = connection.execute("SELECT change, token, generation FROM mark").fetchall()
    return Mark(int(rows[0][0]), bytes(rows[0][1]), int(rows[0][2])) if rows else None  # type: ignore[arg-type]


def _set_mark(connection: apsw.Connection, mark: Mark) -> None:
    connection.execute("DELETE FROM mark").fetchall()
    connection.execute("INSERT INTO mark VALUES (?, ?, ?)", (mark.change, mark.token, mark.generation)).fetchall()


def _delete_all(connection: apsw.Connection) -> None:
    connection.execute("DELETE FROM answers").fetchall()
    connection.execute("DELETE FROM mark").fetchall()


def _count(connection: apsw.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM answers").fetchall()[0][0])  # type: ignore[arg-type]


def _digest(answer: bytes) -> bytes:
    return hashlib.sha256(answer).digest()
