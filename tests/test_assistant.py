from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from answers import check_answer
from articleqa import Answer, Article, Assistant, Filters, InvalidInput, Order, Settings, SourceCount
from articleqa.types import (
    ArticleNotFound,
    Encoder,
    IndexMismatch,
    LibraryError,
    Progress,
    Retrieved,
)
from articles import ARTICLES, CIDER, DAIRY, HARBOUR, HARBOUR_COPY, MINISTER, WIND
from conftest import OpenAssistant
from encoders import HashingEncoder


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Assistant]:
    """All the articles, for tests that change nothing."""
    with Assistant.open(Settings(index=tmp_path_factory.mktemp("index")), encoder=encoder) as opened:
        opened.add(*ARTICLES)
        yield opened


# Opening and closing


def test_a_folder_is_enough_and_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: Encoder) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in (tmp_path / "a" / "b", str(tmp_path / "c"), Settings(index=tmp_path / "d")):
        with Assistant.open(folder, encoder=encoder) as opened:
            assert opened.articles() == []
            assert opened.settings.index.is_dir()
    monkeypatch.setenv("ARTICLEQA_INDEX", str(tmp_path / "e"))
    with Assistant.open() as opened:
        assert opened.settings.index == tmp_path / "e"


def test_opening_loads_no_model(tmp_path: Path) -> None:
    settings = Settings(index=tmp_path, embedding=str(tmp_path / "nowhere"), llm="http://127.0.0.1:9/v1#nobody")
    with Assistant.open(settings) as opened:
        assert opened.articles() == []
        assert opened.search("anything") == []
        assert not opened.ask("anything").answered


def test_a_folder_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryError, match="choose another"):
        Assistant.open(tmp_path / "file")


def test_a_closed_assistant_says_so(assistant: OpenAssistant) -> None:
    opened = assistant(encoder=HashingEncoder())
    opened.add(CIDER)
    with opened as same:
        assert same is opened
    opened.close()
    for use in (
        lambda: opened.add(DAIRY),
        opened.articles,
        lambda: opened.article("cider"),
        lambda: opened.remove("cider"),
        opened.rebuild,
        lambda: opened.ask("How is cider pressed?"),
        lambda: opened.search("cider"),
        lambda: opened.as_retriever().retrieve("cider"),
    ):
        with pytest.raises(LibraryError, match="closed"):
            use()


def test_everything_survives_a_restart(assistant: OpenAssistant) -> None:
    first = assistant()
    first.add(HARBOUR, HARBOUR_COPY, DAIRY)
    answer = first.ask("What do the repairs of the breakwater cost?")
    first.close()
    again = assistant()
    assert replace(again.ask("What do the repairs of the breakwater cost?"), timings={}) == replace(answer, timings={})


# Articles


def test_what_was_added_is_reported_listed_and_read(assistant: OpenAssistant, tmp_path: Path) -> None:
    opened = assistant(encoder=HashingEncoder())
    (tmp_path / "note.txt").write_text("Gulls\n\nGulls sleep on roofs, and nobody minds.")
    report = opened.add(HARBOUR, HARBOUR_COPY, tmp_path / "note.txt", str(tmp_path / "missing.txt"))
    [harbour, note] = report.added
    assert [record.id for record in report.copies] == [HARBOUR_COPY.id]
    assert [origin for origin, _ in report.failed] == [str(tmp_path / "missing.txt")]
    assert report.passages_encoded == harbour.passages + note.passages

    assert [record.id for record in opened.articles()] == [HARBOUR.id, HARBOUR_COPY.id, note.id]
    assert opened.article_count() == 3
    assert opened.article(str(HARBOUR.id)) == replace(HARBOUR, revision=1, origin="article:harbour-fees")
    again = opened.add(HARBOUR)
    assert [record.id for record in again.unchanged] == [HARBOUR.id]
    assert again.passages_encoded == 0


def test_articles_are_listed_by_the_page_and_by_filters(library: Assistant) -> None:
    everything = library.articles()
    assert [record.id for record in everything] == [article.id for article in ARTICLES]
    assert library.articles(limit=3, offset=2) == everything[2:5]
    assert library.articles(limit=0) == []
    assert library.articles(offset=100) == []
    filters = Filters(source="Coast Wire")
    assert [record.id for record in library.articles(filters=filters)] == [HARBOUR_COPY.id, WIND.id]
    assert library.article_count(filters=filters) == 2


def test_articles_are_listed_by_words_and_in_any_order(library: Assistant) -> None:
    everything = library.articles()
    assert library.articles(order=Order.ARRIVAL) == everything
    assert library.articles(descending=True) == everything[::-1]
    by_title = library.articles(order=Order.TITLE)
    assert [record.title for record in by_title] == sorted((record.title for record in everything), key=str.casefold)
    assert library.articles(order=Order.TITLE, descending=True, limit=2, offset=1) == by_title[-2:-4:-1]
    dates = [record.published for record in library.articles(order=Order.PUBLISHED, descending=True)]
    dated = [published for published in dates if published is not None]
    assert dates[: len(dated)] == dated == sorted(dated, reverse=True)
    assert [record.id for record in library.articles(matching="VELMORA wire")] == [HARBOUR_COPY.id]
    assert library.article_count(matching="velmora") == len(library.articles(matching="velmora")) == 2
    filters = Filters(source="Coast Wire")
    assert [record.id for record in library.articles(filters=filters, matching="velmora")] == [HARBOUR_COPY.id]
    assert library.article_count(filters=filters, matching="velmora") == 1


def test_a_list_in_no_order_or_by_no_words_is_refused(library: Assistant) -> None:
    for use in (
        lambda: library.articles(order="newest"),  # type: ignore[arg-type]
        lambda: library.articles(matching=7),  # type: ignore[arg-type]
        lambda: library.article_count(matching=["velmora"]),  # type: ignore[arg-type]
        lambda: library.articles(matching="x" * 1001),
    ):
        with pytest.raises(InvalidInput) as caught:
            use()
        assert "\n" not in str(caught.value)


def test_sources_are_counted(library: Assistant) -> None:
    counted = library.sources()
    assert {source.name for source in counted} == {record.source for record in library.articles() if record.source}
    assert [-source.articles for source in counted] == sorted(-source.articles for source in counted)
    (wire,) = library.sources(filters=Filters(source="Coast Wire"))
    assert wire == SourceCount("Coast Wire", 2, "2024-09-14", "2024-11-08")
    assert wire in counted


@pytest.mark.parametrize(("limit", "offset"), [(-1, 0), (None, -1), (3, -3)])
def test_a_page_before_the_first_is_refused(library: Assistant, limit: int | None, offset: int) -> None:
    with pytest.raises(InvalidInput, match="negative"):
        library.articles(limit=limit, offset=offset)


@pytest.mark.parametrize("limit", [0, -5])
def test_a_search_for_nothing_is_refused(library: Assistant, limit: int) -> None:
    with pytest.raises(InvalidInput, match="one passage at least"):
        library.search("fees", limit=limit)


def test_an_unknown_article_is_named(library: Assistant) -> None:
    for use in (lambda: library.article("nobody"), lambda: library.remove("nobody")):
        with pytest.raises(ArticleNotFound, match=r"'nobody'.*articleqa list"):
            use()
    with pytest.raises(ArticleNotFound, match="revision 7 of 'cider' is not kept; the current one is 1"):
        library.article("cider", revision=7)


def test_progress_is_told(assistant: OpenAssistant) -> None:
    told: list[Progress] = []
    opened = assistant(encoder=HashingEncoder())
    opened.add(*ARTICLES, progress=told.append)
    opened.rebuild(progress=told.append)
    assert {progress.stage for progress in told} == {"load", "encode", "index", "verify"}
    for progress in told:
        assert progress.total is None or 0 <= progress.done <= progress.total


def test_the_samples_can_be_added(assistant: OpenAssistant) -> None:
    opened = assistant(encoder=HashingEncoder())
    report = opened.add_samples()
    assert not report.failed
    assert len(report.added) == opened.article_count() >= 5


# Between an answer and a click


def test_an_article_that_changed_is_still_shown_as_it_was_cited(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.add(HARBOUR, DAIRY)
    question = "By how much does Velmora raise its harbour fees?"
    before = opened.ask(question)
    corrected = HARBOUR.text.replace("14 percent", "12 percent")
    opened.add(replace(HARBOUR, text=f"A correction was made here.\n\n{corrected}"))
    check_answer(opened, before)
    after = opened.ask(question)
    check_answer(opened, after)
    assert (before.citations[0].revision, after.citations[0].revision) == (1, 2)
    assert "12 percent" in after.text
    assert before.citations[0].start < after.citations[0].start

    opened.rebuild()
    check_answer(opened, opened.ask(question))
    with pytest.raises(ArticleNotFound, match="revision 1 of 'harbour-fees' is not kept"):
        opened.article(str(HARBOUR.id), revision=1)


def test_an_article_that_was_removed_comes_back_as_it_was_cited(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.add(replace(HARBOUR, origin="/articles/harbour.txt"), DAIRY)
    opened.add(replace(HARBOUR, origin="/articles/harbour.txt", text=f"A correction was made here.\n\n{HARBOUR.text}"))
    question = "By how much does Velmora raise its harbour fees?"
    before = opened.ask(question)
    (citation,) = [citation for citation in before.citations if citation.article_id == HARBOUR.id][:1]
    assert citation.revision == 2
    numbers = {passage.id for passage in opened.search(question)}

    kept = opened.article(citation.article_id)
    (record,) = opened.articles(matching="velmora raises")
    opened.remove(citation.article_id)
    with pytest.raises(ArticleNotFound):
        opened.article(citation.article_id, revision=2)
    report = opened.add(kept)
    assert [replace(back, added=record.added) for back in report.added] == [record]
    assert opened.article(citation.article_id, revision=2) == kept
    assert opened.article(citation.article_id) == kept
    check_answer(opened, before)
    after = opened.ask(question)
    assert after.citations == before.citations
    new = {passage.id for passage in opened.search(question) if passage.article_id == HARBOUR.id}
    assert min(new) > max(numbers)
    # The next change counts on from there.
    assert [record.revision for record in opened.add(HARBOUR).updated] == [3]
    check_answer(opened, before)


def test_an_article_that_was_removed_is_gone(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.add(HARBOUR, HARBOUR_COPY, DAIRY)
    question = "By how much does Velmora raise its harbour fees?"
    assert opened.ask(question).citations[0].article_id == HARBOUR.id
    opened.remove(str(HARBOUR.id))
    with pytest.raises(ArticleNotFound):
        opened.article(str(HARBOUR.id), revision=1)
    answer = opened.ask(question)
    check_answer(opened, answer)
    assert (answer.citations[0].article_id, answer.citations[0].also_in) == (HARBOUR_COPY.id, ())
    opened.remove(str(HARBOUR_COPY.id))
    assert not opened.ask(question).answered
    assert {passage.article_id for passage in opened.search(question)} == {DAIRY.id}


def test_an_article_may_go_while_it_is_being_quoted(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.add(HARBOUR, DAIRY)
    events = opened.stream("By how much does Velmora raise its harbour fees?")
    assert isinstance(next(events), Retrieved)
    opened.remove(str(HARBOUR.id))
    *_, answer = events
    assert isinstance(answer, Answer)
    assert answer.citations[0].quote in HARBOUR.text


def test_another_assistant_of_the_same_folder_sees_what_was_added(assistant: OpenAssistant) -> None:
    one, other = assistant(), assistant()
    one.add(CIDER)
    assert other.ask("How long does the juice rest in oak barrels?").answered
    other.add(DAIRY)
    one.remove("cider")
    assert [record.id for record in other.articles()] == [DAIRY.id]
    assert not other.ask("How long does the juice rest in oak barrels?").answered


# Another encoder


def test_another_encoder_is_refused_until_a_rebuild(assistant: OpenAssistant) -> None:
    assistant(encoder=HashingEncoder()).add(*ARTICLES)
    other = assistant(encoder=HashingEncoder(name="other"))
    for use in (
        lambda: other.ask("Who is Petra Solvang?"),
        lambda: other.search("fees"),
        lambda: other.add(Article("New", "A new text.", id="new")),
        lambda: list(other.conversation().stream("Who is Petra Solvang?")),
    ):
        with pytest.raises(IndexMismatch) as caught:
            use()
        assert str(caught.value) == (
            "the index was built with hashing or another chunker; the encoder is now other: run `articleqa rebuild`, "
            "or set `embedding` back"
        )
    assert len(other.articles()) == len(ARTICLES), "what needs no encoder works"
    assert other.ask("How many articles do you have?").answered
    assert other.add(HARBOUR).unchanged
    other.rebuild()
    assert other.search("harbour fees")[0].article_id == HARBOUR.id


# Models


def test_models_are_opened_once(assistant: OpenAssistant) -> None:
    opened = assistant(llm="http://127.0.0.1:9/v1#nobody")
    model = opened.language_model()
    assert model is not None
    assert opened.language_model() is model
    assert opened.encoder() is opened.encoder()
    assert assistant().language_model() is None
    assert assistant(llm=model).language_model() is model


# Many at once


def test_twenty_may_ask_while_one_adds(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.add(HARBOUR, DAIRY, CIDER)
    questions = {
        "By how much does Velmora raise its harbour fees?": HARBOUR.id,
        "How long does the juice rest in oak barrels?": CIDER.id,
    }
    faults: list[BaseException] = []
    answered: list[Answer] = []
    begin = threading.Barrier(21)

    def ask(number: int) -> None:
        try:
            begin.wait()
            question = list(questions)[number % 2]
            answer = opened.ask(question)
            assert answer.citations[0].article_id == questions[question]
            check_answer(opened, answer)
            answered.append(answer)
        except BaseException as fault:  # noqa: BLE001 - it is looked at below
            faults.append(fault)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    begin.wait()
    for article in (MINISTER, WIND, HARBOUR_COPY):
        opened.add(article)
    opened.remove(str(DAIRY.id))
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(answered) == 20
    assert opened.ask("Who is Petra Solvang?").citations[0].article_id == MINISTER.id


def test_the_state_is_another_after_every_change_and_only_then(assistant: OpenAssistant) -> None:
    opened = assistant()
    states = [opened.state()]
    opened.add(Article("The mill", "The mill turns when the wind blows.", id="mill"))
    states.append(opened.state())
    opened.search("mill")
    opened.add(Article("The mill", "The mill turns when the wind blows.", id="mill"))
    assert opened.state() == states[-1]
    opened.remove("mill")
    states.append(opened.state())
    assert len(set(states)) == 3
