"""What SQLite and the system say when something fails, as one line that says what to do."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import apsw

from articleqa.types import InvalidInput, LibraryBusy, LibraryDamaged, LibraryError

# With less than this no page can be written, whatever the error is called.
_NO_ROOM = 64 * 1024
# SQLite may have to open so many files for one thing that it does.
_FILES_AT_ONCE = 8


@contextmanager
def translated(path: Path, *, busy: Callable[[], LibraryBusy]) -> Iterator[None]:
    """Raise what goes wrong with the database at ``path`` as an error of the tree."""
    try:
        yield
    except (apsw.BusyError, apsw.LockedError) as error:
        raise busy() from error
    except (apsw.CorruptError, apsw.NotADBError, UnicodeDecodeError) as error:
        raise LibraryDamaged(
            f"{path} is damaged ({error}): put a copy of it back with `articleqa import FILE --replace`, "
            "or move it away and add the articles again"
        ) from error
    except apsw.FullError as error:
        raise disk_full(path) from error
    except (apsw.CantOpenError, apsw.ReadOnlyError, apsw.PermissionsError, apsw.IOError) as error:
        raise _unusable(path, error) from error
    except apsw.TooBigError as error:
        raise InvalidInput("a text is too large for the library: split it") from error
    except apsw.Error as error:
        raise LibraryError(f"{path} cannot be used ({error}): `articleqa doctor` says more") from error


def disk_full(path: Path) -> LibraryError:
    """There is no room for what should be written to ``path``."""
    return LibraryError(f"the disk is full: make room beside {path}; nothing was lost")


def unwritable(path: Path, error: OSError, *, otherwise: str = "") -> LibraryError:
    """``path`` cannot be written, for the reason that the system gives; ``otherwise`` is said where that is its own."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(path)
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return _too_many_files(path)
    return LibraryError(
        otherwise or f"{path} cannot be used ({error.strerror or error}): check the folder's rights and the disk"
    )


def _unusable(path: Path, error: apsw.Error) -> LibraryError:
    """SQLite says only that something failed: what it was shows when it is tried."""
    try:
        _open_some()
        if not isinstance(error, apsw.ReadOnlyError) and shutil.disk_usage(path.parent).free < _NO_ROOM:
            return disk_full(path)
    except OSError as cause:
        if cause.errno in (errno.EMFILE, errno.ENFILE):
            return _too_many_files(path)
    return LibraryError(f"{path} cannot be used ({error}): check the folder's rights and the disk")


def _open_some() -> None:
    """See whether files can be opened.

    Raises:
        OSError: if not so many.
    """
    with ExitStack() as opened:
        for _ in range(_FILES_AT_ONCE):
            opened.enter_context(Path(os.devnull).open("rb", buffering=0))


def _too_many_files(path: Path) -> LibraryError:
    return LibraryError(
        f"{path} cannot be used (too many open files): end other programs, or allow more with `ulimit -n`; "
        "nothing was lost"
    )
