"""Measures a reader on SQuAD's questions, each with the paragraph that it was asked about.

    python training/measure.py READER SQUAD [--sample N] [--output FILE]

READER is a checkpoint, a folder that export.py wrote, or the name or folder of any other extractive model. SQUAD holds
``articles.jsonl`` and ``questions.jsonl``, a question naming its paragraph as ``passage``. What a reader says is read
through the product, so that what is measured is what people get.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import string
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from examples import draw
from export import export

from articleqa.reader import BuiltinReader, open_reader
from articleqa.types import Passage, Reader


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reader")
    parser.add_argument("squad", type=Path)
    parser.add_argument("--sample", type=int, help="so many questions, the same ones every time")
    parser.add_argument("--bits", type=int, choices=(8, 16), default=16, help="of a checkpoint")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        # Nobody needs the converted model of a checkpoint again.
        os.environ["XDG_CACHE_HOME"] = scratch
        figures = measure(_opened(options, Path(scratch)), questions(options.squad, sample=options.sample))
    figures = {"reader": options.reader, "sample": options.sample, **figures}
    print(json.dumps(figures, indent=1))
    if options.output:
        options.output.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _opened(options: argparse.Namespace, scratch: Path) -> Reader:
    path = Path(options.reader)
    if path.suffix == ".pt":
        export(path, scratch / "reader", bits=options.bits)
        return BuiltinReader(scratch / "reader")
    reader = open_reader(options.reader)
    if reader is None:
        raise SystemExit("there is nothing to measure of none")
    return reader


def questions(folder: Path, *, sample: int | None) -> list[tuple[dict[str, Any], Passage]]:
    """Questions with their paragraphs as passages: all of them, or the ``sample`` whose ids are drawn first."""
    articles = {each["id"]: each for each in _lines(folder / "articles.jsonl")}
    entries = sorted(_lines(folder / "questions.jsonl"), key=lambda entry: draw(entry["id"]))[:sample]
    pairs = []
    for number, entry in enumerate(entries):
        article, start, end = articles[entry["article_id"]], entry["passage"]["start"], entry["passage"]["end"]
        text = article["text"][start:end]
        pairs.append((entry, Passage(number, article["id"], 1, article["title"], None, None, start, end, text, 0.0)))
    return pairs


def measure(reader: Reader, pairs: Sequence[tuple[dict[str, Any], Passage]]) -> dict[str, Any]:
    """F1 and exact match of the answerable questions, and how well two scores tell which are answerable."""
    exact: list[float] = []
    overlap: list[float] = []
    answerable, scores, answering = [], [], []
    began = time.perf_counter()
    for entry, passage in pairs:
        (reading,) = reader.read(entry["question"], [passage])
        answerable.append(bool(entry["answerable"]))
        scores.append(reading.score)
        answering.append(1 - reading.no_answer)
        if entry["answerable"]:
            exact.append(max(float(normalised(reading.text) == normalised(answer)) for answer in entry["answers"]))
            overlap.append(max(f1(reading.text, answer) for answer in entry["answers"]))
    return {
        "questions": len(pairs),
        "answerable": len(exact),
        "f1": round(float(np.mean(overlap)), 4),
        "exact": round(float(np.mean(exact)), 4),
        "auroc_span": round(auroc(scores, answerable), 4),
        "auroc_no_answer": round(auroc(answering, answerable), 4),
        "milliseconds_each": round((time.perf_counter() - began) / len(pairs) * 1000, 1),
    }


def normalised(text: str) -> str:
    """As SQuAD's own evaluation does it: no case, punctuation, articles or further white space."""
    bare = "".join(character for character in text.lower() if character not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())


def f1(text: str, answer: str) -> float:
    """Overlap of words, as SQuAD's own evaluation counts it."""
    ours, theirs = normalised(text).split(), normalised(answer).split()
    if not ours or not theirs:
        return float(ours == theirs)
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * common / (len(ours) + len(theirs))


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float:
    """How often a positive one scores above a negative one; a tie counts half."""
    values, labels = np.asarray(scores), np.asarray(positive, dtype=bool)
    if labels.all() or not labels.any():
        return float("nan")
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[places]
    above = ranks[labels].sum() - labels.sum() * (labels.sum() + 1) / 2
    return float(above / (labels.sum() * (~labels).sum()))


def _lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


if __name__ == "__main__":
    main()
