"""Questions about whole articles, asked of the assistant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from answers import answer_of, followed, sentences_of
from articleqa import Answer, Article, Assistant, Filters, Settings
from articleqa.grounding import ABSTENTION
from articleqa.types import Encoder, Outcome, Quotes, Retrieved, Turn
from articles import ARTICLES, DAIRY, HARBOUR, HARBOUR_COPY, HOSTILE, LONG, MINISTER, WIND
from conftest import OpenAssistant

TODAY = date(2024, 11, 10)  # a Sunday


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Assistant]:
    with Assistant.open(Settings(index=tmp_path_factory.mktemp("index")), encoder=encoder) as opened:
        opened.add(*ARTICLES)
        yield opened


def ask(assistant: Assistant, question: str, **options: Any) -> Answer:
    events = followed(assistant, assistant.stream(question, asked_on=TODAY, **options))
    answer = answer_of(events)
    assert tuple(sentences_of(events)) == (answer.sentences if answer.outcome is not Outcome.NOT_FOUND else ())
    assert isinstance(events[0], Retrieved)
    if answer.citations:
        assert events[1] == Quotes(answer.citations)
    return answer


def cited(answer: Answer) -> list[str]:
    return list(dict.fromkeys(citation.article_id for citation in answer.citations))


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("Summarise the article about the wind farm in the hills", WIND),
        ("What are the main points of the interview with Petra Solvang?", MINISTER),
        ("Give me a short overview of the Norvik Dairy article", DAIRY),
        ("tl;dr of “A walk along the Sarn valley, village by village”", LONG),
    ],
)
def test_a_named_article_is_summed_up_in_its_own_words(library: Assistant, question: str, article: Article) -> None:
    answer = ask(library, question)
    assert answer.outcome is Outcome.ANSWERED
    assert cited(answer) == [article.id]
    assert 1 <= len(answer.citations) <= 4
    starts = [citation.start for citation in answer.citations]
    assert starts == sorted(starts)
    assert all(article.text[each.start : each.end] == each.quote for each in answer.citations)
    assert article.text.startswith(answer.citations[0].quote)
    assert answer.text == "\n\n".join(f"{each.quote} [{each.number}]" for each in answer.citations)


def test_as_many_sentences_as_are_asked_for(library: Assistant) -> None:
    for count, word in ((1, "one sentence"), (2, "2 sentences")):
        answer = ask(library, f"Summarise the article about the wind farm in the hills in {word}")
        assert len([quote for each in answer.citations for quote in each.quote.split(". ")]) == count


def test_this_article_is_the_one_that_was_talked_about(library: Assistant) -> None:
    history = [
        Turn("user", "What did Solvang say about wind farms at sea?"),
        Turn("assistant", "Solvang said that no wind farm should be built within twenty kilometres of a ground. [1]"),
    ]
    assert cited(ask(library, "Summarise this article", history=history)) == [MINISTER.id]


def test_an_overview_may_follow_an_overview(library: Assistant) -> None:
    with_history = library.conversation()
    first = with_history.ask("Summarise the article about the wind farm in the hills", asked_on=TODAY)
    again = with_history.ask("Now summarise it in one sentence, please", asked_on=TODAY)
    third = with_history.ask("And what are the main points of the article?", asked_on=TODAY)
    assert [cited(answer) for answer in (first, again, third)] == [[WIND.id]] * 3
    assert len(again.citations) == 1


def test_this_article_is_the_chosen_one(library: Assistant) -> None:
    answer = ask(library, "Summarise this article", filters=Filters(article_ids=str(DAIRY.id)))
    assert cited(answer) == [DAIRY.id]


def test_where_it_is_not_clear_which_article_is_meant_it_asks_back(library: Assistant) -> None:
    answer = ask(library, "Summarise this article")
    assert answer.outcome is Outcome.UNCLEAR
    assert not answer.answered
    assert answer.citations == ()
    assert answer.text.startswith("Which article? Name it")
    assert answer.text.count("“") == 5
    assert answer.text.endswith(f"or another of {len(ARTICLES)}.")


def test_of_an_empty_library_nothing_is_said(assistant: OpenAssistant) -> None:
    for question in ("Summarise this article", "What is new since Monday?", "What do they agree on?"):
        answer = ask(assistant(), question)
        assert (answer.outcome, answer.text) == (Outcome.NOT_FOUND, ABSTENTION)
        assert answer.notes == ("The library is empty: add articles first.",)


def test_all_articles_get_a_sentence_each_and_the_rest_is_told(library: Assistant) -> None:
    answer = ask(library, "Summarise all the articles")
    assert len(cited(answer)) == len(answer.citations) == 6
    assert answer.notes == (f"The newest 6 of {len(ARTICLES)} articles.",)


def test_what_is_new_is_told_newest_first(library: Assistant) -> None:
    answer = ask(library, "What is new since 31 October?", filters=Filters(undated=False, after="1900-01-01"))
    # A copy is shown once, with the other listed.
    assert cited(answer) == [HARBOUR_COPY.id, HOSTILE.id]
    assert answer.citations[0].also_in == (HARBOUR.id,)
    days = [str(each.published)[:10] for each in answer.citations]
    assert days == sorted(days, reverse=True)
    assert min(days) >= "2024-10-31"


def test_what_is_new_about_something_is_told_from_the_articles_that_say_something_of_it(library: Assistant) -> None:
    answer = ask(library, "What is new about wind farms?")
    assert set(cited(answer)) == {MINISTER.id, WIND.id}
    assert cited(answer)[0] == MINISTER.id  # the newer one


def test_what_no_article_is_about_is_not_summed_up(library: Assistant) -> None:
    for question in ("Summarise the debate on quantum computers", "What is new about volcanoes?", "Overview of opera"):
        answer = ask(library, question)
        assert (answer.outcome, answer.text) == (Outcome.NOT_FOUND, ABSTENTION)


def test_agreement_is_shown_by_two_articles_at_a_time(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.add(
        Article(
            id="courier",
            title="Bridge closed",
            text="The old bridge over the Sarn was closed to lorries on Monday. Shopkeepers complain of empty streets.",
        ),
        Article(
            id="wire",
            title="Lorries must turn back",
            text="Since Monday the old bridge over the Sarn is closed to lorries. A new one would cost 12 million.",
        ),
        Article(id="weekly", title="A bridge for birds", text="Swallows nest under the arches. Nobody disturbs them."),
    )
    answer = ask(opened, "What do they agree on?")
    assert answer.outcome is Outcome.ANSWERED
    assert [(each.article_id, "closed to lorries" in each.quote) for each in answer.citations] in (
        [("courier", True), ("wire", True)],
        [("wire", True), ("courier", True)],
    )
    opened.remove("wire")
    answer = ask(opened, "What do the articles agree on?")
    assert answer.outcome is Outcome.NOT_FOUND
    assert answer.notes == ("No two of these articles say the same about it in words alike.",)


def test_a_copy_does_not_agree_with_what_it_copies(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.add(HARBOUR, HARBOUR_COPY)
    assert ask(opened, "What do they agree on?").outcome is Outcome.NOT_FOUND


def test_a_photograph_is_not_what_an_article_says(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.add(
        Article(
            id="strike",
            title="Ferry crews strike for a third day",
            text="Ferry crews strike for a third day\n\n"
            "Ferry crews stand before the terminal of Skarnes at dawn on Tuesday, Nov. 5, 2024. Photo: Ada Lindholm\n\n"
            "The ferries of Skarnes stayed in port for a third day on Tuesday, and no talks are planned.\n\n"
            "The crews demand two more hands on every night crossing. The owners call that impossible.",
        )
    )
    (citation,) = ask(opened, "Summarise this article in one sentence").citations
    assert citation.quote.startswith("The ferries of Skarnes stayed in port")
