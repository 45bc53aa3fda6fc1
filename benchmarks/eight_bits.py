"""What the bundled encoder would gain, and lose, if it computed in eight bits.

    python benchmarks/eight_bits.py SCIFACT [--articles 600] [--rounds 3] [--json FILE]

The weights of every product of two matrices are rounded to eight bits, each output with a scale of its own; the CPU
plugin of OpenVINO rounds what they are multiplied with as it comes, in groups of so many numbers with a scale of their
own. Beside it is the encoder as it ships. The passages of some articles are encoded by each in turn, in batches of the
same size.
"""

from __future__ import annotations

import argparse
import json
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from encoding import ndcg, pieces
from measuring import timed

from articleqa.bundled import bundled_folder, word_pieces
from articleqa.embedding import normalised, open_encoder
from articleqa.evaluation import load_questions
from articleqa.inference import cache_folder, import_openvino
from articleqa.types import Matrix

SHIPPED = "as shipped"
GROUPS = (32, 128, 384)
BATCHES = (512, 2048)
_PASSAGES_A_ROUND = 256
_WINDOW = 256


def main() -> None:
    """Measure, print and keep the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    questions = [question for question in load_questions(options.folder) if question.relevant]
    encoder = open_encoder()
    encoder.encode_query("It is converted by now.")
    owners, passages = pieces(options.folder, questions, encoder, count=options.articles)
    requests = {SHIPPED: _request(_model(), None)} | {
        f"eight bits, groups of {group}": _request(_in_eight_bits(_model()), group) for group in GROUPS
    }
    some = passages[:: max(1, len(passages) // _PASSAGES_A_ROUND)][:_PASSAGES_A_ROUND]
    seconds: dict[tuple[str, int], list[float]] = {(name, batch): [] for name in requests for batch in BATCHES}
    for _ in range(options.rounds):
        for (name, batch), each in seconds.items():
            each.append(timed(partial(encoded, requests[name], some, batch)))
    rows = {name: encoded(request, passages, BATCHES[-1]) for name, request in requests.items()}
    asked = {
        name: np.stack([encoded(request, [question.question], 512)[0] for question in questions])
        for name, request in requests.items()
    }
    result: dict[str, Any] = {
        name: {
            **{
                f"passages a second, {batch} word pieces at once": round(len(some) / median(seconds[name, batch]), 1)
                for batch in BATCHES
            },
            "least cosine": round(float((rows[name] * rows[SHIPPED]).sum(axis=1).min()), 4),
            "mean cosine": round(float((rows[name] * rows[SHIPPED]).sum(axis=1).mean()), 4),
            "nDCG@10": round(ndcg(rows[name], asked[name], owners, questions), 4),
        }
        for name in requests
    }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def _model() -> Any:
    folder = cache_folder()
    assert folder is not None
    return import_openvino().Core().read_model(next((folder / "openvino").glob("encoder-*.xml")))


def _in_eight_bits(model: Any) -> Any:
    """The model with eight-bit weights, each output with its scale, which the plugin recognises."""
    import_openvino()
    from openvino import opset13 as operators

    for node in model.get_ordered_ops():
        weights = node.input(1).get_source_output().get_node() if node.get_type_name() == "MatMul" else None
        if weights is None or weights.get_type_name() != "Constant":
            continue
        values = weights.get_data().astype(np.float32)
        axis = 1 if node.get_attributes()["transpose_b"] else 0
        scale = np.abs(values).max(axis=axis, keepdims=True) / 127
        rounded = operators.constant(np.round(values / scale).astype(np.int8))
        whole = operators.multiply(operators.convert(rounded, "f32"), operators.constant(scale))
        node.input(1).replace_source_output(whole.output(0))
    model.validate_nodes_and_infer_types()
    return model


def _request(model: Any, group: int | None) -> Any:
    core = import_openvino().Core()
    quick = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    hints = {
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": 2,
        "INFERENCE_PRECISION_HINT": "bf16" if quick else "f32",
    }
    if group is not None:
        hints["DYNAMIC_QUANTIZATION_GROUP_SIZE"] = str(group)
    return core.compile_model(model, "CPU", hints).create_infer_request()


def encoded(request: Any, texts: list[str], batch_tokens: int) -> Matrix:
    """Vectors of ``texts``, batched by length as the product does it."""
    encodings = word_pieces(bundled_folder()).encode_batch(texts)
    lengths = np.array([min(len(encoding.ids), _WINDOW) for encoding in encodings])
    vectors = np.empty((len(texts), 384), dtype=np.float32)
    order = np.argsort(-lengths, kind="stable")
    first = 0
    while first < len(order):
        batch = order[first : first + max(1, batch_tokens // int(lengths[order[first]]))]
        ids = np.zeros((len(batch), int(lengths[batch].max())), dtype=np.int64)
        for row, number in enumerate(batch):
            ids[row, : lengths[number]] = encodings[number].ids[: lengths[number]]
        mask = (np.arange(ids.shape[1]) < lengths[batch][:, None]).astype(np.int64)
        vectors[batch] = normalised(next(iter(request.infer({"input_ids": ids, "attention_mask": mask}).values())))
        first += len(batch)
    return vectors


if __name__ == "__main__":
    main()
