"""Encoders: sentence-transformers models behind the :class:`~articleqa.types.Encoder` protocol.

The default weights come with the installation and are checked before they are used; nothing is fetched. Vectors are
normalised here and nowhere else.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from articleqa import hub
from articleqa.bundled import BUNDLED_NAME, BUNDLED_SHA256, bundled_folder, check_bundled, word_pieces
from articleqa.inference import Runner, open_runner
from articleqa.types import (
    Encoder,
    EncoderError,
    InvalidInput,
    Matrix,
    Progress,
    ProgressCallback,
    Vector,
)

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer
    from tokenizers import Encoding, Tokenizer

# A question that comes meanwhile waits for the batch that is being encoded. Eight times as much at once is no quicker.
_BATCH_TOKENS = 512


def open_encoder(name: str = BUNDLED_NAME, *, threads: int = 2) -> Encoder:
    """The encoder that a setting names.

    ``all-MiniLM-L6-v2`` is the bundled one; anything else is a sentence-transformers folder or hub id, which
    sentence-transformers fetches when it is not there yet.

    Raises:
        EncoderError: if the weights are missing, damaged or not a sentence-transformers model.
        MissingDependency: if the package with the bundled weights is not installed.
    """
    if name in (BUNDLED_NAME, f"sentence-transformers/{BUNDLED_NAME}"):
        return BundledEncoder(bundled_folder(), threads=threads)
    return SentenceTransformerEncoder(name, threads=threads)


class BundledEncoder:
    """all-MiniLM-L6-v2 (384 columns, 256 word pieces) from the installed weights, compiled for this CPU."""

    name = BUNDLED_NAME
    revision = BUNDLED_SHA256
    dimension = 384
    max_tokens = 256

    def __init__(self, folder: Path, *, threads: int = 2) -> None:
        check_bundled(folder)
        self._folder = folder
        self._threads = threads
        self._opening = threading.Lock()
        self._runner: Runner | None = None

    @property
    def _tokenizer(self) -> Tokenizer:
        return word_pieces(self._folder)

    def _opened(self) -> Runner:
        """The model, converted or read once, whichever thread needs it first."""
        with self._opening:
            if self._runner is None:
                texts = ["A short text.", "Another, which is a little longer."]
                self._runner = open_runner(
                    lambda: _sentence_vectors(load_sentence_transformer(str(self._folder))),
                    self._arrays(self._tokenizer.encode_batch(texts)),
                    key=f"encoder-{self.revision[:16]}-1",
                    threads=self._threads,
                    bfloat16=True,
                )
            return self._runner

    @property
    def backend(self) -> str:
        """What runs the model: ``openvino`` or ``torch``."""
        return self._opened().backend

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        """Vectors of ``texts`` in their order, shape ``(n, 384)``; what is past 256 word pieces is not read."""
        encodings = self._tokenizer.encode_batch(list(texts))
        lengths = np.array([min(len(encoding.ids), self.max_tokens) for encoding in encodings], dtype=np.int64)
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        meter = _Meter(len(texts), progress)
        # Rows of one length waste nothing on padding; the longest come first, so that the time left is not flattered.
        order = np.argsort(-lengths, kind="stable")
        runner = self._opened()
        first = 0
        while first < len(order):
            rows = max(1, _BATCH_TOKENS // int(lengths[order[first]]))
            batch = order[first : first + rows]
            vectors[batch] = normalised(runner(self._arrays([encodings[row] for row in batch]))[0])
            first += len(batch)
            meter.advance(len(batch))
        return vectors

    def encode_query(self, text: str) -> Vector:
        """The vector of a question, shape ``(384,)``."""
        row: Vector = self.encode_documents([text])[0]
        return row

    def count_tokens(self, text: str) -> int:
        """Word pieces of ``text``, without the two special tokens."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _arrays(self, encodings: Sequence[Encoding]) -> dict[str, Any]:
        width = min(max(len(encoding.ids) for encoding in encodings), self.max_tokens)
        ids = np.zeros((len(encodings), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, encoding in enumerate(encodings):
            pieces = encoding.ids
            if len(pieces) > width:
                pieces = [*pieces[: width - 1], pieces[-1]]  # the closing special token stays
            ids[row, : len(pieces)] = pieces
            mask[row, : len(pieces)] = 1
        return {"input_ids": ids, "attention_mask": mask}


class SentenceTransformerEncoder:
    """Any sentence-transformers model, run by sentence-transformers itself."""

    def __init__(self, name: str, *, threads: int = 2) -> None:
        import torch

        torch.set_num_threads(threads)
        self._model = load_sentence_transformer(name)
        dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise EncoderError(f"{name} does not say how long its vectors are: it is no sentence-transformers encoder")
        self.name = name
        self.dimension = dimension
        self.max_tokens = int(self._model.max_seq_length or 512)
        self.revision = _weights_digest(self._model)

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        """Vectors of ``texts`` in their order, shape ``(n, dimension)``."""
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        meter = _Meter(len(texts), progress)
        order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
        for first in range(0, len(order), 32):
            batch = order[first : first + 32]
            rows = self._model.encode_document([texts[row] for row in batch], show_progress_bar=False)
            vectors[batch] = normalised(np.asarray(rows, dtype=np.float32))
            meter.advance(len(batch))
        return vectors

    def encode_query(self, text: str) -> Vector:
        """The vector of a question, shape ``(dimension,)``."""
        row = np.asarray(self._model.encode_query([text], show_progress_bar=False), dtype=np.float32)
        vector: Vector = normalised(row)[0]
        return vector

    def count_tokens(self, text: str) -> int:
        """Word pieces of ``text``, without special tokens."""
        return len(self._model.tokenizer.encode(text, add_special_tokens=False, verbose=False))


def normalised(rows: Matrix) -> Matrix:
    """``rows`` with unit norm, float32; a row of zeros stays zero.

    Raises:
        EncoderError: if a value is not finite.
    """
    if not np.isfinite(rows).all():
        raise EncoderError("the encoder answered with numbers that are not finite: choose another with `embedding`")
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    result: Matrix = (rows / np.maximum(norms, 1e-12)).astype(np.float32)
    return result


def check_rows(rows: object, count: int, encoder: Encoder) -> None:
    """Hold ``encoder``, which may be a caller's own, to its contract: ``count`` unit-norm rows.

    Raises:
        InvalidInput: if ``rows`` are something else.
    """
    expected = (count, encoder.dimension)
    if not isinstance(rows, np.ndarray) or rows.shape != expected or not np.issubdtype(rows.dtype, np.floating):
        given = f"{rows.dtype} of shape {rows.shape}" if isinstance(rows, np.ndarray) else type(rows).__name__
        raise InvalidInput(f"the encoder {encoder.name} gave {given}: it must be an array of float32 {expected}")
    norms = np.linalg.norm(rows, axis=1)
    if not np.allclose(norms, 1.0, atol=1e-3):
        raise InvalidInput(
            f"the encoder {encoder.name} gave rows of norm {norms.min():.3f} to {norms.max():.3f}, not 1"
        )


def load_sentence_transformer(name: str) -> SentenceTransformer:
    """A sentence-transformers model on the CPU.

    A folder is read without asking any hub, and so is what was fetched before when no hub answers.

    Raises:
        EncoderError: if it is missing or not such a model.
    """
    from sentence_transformers import SentenceTransformer

    try:
        with hub.loading(name) as local:
            return SentenceTransformer(name, device="cpu", local_files_only=local, trust_remote_code=False)
    except Exception as error:  # (whatever these libraries raise about a model or a hub, it cannot be used)
        raise EncoderError(
            f"the encoder {name!r} cannot be loaded ({hub.reason(error)}): check the setting `embedding`"
        ) from error


def _sentence_vectors(model: SentenceTransformer) -> torch.nn.Module:
    """The model from token ids to sentence vectors, as one traceable module."""
    import torch

    class SentenceVectors(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            features = {
                "input_ids": input_ids,
                "attention_mask": attention_mask,
                "token_type_ids": torch.zeros_like(input_ids),
            }
            vectors: torch.Tensor = self.model(features)["sentence_embedding"]
            return vectors

    return SentenceVectors().eval()


def _weights_digest(model: SentenceTransformer) -> str:
    """SHA-256 over the names and values of every weight."""
    sha = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        sha.update(name.encode())
        sha.update(tensor.detach().cpu().float().contiguous().numpy().tobytes())
    return sha.hexdigest()


class _Meter:
    """Turns finished rows into :class:`Progress`."""

    def __init__(self, total: int, report: ProgressCallback | None) -> None:
        self._total = total
        self._report = report
        self._done = 0
        self._started = time.perf_counter()

    def advance(self, rows: int) -> None:
        self._done += rows
        if self._report is None:
            return
        elapsed = time.perf_counter() - self._started
        rate = self._done / elapsed if elapsed > 0 else None
        left = (self._total - self._done) / rate if rate else None
        self._report(Progress("encode", self._done, self._total, rate, left))
