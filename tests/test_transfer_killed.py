"""A program that is killed while it exports or imports: the library is the one before or the one after, and whole."""

from __future__ import annotations

import signal

import pytest

from articleqa.library import export_library, import_library
from conftest import OpenShelf
from programs import start
from shelves import HARBOUR, crowd

EXPORT = """
import sys
from pathlib import Path
from articleqa.library import Library, export_library

export_library(Library(Path(sys.argv[1])), Path(sys.argv[2]))
"""
IMPORT = """
import sys
from pathlib import Path
from articleqa.library import Library, import_library, library

library._PAGES = 20  # it is copied in many steps
import_library(Library(Path(sys.argv[1])), Path(sys.argv[2]), replace=True)
"""


@pytest.mark.parametrize(("point", "articles"), [("copied", 30), ("sealed", 30), ("named", 31)])
def test_an_export_is_the_one_before_or_the_one_after(shelf: OpenShelf, point: str, articles: int) -> None:
    place = shelf()
    place.add(*crowd(30))
    backup = place.folder.parent / "backup"
    export_library(place.library, backup)
    place.add(HARBOUR)
    program = start(EXPORT, place.folder, backup, ARTICLEQA_KILL_AT=f"library.export.{point}")
    program.communicate(timeout=60)
    assert program.returncode == -signal.SIGKILL
    place.check()
    assert import_library(shelf("other").library, backup).articles == articles
    assert export_library(place.library, backup).articles == 31


@pytest.mark.parametrize(
    ("point", "articles"),
    [
        ("library.import.copied", 1),
        ("library.import.proven", 1),
        ("library.replacing.copying", 1),
        ("library.import.replaced", 200),
    ],
)
def test_an_import_has_happened_whole_or_not_at_all(shelf: OpenShelf, point: str, articles: int) -> None:
    source = shelf("source")
    source.add(*crowd(200))
    backup = source.folder.parent / "backup"
    export_library(source.library, backup)
    place = shelf()
    place.add(HARBOUR)
    with place.library.reading() as snapshot:
        program = start(IMPORT, place.folder, backup, ARTICLEQA_KILL_AT=point)
        program.communicate(timeout=60)
        assert program.returncode == -signal.SIGKILL
        # Who was reading goes on with what was there.
        assert [record.id for record in snapshot.records()] == ["harbour"]
    assert len(place.records()) == articles
    place.check()
    # Nothing is in the way of the next.
    assert import_library(place.library, backup, replace=True).articles == 200
    place.check()
