"""A disk that fails in the middle of something: one clear line, nothing lost, and what was done is done."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from articleqa.library import FILE_NAME, State
from articleqa.types import Article, ArticleNotFound, LibraryError
from file_systems import file_system
from shelves import HARBOUR, STORM, Shelf, crowd


@pytest.mark.parametrize(("what", "times"), [("read", 10), ("write", 10), ("sync", 4), ("open", 4)])
def test_wherever_the_disk_fails_it_is_said_in_one_line_and_nothing_is_lost(
    tmp_path: Path, what: str, times: int
) -> None:
    """It fails once, each time somewhat later, until nothing of the work is left to fail."""
    left = -1

    def fails(call: str, kind: str) -> bool:
        nonlocal left
        if call != what or left < 0:
            return False
        left -= 1
        return left < 0

    held = {"harbour"}
    lines: list[str] = []
    with file_system(fails):
        place = Shelf(tmp_path)
        place.add(HARBOUR)
        for attempt in range(60):
            article = Article(id=f"a{attempt}", title="News", text=f"Report {attempt}. " * 60)
            for work in (
                partial(place.add, article),
                partial(place.ingest.remove, f"a{attempt}"),
                place.ingest.rebuild,
            ):
                place.library._close_idle()  # what it remembers it would not have to read
                left = attempt
                try:
                    work()
                except ArticleNotFound:
                    assert article.id not in held
                except LibraryError as error:
                    lines.append(str(error))
                left = -1
                now = {record.id for record in place.records()}
                # What was under way has happened wholly or not at all; what was acknowledged has.
                assert now in (held, held ^ {f"a{attempt}"})
                held = now
            if attempt % 15 == 0:
                place.check()
        assert len(lines) >= times
        for line in lines:
            assert line.startswith(f"{tmp_path / FILE_NAME} cannot be used (")
            assert line.endswith("check the folder's rights and the disk")
            assert "\n" not in line
        place.check()
        place.close()
    place = Shelf(tmp_path)
    assert {record.id for record in place.records()} == held
    place.check()
    place.close()


def test_what_was_removed_is_removed_though_its_log_cannot_be_moved_into_the_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = False
    # Only the moving of the log writes into the file itself.
    with file_system(lambda what, kind: broken and (what, kind) == ("write", "file")):
        place = Shelf(tmp_path)
        place.add(HARBOUR, STORM)
        broken = True
        place.ingest.remove("storm")
        assert "still in its log" in caplog.text
        assert [record.id for record in place.records()] == ["harbour"]
        broken = False
        place.ingest.remove("harbour")
        place.check()
        assert b"breakwater" not in place.library.path.read_bytes()
        assert (tmp_path / f"{FILE_NAME}-wal").stat().st_size == 0
        place.close()


def test_an_index_that_answers_is_not_taken_back_because_an_old_one_cannot_be_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken = False
    with file_system(lambda what, kind: broken and (what, kind) == ("write", "log")):
        place = Shelf(tmp_path)
        place.add(*crowd(20))
        place.ingest.rebuild()
        swap = type(place.ingest)._swap

        def swapped(*arguments: object) -> int:
            nonlocal broken
            encoded = swap(*arguments)  # type: ignore[arg-type]
            broken = True
            return encoded

        monkeypatch.setattr(type(place.ingest), "_swap", swapped)
        assert place.ingest.rebuild().generation == 3
        assert "the next rebuild does it" in caplog.text
        broken = False
        monkeypatch.undo()
        with place.library.reading() as snapshot:
            assert [snapshot.state_of(number) for number in (1, 2, 3)] == [State.DROPPED, State.KEPT, State.ANSWERING]
        place.check()
        place.ingest.rebuild()
        with place.library.reading() as snapshot:
            assert snapshot.state_of(1) is None
        place.check()
        place.close()
