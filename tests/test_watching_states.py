"""How files are told apart and where they are, and that after each look the library holds what the folders hold."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articleqa.watching import Watch
from articleqa.watching.ledger import file_origin
from articleqa.watching.states import FileState, Whereabouts, look, whereabouts
from watched import news, post

NUMBERS = st.integers(-(2**70), 2**70)
NOWHERE: frozenset[tuple[int, int]] = frozenset()


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_a_state_is_written_and_read(modified: int, size: int, changed: int, device: int) -> None:
    state = FileState(modified, size, changed, device)
    again = FileState.parsed(state.text)
    assert (again, again.device) == (state, device)
    assert FileState(modified, size, changed, device + 1) == state
    assert FileState(modified, size + 1, changed, device) != state


@given(st.text(max_size=20))
def test_what_is_no_state_is_that_of_no_file(text: str) -> None:
    assert FileState.parsed(f"x {text}") == FileState.unread()
    assert not FileState.unread().was_read


def test_a_look_sees_files_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    assert look(str(path)) is None
    path.write_text("one")
    first = look(str(path))
    assert first is not None
    assert first.was_read
    assert look(str(path), devices={}) == first
    path.write_text("two")
    os.utime(path, ns=(first.modified, first.modified))
    assert look(str(path)) != first  # of the same length and date, and yet another
    assert look(str(tmp_path)) is None
    assert look(str(path / "below")) is None


@pytest.mark.parametrize(
    ("origin", "file"),
    [
        ("/w/a.txt", "/w/a.txt"),
        ("/w/a.txt#2", "/w/a.txt#2"),
        ("/w/many.jsonl#7", "/w/many.jsonl"),
        ("/w/many.JSONL#a#b.jsonl#c", "/w/many.JSONL"),
        ("/w/many.jsonl#line\nbreak", "/w/many.jsonl"),
        ("/w/many.jsonl", "/w/many.jsonl"),
    ],
)
def test_the_file_of_an_article(origin: str, file: str) -> None:
    assert file_origin(origin) == file


def test_a_file_is_gone_only_from_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.txt"
    path.parent.mkdir()
    path.write_text("one")
    state = look(str(path))
    assert state is not None

    def where(known: FileState, *, renumbered: frozenset[tuple[int, int]] = NOWHERE, populated: bool = True) -> str:
        return whereabouts(str(path), str(path), known, renumbered=renumbered, populated=populated).name

    elsewhere = FileState(state.modified, state.size, state.changed, state.device + 1)
    assert where(state) == where(elsewhere) == "THERE"
    for gone in (path.unlink, path.parent.rmdir):
        gone()
        assert where(state) == where(state, populated=False) == "GONE"
        assert where(elsewhere) == "HIDDEN"
        assert where(elsewhere, renumbered=frozenset({(elsewhere.device, state.device)})) == "GONE"
        assert where(elsewhere, renumbered=frozenset({(state.device, elsewhere.device)})) == "HIDDEN"
        assert where(FileState.unread()) == "GONE"
        assert where(FileState.unread(), populated=False) == "HIDDEN"
    path.parent.mkdir()
    path.symlink_to(tmp_path / "a disk that is not there" / "a.txt")
    assert where(state) == "THERE"
    path.unlink()
    other = tmp_path / "where a link led.txt"
    other.touch()
    known = whereabouts(str(path), str(other), state, renumbered=NOWHERE, populated=True)
    assert known is Whereabouts.THERE


NAMES = st.sampled_from(["a.txt", "b.txt", "sub/a.txt", "sub/deep/c.txt", ".b.txt", "c.txt.part"])
FOLDERS = st.sampled_from(["one", "two"])
TEXTS = st.sampled_from(["Red", "Green", "Blue", ""])
DEEDS = st.one_of(
    st.tuples(st.just("write"), FOLDERS, NAMES, TEXTS),
    st.tuples(st.just("delete"), FOLDERS, NAMES),
    st.tuples(st.just("move"), FOLDERS, NAMES, FOLDERS, NAMES),
    st.tuples(st.just("clear"), FOLDERS, st.sampled_from(["sub", "sub/deep"])),
    st.tuples(st.just("look")),
)


def do(base: Path, deed: tuple[str, ...]) -> None:
    match deed:
        case "write", folder, name, text:
            path = base / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(news(text) if text else "")
        case "delete", folder, name:
            (base / folder / name).unlink(missing_ok=True)
        case "move", folder, name, other, renamed:
            path, target = base / folder / name, base / other / renamed
            target.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and path != target:
                path.replace(target)
        case "clear", folder, name:
            shutil.rmtree(base / folder / name, ignore_errors=True)


@given(st.lists(DEEDS, max_size=12))
@settings(max_examples=40)
def test_after_a_look_the_library_holds_what_the_folders_hold(deeds: list[tuple[str, ...]]) -> None:
    """But for files that became empty, of which the last text is kept."""
    with tempfile.TemporaryDirectory() as name:
        base = Path(name).resolve()
        folders = [base / "one", base / "two"]
        expected: dict[str, str] = {}
        for folder in folders:
            folder.mkdir()
        for deed in [*deeds, ("look",)]:
            do(base, deed)
            if deed[0] != "look":
                continue
            with post(base / "index") as place:
                Watch(place.assistant, folders, settle=0).once()
                there = {str(path): path.read_text() for path in base.rglob("*.txt") if path.name[0] != "."}
                kept = {path: text for path, text in expected.items() if there.get(path) == ""}
                expected = {**{path: text for path, text in there.items() if text}, **kept}
                held = {record.origin: place.assistant.article(record.id).text for record in place.assistant.articles()}
                assert held == expected
                place.read.clear()
                Watch(place.assistant, folders, settle=0).once()
                assert {Path(path).stat().st_size for path in place.read} <= {0}  # what fails is tried again
