"""Readers that were never trained: what they point at means nothing, but it has to be exact."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoTokenizer, BertConfig, BertForQuestionAnswering

from articleqa.bundled import BUNDLED_SHA256, bundled_folder
from articleqa.reader import BuiltinReader, PretrainedReader
from articleqa.reader.network import SCALE, ReaderNetwork, is_embedding
from articleqa.types import Passage


def passage(text: str, *, title: str = "A title", number: int = 1) -> Passage:
    """A passage that is a whole article."""
    return Passage(number, f"article-{number}", 1, title, None, None, 0, len(text), text, 0.0)


def untrained(*, seed: int = 0) -> ReaderNetwork:
    """The network as training begins: the encoder's layers under random heads."""
    torch.manual_seed(seed)
    return ReaderNetwork.from_encoder(bundled_folder()).eval()


def write_weights(
    folder: Path, network: ReaderNetwork, *, eight_bits: bool = False, base: str = BUNDLED_SHA256
) -> None:
    """Keep what a network has of its own as it is shipped."""
    stored: dict[str, torch.Tensor] = {}
    for name, tensor in network.state_dict().items():
        if is_embedding(name):
            continue
        if eight_bits and tensor.dim() == 2:
            scale = tensor.abs().amax(dim=1) / 127
            stored[name] = (tensor / scale[:, None]).round().to(torch.int8)
            stored[name + SCALE] = scale
        else:
            stored[name] = tensor.half()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "weights.safetensors"
    save_file(stored, path, metadata={"base_sha256": base})
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "weights.sha256").write_text(f"{digest}  {path.name}\n")


def builtin_reader(folder: Path) -> BuiltinReader:
    """The built-in reader over an untrained network."""
    write_weights(folder, untrained())
    return BuiltinReader(folder)


def write_pretrained(folder: Path) -> None:
    """A tiny model with a tokenizer, as transformers keeps them."""
    torch.manual_seed(0)
    config = BertConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64, max_position_embeddings=128
    )
    BertForQuestionAnswering(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(bundled_folder()).save_pretrained(folder)


def pretrained_reader(folder: Path) -> PretrainedReader:
    """A reader over that model."""
    write_pretrained(folder)
    return PretrainedReader(str(folder), threads=1)
