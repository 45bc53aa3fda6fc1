"""One report in several papers: found once with the others named, and nothing that only one of them says is lost."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articleqa import Article, Assistant, Filters, Passage, Settings
from articleqa.grounding import Wordings, news, wordings
from articleqa.library import likeness
from articleqa.library.near_copies import MISSES
from articleqa.types import Encoder
from conftest import OpenAssistant, OpenShelf
from encoders import HashingEncoder
from near_texts import (
    AGENCY,
    BYLINE,
    COSTS,
    DATELINE,
    FERRY,
    HEADLINE,
    INDEPENDENT,
    LEAD,
    LOOKALIKES,
    OLD_BRIDGE,
    PARAGRAPHS,
    PROTEST,
    SHORTENED,
    TYPOGRAPHY,
    VARIANTS,
    report,
    weather,
)
from shelves import Shelf, run_sql

TABLES = ("signatures", "bands", "alike", "uncompared")


def are_alike(one: str, other: str) -> bool:
    first, second = likeness.shingles(one), likeness.shingles(other)
    assert first is not None
    assert second is not None
    return likeness.alike(first, second)


def meet(one: str, other: str) -> bool:
    """Whether two texts have a band in common, so that they are compared at all."""
    signatures = [likeness.signature(found) for text in (one, other) if (found := likeness.shingles(text))]
    first, second = (set(likeness.band_keys(signature)) for signature in signatures)
    return bool(first & second)


def also_in(place: Shelf) -> dict[str, set[str]]:
    return {record.id: set(record.also_in) for record in place.records()}


def passages_with(passages: list[Passage], words: str) -> list[Passage]:
    return [passage for passage in passages if words in " ".join(passage.text.split())]


# Which texts are alike


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.id)
def test_what_papers_do_to_a_report_leaves_it_the_same(variant: Article) -> None:
    assert are_alike(AGENCY.text, variant.text)
    assert are_alike(variant.text, AGENCY.text)
    assert meet(AGENCY.text, variant.text)


@pytest.mark.parametrize(("one", "other"), LOOKALIKES, ids=lambda article: article.id)
def test_what_only_looks_alike_is_not(one: Article, other: Article) -> None:
    assert not are_alike(one.text, other.text)
    assert not are_alike(other.text, one.text)


@given(
    day=st.lists(st.integers(1, 60), min_size=4, max_size=4), other=st.lists(st.integers(1, 60), min_size=4, max_size=4)
)
def test_reports_with_other_figures_are_never_alike(day: list[int], other: list[int]) -> None:
    one, two = weather("one", "Monday", *day), weather("two", "Tuesday", *other)
    if sum(first != second for first, second in zip(day, other, strict=True)) > 1:
        assert not are_alike(one.text, two.text)


@given(share=st.floats(0, 0.3), variant=st.sampled_from(VARIANTS), shouted=st.booleans())
def test_likeness_does_not_depend_on_order_case_or_spacing(share: float, variant: Article, shouted: bool) -> None:
    cut = variant.text[: int(len(variant.text) * (1 - share))]
    spaced = "  \n".join(cut.split(" "))
    assert are_alike(cut, spaced)
    assert are_alike(cut, AGENCY.text) == are_alike(AGENCY.text, cut) == are_alike(spaced, AGENCY.text)
    if shouted:
        first, second = likeness.shingles(cut), likeness.shingles(cut.lower())
        assert first is not None
        assert second is not None
        assert first.every.tolist() == second.every.tolist()


@given(st.text(max_size=200))
def test_any_text_can_be_compared(text: str) -> None:
    found = likeness.shingles(text)
    if found is None:
        return
    assert likeness.alike(found, found)
    stored = likeness.signature(found)
    assert len(set(likeness.band_keys(stored))) == likeness.BANDS
    assert likeness.resemblances(stored, [stored, stored]).tolist() == [1, 1]


def test_a_byline_in_front_of_a_number_changes_nothing() -> None:
    text = f"48 million crowns are what the county of Halvmark wants to spend. {OLD_BRIDGE} {PROTEST}"
    assert are_alike(text, f"By Mirel Ostrand\n\n{text}")


def test_in_a_short_text_every_word_counts() -> None:
    long = " ".join(PARAGRAPHS)
    assert are_alike(long, long.replace("lower valley", "upper valley"))
    assert not are_alike("Trams run late on the harbour line.", "Trams run early on the harbour line.")
    assert are_alike("Trams run late on the harbour line.", "TRAMS run late, on the “harbour” line!")


PINNED = [-1481429521116599274, -7501873291595531691, -4420245921199868020]


def test_a_signature_is_what_is_stored_in_libraries() -> None:
    """A change of the words, the hashes or the MinHash makes what is stored useless: it needs a migration."""
    found = likeness.shingles(LEAD)
    assert found is not None
    assert likeness.band_keys(likeness.signature(found))[:3] == PINNED


# What repeats what


def said(text: str, other: str, *, question: str = "") -> bool:
    asked = set(question.split())
    return not news(wordings([text]), [wordings([other])], sought=lambda word: word in asked)


def repeats(one: Wordings, *others: Wordings) -> bool:
    return not news(one, others, sought=lambda word: False)


def test_a_sentence_repeats_another_in_the_same_words_but_for_little() -> None:
    sentence = "It leaves every twenty minutes from the landing below the mill, says the county."
    assert said(sentence, sentence.upper())
    assert said(sentence, sentence.replace("leaves", "departs"))
    assert not said(sentence, sentence.replace("leaves", "departs"), question="departs when")
    assert not said(sentence, "It leaves from the mill.")
    assert not said("It leaves at noon.", "It departs at noon.")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("twenty minutes", "thirty minutes"),
        ("It leaves", "It never leaves"),
        ("from the landing", "from Aster landing"),
        ("twenty", "20"),
        ("legal", "illegal"),
        ("likely", "unlikely"),
    ],
)
def test_what_tells_something_else_is_no_repetition(before: str, after: str) -> None:
    sentence = "It leaves every twenty minutes from the landing below the mill, which is likely and legal."
    assert sentence != sentence.replace(before, after)
    assert not said(sentence, sentence.replace(before, after))
    assert not said(sentence.replace(before, after), sentence)


def test_headings_and_bylines_need_not_be_repeated() -> None:
    plain = wordings([LEAD])
    for furniture in (["By Mirel Ostrand, 3 March 2025", LEAD], [f"TOLMEN (Coast Wire) – {LEAD}"]):
        assert repeats(wordings(furniture, opens=True), plain)
        assert not repeats(wordings(furniture), plain)
    assert repeats(wordings([LEAD, "A long wait"]), plain)
    assert repeats(wordings([LEAD, "***"]), plain)
    assert repeats(wordings([LEAD, "(Editing by P. Hale)"], closes=True), plain)
    assert not repeats(wordings([LEAD, "Tolmen 48 million"]), plain)
    assert not repeats(wordings(["A long wait"]), plain)
    assert not repeats(plain)


@given(st.lists(st.sampled_from(range(len(PARAGRAPHS)))), st.sets(st.sampled_from(range(len(PARAGRAPHS)))))
def test_news_is_what_the_others_do_not_say(own: list[int], known: set[int]) -> None:
    others = [wordings([PARAGRAPHS[number]]) for number in known]
    found = news(wordings([PARAGRAPHS[number] for number in own]), others, sought=lambda word: False)
    assert found == [place for place, number in enumerate(own) if number not in known]


# In the library


def test_articles_name_their_near_copies(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(AGENCY, INDEPENDENT)
    added = place.add(BYLINE, HEADLINE)
    assert [(record.id, record.also_in) for record in added.added] == [("byline", ("agency", "headline"))]
    # What is identical comes first.
    assert [(record.id, record.also_in) for record in added.copies] == [("headline", ("agency", "byline"))]
    assert also_in(place) == {
        "agency": {"byline", "headline"},
        "independent": set(),
        "byline": {"agency", "headline"},
        "headline": {"agency", "byline"},
    }
    assert place.article("byline").text == BYLINE.text
    place.check()


def test_a_changed_article_is_compared_again(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(AGENCY, BYLINE)
    place.add(replace(BYLINE, text=INDEPENDENT.text))
    assert also_in(place) == {"agency": set(), "byline": set()}
    place.add(replace(BYLINE, text=SHORTENED.text))
    assert also_in(place) == {"agency": {"byline"}, "byline": {"agency"}}
    # It is no copy of its own earlier revisions.
    place.add(replace(AGENCY, text=TYPOGRAPHY.text))
    assert also_in(place) == {"agency": {"byline"}, "byline": {"agency"}}
    place.check()


def test_what_was_removed_leaves_nothing_behind(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(AGENCY, BYLINE, SHORTENED)
    place.ingest.remove("agency")
    assert also_in(place) == {"byline": {"shortened"}, "shortened": {"byline"}}
    assert place.article("byline").text == BYLINE.text
    place.ingest.remove("byline", "shortened")
    with place.library.reading() as snapshot:
        assert {table: snapshot._one(f"SELECT count(*) FROM {table}") for table in TABLES} == dict.fromkeys(TABLES, 0)


def test_what_is_undone_leaves_nothing_behind(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(AGENCY)
    with place.library.reading() as snapshot:
        before = {table: snapshot._rows(f"SELECT * FROM {table}") for table in TABLES}
        generation = snapshot.generation()
    assert generation is not None

    def fail_after(number: int) -> None:
        with place.library.writing() as writer:
            writer.put(replace(BYLINE, origin="byline"), [], number)
            assert set(writer.record("byline").also_in) == {"agency"}
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after(generation.id)
    with place.library.reading() as snapshot:
        assert {table: snapshot._rows(f"SELECT * FROM {table}") for table in TABLES} == before


GROUPS = (AGENCY, HEADLINE, *VARIANTS, INDEPENDENT, *(article for pair in LOOKALIKES[:2] for article in pair))


@settings(max_examples=15)
@given(
    order=st.permutations(GROUPS),
    removed=st.sets(st.sampled_from([article.id for article in GROUPS])),
    together=st.booleans(),
)
def test_neither_the_order_nor_what_is_gone_matters(order: list[Article], removed: set[str], together: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Shelf(Path(folder))
        if together:
            place.add(*order)
        else:
            for article in order:
                place.add(article)
        if removed:
            place.ingest.remove(*removed)
        left = {str(article.id): article.text for article in GROUPS if article.id not in removed}
        expected: dict[str, set[str]] = {identity: set() for identity in left}
        for (one, text), (other, its) in permutations(left.items(), 2):
            if are_alike(text, its):
                expected[one].add(other)
        assert also_in(place) == expected
        place.close()


def test_texts_from_before_they_were_compared_are_compared_in_time(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(AGENCY, BYLINE, *(Article(id=f"other-{n}", title="Other", text=f"Other words {n}.") for n in range(4)))
    for table in ("signatures", "bands", "alike"):
        run_sql(place.folder, f"DELETE FROM {table}")
    run_sql(place.folder, "INSERT INTO uncompared SELECT id FROM texts")
    assert also_in(place)["agency"] == set()
    place.add(DATELINE)
    assert also_in(place)["agency"] == {"byline", "dateline"}
    with place.library.reading() as snapshot:
        assert snapshot._one("SELECT count(*) FROM uncompared") == 2
    place.ingest.remove("other-3")
    place.ingest.rebuild()
    with place.library.reading() as snapshot:
        assert snapshot._one("SELECT count(*) FROM uncompared") == 0
        assert snapshot._one("SELECT count(*) FROM signatures") == snapshot._one("SELECT count(*) FROM texts")
    place.check()


def test_a_mended_text_is_compared_by_what_it_is(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(AGENCY, BYLINE)
    run_sql(place.folder, f"UPDATE texts SET text = 'damaged' WHERE characters = {len(AGENCY.text)}")
    place.add(AGENCY)
    assert also_in(place) == {"agency": {"byline"}, "byline": {"agency"}}
    with place.library.reading() as snapshot:
        assert snapshot._one("SELECT count(*) FROM bands") == 2 * likeness.BANDS


def test_a_text_among_thousands_like_it_is_compared_with_few(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(*(weather(str(day), "Monday", day, 100 + day, 200 + day, 300 + day) for day in range(3 * MISSES)))
    read = []
    with place.library.writing() as writer:
        text_id = writer._one("SELECT max(id) FROM texts")

        def note(row: int) -> str:
            read.append(row)
            return writer.text(row)

        writer.compare(text_id, writer.text(text_id), read=note)
    assert len(read) == MISSES
    assert text_id not in read


def test_a_text_without_words_is_like_nothing(shelf: OpenShelf) -> None:
    place = shelf()
    place.add(AGENCY)
    with place.library.writing() as writer:
        for name, text in (("one", "🙂 — !"), ("two", "🙂 — ?")):
            writer.put(Article(id=name, title=name, text=text, origin=name), [], 1)
        assert [writer.record(name).also_in for name in ("one", "two")] == [(), ()]
        for name in ("one", "two"):
            writer.remove(name)


# In a search


QUESTIONS = (
    ("Who announced a bridge at Tolmen?", "governor, Dagny Roll, announced"),
    ("What does the bridge cost?", "The bridge costs 48 million crowns."),
    ("Who is against the bridge?", "Fishermen from the lower valley are against"),
    ("How often does the ferry leave?", "every twenty minutes from the landing below"),
)


@pytest.mark.parametrize("variant", [HEADLINE, *VARIANTS], ids=lambda variant: variant.id)
@pytest.mark.parametrize(("question", "words"), QUESTIONS)
def test_near_copies_are_shown_once_with_the_other(
    assistant: OpenAssistant, variant: Article, question: str, words: str
) -> None:
    opened = assistant(encoder=HashingEncoder())
    opened.add(AGENCY, variant, INDEPENDENT)
    [passage] = passages_with(opened.search(question, limit=50), words)
    missing = variant is SHORTENED and words in FERRY
    assert {passage.article_id, *passage.also_in} == ({"agency"} if missing else {"agency", str(variant.id)})


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Assistant]:
    """Every version of the report, for tests that change nothing."""
    with Assistant.open(Settings(index=tmp_path_factory.mktemp("papers")), encoder=encoder) as opened:
        opened.add(AGENCY, HEADLINE, *VARIANTS, INDEPENDENT)
        yield opened


@pytest.mark.parametrize(("question", "words"), QUESTIONS)
def test_of_many_near_copies_one_is_shown_and_the_others_are_named(
    papers: Assistant, question: str, words: str
) -> None:
    [passage] = passages_with(papers.search(question, limit=50), words)
    named = [passage.article_id, *passage.also_in]
    every = {str(article.id) for article in (AGENCY, HEADLINE, *VARIANTS)}
    assert set(named) == (every - {"shortened"} if words in FERRY else every)
    assert len(named) == len(set(named))
    article = papers.article(passage.article_id)
    assert article.text[passage.start : passage.end] == passage.text
    assert papers.search(question, limit=50) == papers.search(question, limit=50)


def test_an_answer_names_the_articles_that_have_its_quote(papers: Assistant) -> None:
    answer = papers.ask("When does the ferry leave?")
    [quote] = [citation for citation in answer.citations if "every twenty minutes from the" in citation.quote]
    assert {quote.article_id, *quote.also_in} >= {"agency", "headline", "byline", "dateline", "typography", "reworded"}
    assert not {"shortened", "independent"} & {quote.article_id, *quote.also_in}


@pytest.mark.parametrize("variant", [HEADLINE, *VARIANTS], ids=lambda variant: variant.id)
def test_a_filter_finds_the_copy_that_passes_it(papers: Assistant, variant: Article) -> None:
    for chosen in (Filters(source=variant.source), Filters(article_ids=str(variant.id))):
        for question, words in QUESTIONS:
            found = passages_with(papers.search(question, limit=50, filters=chosen), words)
            assert {passage.source for passage in found} <= {variant.source}
            assert bool(found) == (variant is not SHORTENED or words not in FERRY)
            assert all("agency" in passage.also_in for passage in found)


def test_what_only_one_copy_says_is_found_in_it(assistant: OpenAssistant) -> None:
    local = "Shopkeepers in Bay Street hope that the ferry will bring them customers, the mayor of Tolmen said."
    opened = assistant()
    opened.add(AGENCY, BYLINE, report("local", *PARAGRAPHS[:3], local, *PARAGRAPHS[3:], title="A bridge at last"))
    [passage] = passages_with(opened.search("What do the shopkeepers hope?", limit=50), "Shopkeepers in Bay Street")
    assert (passage.article_id, passage.also_in) == ("local", ())
    # What the others say, too, is with them or with it, and never twice.
    for _, words in QUESTIONS:
        assert len(passages_with(opened.search("What do the shopkeepers hope?", limit=50), words)) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [("Ewan Pike", "Ewan Pyke"), ("had been asked", "had not been asked"), ("take three years", "take five years")],
)
def test_where_copies_differ_both_are_shown(assistant: OpenAssistant, before: str, after: str) -> None:
    text = AGENCY.text.replace("that nobody had asked", "that nobody had been asked of those and asked")
    one, other = replace(AGENCY, text=text), replace(AGENCY, id="other", text=text.replace(before, after))
    assert one.text != other.text
    opened = assistant(encoder=HashingEncoder())
    opened.add(one, other)
    assert opened.articles()[0].also_in == ("other",)
    passages = opened.search("bridge fishermen crowns", limit=50)
    assert [passage.article_id for passage in passages_with(passages, before)] == ["agency"]
    assert [passage.article_id for passage in passages_with(passages, after)] == ["other"]


def test_copies_crowd_nothing_out(assistant: OpenAssistant) -> None:
    opened = assistant(encoder=HashingEncoder())
    copies = [
        report(f"copy-{number}", f"By reporter number {number}", *PARAGRAPHS, title="Bridge at Tolmen")
        for number in range(60)
    ]
    rest = [Article(id=f"rest-{number}", title="Gulls", text=f"Gull {number} sleeps.") for number in range(20)]
    opened.add(*copies, *rest)
    passages = opened.search("bridge at Tolmen", limit=10)
    assert len(passages) == 10
    assert len([passage for passage in passages if passage.article_id.startswith("copy")]) <= len(PARAGRAPHS)
    assert len(passages_with(passages, "governor, Dagny Roll")) == 1


def test_long_near_copies_are_compared_where_the_passage_stands(assistant: OpenAssistant) -> None:
    filler = [f"Chapter {number} tells how the {number} villages of the valley were founded." for number in range(1200)]
    opened = assistant(encoder=HashingEncoder())
    opened.add(
        report("first", *filler, *PARAGRAPHS), report("second", *filler[:400], COSTS, *filler[400:], *PARAGRAPHS)
    )
    [passage] = passages_with(opened.search("fishermen from the lower valley", limit=20), "Fishermen from the lower")
    assert {passage.article_id, *passage.also_in} == {"first", "second"}


def test_a_reranker_sees_no_repetitions(assistant: OpenAssistant) -> None:
    class Noting:
        def __init__(self) -> None:
            self.texts: list[str] = []

        def score(self, question: str, texts: Sequence[str]) -> Sequence[float]:
            self.texts = list(texts)
            return [float(number) for number in range(len(texts))]

    reranker = Noting()
    opened = assistant(encoder=HashingEncoder(), reranker=reranker)
    opened.add(AGENCY, BYLINE, DATELINE)
    opened.search("bridge at Tolmen")
    assert len([text for text in reranker.texts if COSTS in text]) == 1
    assert len([text for text in reranker.texts if OLD_BRIDGE in text]) == 1
    assert len([text for text in reranker.texts if PROTEST in text]) == 1
