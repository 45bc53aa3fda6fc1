"""``articleqa watch`` as a process: its lines, its ends, and what it refuses."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from articleqa import Assistant
from command_line import CommandLine, made_index, the_line, undisturbed
from feed_texts import item, page, rss
from pages import serving
from watched import until

COMMAND = Path(sys.executable).parent / "articleqa"
BRIDGE = "The bridge opens\n\nThe bridge over the harbour opens on 12 May, the council said.\n"
QUESTION = "When does the bridge over the harbour open?"


@pytest.fixture
def articleqa(capsys: pytest.CaptureFixture[str]) -> CommandLine:
    return CommandLine(capsys)


@pytest.fixture(autouse=True)
def place(tmp_path: Path) -> Iterator[Path]:
    """An empty folder to work in, with the folder ``news`` in it."""
    (tmp_path / "news").mkdir()
    with undisturbed(tmp_path):
        yield tmp_path


@contextmanager
def program(*arguments: str | Path, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own; it is killed if the test leaves it running."""
    with subprocess.Popen(
        [COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def line_with(process: subprocess.Popen[str], word: str) -> str:
    """The next line with ``word`` in it."""
    assert process.stdout is not None
    for line in process.stdout:
        if word in line:
            return line.rstrip("\n")
    raise AssertionError(f"it ended without a line with {word!r}")


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_each_change_is_a_line_and_the_end_is_a_summary(place: Path, number: signal.Signals) -> None:
    news = place / "news"
    (news / "old.txt").write_text("The old clock\n\nThe old clock stands still.\n")
    with program("watch", "news", "--index", "index") as process:
        assert line_with(process, "Watching") == f"Watching {news.resolve()}  (Ctrl-C ends it)"
        assert line_with(process, "added") == f"added    The old clock  {news.resolve() / 'old.txt'}"
        assert line_with(process, "Up to date") == "Up to date: the library holds 1 article."
        (news / "bridge.txt").write_text(BRIDGE)
        line_with(process, "added    The bridge opens")
        with Assistant.open(place / "index") as assistant:
            assert "12 May" in assistant.ask(QUESTION).text
        (news / "bridge.txt").write_text(BRIDGE.replace("12", "13"))
        line_with(process, "updated  The bridge opens")
        (news / "red\x1b[31m.pdf").write_bytes(b"no PDF")
        failed = line_with(process, "failed")
        assert "\x1b" not in failed
        assert failed.endswith(".pdf: is not a PDF")
        (news / "bridge.txt").unlink()
        line_with(process, "removed  The bridge opens")
        process.send_signal(number)
        shown, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert re.fullmatch(r"Ended: 2 added, 1 updated, 1 removed, 1 failed; 3 passages embedded\.\n", shown)


def test_programs_get_an_object_a_line(place: Path) -> None:
    with program("watch", "news", "--index", "index", "--json") as process:
        assert json.loads(line_with(process, "ready")) == {"kind": "ready"}
        (place / "news" / "bridge.txt").write_text(BRIDGE)
        (place / "news" / "words.txt").write_text("!!!")
        lines: list[dict[str, Any]] = [json.loads(line_with(process, '"origin"')) for _ in range(2)]
        process.send_signal(signal.SIGTERM)
        shown, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    added, failed = sorted(lines, key=lambda line: str(line["kind"]))
    assert added["kind"] == "added"
    assert added["article"]["title"] == "The bridge opens"
    assert added["origin"] == str((place / "news" / "bridge.txt").resolve())
    assert {**failed, "origin": ""} == {"kind": "failed", "origin": "", "article": None, "reason": "has no text"}
    assert json.loads(shown.splitlines()[-1]) == {
        "kind": "ended",
        "added": 1,
        "updated": 0,
        "removed": 0,
        "failed": 1,
        "passages_encoded": 1,
    }


def test_once_is_for_timetables(articleqa: CommandLine, place: Path) -> None:
    (place / "news" / "bridge.txt").write_text(BRIDGE)
    shown = articleqa.done("watch", "news", "--once", "--index", "index")
    assert re.fullmatch(r"added    The bridge opens  \S+\nEnded: 1 added, 0 updated, .*\n", shown)
    assert articleqa.done("watch", "news", "--once", "--index", "index").startswith("Ended: 0 added, 0 updated, 0 rem")
    (place / "news" / "bridge.txt").unlink()
    assert articleqa.done("watch", "news", "--once", "--index", "index").startswith("removed  The bridge opens")
    (place / "news" / "words.txt").write_text("!!!")
    ended = articleqa("watch", "news", "--once", "--index", "index")
    assert (ended.code, ended.out.splitlines()[0].endswith("words.txt: has no text")) == (1, True)
    assert the_line(ended.err) == "1 source could not be added: see above for the reasons"


def test_the_settings_say_what_is_watched_otherwise(
    articleqa: CommandLine, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "news" / "bridge.txt").write_text(BRIDGE)
    (place / "other").mkdir()
    monkeypatch.setenv("ARTICLEQA_WATCH", f"news{os.pathsep}other")
    assert articleqa.done("watch", "--once").startswith("added    The bridge opens")
    assert articleqa.done("watch", "other", "--once").startswith("Ended: 0 added, 0 updated, 0 removed")


def test_feeds_are_followed(articleqa: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTICLEQA_ALLOWED_HOSTS", "127.0.0.1")
    with serving() as site:
        link = site.answer("/ferry", page("The ferry stops"), Content_Type="text/html")
        feed = site.answer("/rss", rss(item(title="The ferry stops", link=link)), Content_Type="application/rss+xml")
        shown = articleqa.done("watch", "--feed", feed, "--once", "--interval", "0.5")
        assert shown.startswith(f"added    The ferry stops  {link}\n")
        assert articleqa.done("watch", "--feed", feed, "--once").startswith("Ended: 0 added")
        gone = articleqa("watch", "--feed", site.url("/nowhere"), "--once")
        assert (gone.code, gone.out.startswith(f"failed   {site.url('/nowhere')}: ")) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("watch",), "there is nothing to watch: name a folder, or a feed with --feed URL"),
        (("watch", "nowhere"), "nowhere: cannot be watched: there is no such file or folder"),
        (("watch", "news", "nowhere"), "nowhere: cannot be watched: there is no such file or folder"),
        (("watch", "file.txt"), "file.txt: is a file; name the folder that it lies in"),
        (("watch", "--feed", "ftp://a.example/rss"), "ftp://a.example/rss"),
        (("watch", "news", "--interval", "0"), "feed_interval"),
        (("watch", "news", "--interval", "nan"), "feed_interval"),
    ],
)
def test_what_cannot_be_watched_is_one_line(
    articleqa: CommandLine, place: Path, arguments: tuple[str, ...], line: str
) -> None:
    (place / "file.txt").touch()
    assert line in articleqa.refused(*arguments)
    if "--feed" not in arguments:
        assert not (place / "index").exists()


@pytest.mark.parametrize("arguments", [("watch", "--folder", "news"), ("watch", "news", "--interval", "often")])
def test_wrong_usage(articleqa: CommandLine, arguments: tuple[str, ...]) -> None:
    assert articleqa(*arguments).code == 2


def test_an_index_of_another_encoder_is_one_line_once(articleqa: CommandLine, place: Path) -> None:
    made_index(place)
    (place / "news" / "bridge.txt").write_text(BRIDGE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("articleqa.ingest.encoding.CHUNKER_VERSION", "another")
        ended = articleqa("watch", "news", "--once", "--index", "index")
    assert (ended.code, "articleqa rebuild" in the_line(ended.err)) == (1, True)


def test_a_reader_who_goes_away_ends_the_watch(place: Path) -> None:
    with program("watch", "news", "--index", "index") as process:
        line_with(process, "Up to date")
        assert process.stdout is not None
        process.stdout.close()
        (place / "news" / "bridge.txt").write_text(BRIDGE)
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_a_chat_that_is_served_keeps_up_with_what_the_settings_name(place: Path, number: signal.Signals) -> None:
    environment = {"ARTICLEQA_WATCH": f"news{os.pathsep}later", "ARTICLEQA_PORT": "0"}
    with program("serve", **environment) as process:
        found = re.search(r"http://127\.0\.0\.1:\d+", line_with(process, "Article QA is at"))
        assert found is not None
        # No samples: the library is about to be filled.
        assert httpx.get(f"{found[0]}/health").json()["articles"] == 0
        (place / "news" / "bridge.txt").write_text(BRIDGE)
        until(lambda: httpx.get(f"{found[0]}/health").json()["articles"] == 1)
        (place / "later").mkdir()
        (place / "later" / "clock.txt").write_text("The old clock\n\nThe old clock stands still.\n")
        until(lambda: httpx.get(f"{found[0]}/health").json()["articles"] == 2)
        process.send_signal(number)
        shown, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")
    assert "added    The bridge opens" in shown


def test_a_feed_that_is_none_keeps_the_chat_from_being_served(place: Path) -> None:
    with program("serve", ARTICLEQA_FEEDS="feed", ARTICLEQA_PORT="0") as process:
        shown, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "feed" in the_line(errors)
    assert "is at" not in shown
