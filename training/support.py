"""Tries a head that says whether a passage supports a statement, and holds it against what the reader says already.

    python training/support.py SETS WORK SQUAD [--rows N] [--said FILE] [--output FILE]

A statement is a question with an answer; it is supported by the paragraph whose answer it is. With the answer to
another question about the same paragraph it is not: people wrote both, so that nothing but the sense tells them apart.
The head is learnt on SQuAD's training paragraphs, from the checkpoint in WORK on, once with the reader's layers as they
are and once with all of them trained further. It is measured on paragraphs of SQUAD that nobody trained on, and, with
``--said``, on what a language model wrote (see benchmarks/side_by_side.py): how often a statement that is right scores
above one that is not (AUROC). Beside it stands what costs nothing more: how much of the statement are the words that
the reader points at.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from examples import Windows
from measure import auroc, f1, questions
from model import untrained
from torch import nn

from articleqa.reader import open_reader
from articleqa.types import Passage

SEED = 20261124
BATCH, POOL, LENGTH = 32, 2048, 200
# Of what was found for a question: a language model is shown about as many.
READ = 5
RATES = {"the head alone": 1e-3, "all layers": 5e-5}


@dataclass(frozen=True, slots=True)
class Statement:
    """A question and what is said to it, over passages of which one supports it, or none does."""

    question: str
    answer: str
    title: str
    passages: tuple[str, ...]
    right: bool


class Supporting(nn.Module):
    """The reader's layers with one more head."""

    def __init__(self, checkpoint: Path) -> None:
        super().__init__()
        self.reader = untrained()
        self.reader.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
        width = self.reader.encoder.config.hidden_size
        self.head = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, ids: torch.Tensor, mask: torch.Tensor, segments: torch.Tensor) -> torch.Tensor:
        """Log-odds of being supported, shape ``(rows,)``."""
        hidden = self.reader.encoder(
            inputs_embeds=self.reader.words(ids), attention_mask=mask, token_type_ids=segments
        ).last_hidden_state
        odds: torch.Tensor = self.head(hidden[:, 0])[:, 0]
        return odds


def main() -> None:
    """Train both, measure, and keep the figures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("squad", type=Path)
    parser.add_argument("--rows", type=int, default=16_000)
    parser.add_argument("--said", type=Path, help="what a language model wrote")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    with gzip.open(options.sets / "squad1-train.jsonl.gz", "rt", encoding="utf-8") as lines:
        entries = [
            (each["question"], each["answers"][0]["text"], each.get("title", ""), each["passage"])
            for each in map(json.loads, lines)
        ]
    training = list(statements(entries))
    random.Random(SEED).shuffle(training)
    unseen = [
        (entry["question"], entry["answers"][0], passage.title, passage.text)
        for entry, passage in questions(options.squad, sample=None)
        if entry["answerable"]
    ]
    measured = {"another answer of the paragraph": random.Random(SEED).sample(list(statements(unseen)), 2000)}
    if options.said:
        measured["a language model's"] = list(said(options.said))
    result: dict[str, Any] = {"rows": options.rows, "statements": {name: len(each) for name, each in measured.items()}}
    right = {name: [each.right for each in kind] for name, kind in measured.items()}
    result["the reader's words"] = {name: auroc(pointed(kind), right[name]) for name, kind in measured.items()}
    for kind in RATES:
        model = trained(options.work / "checkpoint.pt", training[: options.rows], kind)
        result[kind] = {name: auroc(judged(model, each), right[name]) for name, each in measured.items()}
        print(json.dumps(result, indent=2), flush=True)
    if options.output:
        options.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def statements(entries: Iterable[tuple[str, str, str, str]]) -> Iterator[Statement]:
    """Every question with its answer, and with the likest one to another question about the same paragraph."""
    paragraphs: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for question, answer, title, passage in entries:
        paragraphs[passage].append((question, answer, title))
    for passage, asked in paragraphs.items():
        for question, answer, title in asked:
            others = [other for _, other, _ in asked if f1(other, answer) == 0]
            if others:
                alike = min(others, key=lambda other: (_kind(other) != _kind(answer), abs(len(other) - len(answer))))
                yield Statement(question, answer, title, (passage,), right=True)
                yield Statement(question, alike, title, (passage,), right=False)


def said(path: Path) -> Iterator[Statement]:
    """What a language model wrote to each question that can be answered, over the passages that it was given."""
    with path.open(encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            if line["answers"] and (text := line["said"]["language model"]):
                yield Statement(
                    line["question"], text, "", line["known"], line["outcomes"]["language model"] == "right"
                )


def pointed(kind: Sequence[Statement]) -> list[float]:
    """How much of each statement are the words that the shipped reader points at."""
    reader = open_reader("builtin")
    assert reader is not None
    scores = []
    for each in kind:
        passages = [
            Passage(number, "-", 1, each.title, None, None, 0, len(text), text, 0.0)
            for number, text in enumerate(each.passages)
        ]
        best = max(reader.read(each.question, passages), key=lambda reading: reading.score)
        scores.append(f1(each.answer, best.text))
    return scores


def trained(checkpoint: Path, rows: Sequence[Statement], kind: str) -> Supporting:
    """The reader's layers with a head that has learnt from the rows."""
    torch.manual_seed(SEED)
    model = Supporting(checkpoint)
    if kind == "the head alone":
        model.reader.requires_grad_(requires_grad=False)
    weights = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=RATES[kind], weight_decay=0.01)
    seen = 0
    for batch, right in batches(rows):
        for group in optimizer.param_groups:
            group["lr"] = RATES[kind] * min(1.0, (seen + BATCH) / 1000, (len(rows) - seen) / len(rows) * 2)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            odds = model(*batch)
        value = nn.functional.binary_cross_entropy_with_logits(odds.float(), right)
        optimizer.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        seen += BATCH
        if seen % 3200 == 0:
            print(kind, seen, round(value.item(), 4), flush=True)
    return model.eval()


def judged(model: Supporting, kind: Sequence[Statement]) -> list[float]:
    """Log-odds of each statement, by the passage that supports it best."""
    with torch.no_grad():
        return [
            max(float(model(*collated([replace(each, passages=(text,))])).item()) for text in each.passages)
            for each in kind
        ]


def batches(rows: Sequence[Statement]) -> Iterator[tuple[tuple[torch.Tensor, ...], torch.Tensor]]:
    """Batches of like length, each of a mixture."""
    for first in range(0, len(rows), POOL):
        pool = sorted(rows[first : first + POOL], key=lambda each: len(each.passages[0]))
        starts = list(range(0, len(pool) - BATCH + 1, BATCH))
        random.Random(SEED + first).shuffle(starts)
        for start in starts:
            chosen = pool[start : start + BATCH]
            yield collated(chosen), torch.tensor([float(each.right) for each in chosen])


_WINDOWS = Windows(LENGTH)


def collated(chosen: Sequence[Statement]) -> tuple[torch.Tensor, ...]:
    """Word pieces, mask and segment, each of shape ``(rows, longest)``."""
    encoded = [_WINDOWS.row(f"{each.question} {each.answer}", each.title, each.passages[0], [])[:2] for each in chosen]
    longest = min(LENGTH + 60, max(len(pieces) for pieces, _ in encoded))
    ids = np.zeros((len(encoded), longest), dtype=np.int64)
    mask, segments = np.zeros_like(ids), np.zeros_like(ids)
    for number, (pieces, before) in enumerate(encoded):
        kept = pieces[:longest]
        ids[number, : len(kept)], mask[number, : len(kept)] = kept, 1
        segments[number, before : len(kept)] = 1
    return torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(segments)


def _kind(answer: str) -> str:
    if any(character.isdigit() for character in answer):
        return "number"
    return "name" if answer[:1].isupper() else "words"


if __name__ == "__main__":
    main()
