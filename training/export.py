"""Writes what a checkpoint has learnt as the product ships it: the layers and heads, without the word embeddings.

    python training/export.py CHECKPOINT FOLDER [--bits 16|8] [--figures FILE]

FOLDER gets ``weights.safetensors`` and ``weights.sha256``. Eight bits are one scale for each output of a matrix;
what is no matrix stays in sixteen.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from sets import SETS

from articleqa.bundled import BUNDLED_NAME, BUNDLED_SHA256
from articleqa.inference import file_digest
from articleqa.reader.builtin import DIGEST, WEIGHTS
from articleqa.reader.network import SCALE, is_embedding


def main() -> None:
    """Export, and say how large the file is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--bits", type=int, choices=(8, 16), default=16)
    parser.add_argument("--figures", type=Path, help="what measure.py wrote, to be kept with the weights")
    options = parser.parse_args()
    figures = json.loads(options.figures.read_text("utf-8")) if options.figures else {}
    path = export(options.checkpoint, options.folder, bits=options.bits, figures=figures)
    print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, SHA-256 {file_digest(path)}")


def export(checkpoint: Path, folder: Path, *, bits: int = 16, figures: object = None) -> Path:
    """Write the weights of a checkpoint into ``folder`` and return their path; ``figures`` go into the metadata."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    stored: dict[str, torch.Tensor] = {}
    for name, tensor in state["model"].items():
        if is_embedding(name):
            continue
        if bits == 8 and tensor.dim() == 2:
            scale = tensor.abs().amax(dim=1).clamp(min=1e-8) / 127
            stored[name] = (tensor / scale[:, None]).round().to(torch.int8)
            stored[name + SCALE] = scale
        else:
            stored[name] = tensor.half().contiguous()
    metadata = {
        "base": BUNDLED_NAME,
        "base_sha256": BUNDLED_SHA256,
        "rows_read": str(state["rows"]),
        "licence": "Apache-2.0",
        "data": "; ".join(f"{each.name}: {each.repository} ({each.licence})" for each in SETS),
        "figures": json.dumps(figures or {}),
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / WEIGHTS
    save_file(stored, path, metadata=metadata)
    (folder / DIGEST).write_text(f"{file_digest(path)}  {WEIGHTS}\n", encoding="ascii")
    return path


if __name__ == "__main__":
    main()
