"""The command line as a process: terminals, hostile text, pipes, signals, and what it loads."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa import Article, Assistant, __version__
from articleqa.cli import main
from articleqa.cli.text import excerpt, one_line, printable
from command_line import ARTICLES, FERRY, QUESTION, CommandLine, made_index, the_line, undisturbed, written
from endpoints import Behaviour, misbehaving_endpoint

COMMAND = Path(sys.executable).parent / "articleqa"
COMMANDS = set("add list show remove rebuild export import watch ask search chat serve eval fetch doctor".split())

HOSTILE = Article(
    title="Plain [red]title[/red]",
    text="The wizard\x1b]0;owned\x07 of Zembla wears \x9b31ma green hat,\x1b[2J [bold]as he says\u202e himself.\r\n",
    id="wiz\x1b[31mard",
    source="Night\x1b[5mly",
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def articleqa(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    base = tmp_path_factory.mktemp("library")
    with undisturbed(base):
        yield made_index(base)


@pytest.fixture(scope="module")
def hostile_index(index: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("hostile")
    with Assistant.open(made) as assistant:
        assert not assistant.add(HOSTILE).failed
    return made


# Terminals


class Terminal(threading.Thread):
    """A pseudo-terminal: what is written to ``follower`` is gathered in ``shown``."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._leader, follower = os.openpty()
        self.follower = os.fdopen(follower, "w", encoding="utf-8")
        self.shown = ""
        self._more = threading.Condition()
        self.start()

    def run(self) -> None:
        while True:
            try:
                data = os.read(self._leader, 4096)
            except OSError:  # the other end is closed
                break
            with self._more:
                self.shown += data.decode("utf-8", "replace")
                self._more.notify_all()
        os.close(self._leader)

    def type(self, text: str) -> None:
        os.write(self._leader, text.encode())

    def wait_for(self, pattern: str) -> None:
        with self._more:
            assert self._more.wait_for(lambda: re.search(pattern, self.shown), timeout=120), self.shown

    def finish(self) -> str:
        self.follower.close()
        self.join(timeout=10)
        return self.shown.replace("\r\n", "\n")


def on_terminal(monkeypatch: pytest.MonkeyPatch, stream: str, *arguments: str | Path) -> str:
    """What a command shows when one of its streams is a terminal of 60 columns."""
    terminal = Terminal()
    with monkeypatch.context() as patch:
        patch.setenv("TERM", "xterm-256color")
        patch.setenv("COLUMNS", "60")
        patch.setattr(f"sys.{stream}", terminal.follower)
        code = main([str(argument) for argument in arguments])
    shown = terminal.finish()
    assert code == 0, shown
    return shown


def test_a_terminal_gets_colour_and_wrapped_lines(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_terminal(monkeypatch, "stdout", "ask", QUESTION, "--index", index)
    assert "\x1b[36m [1]\x1b[0m" in shown
    monkeypatch.setenv("NO_COLOR", "1")
    bare = on_terminal(monkeypatch, "stdout", "ask", QUESTION, "--index", index)
    assert bare == re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert max(map(len, bare.splitlines())) <= 60
    assert FERRY in " ".join(bare.split())
    listed = on_terminal(monkeypatch, "stdout", "list", "--index", index)
    assert {len(line) <= 60 for line in listed.splitlines()} == {True}
    assert listed.count("\n") == len(ARTICLES) + 1


def test_progress_is_for_terminals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = on_terminal(monkeypatch, "stderr", "add", written(tmp_path), "--index", tmp_path / "index")
    assert "Reading" in shown
    assert shown.endswith("\x1b[2K")  # and is gone afterwards


@pytest.mark.parametrize(
    "arguments",
    [("ask", "What does the wizard of Zembla wear?"), ("search", "wizard"), ("list",), ("show", HOSTILE.id or "")],
)
def test_articles_cannot_command_the_terminal(
    articleqa: CommandLine, hostile_index: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    shown = articleqa.done(*arguments, "--index", hostile_index)
    assert "Plain [red]title[/red]" in shown
    assert not CONTROL.search(shown)
    if arguments[0] != "list":
        assert "[bold]as he says" in shown
    monkeypatch.setenv("NO_COLOR", "1")
    assert not CONTROL.search(on_terminal(monkeypatch, "stdout", *arguments, "--index", hostile_index))
    if arguments[0] != "show":
        assert "\\u001b" in articleqa.done(*arguments, "--json", "--index", hostile_index)


def test_file_names_cannot_command_the_terminal(articleqa: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "a\x1b[2Jb\nc.txt").touch()
    ended = articleqa("add", tmp_path, "--index", tmp_path / "index")
    assert not CONTROL.search(ended.out + ended.err)
    assert the_line(ended.err)


@given(st.text(st.characters(exclude_categories=())))
def test_printable_text_keeps_its_length_and_holds_no_control(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert not CONTROL.search(shown)
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert printable(shown) == shown
    assert one_line(text).split() == shown.split()


@given(st.text(), st.integers(2, 40))
def test_excerpts_are_a_beginning_of_the_line(text: str, limit: int) -> None:
    line, cut = one_line(text), excerpt(text, limit=limit)
    assert cut == line or (len(line) > limit >= len(cut) - 1 and line.startswith(cut.removesuffix("…")))


# The process


def test_help_names_every_command_and_loads_no_library() -> None:
    program = (
        "import sys; from articleqa.cli import main; code = main(['--help']);"
        "heavy = {'rich', 'pydantic', 'numpy', 'apsw', 'torch', 'faiss', 'gradio', 'articleqa.settings'};"
        "sys.exit(code or str(sorted(heavy & set(sys.modules))).strip('[]') or 0)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert set(re.findall(r"^  ([a-z]+) ", shown.stdout, re.MULTILINE)) == COMMANDS


@pytest.mark.parametrize("program", [[str(COMMAND)], [sys.executable, "-m", "articleqa"]])
def test_both_entries(program: list[str]) -> None:
    version = subprocess.run([*program, "--version"], capture_output=True, text=True, timeout=60, check=False)
    assert (version.returncode, version.stdout, version.stderr) == (0, f"articleqa {__version__}\n", "")
    wrong = subprocess.run([*program, "show"], capture_output=True, text=True, timeout=60, check=False)
    assert (wrong.returncode, wrong.stderr.splitlines()[0]) == (2, "Usage: articleqa show [OPTIONS] {ID}")


def test_a_reader_who_goes_away_is_no_news(index: Path) -> None:
    for arguments in (["list"], ["list", "--json"]):
        process = subprocess.Popen(
            [COMMAND, *arguments, "--index", index], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        with process, process.stderr:
            assert process.stderr.read() == ""
        assert process.returncode == 1


def test_log_messages_are_shown_when_asked_for(index: Path, tmp_path: Path) -> None:
    for verbose in ([], ["--verbose"]):
        own = Path(shutil.copytree(index, tmp_path / f"own{len(verbose)}"))
        for snapshot in own.glob("vectors-*.faiss"):
            snapshot.write_bytes(b"no index")
        ended = subprocess.run(
            [COMMAND, *verbose, "ask", QUESTION, "--index", own],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (ended.returncode, FERRY in ended.stdout) == (0, True)
        assert ("WARNING articleqa.vectors: " in ended.stderr) == bool(verbose)
        assert verbose or ended.stderr == ""


def interrupted(process: subprocess.Popen[bytes]) -> int:
    """The exit code after Ctrl-C, which a line editor overlooks in the moment when it shows its prompt."""
    for _ in range(10):
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=6)
    raise AssertionError("Ctrl-C does not end it")


def test_control_c_ends_a_command_without_noise(index: Path) -> None:
    with misbehaving_endpoint(Behaviour.SILENT) as endpoint:
        process = subprocess.Popen(
            [COMMAND, "ask", QUESTION, "--llm", endpoint.spec, "--index", index],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        asked = endpoint.asked.wait(timeout=60)
        process.send_signal(signal.SIGINT)
        shown, noise = process.communicate(timeout=60)
        assert asked, shown + noise
    assert (process.returncode, noise) == (130, "")
    assert FERRY in shown


def test_control_c_in_chat_stops_the_answer_then_ends(index: Path) -> None:
    terminal = Terminal()
    with misbehaving_endpoint(Behaviour.SILENT) as endpoint:
        process = subprocess.Popen(
            [COMMAND, "chat", "--llm", endpoint.spec, "--index", index],
            stdin=terminal.follower,
            stdout=terminal.follower,
            stderr=terminal.follower,
        )
        try:
            terminal.wait_for("> $")
            terminal.type(f"{QUESTION}\n")
            assert endpoint.asked.wait(timeout=60), terminal.shown
            process.send_signal(signal.SIGINT)
            terminal.wait_for(r"Stopped\.\s+> $")
            assert interrupted(process) == 0
        finally:
            process.kill()
            process.wait()
    shown = terminal.finish()
    assert FERRY in " ".join(shown.split())
    assert "Traceback" not in shown
