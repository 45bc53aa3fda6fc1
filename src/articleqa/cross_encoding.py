"""Cross-encoders of sentence-transformers: one that orders passages, one that says whether a text entails a sentence.

None comes with the installation. Both are asked about a few texts only, because each pair is read by itself.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from articleqa import hub
from articleqa.types import EncoderError, Entailment, Matrix

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

# Pairs are read up to so many word pieces, as most of these models were trained.
_TOKENS = 512


class CrossEncoderReranker:
    """A :class:`~articleqa.types.Reranker`: the probability, 0..1, that a text answers the question."""

    def __init__(self, name: str, *, threads: int = 2) -> None:
        self._pairs = _Pairs(name, setting="reranker", threads=threads)
        if self._pairs.outputs != 1:
            raise EncoderError(
                f"the cross-encoder {name!r} has {self._pairs.outputs} outputs: the setting `reranker` takes one with 1"
            )

    def score(self, question: str, texts: Sequence[str]) -> list[float]:
        """One score per text."""
        logits = self._pairs.logits([(question, text) for text in texts])
        return [float(value) for value in 1 / (1 + np.exp(-logits[:, 0]))]


class CrossEncoderJudge:
    """A :class:`~articleqa.types.Judge` by natural language inference: entailed, contradicted, or neither."""

    def __init__(self, name: str, *, threads: int = 2) -> None:
        self._pairs = _Pairs(name, setting="nli", threads=threads)
        labels = [label.lower() for label in self._pairs.labels]
        places = [
            next((place for place, label in enumerate(labels) if label.startswith(wanted)), None)
            for wanted in ("entail", "contradict")
        ]
        if None in places:
            raise EncoderError(
                f"the cross-encoder {name!r} has the outputs {', '.join(self._pairs.labels)}: the setting `nli` takes "
                "one with entailment and contradiction"
            )
        self._places = [place for place in places if place is not None]

    def judge(self, evidence: Sequence[str], sentence: str) -> list[Entailment]:
        """What each of the texts says to ``sentence``."""
        logits = self._pairs.logits([(text, sentence) for text in evidence])
        exponents = np.exp(logits - logits.max(axis=1, keepdims=True)) if len(logits) else logits
        shares = exponents / exponents.sum(axis=1, keepdims=True)
        return [Entailment(*(float(row[place]) for place in self._places)) for row in shares]


class _Pairs:
    """A model that reads pairs of texts; loaded at once, so that a wrong name is known before anybody asks."""

    def __init__(self, name: str, *, setting: str, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self._name = name
        self._model = _load(name, setting)
        self._lock = threading.Lock()
        names: dict[int, str] = getattr(self._model.config, "id2label", None) or {0: ""}
        self.labels = [names[number] for number in sorted(names)]
        self.outputs = len(self.labels)

    def logits(self, pairs: Sequence[tuple[str, str]]) -> Matrix:
        """Shape ``(len(pairs), outputs)``. Thread-safe."""
        import torch

        if not pairs:
            return np.empty((0, self.outputs), dtype=np.float32)
        with self._lock:
            rows = self._model.predict(list(pairs), activation_fn=torch.nn.Identity(), show_progress_bar=False)
        matrix = np.asarray(rows, dtype=np.float32).reshape(len(pairs), self.outputs)
        if not np.isfinite(matrix).all():
            raise EncoderError(f"the cross-encoder {self._name!r} answered with numbers that are not finite")
        return matrix


def _load(name: str, setting: str) -> CrossEncoder:
    from sentence_transformers import CrossEncoder

    try:
        with hub.loading(name) as local:
            model: CrossEncoder = CrossEncoder(
                name, device="cpu", local_files_only=local, trust_remote_code=False, max_length=_TOKENS
            )
    except Exception as error:  # (whatever these libraries raise about a model or a hub, it cannot be used)
        raise EncoderError(
            f"the cross-encoder {name!r} cannot be loaded ({hub.reason(error)}): check the setting `{setting}`"
        ) from error
    return model
