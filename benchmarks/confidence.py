"""Fits the weights of `articleqa.grounding.confidence` and reports them on articles that the fit has not seen.

    python benchmarks/confidence.py SQUAD_FOLDER [--questions N] [--among FOLDER] [--keep FOLDER] [--json FILE]

Half of the articles make one library, the other half another. Each library is asked three kinds of questions: those
that it answers, those that SQuAD 2.0 made unanswerable from their paragraph, and those about the other half's articles.
The weights are fitted on the first half and reported on the second; with --among, both on a half alone and on a half
among the articles of another set.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import astuple, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from articleqa import grounding
from articleqa.embedding import open_encoder
from articleqa.evaluation import Question, load_questions
from articleqa.grounding import Signals, signals
from articleqa.ingest import Ingest, check_fingerprint
from articleqa.library import Library, stems
from articleqa.loading import Limits
from articleqa.retrieval import Retriever
from articleqa.types import Article, Encoder
from articleqa.vectors import Vectors

KINDS = ("answerable", "unanswerable from its paragraph", "article not in the library")
# An unanswerable question of SQuAD 2.0 differs from an answerable one by a word, which words and meaning cannot see:
# too much weight on them would only refuse what can be answered.
KIND_WEIGHTS = (1.0, 0.25, 1.0)


def main() -> None:
    """Fit, report, and print what to put into the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=250, help="of each kind, in each half")
    parser.add_argument("--among", type=Path, help="a set whose articles are no answer, to ask the second half among")
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
    libraries: list[dict[str, tuple[np.ndarray, np.ndarray]]] = []
    for half, part in enumerate(halves):
        kinds: list[list[Question]] = [[], [], []]
        for question in questions:
            if home[belongs[question.id]] == half:
                kinds[0 if question.answerable else 1].append(question)
            else:
                kinds[2].append(question)
        samples = [rng.sample(kind, min(options.questions, len(kind))) for kind in kinds]
        libraries.append(
            {
                f"{len(part) + len(more)} articles": _kept(
                    options.keep, f"{name}{half}", [*part, *more], samples, encoder
                )
                for name, more in (("half", []), ("among", others))
                if more or name == "half"
            }
        )
        print(f"half {half}: {len(part)} articles, {sum(map(len, samples))} questions", flush=True)

    train, train_kinds = (np.concatenate(arrays) for arrays in zip(*libraries[0].values(), strict=True))
    model = LogisticRegression(C=10.0, max_iter=5000)
    model.fit(train, train_kinds == 0, sample_weight=np.take(KIND_WEIGHTS, train_kinds))
    weights, intercept = model.coef_[0], float(model.intercept_[0])
    print("WEIGHTS =", tuple(round(float(weight), 2) for weight in weights), "INTERCEPT =", round(intercept, 2))
    result: dict[str, Any] = {
        "signals": [field.name for field in fields(Signals)],
        "weights": [round(float(weight), 2) for weight in weights],
        "intercept": round(intercept, 2),
    }
    for name, (test, test_kinds) in libraries[1].items():
        result[name] = _figures(1 / (1 + np.exp(-(test @ weights + intercept))), test_kinds)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _belongs(folder: Path) -> dict[str, str]:
    """The article that each question was written about."""
    with (folder / "questions.jsonl").open(encoding="utf-8") as lines:
        return {entry["id"]: entry["article_id"] for entry in map(json.loads, lines)}


def _kept(
    folder: Path | None,
    name: str,
    articles: Sequence[dict[str, Any]],
    samples: Sequence[Sequence[Question]],
    encoder: Encoder,
) -> tuple[np.ndarray, np.ndarray]:
    with tempfile.TemporaryDirectory() as made:
        return _signals((folder or Path(made)) / name, articles, samples, encoder)


def _signals(
    folder: Path, articles: Sequence[dict[str, Any]], samples: Sequence[Sequence[Question]], encoder: Encoder
) -> tuple[np.ndarray, np.ndarray]:
    """The signals of every question over a library of ``articles``, and the kind of each."""
    folder.mkdir(parents=True, exist_ok=True)
    with closing(Library(folder)) as library:
        vectors = Vectors(folder)
        Ingest(library, vectors, lambda: encoder, Limits()).add(
            Article(id=entry["id"], title=entry["title"], text=entry["text"]) for entry in articles
        )
        retriever = Retriever(library, vectors, lambda: encoder, check=check_fingerprint)
        rows, kinds = [], []
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
    return np.array(rows), np.array(kinds)


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
