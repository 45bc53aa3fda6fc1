"""Others, used as their documentation begins: one article is added and made to last, at every size."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from grown import real_sentences
from measuring import Clock, memory

from articleqa.types import Matrix

_ADDITIONS = 12
_MOST_SECONDS = 300.0


def llamaindex(sets: Path, folder: Path, size: int) -> dict[str, Any]:
    """``VectorStoreIndex`` over the stores that it makes itself; ``insert``, then ``persist``."""
    from llama_index.core import MockEmbedding, StorageContext, VectorStoreIndex
    from llama_index.core.schema import TextNode

    place = folder / "llamaindex"
    shutil.rmtree(place, ignore_errors=True)
    sentences, rows = real_sentences(sets, 60_000), np.load(folder / "vectors.npy", mmap_mode="r")

    def node(number: int) -> TextNode:
        embedding = [float(value) for value in rows[number]]
        return TextNode(id_=str(number), text=sentences[number % len(sentences)], embedding=embedding)

    started = time.perf_counter()
    context = StorageContext.from_defaults()
    index = VectorStoreIndex(
        [node(number) for number in range(size)], storage_context=context, embed_model=MockEmbedding(rows.shape[1])
    )
    built = time.perf_counter() - started

    def add(number: int) -> None:
        index.insert_nodes([node(number)])
        context.persist(str(place))

    add(size)  # the first one writes everything, whatever was there
    result = _added(add, size + 1)
    result["search 10"] = _searched(lambda query: context.vector_store.query(_query(query)), rows[size + 100 :])
    result |= {"build seconds": round(built, 1), "bytes": _bytes(place), "memory MB": memory()["own MB"]}
    shutil.rmtree(place)
    return result


def txtai(sets: Path, folder: Path, size: int) -> dict[str, Any]:
    """``Embeddings`` with content; ``upsert``, then ``save``."""
    if importlib.util.find_spec("txtai") is None:
        return {"stopped": "txtai is not installed: pip install --no-deps txtai msgpack"}
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    place = folder / "txtai"
    shutil.rmtree(place, ignore_errors=True)
    sentences, rows = real_sentences(sets, 60_000), np.load(folder / "vectors.npy", mmap_mode="r")

    def encode(texts: Sequence[str]) -> Matrix:
        return np.stack([rows[int(text.partition(" ")[0])] for text in texts])

    def entry(number: int) -> tuple[int, str, None]:
        return number, f"{number} {sentences[number % len(sentences)]}", None

    started = time.perf_counter()
    embeddings: Any = importlib.import_module("txtai").Embeddings(method="external", transform=encode, content=True)
    embeddings.index(entry(number) for number in range(size))
    built = time.perf_counter() - started

    def add(number: int) -> None:
        embeddings.upsert([entry(number)])
        embeddings.save(str(place))

    add(size)
    result = _added(add, size + 1)
    result["search 10"] = _searched(
        lambda number: embeddings.search(f"{number} asked", 10), range(size + 100, size + 130)
    )
    result |= {"build seconds": round(built, 1), "bytes": _bytes(place), "memory MB": memory()["own MB"]}
    shutil.rmtree(place)
    return result


def _added(add: Callable[[int], None], first: int) -> dict[str, Any]:
    clock = Clock()
    started = time.perf_counter()
    for number in range(first, first + _ADDITIONS):
        clock.time(lambda number=number: add(number))  # type: ignore[misc]
        if time.perf_counter() - started > _MOST_SECONDS:
            break
    result: dict[str, Any] = {"add one": {**clock.figures(), "additions": len(clock.wall)}}
    if max(clock.wall) > _MOST_SECONDS:
        result["stopped"] = f"one addition took longer than {_MOST_SECONDS:g} seconds"
    return result


def _searched(search: Callable[[Any], object], queries: Any) -> dict[str, float]:
    clock = Clock()
    for query in queries[:20]:
        clock.time(lambda query=query: search(query))  # type: ignore[misc]
    return clock.figures()


def _query(row: Matrix) -> Any:
    from llama_index.core.vector_stores import VectorStoreQuery

    return VectorStoreQuery(query_embedding=[float(value) for value in row], similarity_top_k=10)


def _bytes(place: Path) -> int:
    return sum(path.stat().st_size for path in place.rglob("*") if path.is_file())
