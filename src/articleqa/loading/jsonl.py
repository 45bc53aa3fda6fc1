"""Files of articles: one JSON object a line."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from articleqa.loading.cleaning import finished, kind
from articleqa.loading.limits import Limits
from articleqa.types import Article, LoadingError

_FIELDS = ("title", "text", "id", "url", "source", "author", "published", "language")
_CHUNK = 1_048_576


def read_jsonl(path: Path, origin: str, limits: Limits) -> Iterator[Article | LoadingError]:
    """The articles of a ``.jsonl`` file, line by line; a bad line comes back as an error that names it.

    Raises:
        OSError: if the file cannot be read.
    """
    seen: dict[str, int] = {}
    empty = True
    with path.open("rb") as file:
        if file.peek(2)[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            yield LoadingError(origin, "is UTF-16; save it as UTF-8")
            return
        for number, line in _lines(file, limits):
            empty = False
            try:
                if line is None:
                    raise LoadingError(origin, limits.too_large)
                article = _article(line, number, origin)
                if article.id is not None and seen.setdefault(article.id, number) != number:
                    raise LoadingError(origin, f"has the id of line {seen[article.id]}; give every article its own")
            except LoadingError as error:
                yield LoadingError(origin, f"line {number}: {error.reason}")
            else:
                yield article
    if empty:
        yield LoadingError(origin, "is empty")


def _lines(file: BinaryIO, limits: Limits) -> Iterator[tuple[int, bytes | None]]:
    """The lines that are not blank, numbered from 1; None in place of one that is too long."""
    number = 0
    while line := file.readline(limits.max_bytes + 2):
        number += 1
        if len(line.rstrip(b"\r\n")) > limits.max_bytes:
            while not line.endswith(b"\n") and (line := file.readline(_CHUNK)):
                pass
            yield number, None
        elif line.removeprefix(codecs.BOM_UTF8).strip():
            yield number, line


def _article(line: bytes, number: int, origin: str) -> Article:
    try:
        values = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise LoadingError(origin, "is not UTF-8; save the file as UTF-8") from error
    except json.JSONDecodeError as error:
        raise LoadingError(origin, f"is not JSON: {error.msg} at character {error.pos + 1}") from error
    except (ValueError, RecursionError) as error:
        raise LoadingError(origin, "is not JSON that can be read") from error
    if not isinstance(values, dict):
        raise LoadingError(origin, f"is {kind(values)}, not an object with a title and a text")
    if "text" not in values:
        raise LoadingError(origin, "has no field text")
    given = {name: values[name] for name in _FIELDS if values.get(name) is not None or name == "text"}
    for name, value in given.items():
        if not isinstance(value, str):
            raise LoadingError(origin, f"{name} is {kind(value)}, not a string")
    article = finished(Article(**{"title": "", **given}), where=origin)
    return replace(article, origin=f"{origin}#{article.id or number}")
