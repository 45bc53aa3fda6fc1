"""Words without regard to case, in any script: SQLite's own functions know the letters of ASCII only."""

from __future__ import annotations

import unicodedata
from typing import Any

import apsw


def register(connection: apsw.Connection) -> None:
    """Make ``folded(text)`` known to the SQL of ``connection``."""
    connection.create_scalar_function("folded", _folded_or_null, 1, deterministic=True)


def folded(text: str) -> str:
    """``text`` as it is compared: what differs only in case or in form (``Ä`` and ``ä``, ``ﬁ`` and ``fi``) is one."""
    if text.isascii():
        return text.lower()
    # Folding the case can leave what is not in the normal form any more.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _folded_or_null(*values: Any) -> str | None:
    (text,) = values
    return None if text is None else folded(text)
