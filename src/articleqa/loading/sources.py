"""From a source, whatever it is, to articles."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from articleqa.loading.address import is_address, shown
from articleqa.loading.cleaning import finished
from articleqa.loading.folder import describe, files, origin_of
from articleqa.loading.limits import Limits
from articleqa.loading.raw import Raw
from articleqa.types import Article, LoadingError

SUFFIXES = frozenset((".txt", ".md", ".html", ".htm", ".pdf", ".docx", ".jsonl"))
_DEFAULTS = Limits()


def load(source: str | os.PathLike[str] | Article, *, limits: Limits = _DEFAULTS) -> Iterator[Article | LoadingError]:
    """The articles of a source, one after the other, as they are read.

    A source is a file (``.txt .md .html .htm .pdf .docx``, or ``.jsonl`` with an article on each line), a folder of
    them at any depth, an http or https address of one article, or an :class:`Article`. What cannot be read comes back
    as a :class:`LoadingError` in its place and never stops what follows.

    Raises:
        TypeError: if ``source`` is none of these.
    """
    if isinstance(source, Article):
        return _given(source, limits)
    if not isinstance(source, str | os.PathLike) or not isinstance(path := os.fspath(source), str):
        raise TypeError(f"a source is a path, an address or an Article, not {type(source).__name__}")
    if isinstance(source, str) and _means_address(source):
        return _fetched(source, limits)
    return _opened(path, limits)


def count(source: str | os.PathLike[str] | Article) -> int | None:
    """How many articles and errors :func:`load` will yield, or None where only reading would tell (``.jsonl``)."""
    if isinstance(source, Article) or (isinstance(source, str) and _means_address(source)):
        return 1
    path = _path(os.fspath(source))
    if path is None or not _is_folder(path):
        return None if path is not None and path.suffix.lower() == ".jsonl" else 1
    total = 0
    for entry in files(path, suffixes=SUFFIXES):
        if isinstance(entry, Path) and entry.suffix.lower() == ".jsonl":
            return None
        total += 1
    return total


def _means_address(source: str) -> bool:
    """Whether an address is meant: a file may have a colon in its name, but then it is there."""
    if not is_address(source):
        return False
    if "://" in source:
        return True
    path = _path(source)
    return path is None or _status(path) is None


def _path(source: str) -> Path | None:
    """``source`` as a path, ``~`` being the home folder; None if no file can have that name."""
    if not source.strip() or "\0" in source:
        return None
    try:
        return Path(source).expanduser()
    except RuntimeError:  # there is no such user
        return Path(source)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def _is_folder(path: Path) -> bool:
    status = _status(path)
    return status is not None and stat.S_ISDIR(status.st_mode)


def _given(article: Article, limits: Limits) -> Iterator[Article | LoadingError]:
    where = next(
        (name for name in (article.origin, article.id, article.title) if isinstance(name, str) and name), "article"
    )
    try:
        if isinstance(article.text, str) and len(article.text) > limits.max_bytes:
            raise LoadingError(where, limits.too_large)
        yield finished(article, where=where)
    except LoadingError as error:
        yield error


def _fetched(source: str, limits: Limits) -> Iterator[Article | LoadingError]:
    from articleqa.loading.web import fetch

    origin = shown(source)
    try:
        page = fetch(source, limits)
        yield article_of(page.raw, page.suffix, limits)
    except LoadingError as error:
        yield LoadingError(origin, error.reason)


def _opened(source: str, limits: Limits) -> Iterator[Article | LoadingError]:
    path = _path(source)
    if path is None:
        name = source.encode("utf-8", errors="backslashreplace").decode().replace("\0", "\\0")
        reason = "cannot be the name of a file" if source.strip() else "is empty; name a file, a folder or an address"
        yield LoadingError(name, reason)
    elif _is_folder(path):
        for entry in files(path, suffixes=SUFFIXES):
            if isinstance(entry, LoadingError):
                yield entry
            else:
                yield from _read(entry, limits)
    else:
        yield from _read(path, limits)


def _read(path: Path, limits: Limits) -> Iterator[Article | LoadingError]:
    origin = origin_of(path)
    suffix = path.suffix.lower()
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise LoadingError(origin, "is not a file that can be read")
        if suffix not in SUFFIXES:
            raise LoadingError(origin, f"this kind of file is not read; {', '.join(sorted(SUFFIXES))} are")
        if suffix == ".jsonl":
            from articleqa.loading.jsonl import read_jsonl

            yield from read_jsonl(path, origin, limits)
            return
        raw = Raw(content=_content(path, origin, limits), origin=origin, name=path.stem)
        yield article_of(raw, suffix, limits)
    except LoadingError as error:
        yield error
    except OSError as error:
        hint = "; an address begins with https://" if str(path).startswith("www.") else ""
        yield LoadingError(origin, f"cannot be read: {describe(error)}{hint}")


def article_of(raw: Raw, suffix: str, limits: Limits) -> Article:
    """The article in ``raw``, read as what its suffix says. Each reader is imported when it is first used.

    Raises:
        LoadingError: if there is none.
    """
    if suffix == ".docx":
        from articleqa.loading.docx import read_docx

        return read_docx(raw, limits)
    if suffix == ".pdf":
        from articleqa.loading.pdf import read_pdf

        return read_pdf(raw)
    if suffix in (".html", ".htm"):
        from articleqa.loading.html import read_html

        return read_html(raw)
    from articleqa.loading.plain import read_markdown, read_plain

    return read_markdown(raw) if suffix == ".md" else read_plain(raw)


def _content(path: Path, origin: str, limits: Limits) -> bytes:
    with path.open("rb") as file:
        content = file.read(limits.max_bytes + 1)
    if len(content) > limits.max_bytes:
        raise LoadingError(origin, limits.too_large)
    return content
