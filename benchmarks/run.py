"""Runs every measurement and keeps its result in benchmarks/results/.

    python benchmarks/run.py SETS_FOLDER

The folder holds the evaluation sets `squad`, `scifact` and `mtrag-un`, each with `articles.jsonl` and `questions.jsonl`
(the format is that of articleqa/evaluation/sets.py). It takes two to three hours on two cores, most of them encoding
SciFact, four times.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from measuring import context

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("torch", "openvino", "faiss-cpu", "sentence-transformers", "llama-index-core", "apsw")


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", type=Path)
    sets = parser.parse_args().sets
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        indexes = Path(scratch)
        for name, limit in (("squad", 1000), ("scifact", 300), ("mtrag-un", 507)):
            command = [*_cli("eval"), str(sets / name), "--limit", str(limit), "--json", "--index", str(indexes / name)]
            _keep(f"eval-{name}", json.loads(_output(command)))
        squad, scifact = str(sets / "squad"), str(sets / "scifact")
        _script("fusion", squad, scifact, "--keep", str(indexes))
        _script("peers", squad)
        _script("confidence", squad, "--questions", "400", "--among", scifact)
        _script("reading", squad, "--reader", "builtin", "--index", str(indexes / "squad"))
        _script("encoding", scifact)
        _script("roofline", squad)
        _script("starting")
        _script("while-adding", str(sets))


def _cli(command: str) -> list[str]:
    return [sys.executable, "-m", "articleqa", command]


def _script(name: str, *arguments: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "result.json"
        script = Path(__file__).parent / f"{name.replace('-', '_')}.py"
        _output([sys.executable, str(script), *arguments, "--json", str(target)])
        _keep(name, json.loads(target.read_text(encoding="utf-8")))


def _output(command: list[str]) -> str:
    print("$", *command[1:], flush=True)
    # What the reader brings is measured by itself, beside what there is without it.
    environment = {**os.environ, "ARTICLEQA_READER": "none"}
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout


def _keep(name: str, result: dict[str, Any]) -> None:
    """Write a result with what it was measured on."""
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"context": context(PACKAGES), "result": result}, indent=2) + "\n", encoding="utf-8")
    print(f"  {path}", flush=True)


if __name__ == "__main__":
    main()
