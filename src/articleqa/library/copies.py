"""The whole library as one file: a copy that is consistent while others write."""

from __future__ import annotations

import logging
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import apsw

from articleqa.checkpoints import reached
from articleqa.library.durable import rename, sync_file
from articleqa.library.failures import unwritable

logger = logging.getLogger(__name__)

# How often SQLite looks up from its work, in its own instructions: some hundred times a second.
_INSTRUCTIONS = 20_000
# A draft as old as this is nobody's.
_ABANDONED_SECONDS = 24 * 3600


def copy_whole(connection: apsw.Connection, draft: Path, *, told: Callable[[int, int], None] | None = None) -> None:
    """Write everything that ``connection`` sees into the empty file ``draft``, and make it durable.

    What has been deleted is not in it. ``told`` is called with the bytes that are done, and about how many there are.
    """
    pages = int(connection.pragma("page_count")) - int(connection.pragma("freelist_count"))
    total = pages * int(connection.pragma("page_size"))

    def report(done: int) -> None:
        if told is not None:
            told(done, total)

    def look_up() -> bool:
        # Without it, Ctrl-C would wait for the end as well.
        report(min(draft.stat().st_size, total))
        return False

    report(0)
    connection.set_progress_handler(look_up, _INSTRUCTIONS)
    try:
        connection.execute("VACUUM INTO ?", (str(draft),)).fetchall()
    finally:
        connection.set_progress_handler(None)
    sync_file(draft)
    report(total)


def keep_before(connection: apsw.Connection, path: Path, version: int) -> None:
    """Keep a copy of the library at ``path`` as it is before it is brought to the schema of that number."""
    with draft_beside(path) as draft:
        copy_whole(connection, draft)
        reached("library.migration.copied")
        rename(draft, path.with_name(f"{path.name}.before-{version}"))
        reached("library.migration.kept")


def drop_older_copies(path: Path, version: int) -> None:
    """Delete what was kept before earlier changes of the schema; the copy of that version stays."""
    for other in path.parent.glob(f"{path.name}.before-*"):
        if other.name != f"{path.name}.before-{version}":
            try:
                other.unlink()
            except OSError as error:
                logger.debug("%s cannot be deleted (%s)", other, error)


def earlier_copy(path: Path, version: int) -> Path | None:
    """The copy that was kept of the library at ``path`` and that a program that knows ``version`` can read."""
    for copy in sorted(path.parent.glob(f"{path.name}.before-*")):
        with suppress(OSError), copy.open("rb") as file:
            header = file.read(64)
            if int.from_bytes(header[60:64]) <= version:
                return copy
    return None


@contextmanager
def draft_beside(path: Path) -> Iterator[Path]:
    """An empty file in the folder of ``path``, which is gone when the block ends, unless it has got a name.

    Raises:
        LibraryError: if it cannot be made.
    """
    prefix, suffix = f".{path.name}.", ".draft"
    try:
        for other in path.parent.glob(f"{prefix}*{suffix}"):
            # What a killed program left.
            if time.time() - other.stat().st_mtime > _ABANDONED_SECONDS:
                other.unlink()
        descriptor, name = tempfile.mkstemp(prefix=prefix, suffix=suffix, dir=path.parent)
    except OSError as error:
        raise unwritable(path, error) from error
    draft = Path(name)
    try:
        os.close(descriptor)
        yield draft
    finally:
        for left in (draft, *(Path(f"{name}{end}") for end in ("-journal", "-wal", "-shm"))):
            with suppress(OSError):
                left.unlink()
