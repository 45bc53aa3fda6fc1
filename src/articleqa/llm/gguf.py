"""The head of a GGUF file: what must be known of a model before it is loaded.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import os
import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from articleqa.types import LanguageModelError

_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_NUMBERS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_LONGEST_ARRAY_KEPT = 1024  # heads per layer; not the vocabulary
_MOST_ENTRIES = 100_000
_PART = re.compile(r"-00001-of-\d{5}\.gguf$")
_HALF = 2  # bytes of a number in the cache of keys and values


class _Damaged(Exception):
    """The head cannot be read."""


@dataclass(frozen=True)
class GgufFile:
    """What the head says. ``size`` is in bytes, of all parts; ``context`` in tokens, as the model was trained."""

    path: Path
    size: int
    context: int
    cache_bytes_per_token: int
    has_chat_template: bool


def read_gguf(path: Path) -> GgufFile:
    """Read the head of a file.

    Raises:
        LanguageModelError: if the file is missing, no GGUF, damaged, or no language model that chats.
    """
    try:
        with path.open("rb") as file:
            facts = _facts(file, path.stat().st_size)
        size = sum(part.stat().st_size for part in _parts(path))
    except FileNotFoundError as error:
        raise LanguageModelError(f"{path} is not there: correct the setting llm") from error
    except OSError as error:
        raise LanguageModelError(f"{path} cannot be read ({error.strerror}): correct the setting llm") from error
    except (_Damaged, struct.error, UnicodeDecodeError) as error:
        raise LanguageModelError(f"{path} is damaged or incomplete ({error}): fetch it again") from error
    architecture = facts.get("general.architecture")
    context = facts.get(f"{architecture}.context_length")
    if not isinstance(context, int) or context < 1:
        raise LanguageModelError(f"{path} is no language model ({architecture}): choose another in the setting llm")
    return GgufFile(
        path=path,
        size=size,
        context=context,
        cache_bytes_per_token=_cache_bytes(facts, str(architecture)),
        has_chat_template="tokenizer.chat_template" in facts,
    )


def _parts(path: Path) -> list[Path]:
    if not _PART.search(path.name):
        return [path]
    return sorted(path.parent.glob(_PART.sub("", path.name) + "-?????-of-?????.gguf"))


def _facts(file: BinaryIO, size: int) -> dict[str, Any]:
    """The key-value pairs, without long arrays."""
    if file.read(4) != _MAGIC:
        raise LanguageModelError(f"{file.name} is no GGUF file: choose another in the setting llm")
    (version,) = _unpack(file, "I")
    if version not in _VERSIONS:
        raise LanguageModelError(f"{file.name} is of version {version} of GGUF, which is not read: convert it again")
    tensors, pairs = _unpack(file, "QQ")
    if tensors > _MOST_ENTRIES or pairs > _MOST_ENTRIES:
        raise _Damaged("its head makes no sense")
    facts: dict[str, Any] = {}
    for _ in range(pairs):
        key = _string(file, size)
        (kind,) = _unpack(file, "I")
        facts[key] = _value(file, kind, size)
    return facts


def _value(file: BinaryIO, kind: int, size: int) -> Any:
    if kind == _STRING:
        return _string(file, size)
    if kind != _ARRAY:
        return _unpack(file, _number(kind))[0]
    of, length = _unpack(file, "IQ")
    if length > size:
        raise _Damaged("its head makes no sense")
    if of == _STRING:
        for _ in range(length):
            (bytes_of_string,) = _unpack(file, "Q")
            _skip(file, bytes_of_string, size)
        return None
    if of == _ARRAY:
        raise _Damaged("an array of arrays")
    code = _number(of)
    if length > _LONGEST_ARRAY_KEPT:
        _skip(file, length * struct.calcsize(f"<{code}"), size)
        return None
    return _unpack(file, f"{length}{code}")


def _number(kind: int) -> str:
    try:
        return _NUMBERS[kind]
    except KeyError:
        raise _Damaged(f"an unknown type {kind}") from None


def _unpack(file: BinaryIO, code: str) -> tuple[Any, ...]:
    length = struct.calcsize(f"<{code}")
    data = file.read(length)
    if len(data) < length:
        raise _Damaged("it ends too early")
    return struct.unpack(f"<{code}", data)


def _string(file: BinaryIO, size: int) -> str:
    (length,) = _unpack(file, "Q")
    if length > size:
        raise _Damaged("its head makes no sense")
    data = file.read(length)
    if len(data) < length:
        raise _Damaged("it ends too early")
    return data.decode("utf-8")


def _skip(file: BinaryIO, length: int, size: int) -> None:
    if file.tell() + length > size:
        raise _Damaged("it ends too early")
    file.seek(length, os.SEEK_CUR)


def _cache_bytes(facts: dict[str, Any], architecture: str) -> int:
    """Bytes that one token takes in the cache of keys and values, in half precision."""

    def number(name: str, default: int) -> int:
        value = facts.get(f"{architecture}.{name}", default)
        return max(value) if isinstance(value, tuple) and value else value if isinstance(value, int) else default

    heads = max(1, number("attention.head_count", 1))
    width = number("embedding_length", 0) // heads
    keys, values = number("attention.key_length", width), number("attention.value_length", width)
    return number("block_count", 0) * number("attention.head_count_kv", heads) * (keys + values) * _HALF
