"""Runs the command line in the tests, and makes the library that it is tried on.

with undisturbed(folder):
    index = made_index(folder)
    articleqa = CommandLine(capsys)
    articleqa.done("list", "--index", index)
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from articleqa import embedding
from articleqa.cli import main

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FERRY = "The electric ferry Alva sails to the islands from 3 June 2025."
QUESTION = "When does the ferry sail to the islands?"
ARTICLES = {
    "ferry.md": (
        "---\ntitle: A ferry for the islands\nsource: Coast Courier\npublished: 2025-04-10\n---\n\n"
        f"{FERRY} It carries 240 passengers and 30 cars.\n\nThe county paid 19 million euros for the ferry.\n"
    ),
    "orchard.md": (
        "---\ntitle: The orchard in Brunnby\nsource: Valley Post\npublished: 2023-09-01\n---\n\n"
        "Greta Holm planted the orchard in Brunnby with 400 apple trees. Most of them are of the sort Ingrid Marie.\n"
    ),
    "clock.txt": (
        "The clock on the town hall\n\nThe clock on the town hall stood still for a week after lightning struck it.\n"
    ),
}


@dataclass(frozen=True)
class Ended:
    """What a command left behind."""

    code: int
    out: str
    err: str


class CommandLine:
    """Runs commands in this process, where nothing is a terminal."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Ended:
        code = main([str(argument) for argument in arguments])
        return Ended(code, *self._capsys.readouterr())

    def done(self, *arguments: str | Path) -> str:
        """Standard output of a command that succeeds and says nothing else."""
        ended = self(*arguments)
        assert (ended.code, ended.err) == (0, "")
        return ended.out

    def refused(self, *arguments: str | Path) -> str:
        """The one line of a command that cannot do what was asked, and prints nothing."""
        ended = self(*arguments)
        assert (ended.code, ended.out) == (1, "")
        return the_line(ended.err)

    def json(self, *arguments: str | Path) -> Any:
        """The JSON document of a command that succeeds."""
        return json.loads(self.done(*arguments, "--json"))


def the_line(text: str) -> str:
    """``text``, which is one line."""
    line, end, rest = text.partition("\n")
    assert (end, rest) == ("\n", "")
    assert line.strip()
    return line


def plain(value: DataclassInstance) -> Any:
    """A value as its JSON reads."""
    return json.loads(json.dumps(asdict(value)))


def written(folder: Path) -> Path:
    """``folder``, with the articles in it."""
    for name, text in ARTICLES.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def made_index(base: Path) -> Path:
    """A library of the articles below ``base``."""
    (base / "articles").mkdir()
    assert main(["add", str(written(base / "articles")), "--index", str(base / "index")]) == 0
    return base / "index"


@contextmanager
def undisturbed(folder: Path) -> Iterator[None]:
    """``folder`` is the working folder, and nothing has a say in colours, until the block ends.

    The encoder is the real one, opened once instead of by every command.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedding, "open_encoder", functools.cache(embedding.open_encoder))
        for name in ("NO_COLOR", "FORCE_COLOR"):
            patch.delenv(name, raising=False)
        patch.chdir(folder)
        yield
