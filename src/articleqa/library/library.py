"""Connections, transactions and the translation of SQLite's errors."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from articleqa.library.folding import register
from articleqa.library.migrations import MIGRATIONS, migrate
from articleqa.library.snapshot import Snapshot
from articleqa.library.texts import TextCache
from articleqa.library.writer import Writer
from articleqa.types import InvalidInput, LibraryBusy, LibraryDamaged, LibraryError

logger = logging.getLogger(__name__)

FILE_NAME = "library.sqlite3"

# Whole texts kept in memory, in characters.
_TEXT_CACHE_CHARACTERS = 32_000_000


class Library:
    """One library of articles in a folder. May be shared between threads; other processes may use it at the same time.

    Reading and writing happen in transactions: :meth:`reading` gives a :class:`Snapshot` that does not change, and
    :meth:`writing` a :class:`Writer` whose work is kept whole or not at all.
    """

    def __init__(self, folder: Path, *, busy_timeout: float = 10.0) -> None:
        self.folder = folder
        self.path = folder / FILE_NAME
        self._busy_timeout = busy_timeout
        self._busy_milliseconds = int(busy_timeout * 1000)
        self._write_lock = threading.Lock()
        self._idle: list[apsw.Connection] = []
        self._pool_lock = threading.Lock()
        self._closed = False
        self._texts = TextCache(_TEXT_CACHE_CHARACTERS)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(
                f"the index folder {folder} cannot be made ({error.strerror}): choose another"
            ) from error
        try:
            with self._translated(), self._borrowed() as connection:
                if int(connection.pragma("user_version")) != len(MIGRATIONS):
                    with self._transaction(connection, "IMMEDIATE"):
                        migrate(connection)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        """A view of the library that stays as it is, whatever is written meanwhile."""
        with self._translated(), self._borrowed() as connection, self._transaction(connection, "DEFERRED"):
            yield Snapshot(connection, self._texts)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """The one writer. What it did is kept when the block ends, and undone when the block raises.

        Raises:
            LibraryBusy: if another writer does not finish within the busy timeout.
        """
        if not self._write_lock.acquire(timeout=self._busy_timeout):
            raise self._busy()
        try:
            with self._translated(), self._borrowed() as connection:
                # What is undone must not stay in the memory that readers share: its row is given to another text.
                writer = Writer(connection, TextCache(_TEXT_CACHE_CHARACTERS))
                with self._transaction(connection, "IMMEDIATE"):
                    yield writer
                if writer.texts_went:
                    self._texts.clear()
        finally:
            self._write_lock.release()

    def checkpoint(self) -> None:
        """Move the log into the file, so that what was removed is in neither.

        While something is being read, that has to wait: the next call does it, or the last program that closes.
        """
        with self._translated(), self._borrowed() as connection:
            connection.set_busy_timeout(0)
            try:
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            except apsw.BusyError:
                logger.debug("the log of %s is still in use", self.path)
            finally:
                connection.set_busy_timeout(self._busy_milliseconds)

    def integrity_problems(self) -> list[str]:
        """What SQLite's own check finds wrong, one line each; nothing when all is well."""
        with self._translated(), self._borrowed() as connection:
            try:
                lines = [str(row[0]) for row in connection.execute("PRAGMA quick_check")]
            except apsw.CorruptError as error:
                return [str(error)]
        return [] if lines == ["ok"] else lines

    def close(self) -> None:
        """Close every connection. What is still borrowed is closed when it comes back."""
        with self._pool_lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.path))
        connection.set_busy_timeout(self._busy_milliseconds)
        self._use_log(connection)
        # An acknowledged article survives a power cut.
        connection.pragma("synchronous", "full")
        connection.pragma("foreign_keys", True)
        connection.pragma("secure_delete", True)
        register(connection)
        return connection

    def _use_log(self, connection: apsw.Connection) -> None:
        """Switch to the write-ahead log, with which readers never wait for a writer."""
        deadline = time.monotonic() + self._busy_timeout
        while True:
            try:
                connection.pragma("journal_mode", "wal")
            except apsw.BusyError:
                # Of several programs that make a library at once one succeeds; SQLite lets none of the others wait.
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    @contextmanager
    def _borrowed(self) -> Iterator[apsw.Connection]:
        with self._pool_lock:
            if self._closed:
                raise LibraryError("the library is closed: open it again")
            connection = self._idle.pop() if self._idle else None
        if connection is None:
            connection = self._connect()
        try:
            yield connection
        finally:
            with self._pool_lock:
                keep = not self._closed
                if keep:
                    self._idle.append(connection)
            if not keep:
                connection.close()

    @contextmanager
    def _transaction(self, connection: apsw.Connection, mode: str) -> Iterator[None]:
        connection.execute(f"BEGIN {mode}").fetchall()
        try:
            yield
        except BaseException:
            # Some failures (a full disk) have rolled back already.
            if connection.in_transaction:
                connection.execute("ROLLBACK").fetchall()
            raise
        try:
            connection.execute("COMMIT").fetchall()
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK").fetchall()
            raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (apsw.BusyError, apsw.LockedError) as error:
            raise self._busy() from error
        except (apsw.CorruptError, apsw.NotADBError, UnicodeDecodeError) as error:
            raise LibraryDamaged(
                f"{self.path} is damaged ({error}): put a copy of it back, or move it away and add the articles again"
            ) from error
        except apsw.FullError as error:
            raise LibraryError(f"the disk is full: make room beside {self.path}; nothing was lost") from error
        except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError, apsw.IOError) as error:
            raise LibraryError(
                f"{self.path} cannot be used ({error}): check the folder's rights and the disk"
            ) from error
        except apsw.TooBigError as error:
            raise InvalidInput("a text is too large for the library: split it") from error
        except apsw.Error as error:
            raise LibraryError(f"{self.path} cannot be used ({error}): `articleqa doctor` says more") from error

    def _busy(self) -> LibraryBusy:
        return LibraryBusy(
            f"another program is writing to {self.path} (waited {self._busy_timeout:g} s): try again when it is done"
        )
