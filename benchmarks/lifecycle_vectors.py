"""The vectors alone: kinds of indexes beside each other, and ours at every size."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from measuring import memory, recall, timed_each

from articleqa.types import Matrix
from articleqa.vectors import Ids, Vectors, policy

SHARES = (0.001, 0.01, 0.1, 0.5)
_SEARCHES = 200
_ADDITIONS = 200


class GrowingSource:
    """A view of the first ``count`` of some rows, whose ids are their numbers from one on."""

    def __init__(self, rows: Matrix, count: int) -> None:
        self._rows = rows
        self._first = self.count = count
        self._token = bytes(8)

    @property
    def change(self) -> int:
        """One more for each row that came."""
        return self.count - self._first + 1

    def token(self, change: int) -> bytes | None:  # noqa: ARG002
        """The same for every change."""
        return self._token

    def last_passage(self, generation: int) -> int:  # noqa: ARG002
        """The last row that is shown."""
        return self.count

    def vectors_after(self, generation: int, passage_id: int) -> Iterator[tuple[Ids, Matrix]]:  # noqa: ARG002
        """Rows, in batches."""
        for first in range(max(0, passage_id), self.count, 4096):
            last = min(first + 4096, self.count)
            yield np.arange(first + 1, last + 1), np.asarray(self._rows[first:last])

    def vectors_of(self, ids: Ids) -> tuple[Ids, Matrix]:
        """Some of the rows."""
        ids = np.unique(ids)
        return ids, np.asarray(self._rows[ids - 1])

    def removed_after(self, change: int) -> Ids:  # noqa: ARG002
        """Nothing is ever removed."""
        return np.empty(0, dtype=np.int64)


def vectors(sets: Path, folder: Path, size: int) -> dict[str, Any]:  # noqa: ARG001
    """Write a snapshot of ``size`` vectors, open it, add to it and search it."""
    rows, queries = _given(folder, _SEARCHES)
    index = folder / f"vectors-{size}"
    shutil.rmtree(index, ignore_errors=True)
    index.mkdir()
    source = GrowingSource(rows, size)
    started, own = time.perf_counter(), time.process_time()
    Vectors(index).prepare(source, generation=1, dimension=rows.shape[1])
    written = {"seconds": time.perf_counter() - started, "own seconds": time.process_time() - own}
    file_bytes = sum(path.stat().st_size for path in index.glob("*.faiss"))
    if not list(index.glob("*.faiss")):
        raise SystemExit("the snapshot could not be written")
    right = nearest(rows[:size], queries, 100)

    keeper = Vectors(index)
    search = _searcher(keeper, source)
    search(queries[0], 10, None)
    checked = _waited()
    result: dict[str, Any] = {
        "snapshot": {**_rounded(written), "bytes": file_bytes, "floor bytes": 4 * rows.shape[1] * size},
        "open": {"from the disk": _alone(folder, size, cold=True), "from memory": _alone(folder, size, cold=False)},
        "checked in the background": {"seconds": checked},
        "recall@10": recall([search(query, 10, None) for query in queries], right[:, :10].tolist()),
        "recall@100": recall([search(query, 100, None) for query in queries], right.tolist()),
        "search 10": timed_each(lambda query: search(query, 10, None), queries),
        "search 100": timed_each(lambda query: search(query, 100, None), queries),
        "filtered": {str(share): _filtered(search, rows, size, share, queries) for share in SHARES},
    }
    additions = []
    for _ in range(_ADDITIONS):
        source.count += 1
        additions.append(source.count)
    source.count = size

    def add(count: int) -> None:
        source.count = count
        keeper.refresh(source, generation=1, dimension=rows.shape[1])

    result["add one"] = timed_each(add, additions)
    found = [search(rows[count - 1], 1, None) for count in additions]
    result["added and found at once"] = sum(hit == [count - 1] for hit, count in zip(found, additions, strict=True))
    # As much as is ever searched row by row before a new snapshot takes its place.
    full = int(max(policy.CHANGED_FLOOR, min(policy.CHANGED_SHARE * size, policy.CHANGED_CEILING))) - 1
    add(size + full)
    result["search 10, full tail"] = timed_each(lambda query: search(query, 10, None), queries)
    started = time.perf_counter()
    again = Vectors(index)
    _searcher(again, source)(queries[0], 10, None)
    result["open"]["full tail"] = {"seconds": round(time.perf_counter() - started, 3), "rows": full}
    started = time.perf_counter()
    add(size + full + 1)
    keeper.flush()
    result["compaction"] = {"seconds": round(time.perf_counter() - started, 2), "most MB": memory()["most MB"]}
    keeper.close()
    shutil.rmtree(index)
    return result


def candidates(sets: Path, folder: Path, size: int) -> dict[str, Any]:  # noqa: ARG001
    """Kinds of indexes, each found to be right or not, whole and among one in a hundred."""
    import faiss

    rows, queries = _given(folder, _SEARCHES)
    rows = np.asarray(rows[:size])
    dimension, lists = rows.shape[1], int(4 * size**0.5)
    right = nearest(rows, queries, 10)
    allowed = np.sort(np.random.default_rng(0).choice(size, size // 100, replace=False))
    right_allowed = allowed[nearest(rows[allowed], queries, 10)]
    product, inner = faiss.METRIC_INNER_PRODUCT, faiss.IndexFlatIP
    kinds: dict[str, tuple[Callable[[], Any], Callable[[], Any] | None, int]] = {
        "flat": (lambda: inner(dimension), None, 0),
        "SQ8": (lambda: faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_8bit, product), None, 3),
        "HNSW32, efSearch 128": (
            lambda: faiss.IndexHNSWFlat(dimension, 32, product),
            lambda: faiss.SearchParametersHNSW(efSearch=128),
            0,
        ),
        "HNSW32 SQ8, efSearch 128": (
            lambda: faiss.IndexHNSWSQ(dimension, faiss.ScalarQuantizer.QT_8bit, 32, product),
            lambda: faiss.SearchParametersHNSW(efSearch=128),
            3,
        ),
        "IVF SQ8, nprobe 64": (
            lambda: faiss.index_factory(dimension, f"IVF{lists},SQ8", product),
            lambda: faiss.SearchParametersIVF(nprobe=64),
            3,
        ),
        "IVF RaBitQ, nprobe 64": (
            lambda: faiss.index_factory(dimension, f"IVF{lists},RaBitQ", product),
            lambda: faiss.IVFRaBitQSearchParameters(nprobe=64),
            40,
        ),
        "RaBitQ": (lambda: faiss.IndexRaBitQ(dimension, product), faiss.RaBitQSearchParameters, 80),
        "RaBitQ in blocks of 32 (ours)": (lambda: faiss.IndexRaBitQFastScan(dimension, product), None, 80),
    }
    bits = np.zeros(size, dtype=bool)
    bits[allowed] = True
    result: dict[str, Any] = {}
    for name, (make, parameters, refined) in kinds.items():
        faiss.omp_set_num_threads(2)
        started, own = time.perf_counter(), time.process_time()
        index = make()
        index.train(rows)
        index.add(rows)
        built = {"seconds": time.perf_counter() - started, "own seconds": time.process_time() - own}
        faiss.omp_set_num_threads(1)
        search = partial(_candidate, index, rows, parameters, refined, None)
        figures: dict[str, Any] = {
            "build": _rounded(built),
            "bytes": len(faiss.serialize_index(index)),
            "recall@10": recall(map(search, queries), right.tolist()),
            "search 10": timed_each(search, queries),
        }
        chosen = faiss.IDSelectorBitmap(np.packbits(bits, bitorder="little"))
        search = partial(_candidate, index, rows, parameters, refined, chosen)
        try:
            figures["recall@10 among 1 %"] = recall(map(search, queries), right_allowed.tolist())
            figures["search 10 among 1 %"] = timed_each(search, queries)
        except RuntimeError:
            figures["recall@10 among 1 %"] = None  # it takes no selection
        result[name] = figures
    return result


def _candidate(
    index: Any, rows: Matrix, parameters: Callable[[], Any] | None, refined: int, chosen: Any, query: Matrix
) -> list[int]:
    """The ten nearest by ``index``; of ``refined`` for each, where its codes are not exact."""
    import faiss

    options = parameters() if parameters else None
    if chosen is not None:
        options = options or faiss.SearchParameters()
        options.sel = chosen
    found = index.search(query[None], 10 * max(1, refined), params=options)[1][0]
    found = found[found >= 0]
    best = np.argsort(-(rows[found] @ query), kind="stable")[:10]
    return [int(row) for row in found[best]]


def nearest(rows: Matrix, queries: Matrix, count: int) -> Ids:
    """The rows nearest to each query, best first, each compared; a part of the rows at a time."""
    count = min(count, len(rows))
    scores = np.empty((len(queries), 0), dtype=np.float32)
    numbers = np.empty((len(queries), 0), dtype=np.int64)
    for first in range(0, len(rows), 65_536):
        part = queries @ np.asarray(rows[first : first + 65_536]).T
        places = np.broadcast_to(np.arange(first, first + part.shape[1]), part.shape)
        scores, numbers = np.concatenate([scores, part], axis=1), np.concatenate([numbers, places], axis=1)
        best = np.argsort(-scores, axis=1, kind="stable")[:, :count]
        scores, numbers = np.take_along_axis(scores, best, 1), np.take_along_axis(numbers, best, 1)
    return numbers


def _given(folder: Path, count: int) -> tuple[Matrix, Matrix]:
    (questions,) = folder.glob("questions-*.npy")
    return np.load(folder / "vectors.npy", mmap_mode="r"), np.load(questions)[:count]


def _searcher(keeper: Vectors, source: GrowingSource) -> Callable[[Matrix, int, Ids | None], list[int]]:
    """Rows, found by ours."""

    def search(query: Matrix, limit: int, allowed: Ids | None) -> list[int]:
        found = keeper.search(source, np.asarray(query), generation=1, limit=limit, allowed=allowed)
        return [number - 1 for number, _ in found]

    return search


def _filtered(search: Any, rows: Matrix, size: int, share: float, queries: Matrix) -> dict[str, Any]:
    chosen = np.sort(np.random.default_rng(1).choice(size, max(1, int(share * size)), replace=False))
    ids = chosen + 1
    right = chosen[nearest(rows[chosen], queries, 10)]
    found = [search(query, 10, ids) for query in queries]
    return {"recall@10": recall(found, right.tolist()), **timed_each(lambda query: search(query, 10, ids), queries)}


def opened(folder: Path, size: int, *, cold: bool) -> dict[str, float]:
    """How long it takes a program that has just begun to find something, and what memory it holds then."""
    import faiss  # noqa: F401

    index = folder / f"vectors-{size}"
    rows, queries = _given(folder, 50)
    if cold:
        for path in index.glob("*.faiss"):
            with path.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    before = memory()
    search = _searcher(Vectors(index), GrowingSource(rows, size))
    started, own = time.perf_counter(), time.thread_time()
    search(queries[0], 10, None)
    taken = {"seconds": time.perf_counter() - started, "own seconds": time.thread_time() - own}
    first = memory()
    _waited()
    for query in queries:
        search(query, 10, None)
    last = memory()
    return _rounded(
        {
            **taken,
            "own MB": first["own MB"] - before["own MB"],
            "own MB after searches": last["own MB"] - before["own MB"],
            "of files MB after searches": last["of files MB"] - before["of files MB"],
        }
    )


def _alone(folder: Path, size: int, *, cold: bool) -> dict[str, float]:
    """:func:`opened`, in a process of its own."""
    code = (
        "import json, lifecycle_vectors, pathlib; "
        f"print(json.dumps(lifecycle_vectors.opened(pathlib.Path({str(folder.resolve())!r}), {size}, cold={cold})))"
    )
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, cwd=Path(__file__).parent, stdout=subprocess.PIPE, text=True, check=True)
    result: dict[str, float] = json.loads(ended.stdout)
    return result


def _waited() -> float:
    """Seconds until nothing happens in the background any more."""
    started = time.perf_counter()
    while threading.active_count() > 1:
        time.sleep(0.005)
    return round(time.perf_counter() - started, 2)


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 3) for name, value in figures.items()}
