"""Trains the reader.

    python training/train.py SETS WORK [--rows N] [--cooldown N] [--full N] [--minutes M] [--device cpu|cuda]
        [--without SET]...

SETS is the folder of the training sets, WORK keeps the prepared rows and the checkpoints. A run goes on from the last
checkpoint, so it may be stopped at any time and be done in several sittings; the rows come in the same order either
way. The learning rate rises, stays, and falls over the last ``--cooldown`` rows of ``--rows``. The last ``--full`` of
them are read in windows of the full length: short windows teach the same for two thirds of the time. What mining.py
found is read among the rows if it is there when the training begins. What ``--without`` names is not read.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from examples import MINED, NUMBERS, Rows, prepare, prepare_mined
from model import loss, outside, untrained
from numpy.typing import NDArray

from articleqa.reader.network import ReaderNetwork

SEED = 20261123
BATCH = 32
# Rows are sorted by length within so many: a batch wastes little on padding and is still a mixture.
POOL = 64 * BATCH
RATE = 1.5e-4
WARM_UP = 3_000
SHORT, FULL = 128, 240
REPORT_EVERY = 100
SAVE_EVERY_SECONDS = 300


def main() -> None:
    """Train until the rows or the minutes are used up."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--rows", type=int, default=160_000, help="to be read in all")
    parser.add_argument("--cooldown", type=int, default=40_000, help="the last of them, over which the rate falls")
    parser.add_argument("--full", type=int, default=8_000, help="the last of them, in long windows")
    parser.add_argument("--minutes", type=float, help="stop after so many; a later run goes on")
    parser.add_argument("--without", action="append", default=[], choices=NUMBERS, help="a set, or what was mined")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)

    torch.manual_seed(SEED)
    model = untrained().to(options.device)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.01, betas=(0.9, 0.98), fused=True)
    checkpoint = options.work / "checkpoint.pt"
    batch = seen = 0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location=options.device, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        batch, seen = state["batch"], state["rows"]

    deadline = time.monotonic() + options.minutes * 60 if options.minutes else float("inf")
    short = options.rows - options.full
    phases = ((SHORT, 0, short), (FULL, short, options.rows))
    autocast = torch.autocast(options.device, dtype=torch.bfloat16, enabled=_is_quick_in_bfloat16(options.device))
    losses: list[float] = []
    began = saved = time.monotonic()
    for width, first, last in phases:
        if seen >= last:
            continue
        rows = _prepared(options, width)
        for number, chosen in enumerate(_batches(rows, seed=SEED + width)):
            if first + number * BATCH < seen:
                continue
            if seen >= last or time.monotonic() > deadline:
                break
            for group in optimizer.param_groups:
                group["lr"] = RATE * min(1.0, (seen + BATCH) / WARM_UP, (options.rows - seen) / options.cooldown)
            ids, mask, segments = (torch.from_numpy(array).to(options.device) for array in collate(rows, chosen))
            with autocast:
                logits, verdicts = model(model.words(ids), mask, segments)
            value = loss(
                logits,
                verdicts,
                outside(mask, segments),
                *(
                    torch.from_numpy(array[chosen]).to(options.device)
                    for array in (rows.spans, rows.answerable, rows.relevant)
                ),
            )
            optimizer.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            losses.append(value.item())
            if not math.isfinite(losses[-1]):
                raise SystemExit(f"the loss is not finite after {seen} rows: the last checkpoint is kept")
            batch, seen = batch + 1, seen + BATCH
            if batch % REPORT_EVERY == 0:
                pace = len(losses) * BATCH / (time.monotonic() - began)
                report = {"rows": seen, "loss": round(sum(losses) / len(losses), 4), "rows/s": round(pace, 1)}
                print(json.dumps(report), flush=True)
                losses, began = [], time.monotonic()
            if time.monotonic() - saved > SAVE_EVERY_SECONDS:
                _save(checkpoint, model, optimizer, batch, seen)
                saved = time.monotonic()
    _save(checkpoint, model, optimizer, batch, seen)
    print(f"{seen} of {options.rows} rows read", flush=True)


def collate(rows: Rows, chosen: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Word pieces, mask and segment of some rows, each of shape ``(len(chosen), longest)``."""
    lengths = rows.places[chosen + 1] - rows.places[chosen]
    ids = np.zeros((len(chosen), int(lengths.max())), dtype=np.int64)
    for number, row in enumerate(chosen):
        ids[number, : lengths[number]] = rows.ids[rows.places[row] : rows.places[row + 1]]
    columns = np.arange(ids.shape[1])
    mask = (columns < lengths[:, None]).astype(np.int64)
    segments = ((columns >= rows.questions[chosen][:, None]) & (columns < lengths[:, None])).astype(np.int64)
    return ids, mask, segments


def _is_quick_in_bfloat16(device: str) -> bool:
    """Whether the processor multiplies in it: one that does not is fifteen times slower than in float32."""
    return device != "cpu" or bool(torch.cpu.get_capabilities().get("avx512_bf16", False))


def _prepared(options: argparse.Namespace, width: int) -> Rows:
    rows = _kept(options.work / f"rows-{width}.npz", lambda: prepare(options.sets, max_tokens=width))
    mined = options.work / f"{MINED}.jsonl.gz"
    if mined.exists():
        rows = rows.and_also(
            _kept(options.work / f"rows-mined-{width}.npz", lambda: prepare_mined(mined, max_tokens=width))
        )
    return rows.without(NUMBERS[name] for name in options.without) if options.without else rows


def _kept(path: Path, make: Callable[[], Rows]) -> Rows:
    if not path.exists():
        part = path.with_suffix(".part.npz")
        make().save(part)
        part.replace(path)
    return Rows.load(path)


def _batches(rows: Rows, *, seed: int) -> Iterator[NDArray[np.int64]]:
    """Batches without end, in an order that depends on the seed alone."""
    rng = np.random.default_rng(seed)
    lengths = rows.places[1:] - rows.places[:-1]
    while True:
        order = rng.permutation(len(rows))
        for start in range(0, len(order) - POOL + 1, POOL):
            pool = order[start : start + POOL]
            pool = pool[np.argsort(lengths[pool], kind="stable")].reshape(-1, BATCH)
            yield from pool[rng.permutation(len(pool))]


def _save(path: Path, model: ReaderNetwork, optimizer: torch.optim.Optimizer, batch: int, rows: int) -> None:
    part = path.with_suffix(".part")
    torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "batch": batch, "rows": rows}, part)
    part.replace(path)


if __name__ == "__main__":
    main()
