"""Vectors of any number that lie as the encoder's lie: those of real sentences, multiplied by small steps between them.

Random directions would say nothing: no two of them are near each other, and everything that is quick finds them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from articleqa.chunking import sentences
from articleqa.embedding import open_encoder
from articleqa.types import Matrix

# The length of a step, as a part of a vector's: a copy has a cosine of 0.86 to 0.98 with what it was made of.
SMALLEST_STEP, LARGEST_STEP = 0.2, 0.6
_BATCH = 16_384


def real_sentences(sets: Path, count: int) -> list[str]:
    """Sentences of the articles of every set in a folder, each once, taken evenly."""
    found: dict[str, None] = {}
    for path in sorted(sets.glob("*/articles.jsonl")):
        for line in path.open(encoding="utf-8"):
            text = json.loads(line)["text"]
            found.update((text[start:end].strip(), None) for start, end in sentences(text))
    texts = [text for text in found if 25 <= len(text) <= 400]
    return _evenly(texts, count)


def real_questions(sets: Path, count: int) -> list[str]:
    """Questions of every set in a folder, taken evenly."""
    found: dict[str, None] = {}
    for path in sorted(sets.glob("*/questions.jsonl")):
        found.update((json.loads(line)["question"], None) for line in path.open(encoding="utf-8"))
    return _evenly(list(found), count)


def encoded(sets: Path, folder: Path, *, texts: int, questions: int) -> tuple[Matrix, Matrix]:
    """Vectors of real sentences and questions, kept in ``folder`` for the next time."""
    places = folder / f"sentences-{texts}.npy", folder / f"questions-{questions}.npy"
    if not all(place.exists() for place in places):
        encoder = open_encoder()
        asked = real_questions(sets, questions)
        np.save(places[0], encoder.encode_documents(real_sentences(sets, texts)))
        np.save(places[1], np.stack([encoder.encode_query(question) for question in asked]))
    return np.load(places[0]), np.load(places[1])


def grown(base: Matrix, count: int, *, seed: int = 0) -> Iterator[Matrix]:
    """``count`` unit-norm rows in batches: ``base``, then each of it again and again, moved a step.

    The directions of the steps are those between two of ``base``, so that rows stay where sentences are.
    """
    random = np.random.default_rng(seed)
    for first in range(0, count, _BATCH):
        numbers = np.arange(first, min(first + _BATCH, count))
        rows = base[numbers % len(base)].copy()
        again = numbers >= len(base)
        one, other = (base[random.integers(0, len(base), len(numbers))] for _ in range(2))
        steps = one - other
        steps /= np.linalg.norm(steps, axis=1, keepdims=True) + 1e-9
        lengths = random.uniform(SMALLEST_STEP, LARGEST_STEP, (len(numbers), 1)).astype(np.float32)
        rows[again] += (steps * lengths)[again]
        yield rows / np.linalg.norm(rows, axis=1, keepdims=True)


def write_grown(base: Matrix, count: int, path: Path) -> Matrix:
    """The same rows in a file, mapped."""
    if not path.exists():
        draft = path.with_suffix(".draft")
        rows = np.lib.format.open_memmap(draft, "w+", np.float32, (count, base.shape[1]))
        first = 0
        for batch in grown(base, count):
            rows[first : first + len(batch)] = batch
            first += len(batch)
        rows.flush()
        draft.replace(path)
    result: Matrix = np.load(path, mmap_mode="r")
    return result


def _evenly(items: list[str], count: int) -> list[str]:
    return [items[number * len(items) // count] for number in range(count)] if count < len(items) else items
