"""A real ``articleqa watch`` that is killed again and again, beside a real ``articleqa add``."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from articleqa.embedding import open_encoder
from articleqa.types import Article
from faults.oracle import check_words
from shelves import Shelf

COMMAND = Path(sys.executable).parent / "articleqa"


def told(title: str, random: Random) -> str:
    """The text of an article that is like no other."""
    words = " ".join(f"word{random.randrange(60)} {random.randrange(10**6)}" for _ in range(60))
    return f"{title}\n\nThe {title} tells: {words}.\n"


@contextmanager
def watching(folder: Path, index: Path) -> Iterator[tuple[list[dict[str, Any]], threading.Event]]:
    """What a watcher says, and whether it has caught up. It is killed at the end."""
    with subprocess.Popen(
        [COMMAND, "watch", folder, "--index", index, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        said: list[dict[str, Any]] = []
        ready = threading.Event()

        def listen() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                if not line.endswith("\n"):
                    return  # it was killed while it spoke
                said.append(json.loads(line))
                if said[-1]["kind"] == "ready":
                    ready.set()

        listener = threading.Thread(target=listen)
        listener.start()
        try:
            yield said, ready
        finally:
            process.send_signal(signal.SIGKILL)
            listener.join()


def disturb(folder: Path, number: int, random: Random) -> dict[str, str | None]:
    """Let files come, change, move and go. What there is in the end of each that was touched, None where it went."""
    there = sorted(path for path in folder.rglob("*.txt"))
    random.shuffle(there)
    touched: dict[str, str | None] = {}
    for extra in range(3):
        path = folder / f"article-{number}-{extra}.txt"
        path.write_text(told(f"article {number} {extra}", random))
        touched[str(path)] = path.read_text()
    if len(there) >= 3:
        changed, moved, gone = there[:3]
        changed.write_text(told(f"change {number}", random))
        touched[str(changed)] = changed.read_text()
        (folder / f"part-{number}").mkdir()
        place = moved.rename(folder / f"part-{number}" / moved.name)
        touched |= {str(moved): None, str(place): place.read_text()}
        gone.unlink()
        touched[str(gone)] = None
    return touched


def acknowledges(line: dict[str, Any], touched: Collection[str]) -> bool:
    return line.get("origin") in touched and line["kind"] in ("added", "updated", "removed")


def await_some(said: list[dict[str, Any]], touched: Collection[str]) -> None:
    """Until the watcher has told of four of the changes."""
    for _ in range(600):
        if sum(acknowledges(line, touched) for line in list(said)) >= 4:
            return
        threading.Event().wait(0.1)


@pytest.mark.slow
def test_a_watcher_that_dies_beside_another_writer_loses_nothing(tmp_path: Path) -> None:
    random = Random(29)
    index, news = tmp_path / "index", tmp_path / "news"
    news.mkdir()
    acknowledged = 0
    beside: dict[str, str] = {}

    def add(number: int) -> None:
        article = {"id": f"beside-{number}", "title": f"Beside {number}", "text": told(f"beside {number}", random)}
        lines = tmp_path / f"beside-{number}.jsonl"
        lines.write_text(json.dumps(article) + "\n")
        subprocess.run([COMMAND, "add", lines, "--index", index], check=True, capture_output=True, timeout=120)
        beside[str(article["id"])] = Article(title="", text=str(article["text"])).text

    add(0)
    for number in range(1, 13):
        with watching(news, index) as (said, ready):
            # Half of them die while they catch up with what happened when nobody watched.
            if number % 2:
                assert ready.wait(120)
                del said[:]
            touched = disturb(news, number, random)
            adder = threading.Thread(target=add, args=(number,))
            adder.start()
            # Long enough for some changes, and for all of them now and then; here and there some are waited for.
            threading.Event().wait(random.uniform(0.5, 5.0))
            if number % 3 == 0:
                await_some(said, touched)
        adder.join()
        assert len(beside) == number + 1
        held = contents(index)
        assert beside.items() <= {identity: text for identity, _, text in held}.items()
        texts = {origin: text for _, origin, text in held}
        for line in said:
            if not acknowledges(line, touched):
                continue
            origin = line["origin"]
            acknowledged += 1
            wanted = touched[origin]
            assert (texts.get(origin) or "").strip() == (wanted or "").strip(), (number, line)
    assert acknowledged > 12

    subprocess.run([COMMAND, "watch", news, "--once", "--index", index], check=True, capture_output=True, timeout=120)
    files = {str(path): path.read_text().strip() for path in news.rglob("*.txt")}
    held = contents(index)
    assert {origin: text.strip() for _, origin, text in held if origin.endswith(".txt")} == files
    assert len(held) == len(files) + len(beside)
    place = Shelf(index, encoder=open_encoder())
    with closing(place.library._connect()) as connection:
        assert connection.pragma("integrity_check") == "ok"
    place.check()
    check_words(place)
    place.close()


def contents(index: Path) -> list[tuple[str, str, str]]:
    """The id, the origin and the text of every article."""
    place = Shelf(index, encoder=open_encoder())
    try:
        return [(record.id, record.origin or "", place.article(record.id).text) for record in place.records()]
    finally:
        place.close()
