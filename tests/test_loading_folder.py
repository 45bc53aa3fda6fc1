"""Paths and folders."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from articleqa.loading import count, load
from articleqa.types import Article, LoadingError
from loaded import articles, refusal


def write(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"About {name}\n\nThe bridge is closed.", encoding="utf-8")


def loaded_names(root: Path) -> list[str]:
    return [Path(found.origin or "").relative_to(root.resolve()).as_posix() for found in articles(root)]


def test_a_folder_is_read_at_every_depth_in_the_order_of_its_parts(tmp_path: Path) -> None:
    write(tmp_path, "b.txt", "a/z.md", "a/b/c.TXT", "a-b.txt", "a.txt", "Z.txt")
    expected = ["Z.txt", "a/b/c.TXT", "a/z.md", "a-b.txt", "a.txt", "b.txt"]
    assert sorted(expected, key=lambda name: Path(name).parts) == expected
    assert loaded_names(tmp_path) == expected
    assert count(tmp_path) == len(expected)


def test_hidden_files_locks_and_other_kinds_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", ".hidden.txt", ".git/a.txt", "~$letter.docx", "photo.png", "script.py", "noend")
    assert loaded_names(tmp_path) == ["a.txt"]
    assert count(tmp_path) == 1


def test_a_hidden_folder_is_read_when_it_is_named(tmp_path: Path) -> None:
    write(tmp_path, ".notes/a.txt")
    assert loaded_names(tmp_path / ".notes") == ["a.txt"]


def test_one_bad_file_never_stops_the_others(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "c.txt")
    (tmp_path / "b.pdf").write_bytes(b"no PDF")
    (tmp_path / "broken.txt").symlink_to(tmp_path / "nowhere.txt")
    results = list(load(tmp_path))
    assert [isinstance(result, LoadingError) for result in results] == [False, True, True, False]
    assert [result.reason for result in results if isinstance(result, LoadingError)] == [
        "is not a PDF",
        "cannot be read: there is no such file or folder",
    ]
    assert count(tmp_path) == len(results)


def test_links_are_followed_once_and_never_in_circles(tmp_path: Path) -> None:
    write(tmp_path, "a/one.txt", "b/two.txt")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "b" / "self").symlink_to(tmp_path / "b")
    (tmp_path / "c.txt").symlink_to(tmp_path / "c.txt")
    (tmp_path / "d.txt").symlink_to(tmp_path / "b" / "two.txt")
    found = list(load(tmp_path))
    assert sorted(Path(one.origin or "").name for one in found if isinstance(one, Article)) == ["one.txt", "two.txt"]
    assert [Path(one.origin).name for one in found if isinstance(one, LoadingError)] == ["c.txt"]


def test_hard_links_are_files_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, "a.txt")
    os.link(tmp_path / "a.txt", tmp_path / "b.txt")
    assert loaded_names(tmp_path) == ["a.txt", "b.txt"]


def test_a_very_deep_folder(tmp_path: Path) -> None:
    deep = tmp_path
    for _ in range(1_200):
        deep /= "d"
        deep.mkdir()
    file = deep / "a.txt"
    file.write_text("The bridge\n\nis closed.", encoding="utf-8")
    titles = [found.title for found in articles(tmp_path)]
    file.unlink()
    while deep != tmp_path:  # what clears temporary folders goes down by recursion
        deep.rmdir()
        deep = deep.parent
    assert titles == ["The bridge"]


def test_an_empty_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(b"x")
    assert refusal(tmp_path).reason.startswith("has no files that are read; they end in .docx, .htm")
    assert count(tmp_path) == 1


def test_loading_is_lazy(tmp_path: Path) -> None:
    write(tmp_path, "a.txt", "b.txt")
    results = load(tmp_path)
    next(results)
    (tmp_path / "b.txt").unlink()
    rest = list(results)
    assert [type(result) for result in rest] == [LoadingError]


def test_other_kinds_are_refused_when_they_are_named(tmp_path: Path) -> None:
    write(tmp_path, "x.exe")
    reason = refusal(tmp_path / "x.exe").reason
    assert reason == "this kind of file is not read; .docx, .htm, .html, .jsonl, .md, .pdf, .txt are"


@pytest.mark.parametrize("name", ["missing.txt", "missing", "x" * 300 + ".txt"])
def test_what_is_not_there(tmp_path: Path, name: str) -> None:
    error = refusal(tmp_path / name)
    assert error.reason.startswith("cannot be read: ")
    assert error.origin == str(tmp_path.resolve() / name)
    assert count(tmp_path / name) == 1


@pytest.mark.parametrize("source", ["", "  ", "a\0b.txt"])
def test_what_cannot_be_a_name(source: str) -> None:
    refusal(source)
    assert count(source) == 1


def test_the_home_folder_may_be_written_short(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "a.txt")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert [found.origin for found in articles("~/a.txt")] == [str(tmp_path.resolve() / "a.txt")]


def test_a_forgotten_scheme_is_recognised() -> None:
    assert refusal("www.valley.example/flood").reason.endswith("an address begins with https://")


def test_a_name_with_a_colon_is_a_file_if_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "note:1.txt")
    monkeypatch.chdir(tmp_path)
    assert len(articles("note:1.txt")) == 1


def test_a_pipe_is_neither_waited_for_nor_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert refusal(tmp_path / "pipe.txt").reason == "is not a file that can be read"
    assert refusal(tmp_path).reason.startswith("has no files")


def test_a_name_that_is_not_unicode(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt"))
    path.write_text("The bridge is closed.", encoding="utf-8")
    (found,) = articles(tmp_path)
    assert found.origin == f"{tmp_path.resolve()}/caf\\xe9.txt"
    assert found.title == "Caf\ufffd"


def test_what_may_not_be_read() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        write(root, "a.txt", "b/b.txt", "c.txt")
        for path, mode in ((root, 0o755), (root / "b", 0), (root / "c.txt", 0)):
            path.chmod(mode)
        # Nothing is closed to root, so another user looks.
        code = """
import os, sys
from articleqa.loading import load
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
for result in load(sys.argv[1]):
    print(type(result).__name__, getattr(result, "reason", ""))
"""
        run = subprocess.run([sys.executable, "-c", code, name], capture_output=True, text=True, check=True)
        (root / "b").chmod(0o755)
    assert run.stdout.splitlines() == [
        "Article ",
        "LoadingError cannot be read: permission denied; change its permissions",
        "LoadingError cannot be read: permission denied; change its permissions",
    ]


@pytest.mark.parametrize("source", [None, 3, b"a.txt", ["a.txt"]])
def test_a_source_of_another_type_is_a_mistake_in_the_program(source: object) -> None:
    with pytest.raises(TypeError, match="a source is a path, an address or an Article"):
        load(source)  # type: ignore[arg-type]


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, articleqa.loading; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {
        "trafilatura",
        "pypdf",
        "docx",
        "httpx",
        "httpcore",
        "charset_normalizer",
        "lxml",
        "pydantic",
        "numpy",
        "ssl",
    }
    assert heavy.isdisjoint(run.stdout.split())
