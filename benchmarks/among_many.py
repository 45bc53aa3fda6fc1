"""How long it takes from a question to quotes among a hundred thousand real passages, beside what others take.

    python benchmarks/among_many.py SETS [--more FOLDER] [--passages N] [--questions N] [--keep FOLDER] [--json FILE]

SETS holds sets with ``articles.jsonl``, of which ``squad`` and ``scifact`` are asked; --more is a folder of training
sets (``*.jsonl.gz``, whose lines have a ``passage``), for those who need more real text than the sets hold. All of it
is cut at ends of sentences into stretches of up to 500 characters, each once, and each is an article of a passage or
two.

All systems have the same passages, and the vectors that Article QA's encoder made of them: only asking is measured,
with the encoding of the question, which each does with the same weights by its own means. They are asked in turns, a
block of questions each, in one process with two threads, so that a slow minute of the machine is everybody's.

- Article QA: quotes with exact places, chosen from sentences, or a refusal; no language model, no reader.
- LlamaIndex: five chunks of a ``VectorStoreIndex`` over a ``FaissVectorStore`` with ``HuggingFaceEmbedding``.
- txtai: five passages of ``Embeddings`` with content, hybrid.
"""

from __future__ import annotations

import argparse
import gzip
import importlib
import importlib.util
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from measuring import Clock
from sampling import some

from articleqa import Assistant, Settings
from articleqa.bundled import bundled_folder
from articleqa.chunking import sentences
from articleqa.embedding import open_encoder
from articleqa.evaluation import load_questions
from articleqa.types import Article, Encoder, Matrix, ProgressCallback, Vector

LENGTH = 500
_SHORTEST = 80
_BLOCK = 25
OURS = "Article QA"
Ask = Callable[[str], object]


class Remembering:
    """The bundled encoder, which remembers what it made of which text."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.name, self.revision = encoder.name, encoder.revision
        self.dimension, self.max_tokens = encoder.dimension, encoder.max_tokens
        self.made: dict[str, Vector] = {}

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        """Shape ``(n, dimension)``."""
        rows = self._encoder.encode_documents(texts, progress=progress)
        self.made.update(zip(texts, rows, strict=True))
        return rows

    def encode_query(self, text: str) -> Vector:
        """Shape ``(dimension,)``."""
        return self._encoder.encode_query(text)

    def count_tokens(self, text: str) -> int:
        """Word pieces."""
        return self._encoder.count_tokens(text)


def main() -> None:
    """Fill three libraries, ask them in turns, print and keep the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", type=Path)
    parser.add_argument("--more", type=Path)
    parser.add_argument("--passages", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=300)
    parser.add_argument("--keep", type=Path, help="where Article QA's library is kept for another run")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    known = [
        question.question
        for name in ("squad", "scifact")
        for question in some(load_questions(options.sets / name), answerable=options.questions // 2, others=0, seed=5)
    ]
    with tempfile.TemporaryDirectory() as made:
        encoder = Remembering(open_encoder())
        settings = Settings(index=(options.keep or Path(made)) / "index", llm="none", reader="none", answer_cache=0)
        with Assistant.open(settings, encoder=encoder) as assistant:
            if assistant.article_count() == 0:
                found = islice(stretches(options.sets, options.more), options.passages)
                assistant.add(
                    *(Article(title, text, id=f"stretch-{number}") for number, (title, text) in enumerate(found))
                )
                texts, rows = list(encoder.made), np.stack(list(encoder.made.values()))
                _keep(options.keep, texts, rows)
            else:
                texts, rows = _kept(options.keep)
            passages = sum(record.passages for record in assistant.articles())
            assistant.warm_up()
            systems: dict[str, Ask] = {
                OURS: assistant.ask,
                "LlamaIndex": llamaindex(texts, rows),
                "txtai": txtai(texts, rows),
            }
            figures = asked(systems, known)
    ours = figures[OURS]
    result = {
        "passages": passages,
        "characters of a passage": round(sum(map(len, texts)) / len(texts)),
        "questions": len(known),
        "systems": figures,
        "ratios, theirs to ours": {
            name: {key: round(each[key] / ours[key], 2) for key in ("p50 ms", "p95 ms")}
            for name, each in figures.items()
            if name != OURS
        },
    }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def stretches(sets: Path, more: Path | None) -> Iterator[tuple[str, str]]:
    """Titles, and real text in stretches of whole sentences, each once."""
    known: set[str] = set()
    for title, text in _texts(sets, more):
        start = end = 0
        for _, after in (*sentences(text), (0, len(text) + LENGTH)):
            if after - start > LENGTH:
                stretch = text[start:end].strip()
                if _SHORTEST <= len(stretch) <= LENGTH and stretch not in known:
                    known.add(stretch)
                    yield title, stretch
                start = end
            end = after


def _texts(sets: Path, more: Path | None) -> Iterator[tuple[str, str]]:
    for path in sorted(sets.glob("*/articles.jsonl")):
        with path.open(encoding="utf-8") as lines:
            yield from ((entry["title"], entry["text"]) for entry in map(json.loads, lines))
    for path in sorted(more.glob("*.jsonl.gz")) if more else ():
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            yield from ((entry.get("title", ""), entry["passage"]) for entry in map(json.loads, lines))


def _keep(folder: Path | None, texts: Sequence[str], rows: Matrix) -> None:
    if folder is not None:
        (folder / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
        np.save(folder / "rows.npy", rows)


def _kept(folder: Path) -> tuple[list[str], Matrix]:
    return json.loads((folder / "texts.json").read_text(encoding="utf-8")), np.load(folder / "rows.npy")


def llamaindex(texts: Sequence[str], rows: Matrix) -> Ask:
    """LlamaIndex's own parts, over chunks and vectors that are given."""
    from llama_index.core import StorageContext, VectorStoreIndex
    from llama_index.core.schema import TextNode

    faiss: Any = importlib.import_module("faiss")
    stores = _optional("llama_index.vector_stores.faiss", "llama-index-vector-stores-faiss")
    embeddings = _optional("llama_index.embeddings.huggingface", "llama-index-embeddings-huggingface")
    model = embeddings.HuggingFaceEmbedding(model_name=str(bundled_folder()), device="cpu")
    context = StorageContext.from_defaults(vector_store=stores.FaissVectorStore(faiss_index=faiss.IndexFlatL2(384)))
    nodes = [
        TextNode(id_=str(number), text=text, embedding=row.tolist())
        for number, (text, row) in enumerate(zip(texts, rows, strict=True))
    ]
    index = VectorStoreIndex(nodes, storage_context=context, embed_model=model)
    retriever = index.as_retriever(similarity_top_k=5)
    return lambda question: [each.node.get_content() for each in retriever.retrieve(question)]


def txtai(texts: Sequence[str], rows: Matrix) -> Ask:
    """txtai's embeddings with content, words and meaning; passages' vectors are given."""
    from sentence_transformers import SentenceTransformer

    module = _optional("txtai", "txtai")
    model = SentenceTransformer(str(bundled_folder()), device="cpu")
    places = {text: number for number, text in enumerate(texts)}

    def transform(asked: list[str]) -> Matrix:
        if all(text in places for text in asked):
            return rows[[places[text] for text in asked]]
        return np.asarray(model.encode(asked, show_progress_bar=False), dtype=np.float32)

    embeddings = module.Embeddings(method="external", transform=transform, content=True, hybrid=True)
    embeddings.index(texts)
    return lambda question: embeddings.search(question, 5)


def asked(systems: dict[str, Ask], questions: Sequence[str]) -> dict[str, dict[str, float]]:
    """Ask every system every question, a block each in turn; milliseconds."""
    clocks = {name: Clock() for name in systems}
    for ask in systems.values():
        for question in questions[-10:]:
            ask(question)
    for first in range(0, len(questions), _BLOCK):
        for name, ask in systems.items():
            # The first of a block pays for what another system left in the caches, which is nobody's own.
            ask(questions[first - 1])
            for question in questions[first : first + _BLOCK]:
                clocks[name].time(lambda ask=ask, question=question: ask(question))  # type: ignore[misc]
    return {name: {key: clock.figures()[key] for key in ("p50 ms", "p95 ms")} for name, clock in clocks.items()}


def _optional(name: str, package: str) -> Any:
    if importlib.util.find_spec(name) is None:
        raise SystemExit(f"{package} is not installed: pip install --no-deps {package}")
    return importlib.import_module(name)


if __name__ == "__main__":
    main()
