"""What the library remembers of files that were read."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from articleqa.library import FileMark
from articleqa.types import Article, ArticleNotFound
from conftest import OpenShelf
from shelves import HARBOUR, STORM, Shelf


def marks(place: Shelf, folder: str) -> dict[str, FileMark]:
    with place.library.reading() as snapshot:
        return snapshot.file_marks(folder)


def origins(place: Shelf, folder: str) -> list[str]:
    with place.library.reading() as snapshot:
        return snapshot.origins_below(folder)


def of_file(place: Shelf, origin: str) -> dict[str, str]:
    with place.library.reading() as snapshot:
        return snapshot.articles_of_file(origin)


@pytest.mark.skipif(os.sep != "/", reason="the paths of this test are those of POSIX")
def test_marks_are_those_of_the_folder_and_no_other(shelf: OpenShelf) -> None:
    place = shelf()
    odd = os.fsdecode(b"/news/caf\xe9.txt")
    paths = ["/news/a.txt", "/news/deep/er/b.txt", odd, "/newspaper/c.txt", "/news.txt", "/New/d.txt", "/news0"]
    with place.library.writing() as writer:
        before = writer.change
        writer.put_file_marks({path: FileMark(f"origin of {number}", "1 2 3") for number, path in enumerate(paths)})
    assert list(marks(place, "/news")) == ["/news/a.txt", odd, "/news/deep/er/b.txt"]
    assert marks(place, "/news/") == marks(place, "/news")
    assert len(marks(place, "/")) == len(paths)
    assert marks(place, "/news")[odd] == FileMark("origin of 2", "1 2 3")
    with place.library.writing() as writer:
        writer.put_file_marks({odd: FileMark("another", "4 5 6")})
        writer.drop_file_marks(["/news/a.txt", "/nowhere"])
        assert writer.change == before
    assert marks(place, "/news") == {
        odd: FileMark("another", "4 5 6"),
        "/news/deep/er/b.txt": FileMark("origin of 1", "1 2 3"),
    }


@pytest.mark.skipif(os.sep != "/", reason="the paths of this test are those of POSIX")
def test_articles_are_found_by_the_file_they_came_from(shelf: OpenShelf) -> None:
    place = shelf()
    places = {
        "a": "/w/one.txt",
        "b": "/w/many.jsonl#1",
        "c": "/w/many.jsonl#x",
        "d": "/w/many.jsonl.txt",
        "e": "/ww/f.txt",
    }
    for name, origin in places.items():
        place.add(Article(id=name, title=name, text=f"The text of {name}.", origin=origin))
    assert of_file(place, "/w/one.txt") == {"a": "/w/one.txt"}
    assert of_file(place, "/w/many.jsonl") == {"b": "/w/many.jsonl#1", "c": "/w/many.jsonl#x"}
    assert of_file(place, "/w") == {}
    assert origins(place, "/w") == sorted(places[name] for name in "abcd")
    assert origins(place, "/w/one.txt") == []


def test_many_are_removed_at_once_or_none(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR, STORM, replace(HARBOUR, id="copy", origin="/elsewhere.txt"))
    with pytest.raises(ArticleNotFound):
        place.ingest.remove("harbour", "nobody")
    assert len(place.records()) == 3
    place.ingest.remove("harbour", "storm")
    assert [record.id for record in place.records()] == ["copy"]
    place.check()
    place.ingest.remove()
    place.ingest.remove("copy")
    assert place.records() == []
    place.check()
