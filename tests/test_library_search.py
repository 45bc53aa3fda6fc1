"""What the library finds: filters that mean the same everywhere, and words of every kind."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from articleqa.types import Article, ArticleRecord, Filters
from conftest import OpenShelf
from shelves import HARBOUR, UNION, Shelf, ids

# Filters

_DATES = [
    None,
    "2023-12-31",
    "2024-01-01",
    "2024-01-01T00:00:00Z",
    "2024-01-01T12:30:00Z",
    "2024-01-01T23:59:59Z",
    "2024-01-02",
    "2024-06-15T08:00:00Z",
    "2025-01-01",
]
_SOURCES = [None, "Courier", "Wire", 'O\'Neil "News"']


def _passes(record: ArticleRecord, filters: Filters) -> bool:
    """What the words of :class:`Filters` mean, said another way."""
    if filters.sources is not None and record.source not in filters.sources:
        return False
    if filters.article_ids is not None and record.id not in filters.article_ids:
        return False
    if record.published is None:
        return filters.undated or (filters.after is None and filters.before is None)
    for bound, late in ((filters.after, False), (filters.before, True)):
        if bound is not None:
            shared = min(len(str(bound)), len(record.published))
            one, other = record.published[:shared], str(bound)[:shared]
            if (one > other) if late else (one < other):
                return False
    return True


@pytest.fixture(scope="module")
def dated(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    place = Shelf(tmp_path_factory.mktemp("dated"))
    articles = [
        Article(
            id=f"{number}",
            title=f"Report {number}",
            text=f"Report number {number} about the harbour.",
            published=published,
            source=_SOURCES[number % len(_SOURCES)],
        )
        for number, published in enumerate(_DATES * 3)
    ]
    place.add(*articles, Article(id="twin", title="Twin", text=articles[4].text, published="2030-01-01", source="Twin"))
    return place


@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    source=st.one_of(
        st.none(), st.sampled_from(["Courier", "Nobody", ""]), st.lists(st.sampled_from(["Courier", "Wire", "Twin"]))
    ),
    bounds=st.lists(st.sampled_from(_DATES), min_size=2, max_size=2).map(lambda two: sorted(two, key=str)),
    article_ids=st.one_of(st.none(), st.lists(st.sampled_from(["0", "4", "twin", "13", "nobody"]))),
    undated=st.booleans(),
)
def test_filters_mean_the_same_everywhere(
    dated: Shelf,
    source: str | list[str] | None,
    bounds: list[str | None],
    article_ids: list[str] | None,
    undated: bool,
) -> None:
    filters = Filters(
        source=source if source is None or isinstance(source, str) else tuple(source),
        after=bounds[0],
        before=bounds[1],
        article_ids=None if article_ids is None else tuple(article_ids),
        undated=undated,
    )
    expected = {record.id for record in dated.records() if _passes(record, filters)}
    assert {record.id for record in dated.records(filters)} == expected
    # A copy stands for the other where that one does not pass.
    shown = expected - {"twin"} if "4" in expected else expected
    assert ids(dated.lexical("harbour", filters=filters)) == shown
    assert ids(dated.dense("harbour", filters=filters)) == shown
    with dated.library.reading() as snapshot:
        assert snapshot.article_count(filters) == len(expected)


@pytest.mark.parametrize(
    ("filters", "published", "passes"),
    [
        (Filters(after="2024-01-01"), "2024-01-01", True),
        (Filters(after="2024-01-01"), "2024-01-01T00:00:00Z", True),
        (Filters(before="2024-01-01"), "2024-01-01T23:59:59Z", True),
        (Filters(before="2024-01-01"), "2024-01-02T00:00:00Z", False),
        (Filters(after="2024-01-01T12:00:00Z"), "2024-01-01T11:59:59Z", False),
        (Filters(after="2024-01-01T12:00:00Z"), "2024-01-01T12:00:00Z", True),
        (Filters(after="2024-01-01T12:00:00Z"), "2024-01-01", True),
        (Filters(after=date(2024, 1, 1), before=date(2024, 1, 1)), "2024-01-01T08:00:00Z", True),
        (Filters(after="2024-01-01"), None, True),
        (Filters(after="2024-01-01", undated=False), None, False),
        (Filters(undated=False), None, True),
        (Filters(source="Courier"), "2024-01-01", False),
        (Filters(article_ids=()), "2024-01-01", False),
    ],
)
def test_dates_are_inclusive(shelf: OpenShelf, filters: Filters, published: str | None, passes: bool) -> None:
    place = shelf()
    place.add(Article(id="a", title="A", text="The harbour.", published=published))
    for found in (place.lexical("harbour", filters=filters), place.dense("harbour", filters=filters)):
        assert ids(found) == ({"a"} if passes else set())


def test_a_narrow_filter_finds_what_many_better_hits_would_hide(shelf: OpenShelf) -> None:
    place = shelf()
    crowd = [
        Article(id=f"crowd{number}", title="Harbour fees", text=f"Harbour fees, harbour fees: {number}.")
        for number in range(150)
    ]
    place.add(*crowd, Article(id="lone", title="Weather", text="Rain over the harbour.", source="Lone"))
    only = Filters(source="Lone")
    assert ids(place.lexical("harbour fees", filters=only, limit=5)) == {"lone"}
    assert ids(place.dense("harbour fees", filters=only, limit=5)) == {"lone"}
    assert "lone" not in ids(place.dense("harbour fees", limit=5))


# Words


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    place = Shelf(tmp_path_factory.mktemp("texts"))
    place.add(
        HARBOUR,
        UNION,
        Article(id="chinese", title="新闻", text="普京总统宣布新的制裁。北京没有回应。"),
        Article(id="japanese", title="天気", text="東京の天気は晴れです。"),
        Article(id="thai", title="ข่าว", text="นายกรัฐมนตรีแถลงข่าว"),
        Article(id="arabic", title="خبر", text="أعلن الرئيس عقوبات جديدة."),
        Article(id="russian", title="Новости", text="Министр объявил о санкциях."),
        Article(id="accents", title="Café", text="Le café de Malmö coûte cher. Na\u00efve re\u0301sume\u0301."),
        Article(id="code", title="Code", text="Set max_page_count=5 AND NOT near: C++ a.b.c@example.com 3.14"),
        Article(id="possessive", title="Tarkan", text="Tarkan said no. It’s the council's vote."),
        Article(id="rock", title="AC/DC", text='The "NEAR" star* (rock) band: column:value {x} ^caret -minus'),
    )
    return place


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("harbour", {"harbour", "union"}),
        ("HARBOURS exemptions", {"harbour", "union"}),
        ("制裁", {"chinese"}),
        ("普京总统说了什么？", {"chinese"}),
        ("天気", {"japanese"}),
        ("東京", {"japanese"}),
        ("รัฐมนตรี", {"thai"}),
        ("الرئيس", {"arabic"}),
        ("САНКЦИЯХ", {"russian"}),
        ("cafe malmo resume naive", {"accents"}),
        ("CAFÉ", {"accents"}),
        ("max_page_count", {"code"}),
        ("3.14", {"code"}),
        ("AC/DC", {"rock"}),
        ("What did Tarkan's council vote?", {"possessive"}),
        ("council’s", {"possessive"}),
        ("Velmora's mayor", {"harbour"}),
        ("the skippers’ harbour’s", {"harbour", "union"}),
    ],
)
def test_words_of_every_script_are_found(texts: Shelf, question: str, expected: set[str]) -> None:
    assert ids(texts.lexical(question)) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ('"', set()),
        ("'", set()),
        ('" OR "harbour', {"harbour", "union"}),
        ("harbour AND", {"harbour", "union"}),
        ("NEAR(harbour fees, 5)", {"harbour", "union", "rock", "code"}),
        ("NOT harbour", {"harbour", "union"}),
        ("title:harbour", {"harbour", "union", "russian"} - {"russian"}),
        ("harbour*", {"harbour", "union"}),
        ("star*", {"rock"}),
        ("^harbour", {"harbour", "union"}),
        ("{harbour}:(", {"harbour", "union"}),
        ("harbour; DROP TABLE articles", {"harbour", "union"}),
        ("harbour\x00fees", {"harbour", "union"}),
        ("-harbour +fees", {"harbour", "union"}),
        ("🦆🦆", set()),
        ("🦆 harbour 🦆", {"harbour", "union"}),
        ("()[]{}!?.,;:-_~^*+=/\\|<>@#$%&`´", set()),
        ("", set()),
        ("   \n\t ", set()),
        ("\u0301\u0301", set()),
        ("xyzzy", set()),
    ],
)
def test_no_question_is_an_operator(texts: Shelf, question: str, expected: set[str]) -> None:
    assert ids(texts.lexical(question)) == expected
    texts.check()


def test_stop_words_are_searched_for_when_there_is_nothing_else(texts: Shelf) -> None:
    assert "harbour" in ids(texts.lexical("what was the"))


def test_a_very_long_question_is_searched(texts: Shelf) -> None:
    question = " ".join(f"word{number}" for number in range(5_000)) + " harbour " + "制裁措施" * 500
    assert {"harbour", "union", "chinese"} <= ids(texts.lexical(question))
    assert ids(texts.lexical(" ".join(["harbour fees mayor thursday exemption skippers"] * 500))) == {
        "harbour",
        "union",
    }


@settings(max_examples=60)
@given(question=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_question_can_be_searched(texts: Shelf, question: str) -> None:
    assert ids(texts.lexical(question)) <= {record.id for record in texts.records()}


def test_a_rare_word_counts_more_than_a_common_one(texts: Shelf) -> None:
    with texts.library.reading() as snapshot:
        generation = snapshot.generation()
        assert generation is not None
        query = snapshot.lexical_query(generation.id, "the mayor of the harbour")
    assert query.weights["mayor"] > query.weights["harbour"] > 0
    assert "the" not in query.weights
    best, *others = texts.lexical("the mayor of the harbour")
    assert "mayor" in best.text
    assert ids(others) == {"harbour", "union"}


def test_words_that_most_passages_have_are_left_out_while_others_remain(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(
        *(Article(id=str(number), title="News", text=f"The harbour again, part {number}.") for number in range(300)),
        Article(id="rare", title="News", text="The zeppelin came."),
    )
    with place.library.reading() as snapshot:
        generation = snapshot.generation()
        assert generation is not None
        assert snapshot.lexical_query(generation.id, "harbour zeppelin").expression == '"zeppelin"'
        assert snapshot.lexical_query(generation.id, "harbour again").expression == '"harbour" OR "again"'
