"""The bundled encoder as Article QA runs it, beside the same weights run by sentence-transformers on torch.

    python benchmarks/encoding.py SET [--articles 1500] [--rounds 5] [--json FILE]

SET is one with questions that name their articles (`scifact`). The passages of so many of its articles, those that are
asked for first, are encoded by both; how far the vectors agree, and whether the same articles are found by them alone,
is told beside the seconds. Both have the same passages, sorted and batched as each does it by itself, and two threads.
The rounds of some passages each are taken in turns, so that a slow minute of the machine is everybody's.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
from measuring import timed

from articleqa.bundled import bundled_folder
from articleqa.embedding import BundledEncoder, SentenceTransformerEncoder, open_encoder
from articleqa.evaluation import Question, load_questions
from articleqa.ingest.encoding import cut
from articleqa.types import Encoder, Matrix

OURS, PEER = "Article QA", "sentence-transformers"
_PASSAGES_A_ROUND, _QUESTIONS_A_ROUND = 256, 100


def main() -> None:
    """Measure both, print and keep the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=1500)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    questions = [question for question in load_questions(options.folder) if question.relevant]
    ours, peer = open_encoder(), SentenceTransformerEncoder(str(bundled_folder()), threads=2)
    assert isinstance(ours, BundledEncoder)
    owners, passages = pieces(options.folder, questions, ours, count=options.articles)
    encoders: dict[str, Encoder] = {OURS: ours, PEER: peer}
    vectors = {name: encoder.encode_documents(passages) for name, encoder in encoders.items()}
    asked = {
        name: np.stack([encoder.encode_query(question.question) for question in questions])
        for name, encoder in encoders.items()
    }
    found = {name: ndcg(vectors[name], asked[name], owners, questions) for name in encoders}
    seconds = in_turns(encoders, passages, [question.question for question in questions], rounds=options.rounds)
    result: dict[str, Any] = {
        "articles": len(set(owners)),
        "passages": len(passages),
        "questions": len(questions),
        "our backend": ours.backend,
        "systems": {name: {"nDCG@10": round(found[name], 4), **seconds[name]} for name in encoders},
        "least cosine of a passage": round(float(np.sum(vectors[OURS] * vectors[PEER], axis=1).min()), 6),
        "ratio of passages a second, ours to theirs": round(
            seconds[OURS]["passages a second"] / seconds[PEER]["passages a second"], 2
        ),
        "loss of nDCG@10": round(1 - found[OURS] / found[PEER], 5),
    }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def pieces(folder: Path, questions: Sequence[Question], encoder: Encoder, *, count: int) -> tuple[list[str], list[str]]:
    """The article of each passage, and the passages with their titles in front, as they are encoded."""
    with (folder / "articles.jsonl").open(encoding="utf-8") as lines:
        articles = [json.loads(line) for line in lines]
    wanted = {article for question in questions for article in question.relevant}
    articles.sort(key=lambda article: article["id"] not in wanted)
    owners, passages = [], []
    for article in articles[:count]:
        for words in cut(article["text"], article["title"], encoder).inputs:
            owners.append(article["id"])
            passages.append(words)
    return owners, passages


def ndcg(vectors: Matrix, asked: Matrix, owners: Sequence[str], questions: Sequence[Question]) -> float:
    """Mean nDCG@10 of articles, each as near as the nearest of its passages."""
    names = sorted(set(owners))
    numbers = np.array([names.index(owner) for owner in owners])
    gains = []
    for question, vector in zip(questions, asked, strict=True):
        nearest = np.full(len(names), -1.0)
        np.maximum.at(nearest, numbers, vectors @ vector)
        ranked = [names[place] for place in np.argsort(-nearest, kind="stable")[:10]]
        gain = sum(1 / math.log2(rank + 2) for rank, name in enumerate(ranked) if name in question.relevant)
        gains.append(gain / sum(1 / math.log2(rank + 2) for rank in range(min(10, len(question.relevant)))))
    return fmean(gains)


def in_turns(
    encoders: dict[str, Encoder], passages: Sequence[str], questions: Sequence[str], *, rounds: int
) -> dict[str, dict[str, float]]:
    """Passages a second, and milliseconds for a question: medians."""
    a_second: dict[str, list[float]] = {name: [] for name in encoders}
    a_question: dict[str, list[float]] = {name: [] for name in encoders}
    step = max(1, len(passages) // _PASSAGES_A_ROUND)
    for number in range(rounds):
        some = passages[number % step :: step][:_PASSAGES_A_ROUND]
        for name, encoder in encoders.items():
            a_second[name].append(len(some) / timed(partial(encoder.encode_documents, some)))
            for question in questions[:_QUESTIONS_A_ROUND]:
                a_question[name].append(timed(partial(encoder.encode_query, question)))
    return {
        name: {
            "passages a second": round(median(a_second[name]), 1),
            "a question, p50 ms": round(1000 * median(a_question[name]), 2),
        }
        for name in encoders
    }


if __name__ == "__main__":
    main()
