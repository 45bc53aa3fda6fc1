"""The articles that come with the program and explain it."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path


def sample_folder() -> Path:
    """Where they lie."""
    return Path(str(files("articleqa"))) / "samples"
