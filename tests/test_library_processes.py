"""Several programs on one library, and programs that are killed."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from articleqa.library import Library
from articleqa.types import Article
from conftest import OpenShelf
from programs import finish, start
from shelves import HARBOUR

ADD = """
import sys
from pathlib import Path
from articleqa.types import Article
from shelves import Shelf

folder, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
shelf = Shelf(folder)
for number in range(count):
    text = f"Report {number} of {name}.\\n\\n" + f"The harbour of {name}, part {number}. " * 40
    report = shelf.add(Article(id=f"{name}-{number}", title=f"Report of {name}", text=text))
    print(report.added[0].id, flush=True)
shelf.close()
"""


def test_programs_that_begin_and_fill_a_library_at_once_lose_nothing(shelf: OpenShelf, tmp_path: Path) -> None:
    programs = [start(ADD, tmp_path / "index", name, 12) for name in ("one", "two", "three")]
    acknowledged = {line for program in programs for line in finish(program)}
    place = shelf()
    assert {record.id for record in place.records()} == acknowledged
    assert len(acknowledged) == 36
    place.check()


def test_threads_that_make_a_library_at_once_all_open_it(tmp_path: Path) -> None:
    for attempt in range(15):
        folder = tmp_path / str(attempt)
        barrier = threading.Barrier(4)

        def make(folder: Path = folder, barrier: threading.Barrier = barrier) -> int:
            barrier.wait()
            library = Library(folder)
            with library.reading() as snapshot:
                count = snapshot.article_count()
            library.close()
            return count

        with ThreadPoolExecutor(4) as pool:
            assert [task.result() for task in [pool.submit(make) for _ in range(4)]] == [0] * 4


def test_a_program_sees_what_another_adds_and_removes(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    assert len(place.dense("harbour")) == 2
    finish(start(ADD, place.folder, "other", 2))
    assert {"other-0", "other-1"} <= {passage.article.id for passage in place.dense("harbour of other", limit=4)}
    finish(start("import sys; from shelves import *; Shelf(Path(sys.argv[1])).ingest.remove('other-0')", place.folder))
    assert "other-0" not in {passage.article.id for passage in place.dense("harbour of other")}
    place.check()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize("lines", [0, 1, 3, 6, 12])
def test_a_program_that_is_killed_loses_nothing_that_it_acknowledged(shelf: OpenShelf, lines: int) -> None:
    place = shelf()
    place.add(HARBOUR)
    program = start(ADD, place.folder, "killed", 10_000)
    assert program.stdout is not None
    acknowledged = [program.stdout.readline().strip() for _ in range(lines)]
    # Somewhere within what it does next, and not always at the same place.
    time.sleep(0.004 * lines)
    program.kill()
    output, _ = program.communicate(timeout=60)
    acknowledged += output.split("\n")[:-1]
    again = shelf()
    stored = [record.id for record in again.records()]
    assert stored[: 1 + len(acknowledged)] == ["harbour", *acknowledged]
    # What was committed may not have been acknowledged yet.
    assert len(stored) <= 2 + len(acknowledged)
    again.check()
    place.check()
    again.add(Article(id="later", title="Later", text="It goes on."))
    again.check()
