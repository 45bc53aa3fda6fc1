"""FAISS over the library's vectors: derived, disposable, and never the only copy of anything.

On disk there is one file per generation, written now and then, and a manifest with its name, its SHA-256 and the change
it is at. What came after it, and what went, is read from the library. Losing the file costs a read of the stored
vectors, never an embedding.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from articleqa.types import InvalidInput, Matrix, Vector

logger = logging.getLogger(__name__)

Ids = NDArray[np.int64]

# A file is written again when this share of it has changed, so that each vector is written a bounded number of times.
REWRITE_SHARE = 0.25
REWRITE_FLOOR = 500
# Removed vectors are skipped until they are this share of the index, and then taken out.
COMPACT_SHARE = 0.2

_FILE = re.compile(r"vectors-(\d+)-[0-9a-f]+\.faiss")
_MANIFEST = re.compile(r"vectors-(\d+)\.json")
_DRAFTS = "vectors-draft-"
# A draft as old as this is nobody's.
_ABANDONED_SECONDS = 3600


class VectorSource(Protocol):
    """An unchanging view of the stored vectors."""

    @property
    def change(self) -> int:
        """The number of the last change that the view shows."""

    def token(self, change: int) -> bytes | None:
        """What tells the change of that number from one of the same number elsewhere; None where it is not known."""

    def vectors_after(self, generation: int, passage_id: int) -> Iterator[tuple[Ids, Matrix]]:
        """Ids, ascending, and vectors of the passages later than ``passage_id``, in batches."""

    def last_passage(self, generation: int) -> int:
        """The highest id that the view shows, 0 where there is none."""

    def removed_after(self, change: int) -> Ids:
        """Ids of the passages removed after the change of that number."""


class VectorIndex(Protocol):
    """Nearest neighbours by inner product."""

    def __len__(self) -> int:
        """How many vectors there are."""

    def add(self, ids: Ids, vectors: Matrix) -> None:
        """Add unit-norm rows under new ids."""

    def remove(self, ids: Ids) -> None:
        """Take ids out; those that are not there are passed over."""

    def search(self, query: Vector, limit: int, *, allowed: Ids | None = None) -> list[tuple[int, float]]:
        """``(id, cosine)`` of the nearest, best first; among ``allowed`` ids only, where given.

        A query that is not finite is near nothing.

        Raises:
            InvalidInput: if ``query`` has another dimension than the vectors.
        """


class NumpyIndex:
    """The plain truth about nearest neighbours, for comparison."""

    def __init__(self, dimension: int) -> None:
        self._ids: Ids = np.empty(0, dtype=np.int64)
        self._vectors: Matrix = np.empty((0, dimension), dtype=np.float32)

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, ids: Ids, vectors: Matrix) -> None:
        """See :class:`VectorIndex`."""
        self._ids = np.concatenate([self._ids, ids])
        self._vectors = np.concatenate([self._vectors, vectors])

    def remove(self, ids: Ids) -> None:
        """See :class:`VectorIndex`."""
        keep = ~np.isin(self._ids, ids)
        self._ids, self._vectors = self._ids[keep], self._vectors[keep]

    def search(self, query: Vector, limit: int, *, allowed: Ids | None = None) -> list[tuple[int, float]]:
        """See :class:`VectorIndex`."""
        _check_query(query, self._vectors.shape[1])
        if limit < 1 or not np.isfinite(query).all():
            return []
        rows = np.arange(len(self._ids)) if allowed is None else np.flatnonzero(np.isin(self._ids, allowed))
        scores = self._vectors[rows] @ query
        best = np.argsort(-scores, kind="stable")[:limit]
        return [(int(self._ids[rows[row]]), float(scores[row])) for row in best]


class FaissIndex:
    """Exact search with FAISS. What is removed is skipped first and taken out later, many at once."""

    def __init__(self, dimension: int, *, index: Any | None = None) -> None:
        import faiss

        self._index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension)) if index is None else index
        self._removed: set[int] = set()

    def __len__(self) -> int:
        return int(self._index.ntotal) - len(self._removed)

    def add(self, ids: Ids, vectors: Matrix) -> None:
        """See :class:`VectorIndex`."""
        if len(ids):
            self._index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), np.ascontiguousarray(ids))

    def remove(self, ids: Ids) -> None:
        """See :class:`VectorIndex`."""
        import faiss

        present = np.isin(ids, faiss.vector_to_array(self._index.id_map)) if len(ids) else np.empty(0, dtype=bool)
        self._removed.update(int(value) for value in ids[present])
        if len(self._removed) > COMPACT_SHARE * self._index.ntotal:
            self.compact()

    def compact(self) -> None:
        """Take out what was removed."""
        if self._removed:
            self._index.remove_ids(np.fromiter(self._removed, dtype=np.int64))
            self._removed.clear()

    def search(self, query: Vector, limit: int, *, allowed: Ids | None = None) -> list[tuple[int, float]]:
        """See :class:`VectorIndex`."""
        import faiss

        _check_query(query, self._index.d)
        count = min(limit, len(self))
        if count < 1 or not np.isfinite(query).all() or (allowed is not None and len(allowed) == 0):
            return []
        parameters = None
        removed = np.fromiter(self._removed, dtype=np.int64)
        if allowed is not None:
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(np.setdiff1d(allowed, removed)))
        elif len(removed):
            # The inner selector is named so that it lives as long as the search.
            skipped = faiss.IDSelectorBatch(removed)
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorNot(skipped))
        scores, ids = self._index.search(np.ascontiguousarray(query[None], dtype=np.float32), count, params=parameters)
        return [(int(number), float(score)) for number, score in zip(ids[0], scores[0], strict=True) if number >= 0]

    def write(self, path: Path) -> None:
        """Write everything to ``path``, which FAISS can read again."""
        import faiss

        self.compact()
        faiss.write_index(self._index, str(path))

    @property
    def ids(self) -> Ids:
        """Every id, in the order of adding; removed ones are left out."""
        import faiss

        every: Ids = faiss.vector_to_array(self._index.id_map)
        return every[~np.isin(every, np.fromiter(self._removed, dtype=np.int64))]


def _check_query(query: Vector, dimension: int) -> None:
    if query.shape != (dimension,):
        raise InvalidInput(f"the encoder gave a question the shape {query.shape}: it must be ({dimension},)")


@dataclass
class _State:
    """An index in memory and the change of the library that it shows."""

    index: FaissIndex
    change: int = -1
    token: bytes | None = None
    last_id: int = 0
    written: int = 0  # vectors in the file on disk, 0 where there is none
    unwritten: int = 0

    def leads_to(self, source: VectorSource) -> bool:
        """Whether what ``source`` shows came of what is in memory."""
        return self.change < 0 or source.token(self.change) == self.token


class Vectors:
    """The dense side of one index folder: kept up with the library, searched by any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._states: dict[int, _State] = {}
        self._lock = threading.Lock()

    def search(
        self,
        source: VectorSource,
        query: Vector,
        *,
        generation: int,
        limit: int,
        allowed: Ids | None = None,
    ) -> list[tuple[int, float]]:
        """``(passage id, cosine)`` of the nearest passages that ``source`` shows, best first."""
        with self._lock:
            state = self._refreshed(source, generation, len(query))
            if allowed is None and state.change > source.change:
                # Another thread has seen more. What is new does not crowd out what this view shows.
                every = state.index.ids
                allowed = every[every <= source.last_passage(generation)]
            return state.index.search(query, limit, allowed=allowed)

    def refresh(self, source: VectorSource, *, generation: int, dimension: int) -> int:
        """Catch up with the library, and write the file again if enough has changed; how many vectors there are."""
        with self._lock:
            state = self._refreshed(source, generation, dimension)
            if state.unwritten >= max(REWRITE_FLOOR, REWRITE_SHARE * state.written):
                self._write(generation, state)
            return len(state.index)

    def flush(self) -> None:
        """Write what is not on disk yet."""
        with self._lock:
            for generation, state in self._states.items():
                if state.unwritten:
                    self._write(generation, state)

    def problem(self, generation: int) -> str | None:
        """What is wrong with the file of a generation, or None; a missing file is no problem."""
        try:
            self._manifest(generation)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            return str(error)
        return None

    def _refreshed(self, source: VectorSource, generation: int, dimension: int) -> _State:
        state = self._states.get(generation)
        change = source.change
        if state is None:
            state = self._read(generation, dimension)
            if not state.leads_to(source):
                # The file is of another library, of one that was put back from a copy, or from very long ago.
                logger.info("%s is of another state of the library", self._manifest_path(generation))
                state = _State(FaissIndex(dimension))
        elif change > state.change and not state.leads_to(source):
            state = _State(FaissIndex(dimension))
        # Another generation's index answers no more questions than those that are under way.
        self._states = {generation: state}
        if change > state.change:
            for ids, vectors in source.vectors_after(generation, state.last_id):
                state.index.add(ids, vectors)
                state.unwritten += len(ids)
                state.last_id = max(state.last_id, int(ids[-1])) if len(ids) else state.last_id
            removed = source.removed_after(state.change)
            state.index.remove(removed)
            state.unwritten += len(removed)
            state.change, state.token = change, source.token(change)
        return state

    def _read(self, generation: int, dimension: int) -> _State:
        """The index on disk, or an empty one where it is missing or not what it should be."""
        import faiss

        try:
            manifest = self._manifest(generation)
            raw = faiss.read_index(str(self._folder / manifest["file"]))
            if raw.d != dimension or raw.ntotal != manifest["vectors"] or manifest["generation"] != generation:
                raise ValueError(f"it holds {raw.ntotal} vectors of {raw.d} columns")
            return _State(
                FaissIndex(dimension, index=raw),
                change=int(manifest["change"]),
                token=bytes.fromhex(manifest["token"]),
                last_id=int(manifest["last_id"]),
                written=int(manifest["vectors"]),
            )
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
            logger.warning("%s is not used (%s): it is built again", self._manifest_path(generation), error)
        return _State(FaissIndex(dimension))

    def _manifest(self, generation: int) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads(self._manifest_path(generation).read_text(encoding="utf-8"))
        name = manifest["file"]
        if not _FILE.fullmatch(name):
            raise ValueError(f"it names {name!r}")
        with (self._folder / name).open("rb") as file:
            if file_digest(file, "sha256").hexdigest() != manifest["sha256"]:
                raise ValueError(f"{name} is damaged")
        return manifest

    def _write(self, generation: int, state: _State) -> None:
        """Write the file, then the manifest that names it, each made durable before it gets its name."""
        manifest_path = self._manifest_path(generation)
        try:
            # Several programs may write at once, each in a folder of its own.
            with TemporaryDirectory(dir=self._folder, prefix=_DRAFTS) as drafts:
                draft, manifest_draft = Path(drafts) / "vectors", Path(drafts) / "manifest"
                state.index.write(draft)
                digest = _durable_digest(draft)
                name = f"vectors-{generation}-{digest[:12]}.faiss"
                manifest = {
                    "generation": generation,
                    "change": state.change,
                    "token": (state.token or b"").hex(),
                    "last_id": state.last_id,
                    "file": name,
                    "sha256": digest,
                    "vectors": len(state.index),
                }
                manifest_draft.write_text(json.dumps(manifest), encoding="utf-8")
                _durable_digest(manifest_draft)
                draft.replace(self._folder / name)
                manifest_draft.replace(manifest_path)
            _sync_folder(self._folder)
        except (OSError, RuntimeError) as error:
            # A derived file that cannot be written costs time at the next start and nothing else.
            logger.warning("%s cannot be written (%s)", manifest_path, error)
            return
        state.written, state.unwritten = len(state.index), 0
        self._tidy(generation, name)

    def _tidy(self, generation: int, name: str) -> None:
        """Delete what is older than the file of that name, and what programs left that were killed while they wrote."""
        for other in self._folder.glob("vectors-*"):
            try:
                if match := _FILE.fullmatch(other.name):
                    if int(match[1]) <= generation and other.name != name:
                        other.unlink()
                elif match := _MANIFEST.fullmatch(other.name):
                    if int(match[1]) < generation:
                        other.unlink()
                elif other.name.startswith(_DRAFTS) and time.time() - other.stat().st_mtime > _ABANDONED_SECONDS:
                    shutil.rmtree(other)
            except OSError as error:
                logger.debug("%s cannot be deleted (%s)", other, error)

    def _manifest_path(self, generation: int) -> Path:
        return self._folder / f"vectors-{generation}.json"


def _durable_digest(path: Path) -> str:
    """SHA-256 of a file that a power cut does not take any more."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return file_digest(file, "sha256").hexdigest()


def _sync_folder(folder: Path) -> None:
    """Make renames durable, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
