"""The README: every command and every Python block of it runs, as it stands, in a folder with ``articles/`` in it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from articleqa import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

ARTICLES = {
    "harbour-bridge.md": (
        "---\ntitle: The new bridge over the harbour\nsource: Harbour Gazette\npublished: 2025-03-02\n---\n\n"
        "The new bridge over the harbour opens to traffic on 12 May 2025, the city council said on Sunday. "
        "Work began four years ago, after the old bridge had been closed to lorries.\n\n"
        "The bridge cost 48 million euros. The city paid a third of that sum, and the rest came from the region.\n"
    ),
    "lighthouse.txt": (
        "The lighthouse keeper retires\n\n"
        "Anna Lindqvist leaves the lighthouse at Norrskär after 31 years. She was the last keeper on the coast. "
        "From June on, the light is watched from the mainland.\n"
    ),
    "market.html": (
        "<!doctype html><html><head><title>Market hall gets a new roof</title></head><body><article>"
        "<h1>Market hall gets a new roof</h1><p>The market hall in the old town gets a new roof of glass and larch. "
        "The carpenters begin in September, and the stalls move to the square in front of the church until spring.</p>"
        "<p>The stallholders had asked for the repair for ten years, because rain came in over the fish counter.</p>"
        "</article></body></html>"
    ),
}
QUESTION = "When does the new bridge open?"
ANSWER = "12 May 2025"


def blocks(language: str) -> list[str]:
    return [text for name, text in BLOCKS.findall(README) if name == language]


def commands() -> list[str]:
    text = "".join(blocks("sh")).replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


MAKE_COMMANDS = [line for line in commands() if re.search(r"(^|\s)make\s", line)]
SERVERS = [line for line in commands() if re.search(r"articleqa (serve|chat)\b", line)]
OTHERS = [line for line in commands() if line not in MAKE_COMMANDS and line not in SERVERS]


@dataclass(frozen=True)
class Place:
    """A folder with ``articles/`` in it, and the environment of a person who has just installed the package."""

    folder: Path
    home: Path
    environment: dict[str, str]

    def run(self, *command: str) -> str:
        """Standard output with its line breaks taken out; a failure fails the test and shows both outputs."""
        result = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert result.returncode == 0, f"{command}: exit {result.returncode}\n{result.stdout}\n{result.stderr}"
        assert "Traceback" not in result.stderr, result.stderr
        return " ".join(result.stdout.split())


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    base = tmp_path_factory.mktemp("readme")
    folder, home = base / "folder", base / "home"
    (folder / "articles").mkdir(parents=True)
    home.mkdir()
    for name, text in ARTICLES.items():
        (folder / "articles" / name).write_text(text, "utf-8")
    # Without CI in the environment, as on a person's machine: some libraries report home only there.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ARTICLEQA_", "XDG_")) and name not in ("CI", "TF_BUILD", "JENKINS_URL")
    }
    environment = {
        **kept,
        "HOME": str(home),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "ARTICLEQA_PORT": str(free_port()),
    }
    made = Place(folder, home, environment)
    made.run("articleqa", "add", "articles/")
    return made


def test_the_readme_has_something_of_every_kind() -> None:
    assert len(blocks("python")) >= 2
    assert {"make run", "make test"} <= set(MAKE_COMMANDS)
    assert SERVERS
    assert OTHERS
    assert {name for name, _ in BLOCKS.findall(README)} == {"python", "sh"}


@pytest.mark.parametrize("command", MAKE_COMMANDS)
def test_make_commands_are_targets_of_the_makefile(command: str) -> None:
    found = re.search(r"(?:^|\s)make ([a-z]+)", command)
    assert found
    assert re.search(rf"^{found[1]}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("command", OTHERS)
def test_commands_run(place: Place, command: str) -> None:
    shown = place.run("bash", "-c", command)
    assert shown
    if QUESTION in command:
        assert ANSWER in shown


@pytest.mark.parametrize(
    "block", blocks("python"), ids=lambda block: f"line-{README[: README.index(block)].count(chr(10))}"
)
def test_python_blocks_run(place: Place, block: str) -> None:
    shown = place.run(sys.executable, "-c", block)
    assert shown
    if QUESTION in block:
        assert ANSWER in shown or "conversation" in block


@pytest.mark.parametrize("command", SERVERS)
def test_servers_start_answer_and_stop(place: Place, command: str) -> None:
    url = f"http://127.0.0.1:{place.environment['ARTICLEQA_PORT']}"
    with (place.folder / "server.log").open("w+b") as log:
        server = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=place.folder,
            env=place.environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            deadline = time.monotonic() + 120
            while True:
                assert server.poll() is None, (place.folder / "server.log").read_text("utf-8")
                assert time.monotonic() < deadline, (place.folder / "server.log").read_text("utf-8")
                try:
                    if httpx.get(f"{url}/health", trust_env=False).is_success:
                        break
                except httpx.TransportError:
                    time.sleep(0.2)
            assert httpx.get(url, trust_env=False).is_success
            server.send_signal(signal.SIGINT)
            assert server.wait(timeout=60) == 0
        finally:
            server.kill()
            server.wait()
    shown = (place.folder / "server.log").read_text("utf-8")
    assert url in shown
    assert "Traceback" not in shown


def test_nothing_is_left_in_the_home_but_the_cache(place: Place) -> None:
    place.run("articleqa", "ask", QUESTION)
    assert {path.name for path in place.home.iterdir()} <= {".cache"}


def test_the_settings_table_is_that_of_the_program() -> None:
    rows = dict(re.findall(r"^\| `(ARTICLEQA_\w+)` \|([^|]*)\|", README, re.MULTILINE))
    assert list(rows) == [f"ARTICLEQA_{name.upper()}" for name in Settings.model_fields]
    for name, field in Settings.model_fields.items():
        shown = rows[f"ARTICLEQA_{name.upper()}"].strip().strip("`")
        if field.default_factory is not None:
            assert shown == "all cores"
        elif field.default in ("", ()):
            assert shown == ""
        elif isinstance(field.default, int | float):
            assert float(shown) == field.default
        else:
            assert shown == str(field.default)


def test_the_commands_table_is_that_of_the_program(place: Place) -> None:
    told = {
        word
        for row in re.findall(r"^\| (`[a-z].*?) \|", README, re.MULTILINE)
        for word in re.findall(r"`([a-z]+)", row)
    }
    known = place.run("articleqa", "--help")
    assert {word for word in told if not re.search(rf"\b{word}\b", known)} == set()


@pytest.mark.parametrize("target", re.findall(r"\]\((?!https?:)([^)#]+)\)", README))
def test_relative_links_lead_somewhere(target: str) -> None:
    assert (ROOT / target).exists()


def test_no_figure_is_still_missing() -> None:
    assert "FILL" not in README
