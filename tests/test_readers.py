"""Programs that ask while others add, change, remove and rebuild: every answer is of one state, and is true of it."""

from __future__ import annotations

import pytest

from articleqa.types import Article
from conftest import OpenShelf
from encoders import HashingEncoder
from programs import finish, start
from shelves import Shelf

PIERS = 24


def pier(number: int, revision: int) -> Article:
    """An article whose text says which it is, and in which revision."""
    paragraphs = (
        f"The fees at pier {number} rise by {revision} percent, says the harbour of Velmora in part {part}. "
        f"Skippers of pier {number} had asked for an exemption {revision} times."
        for part in range(1 + (number + revision) % 3 * 8)
    )
    return Article(id=f"pier-{number}", title=f"Pier {number}", text="\n\n".join(paragraphs))


READ = """
import sys, threading
from pathlib import Path
from articleqa import Assistant, Settings
from encoders import HashingEncoder
from test_readers import pier

stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
settings = Settings(index=Path(sys.argv[1]), abstain_below=0)
asked = cited = 0
generations = set()
with Assistant.open(settings, encoder=HashingEncoder()) as assistant:
    print("ready", flush=True)
    while not stop.is_set():
        answer = assistant.ask(f"By how much do the fees at pier {asked % 24} rise?")
        asked += 1
        assert answer.passages
        for passage in answer.passages:
            text = pier(int(passage.article_id.removeprefix("pier-")), passage.revision).text
            assert text[passage.start : passage.end] == passage.text
        for citation in answer.citations:
            text = pier(int(citation.article_id.removeprefix("pier-")), citation.revision).text
            assert text[citation.start : citation.end] == citation.quote
            cited += 1
        with assistant._library.reading() as snapshot:
            ids = ",".join(str(passage.id) for passage in answer.passages)
            found = snapshot._rows(f"SELECT DISTINCT generation FROM passages WHERE id IN ({ids})")
        # The one before is kept: had they been of two, both would be here.
        assert len(found) <= 1, found
        generations.update(found)
assert cited >= asked > 0
print(asked, len(generations))
"""

WRITE = """
import sys
from pathlib import Path
from shelves import Shelf
from test_readers import pier

place = Shelf(Path(sys.argv[1]))
revisions = dict.fromkeys(range(24), 1)
for turn in range(2, 12):
    some = range(turn % 4, 24, 4)
    revisions.update({number: revisions[number] + 1 for number in some})
    place.add(*(pier(number, revisions[number]) for number in some))
    place.ingest.remove(f"pier-{turn}")
    # It begins anew, with the text that its first revision had before.
    revisions[turn] = 1
    place.add(pier(turn, 1))
    print(turn, flush=True)
"""

REBUILD = """
import sys
from pathlib import Path
from shelves import Shelf

place = Shelf(Path(sys.argv[1]))
for turn in range(6):
    report = (place.ingest.rollback if turn % 3 == 2 else place.ingest.rebuild)()
    print(report.generation, flush=True)
"""


@pytest.fixture
def harbour(shelf: OpenShelf) -> Shelf:
    place = shelf(encoder=HashingEncoder())
    place.add(*(pier(number, 1) for number in range(PIERS)))
    return place


def test_every_answer_is_of_one_generation_and_true(harbour: Shelf) -> None:
    readers = [start(READ, harbour.folder) for _ in range(2)]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    writers = [start(WRITE, harbour.folder), start(REBUILD, harbour.folder)]
    assert len(finish(writers[0])) == 10
    assert len(finish(writers[1])) == 6
    for reader in readers:
        (line,) = finish(reader)
        asked, generations = map(int, line.split())
        assert asked > 3
        assert generations > 1
    harbour.check()
    assert len(harbour.records()) == PIERS
