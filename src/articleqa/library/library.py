"""Connections and transactions."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path

import apsw

from articleqa.checkpoints import reached
from articleqa.library.copies import drop_older_copies, earlier_copy, keep_before
from articleqa.library.durable import make_folder
from articleqa.library.failures import translated, unwritable
from articleqa.library.folding import register
from articleqa.library.holder import Claim, Record, holder_of
from articleqa.library.migrations import MIGRATIONS, migrate, newer_schema, schema_version
from articleqa.library.snapshot import Snapshot
from articleqa.library.texts import TextCache
from articleqa.library.writer import Writer
from articleqa.types import LibraryBusy, LibraryError

logger = logging.getLogger(__name__)

FILE_NAME = "library.sqlite3"

# Whole texts kept in memory, in characters.
_TEXT_CACHE_CHARACTERS = 32_000_000
# What is copied from one library into another between two looks at the time.
_PAGES = 500


class Library:
    """One library of articles in a folder. May be shared between threads; other processes may use it at the same time.

    Reading and writing happen in transactions: :meth:`reading` gives a :class:`Snapshot` that does not change, and
    :meth:`writing` a :class:`Writer` whose work is kept whole or not at all.
    """

    def __init__(self, folder: Path, *, busy_timeout: float = 10.0) -> None:
        self.folder = folder
        self.path = folder / FILE_NAME
        self._busy_timeout = busy_timeout
        self._write_lock = threading.Lock()
        self._idle: list[apsw.Connection] = []
        self._pool_lock = threading.Lock()
        self._closed = False
        self._texts = TextCache(_TEXT_CACHE_CHARACTERS)
        self._record = Record(folder / f"{FILE_NAME}.writer")
        try:
            make_folder(folder)
        except OSError as error:
            refusal = f"the index folder {folder} cannot be made ({error.strerror}): choose another"
            raise unwritable(folder, error, otherwise=refusal) from error
        try:
            self._bring_up_to_date()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Snapshot]:
        """A view of the library that stays as it is, whatever is written meanwhile."""
        with self.translated(), self._borrowed() as connection, self._transaction(connection, "DEFERRED"):
            self._check_schema(connection)
            yield Snapshot(connection, self._texts)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """The one writer. What it did is kept when the block ends, and undone when the block raises.

        Raises:
            LibraryBusy: if another writer does not finish within the busy timeout.
        """
        with self._alone() as deadline, self.translated(), self._borrowed() as connection:
            # What is undone must not stay in the memory that readers share: its row is given to another text.
            writer = Writer(connection, TextCache(_TEXT_CACHE_CHARACTERS))
            try:
                with self._transaction(connection, "IMMEDIATE", deadline=deadline):
                    self._record.write()
                    self._check_schema(connection)
                    yield writer
                    writer.settle()
                    reached("library.transaction.written")
            finally:
                self._record.clear()
            reached("library.transaction.committed")
            if writer.texts_went:
                self._texts.clear()

    def claim(self, work: str) -> AbstractContextManager[None]:
        """Keep what takes long, and is done in many transactions, to one program: ``work`` names it.

        Raises:
            LibraryBusy: if another program is about such work already.
        """
        return Claim(self.folder / f"{FILE_NAME}.claim", work=work).taken()

    def replace(
        self, source: apsw.Connection, *, prepare: Callable[[], None], told: Callable[[int, int], None]
    ) -> None:
        """Put everything that another database holds in the place of what is here, in one transaction.

        Whoever reads goes on with what was there, and sees the new library with the next transaction. ``prepare`` is
        called once no other can write any more, and may still change ``source``, or refuse by raising.

        Raises:
            LibraryBusy: if another writer does not finish within the busy timeout.
        """
        with self._alone(), self.translated():
            target = self._connect()
            try:
                backup = target.backup("main", source, "main")
                try:
                    backup.step(0)  # copies nothing yet, but locks
                    self._record.write()
                    prepare()
                    while not backup.done:
                        backup.step(_PAGES)
                        reached("library.replacing.copying")
                        told(backup.page_count - backup.remaining, backup.page_count)
                    backup.finish()
                finally:
                    backup.close(True)
                    self._record.clear()
            finally:
                target.close()
        self._texts.clear()
        self._close_idle()
        self.checkpoint()

    def checkpoint(self) -> None:
        """Move the log into the file, so that what was removed is in neither.

        While something is being read, or there is no room, that has to wait: the next call does it, or the last program
        that closes.
        """
        with self.translated(), self._borrowed() as connection:
            connection.set_busy_timeout(0)
            try:
                connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            except apsw.BusyError:
                logger.debug("the log of %s is still in use", self.path)
            except (apsw.FullError, apsw.IOError, apsw.ReadOnlyError) as error:
                logger.warning(
                    "what was removed from %s is still in its log: it cannot be written (%s)", self.path, error
                )
            finally:
                connection.set_busy_timeout(_milliseconds(self._busy_timeout))

    def integrity_problems(self) -> list[str]:
        """What SQLite's own check finds wrong, one line each; nothing when all is well."""
        self._check_open()
        # A connection that has looked before remembers the full-text index as it was then, and takes what another
        # program has done since for damage.
        with self.translated(), closing(self._connect()) as connection:
            try:
                lines = [str(row[0]) for row in connection.execute("PRAGMA quick_check")]
            except apsw.CorruptError as error:
                return [str(error)]
        return [] if lines == ["ok"] else lines

    @contextmanager
    def connected(self) -> Iterator[apsw.Connection]:
        """A connection, for what is done to the file as a whole. Nothing may be written with it."""
        with self.translated(), self._borrowed() as connection:
            yield connection

    def translated(self) -> AbstractContextManager[None]:
        """Raise what goes wrong with the file as an error of the tree."""
        return translated(self.path, busy=self._busy)

    def close(self) -> None:
        """Close every connection. What is still borrowed is closed when it comes back."""
        with self._pool_lock:
            self._closed = True
        self._close_idle()
        self._record.close()

    def _bring_up_to_date(self) -> None:
        """Bring the schema to the newest version; what was there before is kept beside it."""
        newest = len(MIGRATIONS)
        with self.translated(), self._borrowed() as connection:
            if schema_version(connection) == newest:
                return
            with self._transaction(connection, "IMMEDIATE", deadline=time.monotonic() + self._busy_timeout):
                # Another program may have done it while this one waited.
                version = schema_version(connection)
                if version > newest:
                    raise newer_schema(version, copy=earlier_copy(self.path, newest))
                if 0 < version < newest:
                    with self._borrowed() as other:
                        keep_before(other, self.path, newest)
                migrate(connection)
            if 0 < version < newest:
                drop_older_copies(self.path, newest)

    def _check_schema(self, connection: apsw.Connection) -> None:
        """Make sure that no other program has changed the schema since the library was opened."""
        version = schema_version(connection)
        if version > len(MIGRATIONS):
            raise newer_schema(version, copy=earlier_copy(self.path, len(MIGRATIONS)))
        if version < len(MIGRATIONS):
            raise LibraryError(f"an older library was put in the place of {self.path}: end this program and begin anew")

    def _connect(self) -> apsw.Connection:
        connection = apsw.Connection(str(self.path))
        connection.set_busy_timeout(_milliseconds(self._busy_timeout))
        self._use_log(connection)
        # An acknowledged article survives a power cut: the log is on the disk before a transaction ends, and the file
        # before the log is given up. The latter two are for systems whose disks need to be told twice.
        connection.pragma("synchronous", "full")
        connection.pragma("fullfsync", True)
        connection.pragma("checkpoint_fullfsync", True)
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
    def _alone(self) -> Iterator[float]:
        """No other thread of this program writes meanwhile. Gives the time at which it has waited long enough."""
        deadline = time.monotonic() + self._busy_timeout
        if not self._write_lock.acquire(timeout=self._busy_timeout):
            raise self._busy()
        try:
            yield deadline
        finally:
            self._write_lock.release()

    @contextmanager
    def _borrowed(self) -> Iterator[apsw.Connection]:
        self._check_open()
        with self._pool_lock:
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

    def _check_open(self) -> None:
        if self._closed:
            raise LibraryError("the library is closed: open it again")

    def _close_idle(self) -> None:
        with self._pool_lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _transaction(self, connection: apsw.Connection, mode: str, *, deadline: float | None = None) -> Iterator[None]:
        if deadline is not None:
            connection.set_busy_timeout(_milliseconds(deadline - time.monotonic()))
        try:
            connection.execute(f"BEGIN {mode}").fetchall()
        finally:
            if deadline is not None:
                connection.set_busy_timeout(_milliseconds(self._busy_timeout))
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

    def _busy(self) -> LibraryBusy:
        holder = holder_of(self.folder / f"{FILE_NAME}.writer")
        who = f"{holder} is writing" if holder else "another program is writing"
        return LibraryBusy(f"{who} to {self.path} (waited {self._busy_timeout:g} s): try again when it is done")


def _milliseconds(seconds: float) -> int:
    return max(0, int(seconds * 1000))
