"""The rooms keep to their floors, heavy libraries stay out until they are needed, and no file outgrows a reader."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from programs import finish, start

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "articleqa"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
HEAVY = ("torch", "gradio", "llama_index", "faiss", "openvino", "sentence_transformers", "transformers", "trafilatura")


def test_imports_point_down_only() -> None:
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in result.stdout


def test_every_room_has_its_floor() -> None:
    """A room that no contract knows may import what it likes."""
    layers = next(contract["layers"] for contract in CONTRACTS if contract["type"] == "layers")
    known = {name.strip("() ").removeprefix("articleqa.") for layer in layers for name in re.split("[|:]", layer)}
    rooms = {
        path.stem
        for path in PACKAGE.iterdir()
        if (path.suffix == ".py" and not path.stem.startswith("__")) or (path / "__init__.py").exists()
    }
    assert rooms == known


@pytest.mark.parametrize(
    ("statement", "kept_out"),
    [
        ("import articleqa", (*HEAVY, "numpy", "pydantic", "apsw", "httpx", "rich")),
        ("import articleqa.cli", (*HEAVY, "numpy")),
        ("import articleqa.settings", (*HEAVY, "numpy")),
        ("from articleqa import Article, Assistant, Filters, Settings", HEAVY),
        ("import articleqa.ingest, articleqa.retrieval, articleqa.loading", HEAVY),
        ("import articleqa.server, articleqa.evaluation, articleqa.llm", HEAVY),
    ],
)
def test_heavy_libraries_are_imported_where_they_are_used(statement: str, kept_out: tuple[str, ...]) -> None:
    code = f"{statement}\nimport sys\nprint(*[name for name in {kept_out} if name in sys.modules])"
    assert finish(start(code)) == [""]


def test_constructing_settings_loads_nothing() -> None:
    code = (
        f"from articleqa import Settings\nSettings.load()\nimport sys\nprint(*[n for n in {HEAVY} if n in sys.modules])"
    )
    assert finish(start(code)) == [""]


def _sources(*folders: Path) -> list[Path]:
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def test_no_file_outgrows_a_reader() -> None:
    sources = _sources(PACKAGE)
    assert len(sources) > 30
    too_long = {
        str(path.relative_to(ROOT)): lines
        for path in sources
        if (lines := len(path.read_text("utf-8").splitlines())) > 450
    }
    assert too_long == {}
    others = [*_sources(ROOT / "tests", ROOT / "benchmarks"), *PACKAGE.rglob("*.js"), *PACKAGE.rglob("*.css")]
    assert [path.name for path in others if len(path.read_text("utf-8").splitlines()) > 1000] == []


def test_every_file_says_what_it_is() -> None:
    silent = [str(path) for path in _sources(PACKAGE) if not path.read_text("utf-8").startswith('"""')]
    assert silent == []


def test_no_pickle_anywhere() -> None:
    """What is read from the index folder is data, never code."""
    pattern = re.compile(r"\b(?:import|from) (?:pickle|dill|joblib|shelve|marshal)\b|allow_pickle=True|torch\.load\(")
    assert [path.name for path in _sources(PACKAGE) if pattern.search(path.read_text("utf-8"))] == []
