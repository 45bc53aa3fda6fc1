"""Fits the weights of `articleqa.grounding.confidence` and reports them on articles that the fit has not seen.

    python benchmarks/confidence.py SQUAD_FOLDER [--questions N] [--among FOLDER] [--reader NAME] [--keep FOLDER]
        [--json FILE]

Half of the articles make one library, the other half another. Each library is asked three kinds of questions: those
that it answers, those that SQuAD 2.0 made unanswerable from their paragraph, and those about the other half's articles.
The weights are fitted on the first half and reported on the second; with --among, both on a half alone and on a half
among the articles of another set. With --reader, the weights of what it adds are fitted and reported after them.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import astuple, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from articleqa import grounding
from articleqa.embedding import open_encoder
from articleqa.evaluation import Question, load_questions
from articleqa.grounding import Signals, signals
from articleqa.grounding.confidence import reading_signals
from articleqa.ingest import Ingest, check_fingerprint
from articleqa.library import Library, stems
from articleqa.loading import Limits
from articleqa.reader import open_reader
from articleqa.retrieval import Retriever
from articleqa.types import Article, Encoder, Reader
from articleqa.vectors import Vectors

KINDS = ("answerable", "unanswerable from its paragraph", "article not in the library")
# An unanswerable question of SQuAD 2.0 differs from an answerable one by a word, which words and meaning cannot see:
# too much weight on them would only refuse what can be answered.
KIND_WEIGHTS = (1.0, 0.25, 1.0)
# A reader sees more of it, and is led by it the more: with .25, fitted and tried on either half, one in a hundred fewer
# of the questions about something else would be refused beside as many wrong refusals.
READ_KIND_WEIGHTS = (1.0, 0.1, 1.0)


def main() -> None:
    """Fit, report, and print what to put into the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=250, help="of each kind, in each half")
    parser.add_argument("--among", type=Path, help="a set whose articles are no answer, to ask the second half among")
    parser.add_argument("--reader", default="none", help="one whose readings are weighed, too")
    parser.add_argument("--keep", type=Path, help="where the libraries are kept, and taken from where they are there")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    articles = [json.loads(line) for line in (options.folder / "articles.jsonl").open(encoding="utf-8")]
    halves = (articles[0::2], articles[1::2])
    questions = load_questions(options.folder)
    home = {entry["id"]: half for half, part in enumerate(halves) for entry in part}
    belongs = _belongs(options.folder)
    encoder = open_encoder()
    rng = random.Random(0)
    others = (
        [json.loads(line) for line in (options.among / "articles.jsonl").open(encoding="utf-8")]
        if options.among
        else []
    )
    reader = open_reader(options.reader)
    libraries: list[dict[str, Asked]] = []
    for half, part in enumerate(halves):
        kinds: list[list[Question]] = [[], [], []]
        for question in questions:
            if home[belongs[question.id]] == half:
                kinds[0 if question.answerable else 1].append(question)
            else:
                kinds[2].append(question)
        samples = [rng.sample(kind, min(options.questions, len(kind))) for kind in kinds]
        with tempfile.TemporaryDirectory() as made:
            libraries.append(
                {
                    f"{len(part) + len(more)} articles": _asked(
                        (options.keep or Path(made)) / f"{name}{half}", [*part, *more], samples, encoder, reader
                    )
                    for name, more in (("half", []), ("among", others))
                    if more or name == "half"
                }
            )
        print(f"half {half}: {len(part)} articles, {sum(map(len, samples))} questions", flush=True)

    train = _joined(libraries[0])
    weights, intercept = _fitted(train.signals, train.kinds)
    print("WEIGHTS =", weights, "INTERCEPT =", intercept)
    result: dict[str, Any] = {
        "signals": [field.name for field in fields(Signals)],
        "weights": weights,
        "intercept": intercept,
    }
    for name, test in libraries[1].items():
        result[name] = _figures(_scores(test.signals, weights, intercept), test.kinds)
    if reader is not None:
        read_weights, read_intercept = _fitted(_with_reading(train), train.kinds, READ_KIND_WEIGHTS)
        print("READ_WEIGHTS =", read_weights, "READ_INTERCEPT =", read_intercept)
        result["read"] = {"weights": read_weights, "intercept": read_intercept}
        for name, test in libraries[1].items():
            scores = _scores(_with_reading(test), read_weights, read_intercept)
            result["read"][name] = _figures(scores, test.kinds)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _belongs(folder: Path) -> dict[str, str]:
    """The article that each question was written about."""
    with (folder / "questions.jsonl").open(encoding="utf-8") as lines:
        return {entry["id"]: entry["article_id"] for entry in map(json.loads, lines)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of some questions: signals, what a reader said of each, and the kind of each.

    Shapes ``(questions, 6)``, ``(questions, 2)``, or 0 columns without a reader, and ``(questions,)``.
    """

    signals: np.ndarray
    readings: np.ndarray
    kinds: np.ndarray


def _joined(asked: dict[str, Asked]) -> Asked:
    return Asked(*(np.concatenate([getattr(part, field.name) for part in asked.values()]) for field in fields(Asked)))


def _fitted(rows: np.ndarray, kinds: np.ndarray, weights: Sequence[float] = KIND_WEIGHTS) -> tuple[list[float], float]:
    """Weights and intercept, rounded as they stand in the module."""
    model = LogisticRegression(C=10.0, max_iter=5000)
    model.fit(rows, kinds == 0, sample_weight=np.take(weights, kinds))
    return [round(float(weight), 2) for weight in model.coef_[0]], round(float(model.intercept_[0]), 2)


def _scores(rows: np.ndarray, weights: Sequence[float], intercept: float) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-(rows @ np.array(weights) + intercept))))


def _with_reading(asked: Asked) -> np.ndarray:
    return np.column_stack([asked.signals, asked.readings])


def _asked(
    folder: Path,
    articles: Sequence[dict[str, Any]],
    samples: Sequence[Sequence[Question]],
    encoder: Encoder,
    reader: Reader | None,
) -> Asked:
    """What every question comes to over a library of ``articles``."""
    folder.mkdir(parents=True, exist_ok=True)
    with closing(Library(folder)) as library:
        vectors = Vectors(folder)
        Ingest(library, vectors, lambda: encoder, Limits()).add(
            Article(id=entry["id"], title=entry["title"], text=entry["text"]) for entry in articles
        )
        retriever = Retriever(library, vectors, lambda: encoder, check=check_fingerprint)
        rows, readings, kinds = [], [], []
        for kind, sample in enumerate(samples):
            for question in sample:
                found = retriever.search(question.question, limit=10)
                candidates = retriever.candidates(found, passages=8)
                similarities = partial(retriever.similarities, found)
                ranked = grounding.rank(question.question, candidates, found.weights, similarities)
                read = signals(
                    question.question,
                    ranked,
                    candidates,
                    found.cosines,
                    stems,
                    agreement=found.best,
                    searched=found.searched,
                )
                rows.append(astuple(read))
                kinds.append(kind)
                read_closely = reader.read(question.question, grounding.windows(ranked, candidates)) if reader else None
                readings.append(() if read_closely is None else reading_signals(read_closely))
    return Asked(np.array(rows), np.array(readings), np.array(kinds))


def _figures(scores: np.ndarray, kinds: np.ndarray) -> dict[str, Any]:
    """Refusals per kind at several thresholds, and how well the scores are calibrated."""
    refused = {
        str(threshold): {
            name: round(float(np.mean(scores[kinds == kind] < threshold)), 3) for kind, name in enumerate(KINDS)
        }
        for threshold in (0.2, 0.25, 0.3, 0.33, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8)
    }
    known = kinds != 1
    bins = np.clip((scores[known] * 10).astype(int), 0, 9)
    error = sum(
        np.sum(bins == number)
        * abs(np.mean(scores[known][bins == number]) - np.mean(kinds[known][bins == number] == 0))
        for number in range(10)
        if np.any(bins == number)
    )
    return {"refused below": refused, "calibration error": round(float(error / np.sum(known)), 3)}


if __name__ == "__main__":
    main()
