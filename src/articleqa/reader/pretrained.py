"""Any extractive question-answering model of transformers, run by torch."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from articleqa.hub import loading, reason
from articleqa.reader.spans import Found, best_span, readable, reading, sigmoid
from articleqa.types import Passage, ReaderError, Reading

# Word pieces of a row at most, however long a row the model takes, and those that the windows of a long text share.
_LONGEST_ROW = 384
_OVERLAP = 64
_BATCH_TOKENS = 4096

Logits: TypeAlias = NDArray[np.float32]


class PretrainedReader:
    """A model's folder or hub id, with the title in front of each passage.

    Only a model that was trained with unanswerable questions (SQuAD 2.0 and the like) knows when there is no answer.

    Raises:
        ReaderError: if there is no such model, or it is not an extractive reader with a tokenizer that knows offsets.
    """

    def __init__(self, name: str, *, threads: int = 2) -> None:
        import torch
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        torch.set_num_threads(threads)
        try:
            with loading(name) as local:
                options = {"local_files_only": local, "trust_remote_code": False}
                self._tokenizer: Any = AutoTokenizer.from_pretrained(name, use_fast=True, **options)
                model, loaded = AutoModelForQuestionAnswering.from_pretrained(name, output_loading_info=True, **options)
        except Exception as error:  # (whatever these libraries raise about a model or a hub, it cannot be used)
            raise _refused(name, reason(error)) from error
        if missing := sorted(loaded["missing_keys"]):
            raise _refused(name, f"it has no {missing[0]}: it was not trained to find answers")
        if not self._tokenizer.is_fast:
            raise _refused(name, "its tokenizer does not say where its word pieces stand")
        if len(self._tokenizer) <= len(self._tokenizer.all_special_ids):
            raise _refused(name, "its tokenizer is missing")
        self.name = name
        self._model = model.float().eval()
        self._longest = min(
            _LONGEST_ROW, int(getattr(model.config, "max_position_embeddings", _LONGEST_ROW) or _LONGEST_ROW)
        )
        self._lock = threading.Lock()

    def read(self, question: str, passages: Sequence[Passage]) -> list[Reading]:
        """The best span of each passage, in the passages' order."""
        if not passages:
            return []
        heads = [f"{' '.join(readable(passage.title).split())}\n".lstrip("\n") for passage in passages]
        with self._lock:
            rows = self._tokenizer(
                [self._cut(readable(question))] * len(passages),
                [head + readable(passage.text) for head, passage in zip(heads, passages, strict=True)],
                truncation="only_second",
                max_length=self._longest,
                stride=min(_OVERLAP, self._longest // 8),
                return_overflowing_tokens=True,
                return_offsets_mapping=True,
            )
            found: list[list[Found]] = [[] for _ in passages]
            for batch in _batches([len(ids) for ids in rows["input_ids"]]):
                logits = self._logits(rows, batch)
                for row, each in zip(batch, logits, strict=True):
                    number = rows["overflow_to_sample_mapping"][row]
                    if (span := _found(each, rows, row, len(heads[number]))) is not None:
                        found[number].append(span)
        return [
            reading(passage, spans, sigmoid(-max((span.score for span in spans), default=0.0)))
            for passage, spans in zip(passages, found, strict=True)
        ]

    def _cut(self, question: str) -> str:
        """The beginning of an overlong question, which would leave no room for the passage."""
        offsets = self._tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        room = self._longest // 4
        return question if len(offsets) <= room else question[: offsets[room - 1][1]]

    def _logits(self, rows: Any, batch: Sequence[int]) -> Logits:
        """Logits of some rows, shape ``(rows, tokens, 2)``."""
        import torch

        names = [name for name in self._tokenizer.model_input_names if name in rows]
        padded = self._tokenizer.pad(
            {name: [rows[name][row] for row in batch] for name in names}, padding=True, return_tensors="pt"
        )
        with torch.inference_mode():
            output = self._model(**padded)
        logits: Logits = torch.stack([output.start_logits, output.end_logits], dim=2).numpy()
        return logits


def _found(logits: Logits, rows: Any, row: int, head: int) -> Found | None:
    """The best span of a window, or None where it holds nothing of the passage, which begins after ``head``."""
    offsets = rows["offset_mapping"][row]
    allowed = np.zeros(len(logits), dtype=bool)
    for place, segment in enumerate(rows.sequence_ids(row)):
        start, end = offsets[place]
        allowed[place] = segment == 1 and head <= start < end
    if not allowed.any():
        return None
    start, end, score = best_span(logits, allowed)
    return Found(offsets[start][0] - head, offsets[end][1] - head, score)


def _batches(lengths: Sequence[int]) -> list[list[int]]:
    """Rows of about one length together."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    batches: list[list[int]] = []
    while order:
        rows = max(1, _BATCH_TOKENS // max(lengths[order[0]], 1))
        batches.append(order[:rows])
        order = order[rows:]
    return batches


def _refused(name: str, reason: str) -> ReaderError:
    return ReaderError(f"the reader {name!r} cannot be loaded ({reason}): name an extractive question-answering model")
