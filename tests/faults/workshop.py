"""A program that does things to a library in children of its own, which may be killed at any moment.

``python -m faults.workshop`` reads one order a line from standard input and answers each with one line. It imports
everything once and forks for each order, so that a child costs milliseconds and starts from a clean slate.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
import traceback
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import apsw

from articleqa import checkpoints
from articleqa.ingest import rebuilding
from articleqa.library import library, migrations, transfer
from articleqa.types import ArticleQAError
from articleqa.vectors import policy
from faults.steps import do, opened
from faults.tracing import Event, tracing

# Seconds; a child that takes longer hangs.
_LONGEST = 120.0

# What happens to large libraries is to happen to small ones.
SMALL = (
    (policy, "CHANGED_FLOOR", 20),
    (policy, "SMALL", 15),
    (policy, "CHANGES_BETWEEN_MANIFESTS", 5),
    (policy, "CODED_FROM", 40),
    (policy, "GATHER_FLOOR", 10),
    (rebuilding, "_BATCH_TEXTS", 4),
    (rebuilding, "_SWEPT_PASSAGES", 15),
    (library, "_PAGES", 20),
)


def _prepare(order: dict[str, Any]) -> None:
    """Let this child be what is ordered: where it dies, which schema it knows, what it takes for large."""
    checkpoints._name, checkpoints._left = order["kill_at"] or ("", 1)
    for room, name, value in SMALL:
        setattr(room, name, value)
    for name, value in order["policy"].items():
        setattr(policy, name, value)
    every = (*migrations.MIGRATIONS, *(_later(number) for number in range(order["schema"])))
    for module in (migrations, library, transfer):
        vars(module)["MIGRATIONS"] = every


def _later(number: int) -> Any:
    """A step of the schema that is yet to come."""

    def step(connection: apsw.Connection) -> None:
        connection.execute(f"CREATE TABLE later_{number} AS SELECT id, title FROM texts").fetchall()

    return step


def _work(order: dict[str, Any], told: int) -> None:
    """Do what is ordered, step by step, and tell each step once it has been acknowledged."""
    _prepare(order)
    folder = Path(order["folder"])
    watched: AbstractContextManager[list[Event]] = tracing(folder) if order["trace"] else nullcontext([])
    with watched as events:

        def tell(what: object) -> None:
            events.append(("told", "", "", ""))
            os.write(told, json.dumps(what).encode() + b"\n")

        try:
            place = opened(folder)
        except ArticleQAError as error:
            tell({"refused": [str(error)]})
            return
        tell("open")
        for step in order["steps"]:
            tell(do(place, step))
        place.close()
    if order["trace"]:
        tell(events)


def _run(order: dict[str, Any]) -> dict[str, Any]:
    """What a child told, and how it ended: ``status`` is 0, or minus the signal that ended it."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            _work(order, write)
        except BaseException:  # noqa: BLE001 the parent is to hear of everything
            os.write(write, json.dumps({"raised": traceback.format_exc()}).encode() + b"\n")
            os._exit(1)
        os._exit(0)
    os.close(write)
    said = b""
    deadline = time.monotonic() + (order["kill_after"] or _LONGEST)
    while True:
        ready, _, _ = select.select([read], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            os.kill(child, signal.SIGKILL)
            deadline = time.monotonic() + _LONGEST
            continue
        more = os.read(read, 65_536)
        if not more:
            break
        said += more
    os.close(read)
    _, status = os.waitpid(child, 0)
    # What a killed child was just writing may lack its end.
    lines = said.split(b"\n")[:-1]
    return {"said": [json.loads(line) for line in lines], "status": os.waitstatus_to_exitcode(status)}


def main() -> None:
    """Answer orders until there are no more."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
