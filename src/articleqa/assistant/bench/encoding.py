"""How quickly passages and questions become vectors."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from statistics import mean, median

from articleqa.assistant.bench.values import Figure, Suggestion
from articleqa.embedding import open_encoder
from articleqa.settings import Settings
from articleqa.types import ArticleQAError, Encoder

_SECONDS = 2.0
_SECONDS_EACH = 1.0  # of another number of threads
_BATCH = 32
_QUESTIONS = 20
# Less than this says little on a machine that does other things as well.
_WORTH_IT = 1.1


def measure_encoder(
    settings: Settings, encoder: Encoder, texts: Sequence[str]
) -> tuple[list[Figure], list[Suggestion]]:
    """Passages a second with the threads of the settings, and with other numbers where those can be tried beside it."""
    rate = _rate(encoder, texts, _SECONDS)
    tokens = mean(encoder.count_tokens(text) for text in texts[:_BATCH])
    backend = getattr(encoder, "backend", "")
    kind = ", ".join(part for part in (encoder.name, backend, _threads(settings.threads)) if part)
    figures = [
        Figure("encoder", rate, "passages/s", f"{kind}; passages of {tokens:.0f} word pieces"),
        Figure("one question", 1000 * _one(encoder, texts), "ms", "until it is a vector, median"),
    ]
    rates = {settings.threads: rate}
    # What is not compiled for itself counts its threads for the whole program.
    if backend == "openvino":
        rates |= _others(settings, encoder, texts)
    if len(rates) == 1:
        return figures, []
    best = max(rates, key=lambda threads: rates[threads])
    suggested = best if rates[best] > _WORTH_IT * rate else settings.threads
    compared = "; ".join(f"{_threads(threads)} {speed:,.0f}" for threads, speed in sorted(rates.items()))
    return figures, [Suggestion("threads", settings.threads, suggested, f"passages a second: {compared}")]


def _others(settings: Settings, encoder: Encoder, texts: Sequence[str]) -> dict[int, float]:
    """Passages a second with half of the threads, and with one for each processor."""
    rates = {}
    for threads in sorted({max(1, settings.threads // 2), os.cpu_count() or 1} - {settings.threads}):
        try:
            other = open_encoder(settings.embedding, threads=threads)
            if (other.name, other.revision) == (encoder.name, encoder.revision):
                rates[threads] = _rate(other, texts, _SECONDS_EACH)
        except ArticleQAError:
            continue
    return rates


def _rate(encoder: Encoder, texts: Sequence[str], seconds: float) -> float:
    encoder.encode_documents(texts[:1])  # the first call compiles
    started = time.perf_counter()
    spent, done, rate = 0.0, 0, 1.0
    while spent < seconds:
        # However slow the encoder is, the end is not far away.
        count = min(_BATCH, max(1, int(rate * seconds / 4)))
        encoder.encode_documents([texts[(done + place) % len(texts)] for place in range(count)])
        done += count
        spent = time.perf_counter() - started
        rate = done / spent
    return rate


def _one(encoder: Encoder, texts: Sequence[str]) -> float:
    times = []
    for text in texts[:_QUESTIONS]:
        question = " ".join(text.split()[:12])
        started = time.perf_counter()
        encoder.encode_query(question)
        times.append(time.perf_counter() - started)
    return median(times)


def _threads(count: int) -> str:
    return f"{count} thread" if count == 1 else f"{count} threads"
