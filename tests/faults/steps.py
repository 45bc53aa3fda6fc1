"""What is done to a library, one step after the other, and what is asked of it afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from articleqa import Assistant, Settings
from articleqa.ingest.encoding import fingerprint
from articleqa.library import Generation, export_library, import_library
from articleqa.types import Article, ArticleQAError
from encoders import HashingEncoder
from faults.oracle import check_words
from neighbours import settled
from shelves import Shelf

Found = TypeVar("Found")

ENCODERS = {fingerprint(each): each for each in (HashingEncoder(revision="1"), HashingEncoder(revision="2"))}


def opened(folder: Path) -> Shelf:
    """The library in a folder, with the encoder that it was built with."""
    place = Shelf(folder)
    _fit(place)
    return place


def do(place: Shelf, step: Sequence[Any]) -> object:
    """Do one step; what it says is told once it has been acknowledged."""
    match step:
        case ["add", articles]:
            _fit(place)
            report = place.add(*(Article(id=key, title=title, text=text) for key, title, text in articles))
            return {"failed": report.failed}
        case ["remove", *keys]:
            place.ingest.remove(*keys)
        case ["rebuild", revision]:
            place.encoder = HashingEncoder(revision=revision)
            place.ingest.rebuild()
        case ["rollback"]:
            return _rollback(place)
        case ["flush"]:
            place.vectors.flush()
        case ["export", path]:
            export_library(place.library, Path(path))
        case ["import", path]:
            import_library(place.library, Path(path), replace=True)
            _fit(place)
        case ["poll", url]:
            _poll(place, url)
        case ["search", question]:
            _fit(place)
            return sorted({passage.article.id for passage in (*place.dense(question), *place.lexical(question))})
        case ["examine", questions]:
            return _examine(place, questions)
        case ["check"]:
            return _check(place)
        case ["write on"]:
            return _write_on(place)
        case _:
            raise ValueError(step)
    return "done"


def _fit(place: Shelf) -> None:
    """Take the encoder that the generation was built with that answers."""
    with place.library.reading() as snapshot:
        _fit_to(place, snapshot.generation())


def _fit_to(place: Shelf, generation: Generation | None) -> None:
    if generation is not None:
        place.encoder = ENCODERS[generation.fingerprint]


def _rollback(place: Shelf) -> str:
    with place.library.reading() as snapshot:
        if snapshot.kept_generation() is None:
            return "nothing to return to"
        _fit_to(place, snapshot.kept_generation())
    place.ingest.rollback()
    return "done"


def _poll(place: Shelf, url: str) -> None:
    from articleqa.feeds import Feeds
    from articleqa.loading import Limits

    _fit(place)
    feeds = Feeds(place.library, place.ingest.add, Limits(allowed_hosts=("127.0.0.1",)), sleep=lambda seconds: None)
    for report in feeds.poll([url]):
        assert report.error is None


def _check(place: Shelf) -> dict[str, object]:
    """Make sure that everything is true that has to be; the texts that are held, and every other that is kept."""
    _fit(place)
    # What is read in the background is not found before.
    place.dense("word7")
    settled()
    # One that has looked before takes what another program has done since for damage.
    with closing(place.library._connect()) as connection:
        assert connection.pragma("integrity_check") == "ok"
    with place.library.reading() as snapshot:
        generation = snapshot.generation()
        waiting = {row for row, _ in snapshot.texts_to_index(generation.id)} if generation else set()
        assert waiting <= set(snapshot.stale_titles()), "a text is not indexed, and nobody knows"
    if waiting:
        place.add()  # whoever writes next sees to them
    place.check()
    with place.library.reading() as snapshot:
        orphans = "SELECT count(*) FROM texts WHERE id NOT IN (SELECT text FROM revisions)"
        assert snapshot._rows(orphans) == [(0,)], "a text that no article has"
        every = [str(row[0]) for row in snapshot._rows("SELECT text FROM texts")]
    check_words(place)
    return {"held": {record.id: place.article(record.id).text for record in place.records()}, "every": every}


def _write_on(place: Shelf) -> str:
    """Write once more: what comes is found, and what goes is not."""
    _fit(place)
    place.add(Article(id="probe", title="Probe", text="A probe of quicksilver, lowered into the shaft."))
    for search in (place.dense, place.lexical):
        assert search("A probe of quicksilver, lowered into the shaft.")[0].article.id == "probe"
    place.ingest.remove("probe")
    for search in (place.dense, place.lexical):
        assert all(passage.article.id != "probe" for passage in search("quicksilver"))
    return "done"


def _examine(place: Shelf, questions: Sequence[str]) -> dict[str, object]:
    """What can still be had of a library that may be damaged, and in which words the rest is refused."""
    texts: dict[str, str] = {}
    refused: list[str] = []
    spans: list[tuple[str, int, int, str]] = []
    found: dict[str, list[list[int]]] = {"dense": [], "lexical": []}

    def attempt(work: Callable[[], Found]) -> Found | None:
        try:
            return work()
        except ArticleQAError as error:
            refused.append(str(error))
            return None

    for record in attempt(place.records) or ():
        article = attempt(partial(place.article, record.id))
        if article is not None:
            texts[record.id] = article.text
    # It is not closed: that would close the library.
    assistant = Assistant(Settings(index=place.folder), place.library, encoder=place.encoder)
    for question in questions:
        for name, search in (("dense", place.dense), ("lexical", place.lexical)):
            passages = attempt(partial(search, question)) or ()
            found[name].append([each.id for each in passages])
        shown = attempt(partial(assistant.search, question, limit=100)) or ()
        spans += [(each.article_id, each.start, each.end, each.text) for each in shown]
        answer = attempt(partial(assistant.ask, question))
        if answer is not None:
            spans += [(each.article_id, each.start, each.end, each.quote) for each in answer.citations]
    settled()
    return {"texts": texts, "refused": refused, "spans": spans, "found": found}
