"""The reader that a setting names."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from articleqa.reader.builtin import WEIGHTS, BuiltinReader
from articleqa.reader.pretrained import PretrainedReader
from articleqa.types import Reader


def open_reader(name: str, *, threads: int = 2) -> Reader | None:
    """The reader that ``name`` means: ``builtin``, ``none``, or a model's folder or hub id.

    A folder may also be one that holds weights for the built-in reader, as training writes them.

    A hub id is fetched when it is not there yet. The built-in one is checked now and compiled when it first reads.

    Raises:
        ReaderError: if the weights are missing, damaged or not those of an extractive reader.
        MissingDependency: if the package with the bundled word embeddings is not installed.
    """
    if name == "none":
        return None
    if name == "builtin":
        return _builtin(threads)
    if (Path(name) / WEIGHTS).is_file():
        return BuiltinReader(Path(name), threads=threads)
    return PretrainedReader(name, threads=threads)


@lru_cache(maxsize=2)
def _builtin(threads: int) -> BuiltinReader:
    """The one that all assistants of this process share: it has no state, and opening it takes time and memory."""
    return BuiltinReader(threads=threads)
