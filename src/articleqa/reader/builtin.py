"""The reader in the box: the bundled encoder's word embeddings under layers of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from articleqa.bundled import BUNDLED_SHA256, bundled_folder, word_embeddings, word_pieces
from articleqa.hub import quiet
from articleqa.inference import Runner, file_digest, open_runner
from articleqa.reader.spans import Found, best_span, readable, reading, sigmoid
from articleqa.types import EncoderError, Passage, ReaderError, Reading

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

WEIGHTS = "weights.safetensors"
DIGEST = "weights.sha256"

QUESTION_TOKENS = 48
TITLE_TOKENS = 32
# A passage as the chunker cuts it is one window; a longer text is read in several, which overlap by as many.
WINDOW_TOKENS = 256
OVERLAP_TOKENS = 64
_BATCH_TOKENS = 4096
_CLS, _SEP = 101, 102
_REINSTALL = "install articleqa again"


@dataclass(frozen=True, slots=True)
class _Window:
    """One row for the network.

    ``before`` counts what stands in front of the passage's own word pieces, ``segment`` what belongs to the question;
    ``offsets`` are the characters of the passage's word pieces, shape ``(pieces, 2)``.
    """

    passage: int
    ids: list[int]
    segment: int
    before: int
    offsets: list[tuple[int, int]]


class BuiltinReader:
    """Reads passages with the title in front, as it was trained.

    Args:
        folder: where ``weights.safetensors`` and ``weights.sha256`` are; the package's own unless given.
        threads: the thread budget.

    Raises:
        ReaderError: if the weights are missing or are not those of the digest.
        MissingDependency: if the package with the bundled word embeddings is not installed.
    """

    name = "builtin"

    def __init__(self, folder: Path | None = None, *, threads: int = 2) -> None:
        folder = folder or Path(__file__).parent
        self._weights = folder / WEIGHTS
        self._encoder = bundled_folder()
        self._threads = threads
        self._opening = threading.Lock()
        self._runner: Runner | None = None
        try:
            self.revision = file_digest(self._weights)
            expected = (folder / DIGEST).read_text(encoding="ascii", errors="replace").split()[:1]
        except OSError as error:
            raise ReaderError(f"the reader's weights cannot be read ({error}): {_REINSTALL}") from error
        if expected != [self.revision]:
            raise ReaderError(f"the reader's weights in {self._weights} are not those of {DIGEST}: {_REINSTALL}")

    @property
    def backend(self) -> str:
        """What runs the model: ``openvino`` or ``torch``."""
        return self._opened().backend

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """The best span of each passage, in the passages' order."""
        windows = list(self._windows(question, passages))
        found: list[list[Found]] = [[] for _ in passages]
        answering = [-np.inf] * len(passages)
        for batch in _batches(windows):
            spans, verdicts = self._opened()(self._arrays(batch))
            for row, window in enumerate(batch):
                allowed = np.zeros(spans.shape[1], dtype=bool)
                allowed[window.before : window.before + len(window.offsets)] = True
                start, end, score = best_span(spans[row], allowed)
                span = Found(window.offsets[start - window.before][0], window.offsets[end - window.before][1], score)
                found[window.passage].append(span)
                answering[window.passage] = max(answering[window.passage], float(verdicts[row, 0]))
        return [reading(passage, found[number], sigmoid(-answering[number])) for number, passage in enumerate(passages)]

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return word_pieces(self._encoder)

    @cached_property
    def _words(self) -> NDArray[np.float32]:
        try:
            return word_embeddings(self._encoder)
        except EncoderError as error:
            raise ReaderError(f"the reader cannot be loaded: {error}") from error

    def _windows(self, question: str, passages: Sequence[Passage]) -> Iterator[_Window]:
        texts = [question, *(text for passage in passages for text in (passage.title, passage.text))]
        encoded = self._tokenizer.encode_batch([readable(text) for text in texts], add_special_tokens=False)
        asked = [_CLS, *encoded[0].ids[:QUESTION_TOKENS], _SEP]
        for number in range(len(passages)):
            title, text = encoded[1 + 2 * number].ids[:TITLE_TOKENS], encoded[2 + 2 * number]
            head = [*asked, *title]
            step = WINDOW_TOKENS - OVERLAP_TOKENS
            # The last window is the first that reaches the end; nothing is read where there is nothing.
            for first in range(0, max(len(text.ids) - OVERLAP_TOKENS, min(len(text.ids), 1)), step):
                last = first + WINDOW_TOKENS
                ids = [*head, *text.ids[first:last], _SEP]
                yield _Window(number, ids, len(asked), len(head), text.offsets[first:last])

    def _arrays(self, windows: Sequence[_Window]) -> dict[str, Any]:
        """Word vectors, mask and segments of some rows, shapes ``(rows, longest, 384)`` and ``(rows, longest)``."""
        shape = (len(windows), max(len(window.ids) for window in windows))
        ids, mask, segments = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        for row, window in enumerate(windows):
            size = len(window.ids)
            ids[row, :size] = window.ids
            mask[row, :size] = 1
            segments[row, window.segment : size] = 1
        return {"words": self._words[ids], "attention_mask": mask, "token_type_ids": segments}

    def _opened(self) -> Runner:
        """The model, converted or read once, whichever thread needs it first."""
        with self._opening:
            if self._runner is None:
                passage = Passage(0, "", 1, "A title", None, None, 0, 0, "A short text. Another, a little longer.", 0.0)
                self._runner = open_runner(
                    self._network,
                    self._arrays(list(self._windows("What is it?", [passage, passage]))),
                    key=f"reader-{self.revision[:16]}-3",
                    threads=self._threads,
                    half=True,
                )
            return self._runner

    def _network(self) -> torch.nn.Module:
        from safetensors import SafetensorError, safe_open

        from articleqa.reader.network import ReaderNetwork

        quiet()
        try:
            with safe_open(self._weights, framework="pt") as file:
                base = (file.metadata() or {}).get("base_sha256")
            if base != BUNDLED_SHA256:
                raise ReaderError(f"the reader's weights in {self._weights} belong to another encoder: {_REINSTALL}")
            return ReaderNetwork.from_files(self._encoder, self._weights)
        except (OSError, ValueError, RuntimeError, SafetensorError) as error:
            raise ReaderError(f"the reader's weights in {self._weights} cannot be read: {_REINSTALL}") from error


def _batches(windows: Sequence[_Window]) -> Iterator[list[_Window]]:
    """Windows of about one length, which waste little on padding."""
    order = sorted(windows, key=lambda window: -len(window.ids))
    first = 0
    while first < len(order):
        rows = max(1, _BATCH_TOKENS // len(order[first].ids))
        yield order[first : first + rows]
        first += rows
