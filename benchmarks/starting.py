"""How soon the program is there: its help, an answer in the terminal, the page in the browser.

    python benchmarks/starting.py [--rounds 5] [--json FILE]

Each is a process of its own over the sample library, after one that nobody timed: files are in the system's cache, and
models have been converted.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from urllib.error import URLError
from urllib.request import urlopen

from measuring import timed

QUESTION = "When does the new bridge open?"
SAMPLES = Path(__file__).parent.parent / "src" / "articleqa" / "samples"


def main() -> None:
    """Time each in turn, print and keep medians."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        run(Path(made), "add", str(SAMPLES))
        kinds: dict[str, Callable[[], float]] = {
            "articleqa --help": lambda: timed(lambda: run(Path(made), "--help")),
            "ask, reader=none": lambda: timed(lambda: run(Path(made), "ask", QUESTION, ARTICLEQA_READER="none")),
            "ask, reader=builtin": lambda: timed(lambda: run(Path(made), "ask", QUESTION)),
            "serve, until the page is there": lambda: served(Path(made)),
        }
        seconds: dict[str, list[float]] = {name: [] for name in kinds}
        for number in range(options.rounds + 1):
            for name, kind in kinds.items():
                taken = kind()
                if number:
                    seconds[name].append(taken)
    result = {
        "rounds": options.rounds,
        "seconds": {
            name: {"median": round(median(each), 2), "most": round(max(each), 2)} for name, each in seconds.items()
        },
    }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


def run(folder: Path, *arguments: str, **settings: str) -> None:
    """One command over the library."""
    subprocess.run(
        [sys.executable, "-m", "articleqa", *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        env=_environment(folder, **settings),
    )


def served(folder: Path) -> float:
    """Seconds until a server gives its page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "articleqa", "serve"]
    began = time.perf_counter()
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(folder, ARTICLEQA_PORT=str(port)),
    ) as server:
        try:
            while server.poll() is None:
                try:
                    with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as page:
                        page.read()
                    return time.perf_counter() - began
                except (URLError, OSError):
                    time.sleep(0.02)
        finally:
            server.terminate()
    raise SystemExit("the server ended before it gave a page")


def _environment(folder: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ARTICLEQA_")}
    return {**kept, "ARTICLEQA_INDEX": str(folder / "index"), **settings}


if __name__ == "__main__":
    main()
