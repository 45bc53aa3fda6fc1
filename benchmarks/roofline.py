"""What this machine can compute, and how much of it the encoder and the reader use.

    python benchmarks/roofline.py SQUAD [--rounds 5] [--threads 2] [--json FILE]

The roof is the fastest product of two float32 matrices that OpenVINO or torch computes here, over sizes from those of
one passage to those of a large batch. Beside it stand the encoder over real passages and over one question, and the
reader over the two stretches that a question gives it: floating-point operations are counted by hand from the layers'
shapes (a multiplication and an addition are two), padding not included, so that what is wasted on it shows as well.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median

import numpy as np

from articleqa import chunking
from articleqa.embedding import open_encoder
from articleqa.evaluation import load_questions
from articleqa.grounding.close_reading import WINDOW_LENGTH, WINDOWS
from articleqa.inference import import_openvino
from articleqa.ingest.encoding import cut
from articleqa.reader import open_reader
from articleqa.types import Passage

# all-MiniLM-L6-v2, https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2
LAYERS, HIDDEN, INNER = 6, 384, 1536
SHAPES = ((256, HIDDEN, INNER), (512, HIDDEN, INNER), (4096, HIDDEN, INNER), (1024, 1024, 1024), (2048, 2048, 2048))
PASSAGES, QUESTIONS = 200, 40
# What is called, and the operations of one call.
Work = tuple[Callable[[], object], float]


def main() -> None:
    """Measure in turn, print and keep medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    products: dict[str, Work] = {
        f"{engine}, {'x'.join(map(str, shape))}": (
            make(shape, options.threads),
            2.0 * math.prod(shape),
        )
        for engine, make in (("torch", torch_product), ("OpenVINO", openvino_product))
        for shape in SHAPES
    }
    work = {**products, **models(options.folder, options.threads)}
    seconds: dict[str, list[float]] = {name: [] for name in work}
    for number in range(options.rounds + 1):
        for name, (run, _) in work.items():
            taken = seconds_of(run)
            if number:  # the first one compiles
                seconds[name].append(taken)
    rates = {name: round(operations / median(seconds[name]) / 1e9, 1) for name, (_, operations) in work.items()}
    roof = max(rates[name] for name in products)
    result = {
        "GFLOP/s": rates,
        "roof, GFLOP/s": roof,
        "share of the roof": {name: round(rates[name] / roof, 3) for name in rates if name not in products},
        "instructions": instructions(),
    }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def operations(lengths: Sequence[int]) -> float:
    """Of the layers over rows of so many word pieces: four products with the hidden width, two with the inner one, and
    attention's two among the row's pieces."""
    dense = 2.0 * (4 * HIDDEN * HIDDEN + 2 * HIDDEN * INNER)
    return LAYERS * sum(length * dense + 4.0 * length * length * HIDDEN for length in lengths)


def models(folder: Path, threads: int) -> dict[str, Work]:
    """The encoder and the reader at their work, with its operations."""
    encoder, reader = open_encoder(threads=threads), open_reader("builtin", threads=threads)
    if reader is None:
        raise SystemExit("the reader in the box is not there")
    with (folder / "articles.jsonl").open(encoding="utf-8") as lines:
        articles = [json.loads(line) for line in itertools.islice(lines, 8)]
    passages = [words for each in articles for words in cut(each["text"], each["title"], encoder).inputs][:PASSAGES]
    asked = [question.question for question in load_questions(folder)[:QUESTIONS]]
    stretches = [stretch(each["title"], each["text"], number) for number, each in enumerate(articles)]

    def pieces(*texts: str) -> int:
        return sum(encoder.count_tokens(text) for text in texts)

    read = [
        (question, [stretches[(number + place) % len(stretches)] for place in range(WINDOWS)])
        for number, question in enumerate(asked)
    ]
    return {
        f"encoder, {len(passages)} passages": (
            lambda: encoder.encode_documents(passages),
            operations([pieces(text) + 2 for text in passages]),
        ),
        "encoder, one question at a time": (
            lambda: [encoder.encode_query(question) for question in asked],
            operations([pieces(question) + 2 for question in asked]),
        ),
        f"reader, {WINDOWS} stretches at a time": (
            lambda: [reader.read(question, some) for question, some in read],
            operations([pieces(question, each.title, each.text) + 3 for question, some in read for each in some]),
        ),
    }


def stretch(title: str, text: str, number: int) -> Passage:
    """What the reader is given of an article: its first sentences."""
    end = max(
        sentence.end for sentence in chunking.sentences(text[: 4 * WINDOW_LENGTH]) if sentence.end <= WINDOW_LENGTH
    )
    return Passage(number, str(number), 1, title, None, None, 0, end, text[:end], 1.0)


def torch_product(shape: tuple[int, int, int], threads: int) -> Callable[[], object]:
    """A product of float32 matrices by torch."""
    import torch

    torch.set_num_threads(threads)
    rows, inner, columns = shape
    left, right = torch.rand(rows, inner), torch.rand(inner, columns)
    return lambda: left @ right


def openvino_product(shape: tuple[int, int, int], threads: int) -> Callable[[], object]:
    """The same by OpenVINO, with the right one constant as a layer's weights are."""
    openvino = import_openvino()
    from openvino import opset13

    rows, inner, columns = shape
    left = opset13.parameter([rows, inner], dtype=np.float32)
    rng = np.random.default_rng(0)
    weights = opset13.constant(rng.random((inner, columns), dtype=np.float32))
    settings = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Model([opset13.matmul(left, weights, False, False)], [left])
    request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
    given = rng.random((rows, inner), dtype=np.float32)
    return lambda: request.infer([given])


def seconds_of(run: Callable[[], object]) -> float:
    """Seconds of one call, repeated where it is short."""
    began = time.perf_counter()
    calls = 0
    while calls == 0 or time.perf_counter() - began < 0.2:
        run()
        calls += 1
    return (time.perf_counter() - began) / calls


def instructions() -> list[str]:
    """Those of the processor that matter to such products, where Linux tells them."""
    path = Path("/proc/cpuinfo")
    words = set(path.read_text().split()) if path.exists() else set()
    return [name for name in ("avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16") if name in words]


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    main()
