"""Standard output for people, progress on standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.cells import cell_len
from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bars
from rich.text import Text

from articleqa.cli.text import one_line, printable
from articleqa.types import Progress, ProgressCallback

_WIDEST = 100  # cells of a line that is comfortable to read
_NARROWEST = 20
_WIDEST_COLUMN = 40
_STAGES = {
    "load": "Reading",
    "encode": "Embedding",
    "index": "Indexing",
    "verify": "Checking",
    "copy": "Copying",
    "fetch": "Fetching",
    "replace": "Replacing",
    "ask": "Asking",
}
# What is counted in bytes or pages has no rate that says anything.
_RATED = ("load", "encode", "index", "ask")


class Screen:
    """Lines on standard output: wrapped and styled on a terminal, whole and plain anywhere else.

    Whatever is handed in comes out as text: control characters are replaced, markup means nothing.
    """

    def __init__(self) -> None:
        is_terminal = sys.stdout.isatty()
        self.styled = is_terminal and not os.environ.get("NO_COLOR")
        self._console = Console(highlight=False, color_system="auto" if self.styled else None)
        self._width = min(self._console.width, _WIDEST) if is_terminal else None

    def line(self, content: str | Text = "", *, prefix: str | Text = "") -> None:
        """A paragraph, whose lines stand below each other after ``prefix``."""
        text, head = _safe(content), _safe(prefix)
        rows = [text]
        if self._width is not None:
            rows = list(text.wrap(self._console, max(self._width - head.cell_len, _NARROWEST))) or [text]
        for row in rows:
            row.rstrip()
            self._put(Text.assemble(head, row))
            head = Text(" " * head.cell_len)

    def heading(self, text: str) -> None:
        """A line above a section, after an empty one."""
        self.line()
        self.line(Text(text, style="bold"))

    def table(self, rows: Sequence[Sequence[str]], *, header: Sequence[str] = ()) -> None:
        """Aligned columns. On a terminal each row is one line, cut at its end where it is too long."""
        cells = [[one_line(cell) for cell in row] for row in ([header] if header else []) + list(rows)]
        widths = [min(max(map(cell_len, column)), _WIDEST_COLUMN) for column in zip(*cells, strict=True)]
        for number, row in enumerate(cells):
            padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(row, widths, strict=True))
            text = Text("  ".join(padded).rstrip(), style="dim" if header and number == 0 else "")
            if self._width is not None:
                text.truncate(self._console.width, overflow="ellipsis")
            self._put(text)

    def verbatim(self, text: str) -> None:
        """A text with its own line breaks."""
        sys.stdout.write(printable(text.replace("\r\n", "\n")).rstrip("\n") + "\n")

    def _put(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


def _safe(content: str | Text) -> Text:
    text = Text(content) if isinstance(content, str) else content.copy()
    text.plain = printable(text.plain)  # of the same length, so that styles stay where they are
    return text


def print_json(value: object) -> None:
    """``value`` as one JSON document on standard output. ASCII: any pipe takes it, and no terminal obeys it."""
    sys.stdout.write(json.dumps(value, indent=2) + "\n")


def note(text: str) -> None:
    """A line on standard error."""
    sys.stderr.write(one_line(text) + "\n")


def _pace(state: Progress) -> Iterator[str]:
    if state.rate and state.stage in _RATED:
        yield f"{state.rate:,.0f} a second" if state.rate >= 1.5 else f"{state.rate * 60:,.0f} a minute"
    if state.seconds_left is not None and state.seconds_left >= 1:
        yield f"{state.seconds_left:,.0f} s left"


@contextmanager
def progress_bar() -> Iterator[ProgressCallback | None]:
    """A bar on standard error while the block runs; None where that is no terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    console = Console(stderr=True, color_system=None if os.environ.get("NO_COLOR") else "auto")
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[left]}"))
    with Bars(*columns, console=console, transient=True) as bars:
        task = bars.add_task("Reading", total=None, left="")

        def show(state: Progress) -> None:
            bars.update(
                task,
                description=_STAGES.get(state.stage, state.stage),
                completed=state.done,
                total=state.total,
                left=", ".join(_pace(state)),
            )

        yield show
