"""The list of articles: in any order, by words in any script, cut to a page, and counted by source."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.library.conditions import LONGEST_MATCHING
from articleqa.library.folding import folded
from articleqa.types import Article, ArticleRecord, Filters, InvalidInput, Order, SourceCount
from conftest import OpenShelf
from shelves import HARBOUR, STORM, UNION, Shelf, run_sql

_TITLES = [
    "Zebra",
    "apple",
    "Äpfel",
    "ÄPFEL",
    "Straße",
    "STRASSE",
    "Ελλάδας",
    "ΕΛΛΆΔΑΣ",
    "Москва",
    "港口",
    "%_'\"",
    "İzmir",
]
_SOURCES = [None, "Courier", "courier", "ÉTOILE", "Wire"]
_DATES = [None, "2024-01-02", "2024-01-01T23:59:59Z", "2023-12-31", "2024-01-01"]


def listed(place: Shelf, **options: object) -> list[str]:
    """Ids of the articles, as they are listed."""
    with place.library.reading() as snapshot:
        return [record.id for record in snapshot.records(**options)]  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    place = Shelf(tmp_path_factory.mktemp("many"))
    place.add(
        *(
            Article(
                id=f"{number}",
                title=_TITLES[number % len(_TITLES)],
                text=f"Text {number // 2}.",
                source=_SOURCES[number % 5],
                author="Älva Ström" if number % 3 else None,
                published=_DATES[number // 3 % 5],
                origin=f"/Articles/{number}.txt",
                url=f"https://courier.example/{number}" if number % 2 else None,
            )
            for number in range(60)
        )
    )
    # What came in last did so within one second: other moments are written over those.
    for number in range(60):
        run_sql(
            place.folder,
            f"UPDATE revisions SET added = '2025-01-{1 + number * 7 % 9:02}T00:00:00Z' WHERE article = {number + 1}",
        )
    return place


def _expected(
    records: list[ArticleRecord], *, matching: str | None, order: Order, descending: bool
) -> list[ArticleRecord]:
    """What the words of the documentation mean, said another way. ``records`` stand as they came."""

    def within(record: ArticleRecord) -> str:
        fields = (record.title, record.source, record.author, record.origin, record.url)
        return folded("\n".join(field or "" for field in fields))

    found = [record for record in records if all(word in within(record) for word in folded(matching or "").split())]
    keys: dict[Order, Callable[[ArticleRecord], str | None]] = {
        Order.ARRIVAL: lambda record: "",
        Order.CHANGED: lambda record: record.added,
        Order.PUBLISHED: lambda record: record.published,
        Order.SOURCE: lambda record: None if record.source is None else folded(record.source),
        Order.TITLE: lambda record: folded(record.title),
    }
    key = keys[order]
    if descending and order in (Order.ARRIVAL, Order.CHANGED):
        found.reverse()
    with_key = sorted((record for record in found if key(record) is not None), key=lambda record: str(key(record)))
    if descending:
        # Python keeps ties as they were when it sorts in reverse.
        with_key = sorted(with_key, key=lambda record: str(key(record)), reverse=True)
    return with_key + [record for record in found if key(record) is None]


@given(
    matching=st.none()
    | st.lists(st.sampled_from(["zebra", "ÄP", "strasse", "ελλάδασ", "courier", "ström", "/articles/1", "nobody"])).map(
        " ".join
    ),
    order=st.sampled_from(Order),
    descending=st.booleans(),
    limit=st.none() | st.integers(0, 70),
    offset=st.integers(0, 70),
)
def test_any_page_in_any_order(
    many: Shelf, matching: str | None, order: Order, descending: bool, limit: int | None, offset: int
) -> None:
    with many.library.reading() as snapshot:
        everything = snapshot.records()
        assert [record.id for record in everything] == [str(number) for number in range(60)]
        expected = _expected(everything, matching=matching, order=order, descending=descending)
        page = snapshot.records(matching=matching, order=order, descending=descending, limit=limit, offset=offset)
        assert page == expected[offset : None if limit is None else offset + limit]
        assert snapshot.article_count(matching=matching) == len(expected)


def test_what_has_no_date_or_source_is_last_in_both_directions(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(UNION, HARBOUR, STORM)
    for order in (Order.PUBLISHED, Order.SOURCE):
        assert [listed(place, order=order, descending=way)[-1] for way in (False, True)] == ["union", "union"]
    assert listed(place, order=Order.PUBLISHED) == ["storm", "harbour", "union"]
    assert listed(place, order=Order.PUBLISHED, descending=True) == ["harbour", "storm", "union"]
    assert listed(place, order=Order.SOURCE, descending=True) == ["storm", "harbour", "union"]


def test_a_changed_article_is_the_last_to_have_changed(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR, STORM)
    run_sql(place.folder, "UPDATE revisions SET added = '2020-01-01T00:00:00Z'")
    place.add(replace(HARBOUR, text="Other words."))
    assert listed(place, order=Order.CHANGED) == ["storm", "harbour"]
    assert listed(place, order=Order.CHANGED, descending=True) == ["harbour", "storm"]
    assert listed(place) == ["harbour", "storm"]


def test_order_and_words_go_with_filters(many: Shelf) -> None:
    filters = Filters(source=("Wire", "courier"), after="2024-01-01", undated=False)
    with many.library.reading() as snapshot:
        passing = snapshot.records(filters)
        found = snapshot.records(filters, matching="äpfel", order=Order.PUBLISHED)
        assert found == _expected(passing, matching="äpfel", order=Order.PUBLISHED, descending=False)
        assert 0 < len(found) < len(passing)
        assert snapshot.article_count(filters, matching="äpfel") == len(found)


# Words


@pytest.mark.parametrize(
    ("matching", "found"),
    [
        ("", True),
        (" \n ", True),
        ("STRASSE", True),
        ("straße", True),
        ("strasse köln", True),
        ("KÖLN strasse", True),
        ("ko\u0308ln", True),
        ("Ｋöln", True),
        ("efﬁ", True),
        ("ῥΌΔΟΣ", True),
        ("москв", True),
        ("港", True),
        ("aftonbladet", True),
        ("ÅSA", True),
        ("/HOME/Åsa/notes.TXT", True),
        ("aftonbladet.example/%C3%A5", True),
        ("100%", True),
        ("köln nobody", False),
        ("strassekoln", False),
        ("koln", False),
        ("1_0", False),
        ("zwei", False),
        ("\0", False),
        ("\ud800", False),
        ("' OR 1 --", False),
    ],
)
def test_words_are_found_whatever_their_case_and_script(shelf: OpenShelf, matching: str, found: bool) -> None:
    place = shelf()
    article = Article(
        title="Straße in Köln, Ῥόδος, МОСКВА, 港口: Eﬃcient, 100%",
        text="Eins zwei drei.",
        id="a",
        source="Aftonbladet",
        author="Åsa Ek",
        origin="/home/Åsa/notes.txt",
        url="https://aftonbladet.example/%C3%A5",
    )
    place.add(article, Article(title="Another", text="Vier fünf.", id="b", origin="elsewhere"))
    assert ("a" in listed(place, matching=matching)) is found
    assert ("b" in listed(place, matching=matching)) is (not matching.strip())


@given(st.text(), st.text())
def test_folding_again_changes_nothing(one: str, other: str) -> None:
    assert folded(folded(one)) == folded(one)
    assert folded(one.upper().lower()) == folded(one.upper())
    assert folded(unicodedata.normalize("NFD", other)) == folded(unicodedata.normalize("NFC", other))


def test_what_is_found_follows_every_change(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    assert listed(place, matching="FEES courier") == ["harbour"]
    # Another source and address, the text as it was; then another text and title.
    place.add(replace(HARBOUR, source="Gazette", origin="/new/place.txt"))
    assert listed(place, matching="courier") == []
    assert listed(place, matching="gazette PLACE") == ["harbour"]
    place.add(replace(HARBOUR, title="Dues", text="Other words.", origin="/new/place.txt"))
    assert listed(place, matching="fees") == []
    assert listed(place, matching="dues courier") == ["harbour"]
    place.ingest.remove("harbour")
    assert listed(place, matching="dues") == []


def test_an_older_library_is_searched_like_a_new_one(shelf: OpenShelf) -> None:
    old = shelf()
    old.add(replace(HARBOUR, title="Äpfel"), STORM)
    old.add(replace(HARBOUR, title="ÄPFEL und Birnen", text="Other words."))
    records = old.records()
    old.close()
    for statement in (
        "DROP TRIGGER passages_came",
        "DROP TRIGGER passages_went",
        "DROP INDEX generations_state",
        "DROP INDEX passages_generation",
        "ALTER TABLE generations ADD COLUMN active INTEGER NOT NULL DEFAULT 1",
        "ALTER TABLE generations DROP COLUMN state",
        "ALTER TABLE generations DROP COLUMN passages",
        "ALTER TABLE articles DROP COLUMN folded",
    ):
        run_sql(old.folder, statement)
    run_sql(old.folder, "DROP INDEX articles_origin")
    for table in ("files", "feed_entries", "feeds", "signatures", "bands", "alike", "uncompared", "stale_titles"):
        run_sql(old.folder, f"DROP TABLE {table}")
    run_sql(old.folder, "PRAGMA user_version = 1")
    place = shelf()
    assert place.records() == records
    assert listed(place, matching="äpfel birnen") == ["harbour"]
    assert listed(place, order=Order.TITLE) == ["storm", "harbour"]
    place.check()


def test_as_many_words_as_there_can_be(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    words = "e " * (LONGEST_MATCHING // 2)
    assert listed(place, matching=words) == ["harbour"]
    with pytest.raises(InvalidInput, match=f"matching has {LONGEST_MATCHING + 1} characters: {LONGEST_MATCHING} are"):
        listed(place, matching=words + "e")


@pytest.mark.parametrize("matching", [5, b"harbour", ["harbour"], True])
def test_what_is_no_text_is_refused(shelf: OpenShelf, matching: object) -> None:
    with pytest.raises(InvalidInput, match=f"matching is of type {type(matching).__name__}: give the words") as refusal:
        listed(shelf(), matching=matching)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("order", ["date", "", "TITLE", None, 1, ["title"]])
def test_what_is_no_order_is_refused(shelf: OpenShelf, order: object) -> None:
    place = shelf()
    with pytest.raises(InvalidInput, match=r"is none: choose arrival, changed, published, source, title$") as refusal:
        listed(place, order=order)
    assert "\n" not in str(refusal.value)
    assert listed(place, order="title") == [], "what an order is called is one"


def test_more_than_there_can_be_is_no_error(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    assert listed(place, limit=10**30) == ["harbour"]
    assert listed(place, offset=10**30) == []


# Sources


def test_sources_are_counted(shelf: OpenShelf) -> None:
    place = shelf()
    assert _sources(place) == []
    for number, (source, published) in enumerate(
        [
            ("Wire", "2024-03-01"),
            ("Étoile", None),
            ("Wire", None),
            (None, "1999-01-01"),
            ("apple", "2024-01-05T10:00:00Z"),
            ("Wire", "2023-12-31T23:00:00Z"),
            ("Zebra", "2024-01-05"),
            ("zebra", "2024-01-06"),
        ]
    ):
        place.add(Article(f"Title {number}", f"Text {number}.", id=str(number), source=source, published=published))
    assert _sources(place) == [
        SourceCount("Wire", 3, "2023-12-31T23:00:00Z", "2024-03-01"),
        SourceCount("apple", 1, "2024-01-05T10:00:00Z", "2024-01-05T10:00:00Z"),
        SourceCount("Zebra", 1, "2024-01-05", "2024-01-05"),
        SourceCount("zebra", 1, "2024-01-06", "2024-01-06"),
        SourceCount("Étoile", 1, None, None),
    ]
    assert _sources(place, Filters(after="2024-01-06")) == [
        SourceCount("Wire", 2, "2024-03-01", "2024-03-01"),
        SourceCount("zebra", 1, "2024-01-06", "2024-01-06"),
        SourceCount("Étoile", 1, None, None),
    ]


def test_sources_are_those_of_the_current_revisions(many: Shelf, shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    place.add(replace(HARBOUR, source="Gazette", text="Other words."))
    assert [source.name for source in _sources(place)] == ["Gazette"]
    counted = _sources(many)
    assert sum(source.articles for source in counted) == sum(record.source is not None for record in many.records())
    for source in counted:
        with many.library.reading() as snapshot:
            assert snapshot.article_count(Filters(source=source.name)) == source.articles


def _sources(place: Shelf, filters: Filters | None = None) -> list[SourceCount]:
    with place.library.reading() as snapshot:
        return snapshot.sources(filters)


# Revisions that come back


def test_an_article_that_comes_back_has_the_revision_that_it_had(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR, STORM)
    place.add(replace(HARBOUR, text="The second text."))
    highest = max(passage.id for passage in place.passages())
    kept = place.article("harbour")
    place.ingest.remove("harbour")
    (record,) = place.add(kept).added
    assert (record.id, record.revision) == ("harbour", 2)
    assert place.article("harbour", 2) == place.article("harbour") == kept
    back = {passage.id for passage in place.passages() if passage.article.id == "harbour"}
    assert min(back) > highest
    (record,) = place.add(replace(kept, text="The third text.")).updated
    assert record.revision == 3
    place.check()


def test_the_revision_of_an_article_that_is_there_is_counted_on(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(HARBOUR)
    assert [record.revision for record in place.add(replace(HARBOUR, revision=9)).unchanged] == [1]
    assert [record.revision for record in place.add(replace(HARBOUR, revision=9, source="Wire")).updated] == [1]
    assert [record.revision for record in place.add(replace(HARBOUR, revision=9, text="New.")).updated] == [2]


def test_a_copy_comes_back_as_a_copy(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(STORM, Article(id="copy", title="Copy", text="At first it was another."))
    place.add(Article(id="copy", title="Copy", text=STORM.text))
    kept = place.article("copy")
    place.ingest.remove("copy")
    (record,) = place.add(kept).copies
    assert (record.revision, record.also_in) == (2, ("storm",))
    assert place.article("copy") == kept
    place.check()


@pytest.mark.parametrize("revision", [0, -1, True, 1.0, "2", 1_000_000_001, 10**30])
def test_a_revision_that_cannot_be_is_refused(shelf: OpenShelf, revision: object) -> None:
    place = shelf()
    article = replace(HARBOUR, revision=revision)  # type: ignore[arg-type]
    report = place.add(article, STORM)
    assert report.failed == [
        ("Fees rise", "an article's revision is None or a whole number from 1 to 1000000000"),
    ]
    assert [record.id for record in report.added] == ["storm"]
    with place.library.reading() as snapshot:
        generation = snapshot.generation()
    assert generation is not None
    with pytest.raises(InvalidInput, match="revision"), place.library.writing() as writer:
        writer.put(replace(article, origin="o"), [], generation.id)
    place.check()


def test_the_folded_words_go_with_the_article(shelf: OpenShelf, tmp_path: Path) -> None:
    """What was removed is nowhere in the file any more."""
    place = shelf()
    place.add(replace(HARBOUR, title="Xylophonist"), STORM)
    place.library.checkpoint()
    file = place.folder / "library.sqlite3"
    assert b"xylophonist" in file.read_bytes()
    place.ingest.remove("harbour")
    assert b"xylophonist" not in file.read_bytes().lower()
    with apsw.Connection(str(file)) as connection:
        assert connection.execute("SELECT count(*) FROM articles WHERE folded <> ''").fetchall() == [(1,)]
    connection.close()
