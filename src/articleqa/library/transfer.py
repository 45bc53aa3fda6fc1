"""Backup and move: the whole library as one file that can be checked, and back."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import apsw

from articleqa.checkpoints import reached
from articleqa.library.copies import copy_whole, draft_beside
from articleqa.library.durable import rename, sync_file
from articleqa.library.failures import translated, unwritable
from articleqa.library.folding import register
from articleqa.library.library import FILE_NAME, Library
from articleqa.library.migrations import MIGRATIONS, migrate, newer_schema, schema_version
from articleqa.library.snapshot import Snapshot
from articleqa.library.texts import TextCache
from articleqa.library.verification import index_faults, missing_texts
from articleqa.types import (
    ExportReport,
    ImportReport,
    InvalidInput,
    LibraryBusy,
    LibraryDamaged,
    LibraryError,
    Progress,
    ProgressCallback,
)
from articleqa.wording import plural

# Stands behind the last page of the database, where SQLite does not look: any SQLite can open an exported file.
_SEAL = "articleqa-export 1 sha256:{}\n"
_SEALED = re.compile(rb"articleqa-export (\d+) sha256:([0-9a-f]{64})\n")
_SEAL_BYTES = len(_SEAL.format("0" * 64))
_PART = 1 << 20


def export_library(library: Library, path: Path, *, progress: ProgressCallback | None = None) -> ExportReport:
    """Write the whole library into one file, which may be used to put it back or to move it.

    The file is of one moment, whatever is written meanwhile. It is checked before it gets its name, and an export that
    lies there already is replaced then.

    Raises:
        InvalidInput: if something else lies at ``path``.
        LibraryDamaged: if a text or a vector does not verify: what is exported can be imported.
        LibraryError: if the file cannot be written.
    """
    started = time.perf_counter()
    path = path.absolute()
    if path.exists() and not _is_sealed(path):
        raise InvalidInput(f"{path} is there already and is no export: choose another name")
    with _written(path), draft_beside(path) as draft:
        copying = _Pace(progress, "copy")
        with library.connected() as connection, translated(path, busy=lambda: _no_room_to_write(path)):
            copy_whole(connection, draft, told=copying.at)
        reached("library.export.copied")
        with _opened(draft, path) as copy:
            articles, passages = _proven(copy, _Pace(progress, "verify"))
        digest = _seal(draft)
        size = draft.stat().st_size
        reached("library.export.sealed")
        rename(draft, path)
        reached("library.export.named")
    return ExportReport(str(path), articles, passages, size, digest, time.perf_counter() - started)


def import_library(
    library: Library, path: Path, *, replace: bool = False, progress: ProgressCallback | None = None
) -> ImportReport:
    """Put an exported library in the place of this one, in one transaction, once it has been proven.

    Raises:
        InvalidInput: if there are articles already and ``replace`` is not given, or ``path`` is no export.
        LibraryDamaged: if the file is not what was exported.
        LibraryError: if it cannot be read, was written by a newer program, or there is no room for it.
    """
    started = time.perf_counter()
    path = path.absolute()
    # It would be for nothing; asked again once nobody else can write any more.
    _check_empty(library, replace=replace)
    with library.claim("a rebuild or an import"), draft_beside(library.path) as draft:
        with _written(library.path):
            digest = _unseal(path, draft, _Pace(progress, "copy"))
        reached("library.import.copied")
        with _opened(draft, path) as source:
            articles, passages = _proven(source, _Pace(progress, "verify"))
            reached("library.import.proven")
            replacing = _Pace(progress, "replace")

            def prepare() -> None:
                _check_empty(library, replace=replace)
                _continue_history(source, library)

            library.replace(source, prepare=prepare, told=replacing.at)
            reached("library.import.replaced")
    return ImportReport(articles, passages, digest, time.perf_counter() - started)


def check_export(path: Path) -> None:
    """Make sure that a file is an export, whole or not.

    Raises:
        InvalidInput: if it is none.
        LibraryError: if it cannot be read, or was written by a newer program.
    """
    try:
        with path.open("rb") as file:
            _seal_of(path, file)
    except OSError as error:
        raise LibraryError(f"{path} cannot be read ({error.strerror}): choose an exported file") from error


def set_aside(folder: Path) -> Path:
    """Move the file of a library that cannot be opened out of the way, with its log; where it lies now.

    Raises:
        LibraryError: if it cannot be moved.
    """
    damaged = folder / f"{FILE_NAME}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
    try:
        for end in ("", "-wal", "-shm"):
            part = folder / f"{FILE_NAME}{end}"
            if part.exists():
                part.rename(f"{damaged}{end}")
    except OSError as error:
        raise unwritable(folder / FILE_NAME, error) from error
    return damaged


def _check_empty(library: Library, *, replace: bool) -> None:
    if replace:
        return
    with library.reading() as snapshot:
        articles = snapshot.article_count()
    if articles:
        raise InvalidInput(
            f"the library in {library.folder} holds {plural(articles, 'article')}: import into another folder, or say "
            "that they should be replaced (`articleqa import FILE --replace`)"
        )


def _continue_history(source: apsw.Connection, library: Library) -> None:
    """Let numbers that were given out in the library not be given out again, and let whoever follows it begin anew."""
    change, numbers = 0, {}
    try:
        with library.reading() as snapshot:
            change, numbers = snapshot.change, snapshot.numbers_given()
    except LibraryDamaged:
        pass  # that is why it is replaced
    with source:
        for table, number in numbers.items():
            source.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (number, table)).fetchall()
            source.execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT ?1, ?2 "
                "WHERE ?1 NOT IN (SELECT name FROM sqlite_sequence) AND ?1 IN (SELECT name FROM sqlite_master)",
                (table, number),
            ).fetchall()
        source.execute(
            "INSERT INTO changes SELECT max(max(number), ?) + 1, randomblob(8) FROM changes", (change,)
        ).fetchall()


def _proven(connection: apsw.Connection, pace: _Pace) -> tuple[int, int]:
    """Make sure that a copy of a library is sound, and bring it to the newest schema; its articles and passages.

    Raises:
        LibraryDamaged: if it is not.
        LibraryError: if it was written by a newer program.
    """
    steps = 6
    pace.at(0, steps)
    lines = [str(row[0]) for row in connection.execute("PRAGMA integrity_check")]
    if lines != ["ok"]:
        raise LibraryDamaged(f"the library is damaged ({lines[0]}): `articleqa doctor` says more")
    pace.at(1, steps)
    version = schema_version(connection)
    if version > len(MIGRATIONS):
        raise newer_schema(version)
    if version == 0:
        raise InvalidInput("the file holds no library")
    with connection:
        migrate(connection)
    snapshot = Snapshot(connection, TextCache(0))
    damaged = snapshot.damaged_texts()
    if damaged:
        raise LibraryDamaged(
            f"{plural(len(damaged), 'article')} damaged ({', '.join(damaged[:3])}): add them again from their sources"
        )
    pace.at(2, steps)
    done = iter(range(3, steps))
    generation = snapshot.generation()
    if generation is not None:
        faults = index_faults(snapshot, generation.id, told=lambda: pace.at(next(done), steps))
        lacking = missing_texts(snapshot, generation.id)
        if lacking:
            faults.append(f"{lacking} texts are not in it")
        if faults:
            raise LibraryDamaged(f"the index is damaged ({'; '.join(faults)}): run `articleqa rebuild`")
    pace.at(steps, steps)
    return snapshot.article_count(), snapshot.passage_count(generation.id) if generation else 0


@contextmanager
def _opened(draft: Path, path: Path) -> Iterator[apsw.Connection]:
    """A draft, as a database that nobody else knows; what is wrong with it is said of ``path``."""
    with translated(path, busy=lambda: _no_room_to_write(path)), closing(apsw.Connection(str(draft))) as connection:
        # If this program is killed, the draft is worth nothing.
        connection.pragma("journal_mode", "memory")
        connection.pragma("synchronous", "off")
        connection.pragma("foreign_keys", True)
        register(connection)
        yield connection


def _seal(draft: Path) -> str:
    """Write behind a file what it has to be; the SHA-256 of what came before that."""
    with draft.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with draft.open("ab") as file:
        file.write(_SEAL.format(digest).encode())
    sync_file(draft)
    return digest


def _unseal(path: Path, draft: Path, pace: _Pace) -> str:
    """Copy an export without its seal; the SHA-256, which is that of the seal.

    Raises:
        InvalidInput: if the file has no seal.
        LibraryDamaged: if it does not match.
        LibraryError: if the file cannot be read.
    """
    check_export(path)
    digest = hashlib.sha256()
    with path.open("rb") as source, draft.open("wb") as target:
        size, expected = _seal_of(path, source)
        for first in range(0, size, _PART):
            part = source.read(min(_PART, size - first))
            digest.update(part)
            target.write(part)
            pace.at(first + len(part), size)
    if digest.hexdigest() != expected:
        raise LibraryDamaged(f"{path} is damaged: it is not what was exported; take another copy of it")
    return expected


def _is_sealed(path: Path) -> bool:
    try:
        check_export(path)
    except (InvalidInput, LibraryError):
        return False
    return True


def _seal_of(path: Path, file: BinaryIO) -> tuple[int, str]:
    """How many bytes of an export come before its seal, and the SHA-256 that the seal says; ``file`` is at its start.

    Raises:
        InvalidInput: if there is no seal.
        LibraryError: if it is one of a newer kind.
    """
    size = file.seek(0, os.SEEK_END) - _SEAL_BYTES
    file.seek(max(size, 0))
    seal = _SEALED.fullmatch(file.read())
    file.seek(0)
    if seal is None:
        raise InvalidInput(f"{path} is no export, or was cut short: `articleqa export FILE` makes one")
    if seal[1] != b"1":
        raise LibraryError(f"{path} was exported by a newer Article QA: upgrade with pip install --upgrade articleqa")
    return size, seal[2].decode()


@contextmanager
def _written(path: Path) -> Iterator[None]:
    """Raise what the system says when a file is written as an error of the tree."""
    try:
        yield
    except OSError as error:
        raise unwritable(path, error) from error


def _no_room_to_write(path: Path) -> LibraryBusy:
    return LibraryBusy(f"another program holds the draft of {path}: try again when it is done")


class _Pace:
    """Turns how much of one stage is done into :class:`Progress`."""

    def __init__(self, report: ProgressCallback | None, stage: str) -> None:
        self._report = report
        self._stage = stage
        self._started = time.perf_counter()

    def at(self, done: int, total: int) -> None:
        """So much of it is done."""
        if self._report is None:
            return
        elapsed = time.perf_counter() - self._started
        rate = done / elapsed if elapsed > 0 and done else None
        self._report(Progress(self._stage, done, total, rate, (total - done) / rate if rate else None))
