"""Compares ways of fusing BM25 and cosine, and each search alone, on evaluation sets.

    python benchmarks/fusion.py SET… [--questions N] [--keep FOLDER] [--json FILE]

Every way ranks the same candidates of the same index: the first hundred by words and the first hundred by meaning.
Reciprocal ranks (Cormack et al., 2009) are what most hybrid searches use, and the peer here.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean, pstdev

import numpy as np

from articleqa.assistant import Assistant
from articleqa.evaluation import Question, load_questions
from articleqa.library import Library
from articleqa.retrieval import DEPTH, LEXICAL_SHARE, fuse
from articleqa.settings import Settings
from articleqa.vectors import Vectors

Scores = dict[int, float]


@dataclass(frozen=True)
class Candidates:
    """What both searches found for a question. ``every`` has the cosine of all of them, ``spans`` their places."""

    question: Question
    lexical: Scores
    dense: Scores
    every: Scores
    spans: dict[int, tuple[str, int, int]]


def main() -> None:
    """Measure every fusion on every set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--keep", type=Path, help="keep the indexes here, one folder a set")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    result: dict[str, dict[str, dict[str, float]]] = {}
    for folder in options.sets:
        with tempfile.TemporaryDirectory() as scratch:
            index = options.keep / folder.name if options.keep else Path(scratch)
            result[folder.name] = _measure(folder, index, options.questions)
        for name, figures in result[folder.name].items():
            print(f"{folder.name:16} {name:28}", *(f"{key} {value:.4f}" for key, value in figures.items()), flush=True)
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _measure(folder: Path, index: Path, count: int) -> dict[str, dict[str, float]]:
    questions = [question for question in load_questions(folder) if question.relevant]
    questions = questions[:: max(1, len(questions) // count)][:count]
    candidates = []
    with Assistant.open(Settings(index=index)) as assistant:
        assistant.add(folder / "articles.jsonl")
        encoder, library, vectors = assistant.encoder(), Library(index), Vectors(index)
        for question in questions:
            with library.reading() as snapshot:
                generation = snapshot.generation()
                if generation is None:
                    raise SystemExit(f"{folder} holds no article")
                query = snapshot.lexical_query(generation.id, question.question)
                lexical = dict(snapshot.lexical_search(generation.id, query, limit=DEPTH))
                vector = encoder.encode_query(question.question)
                dense = dict(vectors.search(snapshot, vector, generation=generation.id, limit=DEPTH))
                unseen = np.array(sorted(set(lexical) - set(dense)), dtype=np.int64)
                every = dense | dict(
                    vectors.search(snapshot, vector, generation=generation.id, limit=len(unseen), allowed=unseen)
                )
                found = snapshot.passages(list(every))
            spans = {number: (entry.article.id, entry.start, entry.end) for number, entry in found.items()}
            candidates.append(Candidates(question, lexical, dense, every, spans))
    ways: dict[str, Callable[[Candidates], list[int]]] = {
        "words alone": lambda candidates: _order(candidates.lexical),
        "meaning alone": lambda candidates: _order(candidates.dense),
        "reciprocal ranks, k=60": lambda candidates: _reciprocal(candidates, 60),
        "reciprocal ranks, k=10": lambda candidates: _reciprocal(candidates, 10),
        "standard scores": _standard,
    }
    for share in (0.2, 0.25, 0.3, 0.35, 0.4, 0.5):
        name = f"BM25 / best + cosine, {share}" + (" (ours)" if share == LEXICAL_SHARE else "")
        ways[name] = partial(_fused, share=share)
    return {
        name: _figures([(entry.question, [entry.spans[number] for number in way(entry)]) for entry in candidates])
        for name, way in ways.items()
    }


def _fused(candidates: Candidates, *, share: float) -> list[int]:
    return [number for number, _ in fuse(candidates.lexical, candidates.every, share=share)]


def _order(scores: Scores) -> list[int]:
    return sorted(scores, key=lambda number: (-scores[number], number))


def _reciprocal(candidates: Candidates, k: int) -> list[int]:
    total: Scores = {}
    for scores in (candidates.lexical, candidates.dense):
        for place, number in enumerate(_order(scores)):
            total[number] = total.get(number, 0.0) + 1 / (k + place + 1)
    return _order(total)


def _standard(candidates: Candidates) -> list[int]:
    lexical, every = candidates.lexical, candidates.every
    floor = min(lexical.values(), default=0.0)
    words = {number: lexical.get(number, floor) for number in every}
    return _order({number: 0.3 * _z(words, number) + 0.7 * _z(every, number) for number in every})


def _z(scores: Scores, number: int) -> float:
    return (scores[number] - fmean(scores.values())) / (pstdev(scores.values()) + 1e-9)


def _figures(runs: list[tuple[Question, list[tuple[str, int, int]]]]) -> dict[str, float]:
    figures = {}
    with_evidence = [(question, spans) for question, spans in runs if question.evidence]
    for cut in (1, 5):
        figures[f"hit@{cut}"] = fmean(
            any(
                article == gold.article_id and start < gold.end and gold.start < end
                for article, start, end in spans[:cut]
                for gold in question.evidence
            )
            for question, spans in with_evidence
        )
    figures["nDCG@10"] = fmean(_ndcg(question, spans) for question, spans in runs)
    return figures


def _ndcg(question: Question, spans: list[tuple[str, int, int]]) -> float:
    order = list(dict.fromkeys(article for article, _, _ in spans))[:10]
    gain = sum(1 / math.log2(place + 2) for place, article in enumerate(order) if article in question.relevant)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(10, len(question.relevant))))


if __name__ == "__main__":
    main()
