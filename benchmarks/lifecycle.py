"""What an index costs as it grows: adding one article, searching, opening, memory, and readers beside a writer.

    python benchmarks/lifecycle.py SETS [--sizes N…] [--parts NAME…] [--folder FOLDER] [--json FILE] [--plot FILE.svg]

SETS is a folder of evaluation sets: vectors and texts are made of their articles and questions (grown.py). Parts:

    candidates   kinds of FAISS indexes, beside each other, on the same vectors
    vectors      articleqa.vectors alone, up to the largest size
    turns        libraries of all sizes up to the largest, to which articles are added in turn
    library      a whole library, with SQLite and its full-text index: `Assistant.add`, and searching by words
    readers      eight threads that search while a ninth adds, against the same threads alone
    llamaindex   the stores that LlamaIndex takes unless told otherwise, with `persist()` after each article
    txtai        txtai's embeddings with content, saved after each article: pip install --no-deps txtai msgpack

Peers are measured up to a hundred thousand passages, and until one addition takes longer than five minutes. Each part
runs in a process of its own for each size. A million passages take 4 GB of disk in FOLDER and half an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import lifecycle_library
import lifecycle_peers
import lifecycle_plot
import lifecycle_vectors
from grown import encoded, write_grown

SIZES = (1_000, 10_000, 100_000, 1_000_000)
SENTENCES, QUESTIONS = 60_000, 1_000
# Rows beyond the largest size, for what is added while it is measured.
SPARE = 60_000
LARGEST = {"candidates": 100_000, "llamaindex": 100_000, "txtai": 100_000, "readers": 100_000}
SMALLEST = {"candidates": 100_000, "readers": 100_000, "turns": SIZES[-1]}
PARTS = {
    "candidates": lifecycle_vectors.candidates,
    "vectors": lifecycle_vectors.vectors,
    "turns": lifecycle_library.turns,
    "library": lifecycle_library.library,
    "readers": lifecycle_library.readers,
    "llamaindex": lifecycle_peers.llamaindex,
    "txtai": lifecycle_peers.txtai,
}


def main() -> None:
    """Measure what was asked for, each part at each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--parts", choices=PARTS, nargs="+", default=list(PARTS))
    parser.add_argument("--folder", type=Path, help="keep vectors and libraries here")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        ((part,), (size,)) = options.parts, options.sizes
        print(json.dumps(PARTS[part](options.sets, options.folder, size)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        base, _ = encoded(options.sets, folder, texts=SENTENCES, questions=QUESTIONS)
        write_grown(base, max(options.sizes) + SPARE, folder / "vectors.npy")
        result: dict[str, dict[str, Any]] = {}
        for part in options.parts:
            for size in options.sizes:
                if SMALLEST.get(part, 0) <= size <= LARGEST.get(part, size):
                    figures = _measure(options.sets, folder, part, size)
                    result.setdefault(part, {})[str(size)] = figures
                    print(part, size, json.dumps(figures, indent=2), flush=True)
                    if "stopped" in figures:
                        break
            if options.json:
                options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if options.plot:
        options.plot.write_text(lifecycle_plot.plot(result), encoding="utf-8")


def _measure(sets: Path, folder: Path, part: str, size: int) -> dict[str, Any]:
    command = [sys.executable, __file__, str(sets), "--one", "--parts", part, "--sizes", str(size)]
    started = time.perf_counter()
    ended = subprocess.run(
        [*command, "--folder", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        # One thread searches with one thread; what builds says itself how many it takes.
        env={**os.environ, "OMP_NUM_THREADS": "2", "TOKENIZERS_PARALLELISM": "false"},
    )
    figures: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    figures["seconds"] = round(time.perf_counter() - started, 1)
    figures["load average"] = round(os.getloadavg()[0], 1)
    return figures


if __name__ == "__main__":
    main()
