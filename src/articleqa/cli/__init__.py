"""The command line. It shows what the facade does, and adds nothing that the facade lacks.

What a command needs is imported when it runs, so that ``articleqa --help`` stays quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from articleqa.cli.commands import application
from articleqa.cli.text import one_line
from articleqa.types import ArticleQAError

__all__ = ["main"]

_INTERRUPTED = 130  # as every shell reports it: 128 and the number of the signal


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; by default that of the process.

    Returns:
        0: done; 1: could not do what was asked, and one line on standard error says why (nothing does where the reader
        of standard output has gone); 2: wrong usage; 130: ended with Ctrl-C.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks must not end a command.
        with suppress(AttributeError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except ArticleQAError as error:
        return _failed(str(error))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        return _failed("")
    except OSError as error:
        # What no room has translated: standard output on a full disk, a folder that went away.
        where = f"{os.fsdecode(error.filename)}: " if error.filename is not None else ""
        return _failed(f"{where}{error.strerror or error}; check the disk and the rights, then try again")
    return code


def _run(arguments: Sequence[str] | None) -> int:
    try:
        application(None if arguments is None else list(arguments), prog_name="articleqa")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _failed(message: str) -> int:
    try:
        sys.stdout.flush()  # what was reported comes first
    except OSError:
        # Otherwise the interpreter tries again when it ends, and complains.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    if message:
        with suppress(OSError):
            sys.stderr.write(one_line(message) + "\n")
    return 1
