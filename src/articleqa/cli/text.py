"""Text of articles, models and people as a terminal may get it: nothing in it can move, colour or retitle anything."""

from __future__ import annotations

# Controls (C0, DEL, C1), marks that reorder what is read, and halves of characters that no encoding takes.
_REPLACED = (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xD800, 0xE000))
_TABLE = {**dict.fromkeys(_REPLACED, "\ufffd"), ord("\n"): "\n", ord("\t"): "\t", ord("\r"): " "}


def printable(text: str) -> str:
    """``text``, as long as it was, with each control character but newline and tab replaced."""
    return text.translate(_TABLE)


def one_line(text: str) -> str:
    """:func:`printable` text on one line."""
    return " ".join(printable(text).split())


def excerpt(text: str, *, limit: int) -> str:
    """:func:`one_line`, cut after a word at no more than ``limit`` characters."""
    line = one_line(text)
    if len(line) <= limit:
        return line
    cut, _, _ = line[:limit].rpartition(" ")
    return (cut or line[: limit - 1]).rstrip(" ,;:") + "…"
