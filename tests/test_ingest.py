"""Adding, changing, removing: nothing encoded twice, nothing half stored, nothing mixed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from articleqa.ingest import adding, encoding, meter, rebuilding
from articleqa.types import (
    Article,
    ArticleNotFound,
    Matrix,
    Progress,
    ProgressCallback,
)
from conftest import OpenShelf
from encoders import HashingEncoder
from shelves import HARBOUR, STORM, UNION, Shelf, ids


def long_article(name: str = "long", *, paragraphs: int = 30, title: str = "A long report") -> Article:
    """An article of many passages."""
    parts = [
        " ".join(f"Sentence {number} of part {part} says that {name} matters." for number in range(10))
        for part in range(paragraphs)
    ]
    return Article(id=name, title=title, text="\n\n".join(parts))


# Nothing twice


def test_adding_again_encodes_nothing(shelf: OpenShelf) -> None:
    place, encoder = counted(shelf)
    report = place.add(HARBOUR, STORM, UNION, long_article())
    assert report.passages_encoded == len(encoder.encoded) == len(place.passages())
    before = place.passages()
    encoder.encoded.clear()
    again = place.add(HARBOUR, STORM, UNION, long_article())
    assert [record.id for record in again.unchanged] == ["harbour", "storm", "union", "long"]
    assert (again.added, again.updated, again.copies, again.failed) == ([], [], [], [])
    assert again.passages_encoded == len(encoder.encoded) == 0
    assert place.passages() == before


def test_adding_again_does_not_even_open_the_encoder(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    opened: list[HashingEncoder] = []

    def open_encoder() -> HashingEncoder:
        opened.append(HashingEncoder())
        return opened[-1]

    ingest = place.ingest_over(open_encoder)
    ingest.add([HARBOUR, Article(id="copy", title="Copy", text=HARBOUR.text)])
    assert not opened
    ingest.remove("harbour")
    # From now on the text is indexed under the title of the copy.
    assert len(opened) == 1
    assert ids(place.lexical("copy")) == {"copy"}


def test_a_changed_article_encodes_its_changed_passages_only(shelf: OpenShelf) -> None:
    place, encoder = counted(shelf)
    article = long_article()
    place.add(article)
    passages = len(encoder.encoded)
    encoder.encoded.clear()
    changed = article.text.replace("Sentence 4 of part 20 says", "Sentence 4 of part 20 denies")
    report = place.add(Article(id="long", title=article.title, text=changed))
    assert [record.revision for record in report.updated] == [2]
    assert report.passages_encoded == len(encoder.encoded) == 1
    assert "denies" in encoder.encoded[0]
    assert len(place.passages()) == passages
    place.check()


def test_a_paragraph_put_in_front_encodes_little(shelf: OpenShelf) -> None:
    place, encoder = counted(shelf)
    article = long_article()
    place.add(article)
    encoder.encoded.clear()
    place.add(Article(id="long", title=article.title, text="A correction comes first.\n\n" + article.text))
    assert 1 <= len(encoder.encoded) <= 3
    place.check()


def test_repeated_paragraphs_are_encoded_once_and_found_each(shelf: OpenShelf) -> None:
    place, encoder = counted(shelf)
    paragraph = "The same words, said at length, again and again. " * 12
    place.add(Article(id="echo", title="Echo", text="\n\n".join([paragraph.strip()] * 5)))
    assert len(encoder.encoded) == 1
    assert len({(passage.start, passage.end) for passage in place.dense("the same words")}) == 5
    place.check()


def test_identical_text_under_another_id_is_a_copy_and_encodes_nothing(shelf: OpenShelf) -> None:
    place, encoder = counted(shelf)
    place.add(long_article())
    encoder.encoded.clear()
    article = long_article()
    report = place.add(Article(id="copy", title="Another title", text=article.text, url="https://wire.example/copy"))
    assert [(record.id, record.also_in) for record in report.copies] == [("copy", ("long",))]
    assert (report.added, report.passages_encoded, encoder.encoded) == ([], 0, [])
    assert all(passage.also_in == ("copy",) for passage in place.dense("sentence"))


def test_copies_in_one_call_know_each_other(shelf: OpenShelf) -> None:
    place, encoder = counted(shelf)
    report = place.add(STORM, Article(id="copy", title="Copied", text=STORM.text))
    assert [(record.id, record.also_in) for record in report.added] == [("storm", ("copy",))]
    assert [(record.id, record.also_in) for record in report.copies] == [("copy", ("storm",))]
    # The title in front is that of the first.
    assert encoder.encoded == [f"{STORM.title}\n{STORM.text}"]
    place.check()


def test_of_two_versions_in_one_call_the_later_counts(shelf: OpenShelf) -> None:
    place = shelf()
    report = place.add(
        Article(id="a", title="A", text="The first version."),
        Article(id="b", title="B", text="Something else."),
        Article(id="a", title="A", text="The second version."),
    )
    assert [record.id for record in report.added] == ["a", "b"]
    assert [(record.id, record.revision) for record in report.updated] == [("a", 2)]
    assert place.article("a").text == "The second version."
    assert ids(place.lexical("first")) == set()
    place.check()


# Titles


def test_remove_one_of_two_copies_and_the_other_is_found(shelf: OpenShelf) -> None:
    place, encoder = counted(shelf)
    place.add(STORM, Article(id="copy", title=STORM.title, text=STORM.text))
    encoder.encoded.clear()
    place.ingest.remove("storm")
    for found in (place.lexical("breakwater"), place.dense("breakwater")):
        assert [(passage.article.id, passage.also_in) for passage in found] == [("copy", ())]
    assert encoder.encoded == []
    place.ingest.remove("copy")
    assert place.lexical("breakwater") == []
    assert place.dense("breakwater") == []
    place.check()


# Bad sources


def test_one_bad_source_stops_none_of_the_others(shelf: OpenShelf, tmp_path: Path) -> None:
    lines = [
        {"id": "one", "title": "One", "text": "The first text."},
        {"id": "x" * 501, "title": "Long", "text": "Its id is too long."},
        {"id": " ", "title": "Blank", "text": "Its id is blank."},
        {"id": "empty", "title": "Empty", "text": " "},
        {"id": "two", "title": "Two", "text": "The second text."},
    ]
    path = tmp_path / "articles.jsonl"
    path.write_text("\n".join([*map(json.dumps, lines), "no json", ""]), encoding="utf-8")
    place = shelf()
    report = place.add(path, tmp_path / "missing.txt", HARBOUR)
    assert [record.id for record in report.added] == ["one", "two", "harbour"]
    assert len(report.failed) == 5
    assert all(reason and "\n" not in reason for _, reason in report.failed)
    assert any("an article's id has 1 to 500 characters, not 501" in reason for _, reason in report.failed)
    place.check()


def test_what_no_file_could_hold_is_cleaned(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(Article(id="odd\ud800", title="Odd \udfff title", text="Nul \0 and \ud800 surrogate.\r\nNext."))
    (record,) = place.records()
    assert place.article(record.id).text == "Nul \ufffd and \ufffd surrogate.\nNext."
    place.check()


# Progress


@pytest.mark.parametrize("batch", [7, 256])
def test_progress_never_runs_past_its_end_and_reaches_it(
    shelf: OpenShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int
) -> None:
    monkeypatch.setattr(encoding, "BATCH_PASSAGES", batch)
    monkeypatch.setattr(adding, "BATCH_ARTICLES", batch)
    folder = tmp_path / "articles"
    folder.mkdir()
    for number in range(20):
        (folder / f"{number}.txt").write_text(f"Title {number}\n\nText number {number}.", encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"no pdf")
    place = shelf()
    events: list[Progress] = []
    report = place.add(folder, HARBOUR, tmp_path / "missing.txt", long_article(), progress=events.append)
    check_progress(events)
    assert len(report.added) == 22
    assert [event.done for event in events if event.stage == "load"] == list(range(1, 25))
    assert {event.total for event in events if event.stage == "load"} == {24}
    assert sum(event.done == event.total for event in events if event.stage == "encode") >= 1
    assert max(event.done for event in events if event.stage == "encode") <= report.passages_encoded

    events.clear()
    place.ingest.rebuild(progress=events.append)
    check_progress(events)
    assert [event.done for event in events if event.stage == "index"] == list(range(23))
    assert {event.total for event in events if event.stage == "index"} == {22}


def test_progress_of_unknown_length_has_no_total(shelf: OpenShelf, tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl"
    lines = [json.dumps({"id": str(number), "title": "T", "text": f"Text {number}."}) for number in range(5)]
    path.write_text("\n".join(lines), encoding="utf-8")
    events: list[Progress] = []
    shelf().add(path, HARBOUR, progress=events.append)
    check_progress(events)
    loaded = [event for event in events if event.stage == "load"]
    assert [(event.done, event.total, event.seconds_left) for event in loaded] == [
        (number, None, None) for number in range(1, 7)
    ]


def test_progress_names_what_was_read(shelf: OpenShelf, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("Title\n\nText.", encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"no pdf")
    lines = tmp_path / "lines.jsonl"
    lines.write_text(json.dumps({"title": "T", "text": "Text of a line.", "id": "x"}) + "\nno json\n", encoding="utf-8")
    place = shelf()
    events: list[Progress] = []
    place.add(
        *(folder, lines, tmp_path / "missing.txt", HARBOUR, Article(title="Only a title", text="Text of it.")),
        *("http://127.0.0.1/refused", Article(title="Moved", text="Its text.", id="moved", origin="/old/place")),
        progress=events.append,
    )
    assert [event.origin for event in events if event.stage == "load"] == [
        str(folder / "a.txt"),
        str(folder / "broken.pdf"),
        f"{lines}#x",
        str(lines),
        str(tmp_path / "missing.txt"),
        "harbour",
        "Only a title",
        "http://127.0.0.1/refused",
        "/old/place",
    ]
    place.ingest.rebuild(progress=events.append)
    assert {event.origin for event in events if event.stage != "load"} == {None}


class TimedEncoder(HashingEncoder):
    """An encoder that takes one second for each text, on a clock of its own."""

    def __init__(self, *, revision: str) -> None:
        super().__init__(revision=revision)
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        self.now += len(texts)
        return super().encode_documents(texts)


def test_a_rebuild_says_how_long_it_will_take(shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    place = shelf()
    place.add(*(Article(id=f"{number}", title=f"Title {number}", text=f"Text {number}.") for number in range(40)))
    place.encoder = encoder = TimedEncoder(revision="2")
    monkeypatch.setattr(meter, "time", encoder)
    monkeypatch.setattr(rebuilding, "time", encoder)
    events: list[Progress] = []
    report = place.ingest.rebuild(progress=events.append)
    assert (report.passages, report.passages_encoded, report.seconds) == (40, 40, 40.0)
    began, *told = [event for event in events if event.stage == "index"]
    assert began == Progress("index", 0, 40)
    # Several texts are done together, and each is told with the rate that all of them had.
    assert [(event.done, event.total, event.rate, event.seconds_left) for event in told] == [
        (done, 40, 1.0, 40.0 - done) for done in range(1, 41)
    ]


class TellingEncoder(TimedEncoder):
    """Tells of each text when it is done."""

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        for number in range(len(texts)):
            self.now += 1
            if progress is not None:
                progress(Progress("encode", number + 1, len(texts)))
        return HashingEncoder.encode_documents(self, texts)


def test_a_rebuild_of_long_articles_goes_on_visibly(shelf: OpenShelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """Encoding them is told as a share of what it is for, and never begins anew."""
    place = shelf()
    place.add(*(long_article(f"long-{number}") for number in range(16)))
    place.encoder = encoder = TellingEncoder(revision="2")
    monkeypatch.setattr(meter, "time", encoder)
    told: list[tuple[int, float]] = []

    def tell(progress: Progress) -> None:
        assert progress.stage in ("index", "verify")
        if progress.stage == "index":
            told.append((progress.done, encoder.now))

    assert place.ingest.rebuild(progress=tell).passages_encoded > 32
    assert [done for done, _ in told] == list(range(17))
    # No more than a few passages come between two of them.
    assert max(later - earlier for (_, earlier), (_, later) in pairwise(told)) <= encoder.now / 15 + 1


def check_progress(events: list[Progress]) -> None:
    """Every stage counts up, never past its total, and ends there; an encoding begins anew with each batch."""
    assert events
    for stage in {event.stage for event in events}:
        before: Progress | None = None
        for event in [event for event in events if event.stage == stage]:
            assert stage in ("load", "encode", "index", "verify")
            # What may wait for the encoder says that it has begun.
            assert event.done >= (0 if stage in ("encode", "index") else 1)
            assert event.total is None or event.done <= event.total
            assert event.rate is None or event.rate > 0
            assert event.seconds_left is None or event.seconds_left >= 0
            if before is not None and event.done <= before.done:
                assert stage == "encode"
                assert before.done == before.total
            before = event
        assert before is not None
        assert before.total in (None, before.done)


def test_a_callback_that_raises_stops_the_work_and_keeps_what_was_committed(shelf: OpenShelf) -> None:
    def stop(progress: Progress) -> None:
        if progress.stage == "encode":
            raise KeyboardInterrupt

    place = shelf()
    place.add(HARBOUR)
    with pytest.raises(KeyboardInterrupt):
        place.add(STORM, progress=stop)
    assert [record.id for record in place.records()] == ["harbour"]
    place.check()


def counted(shelf: OpenShelf) -> tuple[Shelf, HashingEncoder]:
    """A library, and its encoder, which keeps what it encoded."""
    encoder = HashingEncoder()
    return shelf(encoder=encoder), encoder


def test_removing_what_is_not_there_is_refused(shelf: OpenShelf) -> None:
    with pytest.raises(ArticleNotFound, match="there is no article 'nobody'"):
        shelf().ingest.remove("nobody")
