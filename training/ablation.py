"""What each part of the training sets brings: short trainings, each without one part, measured in the same way.

    python training/ablation.py SETS WORK SQUAD [--rows N] [--sample N] [--index FOLDER] [--output FILE]

SETS and WORK are train.py's; WORK keeps the rows and, for each part, a folder with its checkpoint, so that a run that
was stopped goes on. Every training reads as many rows: what is left out is made up for by more of the rest. The last
quarter of them are read at a falling learning rate. Measured are SQuAD's questions, each with its paragraph (see
measure.py), and which of the passages that the product's retrieval finds for a question the reader puts first.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from examples import MINED, SHARES
from export import export
from measure import measure, questions

from articleqa import Assistant, Settings
from articleqa.evaluation.judging import holds
from articleqa.reader import BuiltinReader
from articleqa.types import Passage, Reader

DERIVED = {"squad1-train-neg", "squad1-train-swap", MINED}
PARTS: dict[str, set[str]] = {
    "all of it": set(),
    "without the look-alike paragraphs": {"squad1-train-neg"},
    "without the swapped questions": {"squad1-train-swap"},
    "without what was mined": {MINED},
    "without any of these three": DERIVED,
    "SQuAD's train and what was derived from it": set(SHARES) - {"squad1-train"} - DERIVED,
}
FOUND = 5


def main() -> None:
    """Train and measure one after the other, and keep the figures after each."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("squad", type=Path)
    parser.add_argument("--rows", type=int, default=16_000)
    parser.add_argument("--sample", type=int, default=3_000, help="questions that are measured")
    parser.add_argument("--ranked", type=int, default=600, help="of them, whose passages are searched")
    parser.add_argument("--index", type=Path, help="of SQuAD's articles; kept, and used where it is there")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    pairs = questions(options.squad, sample=options.sample)
    with tempfile.TemporaryDirectory() as scratch:
        # Nobody needs the converted models of these checkpoints again.
        os.environ["XDG_CACHE_HOME"] = scratch
        asked = [(entry["question"], entry["answers"]) for entry, _ in pairs if entry["answerable"]][: options.ranked]
        found = searched(options.squad, options.index or Path(scratch) / "index", [question for question, _ in asked])
        result = {
            "rows": options.rows,
            "retrieval alone, first holds the answer": share_first(found, asked, None),
            "parts": {},
        }
        for number, (name, left_out) in enumerate(PARTS.items()):
            checkpoint = trained(options, options.work / f"ablation-{number}-{options.rows}", left_out)
            folder = Path(scratch) / str(number)
            export(checkpoint, folder)
            reader = BuiltinReader(folder)
            figures = measure(reader, pairs)
            del figures["milliseconds_each"]
            result["parts"][name] = {**figures, "first holds the answer": share_first(found, asked, reader)}
            print(name, json.dumps(result["parts"][name]), flush=True)
            if options.output:
                options.output.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def trained(options: argparse.Namespace, work: Path, left_out: set[str]) -> Path:
    """The checkpoint of a short training without some sets."""
    work.mkdir(exist_ok=True)
    for kept in [*options.work.glob("rows-*.npz"), *options.work.glob(f"{MINED}.jsonl.gz")]:
        if not (work / kept.name).exists():
            (work / kept.name).symlink_to(kept.resolve())
    command = [sys.executable, str(Path(__file__).with_name("train.py")), str(options.sets), str(work)]
    command += ["--rows", str(options.rows), "--cooldown", str(options.rows // 4), "--full", "0"]
    command += [argument for name in sorted(left_out) for argument in ("--without", name)]
    with (work / "log").open("a", encoding="utf-8") as log:
        subprocess.run(command, check=True, stdout=log)
    return work / "checkpoint.pt"


def searched(squad: Path, index: Path, asked: Sequence[str]) -> list[list[Passage]]:
    """What the product's retrieval finds for each question in all of the articles."""
    with Assistant.open(Settings(index=index, llm="none", reader="none")) as assistant:
        if not assistant.articles():
            assistant.add(squad / "articles.jsonl")
        return [assistant.search(question, limit=FOUND) for question in asked]


def share_first(
    found: Sequence[Sequence[Passage]], asked: Sequence[tuple[str, Sequence[Any]]], reader: Reader | None
) -> float:
    """How often the first of the passages holds an answer, in the retrieval's order or by the reader's sureness."""
    hits = []
    for passages, (question, answers) in zip(found, asked, strict=True):
        first = passages[0]
        if reader is not None:
            readings = reader.read(question, passages)
            first = passages[int(np.argmax([reading.score for reading in readings]))]
        hits.append(holds(first.text, answers))
    return round(float(np.mean(hits)), 4)


if __name__ == "__main__":
    main()
