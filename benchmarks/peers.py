"""Article QA beside LlamaIndex's own vector index, on the same set, with the same encoder, in the same run.

    python benchmarks/peers.py SET [--questions N] [--json FILE]

LlamaIndex is used as its documentation begins: `VectorStoreIndex.from_documents` with its default splitter (chunks of
1,024 tokens), and its retriever. The encoder is the same object for both, so that only what surrounds it differs. A hit
is a piece of the right article that overlaps the gold evidence; larger pieces hit more easily, so the characters that
five pieces bring along are counted too.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from statistics import fmean, median
from typing import Any

from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from pydantic import PrivateAttr

from articleqa.assistant import Assistant
from articleqa.evaluation import Question, load_questions
from articleqa.settings import Settings
from articleqa.types import Encoder

Span = tuple[str, int, int]


class SameEncoder(BaseEmbedding):
    """Our encoder, as LlamaIndex calls one."""

    _encoder: Encoder = PrivateAttr()

    def __init__(self, encoder: Encoder, **fields: Any) -> None:
        super().__init__(**fields)
        self._encoder = encoder

    def _get_query_embedding(self, query: str) -> list[float]:
        return [float(value) for value in self._encoder.encode_query(query)]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [[float(value) for value in row] for row in self._encoder.encode_documents(texts)]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def main() -> None:
    """Measure both on one set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    questions = [question for question in load_questions(options.folder) if question.evidence]
    questions = questions[:: max(1, len(questions) // options.questions)][: options.questions]
    with tempfile.TemporaryDirectory() as index, Assistant.open(Settings(index=Path(index))) as assistant:
        encoder = assistant.encoder()
        encoder.encode_query("warm")
        result = {
            "Article QA": _article_qa(assistant, options.folder, questions),
            "LlamaIndex": _llama_index(encoder, options.folder, questions),
        }
    ours, theirs = result["Article QA"], result["LlamaIndex"]
    result["ratios, ours to theirs"] = {
        name: round(ours[name] / theirs[name], 3) for name in ("seconds to index", "search p50 ms")
    }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _article_qa(assistant: Assistant, folder: Path, questions: list[Question]) -> dict[str, float]:
    started = time.perf_counter()
    assistant.add(folder / "articles.jsonl")
    seconds = time.perf_counter() - started
    runs, times = [], []
    for question in questions:
        started = time.perf_counter()
        passages = assistant.search(question.question, limit=5)
        times.append(time.perf_counter() - started)
        runs.append([(passage.article_id, passage.start, passage.end) for passage in passages])
    return _figures(questions, runs, times, seconds)


def _llama_index(encoder: Encoder, folder: Path, questions: list[Question]) -> dict[str, float]:
    with (folder / "articles.jsonl").open(encoding="utf-8") as lines:
        articles = [json.loads(line) for line in lines]
    started = time.perf_counter()
    documents = [
        Document(text=entry["text"], id_=entry["id"], metadata={"title": entry["title"]}) for entry in articles
    ]
    index = VectorStoreIndex.from_documents(documents, embed_model=SameEncoder(encoder))
    seconds = time.perf_counter() - started
    retriever = index.as_retriever(similarity_top_k=5)
    runs, times = [], []
    for question in questions:
        started = time.perf_counter()
        nodes: list[Any] = [scored.node for scored in retriever.retrieve(question.question)]
        times.append(time.perf_counter() - started)
        runs.append([(str(node.ref_doc_id), node.start_char_idx or 0, node.end_char_idx or 0) for node in nodes])
    return _figures(questions, runs, times, seconds)


def _figures(questions: list[Question], runs: list[list[Span]], times: list[float], seconds: float) -> dict[str, float]:
    def hit(cut: int) -> float:
        return fmean(
            any(
                article == gold.article_id and start < gold.end and gold.start < end
                for article, start, end in spans[:cut]
                for gold in question.evidence
            )
            for question, spans in zip(questions, runs, strict=True)
        )

    return {
        "hit@1": round(hit(1), 3),
        "hit@5": round(hit(5), 3),
        "characters in five pieces": round(fmean(sum(end - start for _, start, end in spans) for spans in runs)),
        "seconds to index": round(seconds, 2),
        "search p50 ms": round(1000 * median(times), 2),
    }


if __name__ == "__main__":
    main()
