"""What indexing articles costs, beside what others take for the same articles with the same weights.

    python benchmarks/ingest.py SETS [--articles 600] [--rounds 5] [--json FILE]

SETS holds the sets ``squad`` and ``scifact``: all articles of the first and so many of the second are indexed into an
empty folder and made to last. Each system indexes in a process of its own that has opened its encoder before; they take
turns, so that a slow minute of the machine is everybody's. The others are used as their documentation begins, with the
weights that come with Article QA:

- LlamaIndex: ``VectorStoreIndex`` over a ``FaissVectorStore`` with ``HuggingFaceEmbedding``, persisted. Its chunks of
  1,024 tokens are embedded to their 256th token only, since that is as far as the encoder reads; so it is run with
  chunks of 256 as well, of which everything is read.
- txtai: ``Embeddings`` with content, hybrid, over paragraphs, saved.
- the encoder alone: the passages of Article QA, encoded and kept nowhere.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

from measuring import memory

from articleqa import Assistant, Settings
from articleqa.bundled import bundled_folder
from articleqa.embedding import open_encoder
from articleqa.ingest.encoding import cut

OURS = "Article QA"
_WARM = "A short text, so that the encoder is open before the clock runs."
Article = dict[str, str]
# What is measured, once the encoder is open: an empty folder in, the number of pieces out.
Index = Callable[[Path], int]
Opening = Callable[[list[Article]], Index]


def main() -> None:
    """Measure every system in turn, print and keep medians and ratios."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", type=Path)
    parser.add_argument("--articles", type=int, default=600, help="of scifact")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=SYSTEMS, help="index once with one system, in this process")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measured(SYSTEMS[options.only], list(articles(options.sets, options.articles)))))
        return

    runs: dict[str, list[dict[str, float]]] = {name: [] for name in SYSTEMS}
    for number in range(options.rounds):
        for name in sorted(SYSTEMS, key=lambda name: (list(SYSTEMS).index(name) + number) % len(SYSTEMS)):
            runs[name].append(_in_a_process(options, name))
            print(name, runs[name][-1], file=sys.stderr, flush=True)
    figures = {name: {key: median(run[key] for run in each) for key in each[0]} for name, each in runs.items()}
    ours = figures[OURS]["seconds"]
    result = {
        "rounds": options.rounds,
        "systems": figures,
        "ratios, theirs to ours": {
            name: round(each["seconds"] / ours, 2) for name, each in figures.items() if name != OURS
        },
    }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def articles(sets: Path, some: int) -> Iterator[Article]:
    """All of SQuAD's and ``some`` of SciFact's."""
    for name, count in (("squad", None), ("scifact", some)):
        with (sets / name / "articles.jsonl").open(encoding="utf-8") as lines:
            yield from (json.loads(line) for line in islice(lines, count))


def measured(opening: Opening, articles: list[Article]) -> dict[str, float]:
    """Index them once."""
    index = opening(articles)
    before = memory()["own MB"]
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        pieces = index(Path(folder))
        seconds = time.perf_counter() - began
    held = memory()
    return {
        "seconds": round(seconds, 2),
        "pieces": pieces,
        "own MB, before": round(before),
        "most MB": round(held["most MB"]),
    }


def _in_a_process(options: argparse.Namespace, name: str) -> dict[str, float]:
    command = [sys.executable, __file__, str(options.sets), "--articles", str(options.articles), "--only", name]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "ARTICLEQA_READER": "none"}
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    figures: dict[str, float] = json.loads(output.strip().splitlines()[-1])
    return figures


def article_qa(articles: list[Article]) -> Index:
    """A file of articles, added."""
    encoder = open_encoder()
    encoder.encode_query(_WARM)

    def index(folder: Path) -> int:
        file = folder / "articles.jsonl"
        file.write_text("".join(json.dumps(each) + "\n" for each in articles), encoding="utf-8")
        with Assistant.open(Settings(index=folder / "index"), encoder=encoder) as assistant:
            assistant.add(file)
            return sum(record.passages for record in assistant.articles())

    return index


def encoder_alone(articles: list[Article]) -> Index:
    """The passages as Article QA makes them, title in front."""
    encoder = open_encoder()
    encoder.encode_query(_WARM)

    passages = [words for each in articles for words in cut(each["text"], each["title"], encoder).inputs]

    def index(folder: Path) -> int:  # noqa: ARG001  (it keeps nothing)
        return len(encoder.encode_documents(passages))

    return index


def llamaindex(articles: list[Article], chunk_size: int | None = None) -> Index:
    """LlamaIndex's own parts, its default chunks unless a size is given."""
    from llama_index.core import Document, StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter

    faiss: Any = importlib.import_module("faiss")
    stores = _optional("llama_index.vector_stores.faiss", "llama-index-vector-stores-faiss")
    embeddings = _optional("llama_index.embeddings.huggingface", "llama-index-embeddings-huggingface")
    model = embeddings.HuggingFaceEmbedding(model_name=str(bundled_folder()), device="cpu")
    model.get_text_embedding(_WARM)
    splitter = SentenceSplitter() if chunk_size is None else SentenceSplitter(chunk_size=chunk_size, chunk_overlap=20)

    def index(folder: Path) -> int:
        documents = [
            Document(text=each["text"], id_=each["id"], metadata={"title": each["title"]}) for each in articles
        ]
        context = StorageContext.from_defaults(vector_store=stores.FaissVectorStore(faiss_index=faiss.IndexFlatL2(384)))
        built = VectorStoreIndex.from_documents(
            documents, storage_context=context, embed_model=model, transformations=[splitter]
        )
        context.persist(str(folder / "index"))
        return len(built.index_struct.nodes_dict)

    return index


def txtai(articles: list[Article]) -> Index:
    """txtai's embeddings with everything that Article QA has as well: texts kept, words and meaning, paragraphs."""
    module = _optional("txtai", "txtai")
    pipeline: Any = importlib.import_module("txtai.pipeline")
    segment = pipeline.Segmentation(paragraphs=True)
    embeddings = module.Embeddings(path=str(bundled_folder()), content=True, hybrid=True)
    embeddings.batchtransform([_WARM])

    def index(folder: Path) -> int:
        embeddings.index(
            {"title": each["title"], "text": paragraph} for each in articles for paragraph in segment(each["text"])
        )
        embeddings.save(str(folder / "index"))
        return int(embeddings.count())

    return index


def _optional(name: str, package: str) -> Any:
    if importlib.util.find_spec(name) is None:
        raise SystemExit(f"{package} is not installed: pip install --no-deps {package}")
    return importlib.import_module(name)


SYSTEMS: dict[str, Opening] = {
    OURS: article_qa,
    "the encoder alone": encoder_alone,
    "LlamaIndex": llamaindex,
    "LlamaIndex, chunks of 256": lambda articles: llamaindex(articles, 256),
    "txtai": txtai,
}


if __name__ == "__main__":
    main()
