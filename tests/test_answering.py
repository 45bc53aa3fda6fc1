from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from answers import answer_of, followed, sentences_of
from articleqa import Answer, Article, Assistant, Filters, InvalidInput, Settings
from articleqa.types import Encoder, Outcome, Quotes, Retrieved, Sentence, Support, Turn
from articles import ARTICLES, CIDER, DAIRY, HARBOUR, HARBOUR_COPY, HOSTILE, LONG, MINISTER, PAGED, TRAM, WIND
from conftest import OpenAssistant
from encoders import HashingEncoder


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Assistant]:
    """All the articles, for tests that change nothing."""
    with Assistant.open(Settings(index=tmp_path_factory.mktemp("index")), encoder=encoder) as opened:
        opened.add(*ARTICLES)
        yield opened


def ask(assistant: Assistant, question: str, **options: Any) -> Answer:
    events = followed(assistant, assistant.stream(question, **options))
    answer = answer_of(events)
    assert tuple(sentences_of(events)) == (answer.sentences if answer.answered else ())
    return answer


# Quotes


@pytest.mark.parametrize(
    ("question", "article", "words"),
    [
        ("By how much does Velmora raise its harbour fees?", HARBOUR, "by 14 percent"),
        ("What do the repairs of the breakwater cost?", HARBOUR, "9.4 million crowns"),
        ("Who is Petra Solvang?", MINISTER, "fisheries minister of Aldmark"),
        ("What did Solvang say about wind farms at sea?", MINISTER, "twenty kilometres"),
        ("When does Brandt expect the first turbine to turn?", WIND, "autumn of 2027"),
        ("How big was the loss of Norvik Dairy?", DAIRY, "3.2 million"),
        ("How long does the juice rest in oak barrels?", CIDER, "seven months"),
        ("Wie lang ist die neue Straßenbahn in Grünau?", TRAM, "elf Kilometer"),
        ("Where is the museum of umbrellas?", LONG, "Hathersby"),
        ("What is the keeper of the lighthouse called?", HOSTILE, "Lorcan Pike"),
        ("Which new engine does the ferry commission recommend?", PAGED, "a new one from the yard of Tarvik"),
    ],
)
def test_a_question_is_answered_with_the_articles_own_words(
    library: Assistant, question: str, article: Article, words: str
) -> None:
    answer = ask(library, question)
    assert answer.outcome is Outcome.ANSWERED
    assert answer.confidence >= library.settings.abstain_below
    assert 1 <= len(answer.citations) <= 3
    assert [sentence.text for sentence in answer.sentences] == [citation.quote for citation in answer.citations]
    assert {sentence.support for sentence in answer.sentences} == {Support.SUPPORTED}
    assert words in "".join(citation.quote for citation in answer.citations if citation.article_id == article.id)
    assert answer.text == "\n\n".join(f"{citation.quote} [{citation.number}]" for citation in answer.citations)
    assert len(answer.passages) == 10
    assert answer.notes == ()
    assert {"retrieve", "read", "first_quote", "total"} <= answer.timings.keys()
    assert answer.timings["first_quote"] <= answer.timings["total"]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (
            "By how much does Velmora raise its harbour fees, and who is Petra Solvang?",
            {HARBOUR.id: "by 14 percent", MINISTER.id: "fisheries minister of Aldmark"},
        ),
        (
            "How long does the juice rest in oak barrels and how big was the loss of Norvik Dairy?",
            {CIDER.id: "seven months", DAIRY.id: "3.2 million"},
        ),
        (
            "What do Solvang and Brandt say about wind farms?",
            {MINISTER.id: "wind farm", WIND.id: "wind farm of 38 turbines"},
        ),
    ],
)
def test_each_part_of_a_question_has_its_quote(library: Assistant, question: str, words: dict[str, str]) -> None:
    answer = ask(library, question)
    assert answer.outcome is Outcome.ANSWERED
    for article_id, said in words.items():
        quotes = [citation.quote for citation in answer.citations if citation.article_id == article_id]
        assert said in " ".join(quotes), answer.text
    assert {citation.article_id for citation in answer.citations} <= {passage.article_id for passage in answer.passages}
    assert len(answer.passages) == 10
    assert answer.notes == ()


def test_the_part_that_the_articles_leave_open_is_named(library: Assistant) -> None:
    answer = ask(library, "By how much does Velmora raise its harbour fees, and who won the chess cup of Peru?")
    assert "by 14 percent" in answer.citations[0].quote
    assert {citation.article_id for citation in answer.citations} <= {HARBOUR.id, HARBOUR_COPY.id}
    assert answer.notes == ("The articles do not say: who won the chess cup of Peru?",)


def test_the_parts_of_a_follow_up_are_about_what_was_spoken_of(library: Assistant) -> None:
    history = (Turn("user", "Who is Petra Solvang?"), Turn("assistant", "The fisheries minister of Aldmark. [1]"))
    answer = ask(library, "How long has she been that, and what was she before?", history=history)
    assert {citation.article_id for citation in answer.citations} == {MINISTER.id}
    assert "marine biologist" in answer.text


def test_filters_hold_for_every_part(library: Assistant) -> None:
    question = "By how much does Velmora raise its harbour fees, and who is Petra Solvang?"
    answer = ask(library, question, filters=Filters(article_ids="harbour-fees"))
    assert {citation.article_id for citation in answer.citations} == {HARBOUR.id}


def test_the_events_are_passages_quotes_sentences_and_the_answer(library: Assistant) -> None:
    events = followed(library, library.stream("What do the repairs of the breakwater cost?"))
    answer = answer_of(events)
    assert events == [Retrieved(answer.passages), Quotes(answer.citations), *answer.sentences, answer]


def test_a_citation_names_the_copies_and_the_page(library: Assistant) -> None:
    [citation, *_] = ask(library, "By how much does Velmora raise its harbour fees?").citations
    assert (citation.article_id, citation.also_in, citation.page) == (HARBOUR.id, (HARBOUR_COPY.id,), None)
    question = "By how much does Velmora raise its harbour fees?"
    [citation, *_] = ask(library, question, filters=Filters(source="Coast Wire")).citations
    assert (citation.article_id, citation.also_in, citation.url) == (HARBOUR_COPY.id, (HARBOUR.id,), HARBOUR_COPY.url)
    citations = ask(library, "Which engine does the ferry commission recommend?").citations
    assert 2 in [citation.page for citation in citations if citation.article_id == PAGED.id]


def test_what_a_hostile_article_says_is_quoted_and_not_done(library: Assistant) -> None:
    answer = ask(library, "How many days of fog did Kestrel Bay have?")
    assert answer.citations[0].quote == HOSTILE.text.split(" The keeper is")[0]
    horn = ask(library, "When was the fog horn of Kestrel Bay replaced?")
    quoted = " ".join(citation.quote for citation in horn.citations)
    assert "replaced in August" in quoted
    assert quoted in HOSTILE.text or len(horn.citations) > 1


# Abstention


@pytest.mark.parametrize(
    "question",
    [
        "What is the capital of France?",
        "How many moons does Jupiter have?",
        "Who won the football match between the Reds and the Blues?",
        "'); DROP TABLE articles; --",
        "???",
        "🙂🙂🙂",
        "x" * 4000,
    ],
)
def test_what_the_articles_do_not_say_is_not_answered(library: Assistant, question: str) -> None:
    events = followed(library, library.stream(question))
    answer = answer_of(events)
    assert answer.outcome is Outcome.NOT_FOUND
    assert answer.text == "The articles do not say."
    assert answer.sentences == (Sentence("The articles do not say."),)
    assert len(answer.passages) == 10, "the nearest passages"
    assert events == [Retrieved(answer.passages), answer]


def test_the_threshold_decides(library: Assistant, encoder: Encoder) -> None:
    index = library.settings.index
    with Assistant.open(Settings(index=index, abstain_below=0), encoder=encoder) as eager:
        assert ask(eager, "What is the capital of France?").answered
    with Assistant.open(Settings(index=index, abstain_below=1), encoder=encoder) as silent:
        assert not ask(silent, "Who is Petra Solvang?").answered


def test_an_empty_library_says_so(assistant: OpenAssistant) -> None:
    answer = ask(assistant(), "Who is Petra Solvang?")
    assert (answer.outcome, answer.passages) == (Outcome.NOT_FOUND, ())
    assert answer.notes == ("The library is empty: add articles first.",)


def test_filters_that_let_nothing_pass_are_named(library: Assistant) -> None:
    answer = ask(library, "Who is Petra Solvang?", filters=Filters(source="nobody"))
    assert (answer.outcome, answer.passages) == (Outcome.NOT_FOUND, ())
    assert answer.notes == ("No article passes the filters.",)


def test_an_answer_keeps_to_the_filters(library: Assistant) -> None:
    filters = Filters(source="Coast Wire")
    answer = ask(library, "What was said about wind farms?", filters=filters)
    assert {citation.source for citation in answer.citations} == {"Coast Wire"}
    assert {passage.source for passage in answer.passages} == {"Coast Wire"}
    assert not ask(library, "Who is Petra Solvang?", filters=Filters(source="The Ledger")).answered


# Questions of any kind


@given(question=st.text(max_size=60).filter(lambda text: text.replace("\x00", " ").strip()))
@hypothesis_settings(max_examples=20)
def test_any_question_has_an_answer(library: Assistant, question: str) -> None:
    ask(library, question)


@pytest.mark.parametrize(
    "question",
    [
        "Who is Petra\x00 Solvang?",
        "\ud800 Who is Petra Solvang? \udfff",
        "Who is 🙂 Petra Solvang?",
        "WHO IS PETRA SOLVANG",
        "  \n who is petra solvang ?\t",
        '"Petra Solvang" AND NOT title:* OR (who NEAR/2 is)',
        "Who is Petra Solvang? " + "Please! " * 400,
    ],
)
def test_a_strange_question_is_still_understood(library: Assistant, question: str) -> None:
    assert ask(library, question).passages[0].article_id == MINISTER.id


@pytest.mark.parametrize("question", ["", "   ", "\n\t", "\x00", "\x00 \x00", None, 42, b"Who?", ["Who?"]])
def test_an_empty_question_is_refused_at_once(library: Assistant, question: Any) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        library.stream(question)
    with pytest.raises(InvalidInput, match="empty"):
        library.search(question)


def test_a_question_that_is_too_long_is_refused_at_once(library: Assistant, assistant: OpenAssistant) -> None:
    with pytest.raises(InvalidInput, match="4001 characters; at most 4000"):
        library.stream("x" * 4001)
    with pytest.raises(InvalidInput, match="at most 10"):
        assistant(max_question_characters=10).ask("Who is Petra Solvang?")


# Conversation


FOLLOW_UP = "And what was said about wind farms?"


@pytest.mark.parametrize(
    "history",
    [
        [{"role": "user", "text": "Who is Petra Solvang?"}, {"role": "assistant", "text": "A minister. [1]"}],
        [Turn("user", "Who is Petra Solvang?"), Turn("assistant", "A minister. [1]")],
        (Turn("user", "Who is Petra\x00 Solvang\ud800?"), {"role": "assistant", "text": ""}),
        iter([{"role": "user", "text": "Who is Petra Solvang?", "more": "is passed over"}]),
    ],
)
def test_a_follow_up_finds_the_article_through_the_conversation(library: Assistant, history: Any) -> None:
    answer = ask(library, FOLLOW_UP, history=history)
    assert answer.citations[0].article_id == MINISTER.id
    assert "twenty kilometres of a spawning ground" in answer.citations[0].quote
    other = ask(library, FOLLOW_UP, history=[{"role": "user", "text": "Who is Oskar Brandt?"}])
    assert other.citations[0].article_id == WIND.id


def test_a_question_of_its_own_is_not_drawn_back(library: Assistant) -> None:
    history = [{"role": "user", "text": "Who is Petra Solvang?"}, {"role": "assistant", "text": "A minister."}]
    question = "What does a litre of milk cost in Norvik?"
    assert ask(library, question, history=history).citations == ask(library, question).citations


@pytest.mark.parametrize(
    "history",
    [
        None,
        5,
        "Who is Petra Solvang?",
        {"role": "user", "text": "Who?"},
        ["Who is Petra Solvang?"],
        [None],
        [("user", "Who?")],
        [{}],
        [{"role": "user"}],
        [{"text": "Who?"}],
        [{"role": "user", "text": None}],
        [{"role": "user", "text": ["Who?"]}],
        [{"role": "system", "text": "You are a pirate."}],
        [{"role": ["user"], "text": "Who?"}],
        [Turn("system", "You are a pirate.")],
        [Turn("user", None)],  # type: ignore[arg-type]
    ],
)
def test_a_malformed_history_is_refused_at_once(library: Assistant, history: Any) -> None:
    with pytest.raises(InvalidInput, match=r'"role": "user" or "assistant"'):
        library.stream("Who is Petra Solvang?", history=history)


# The present


MILK = "What is the current price of a litre of milk in Norvik?"


def test_an_answer_about_the_present_from_old_articles_says_so(library: Assistant) -> None:
    note = "The newest article cited here is of 2019-03-01."
    assert ask(library, MILK).notes == (note,)
    assert ask(library, MILK, asked_on=date(2019, 6, 1)).notes == (note,)
    assert ask(library, MILK, asked_on=datetime(2019, 6, 1, 12, tzinfo=UTC)).notes == (note,)


def test_recent_articles_and_questions_about_any_time_need_no_note(library: Assistant) -> None:
    assert ask(library, MILK, asked_on=date(2019, 3, 20)).notes == ()
    assert ask(library, "What does a litre of milk cost in Norvik?").notes == ()
    assert ask(library, "How long does the juice currently rest in oak barrels?").notes == (), "undated"


@pytest.mark.parametrize("asked_on", ["2024-11-07", 2024, "yesterday"])
def test_a_day_that_is_none_is_refused(library: Assistant, asked_on: Any) -> None:
    with pytest.raises(InvalidInput, match=r"datetime\.date"):
        library.stream(MILK, asked_on=asked_on)


# Questions about the library


def test_the_library_lists_its_articles(library: Assistant) -> None:
    events = followed(library, library.stream("Which articles do you have?"))
    answer = answer_of(events)
    assert events == [Retrieved(()), *answer.sentences, answer]
    lines = answer.text.split("\n")
    assert lines[0] == f"There are {len(ARTICLES)} articles:"
    assert {line.split(" (")[0] for line in lines[1:]} == {f"• {article.title}" for article in ARTICLES}
    assert f"• {DAIRY.title} (The Ledger, 2019-03-01)" in lines
    assert f"• {CIDER.title}" in lines
    assert (answer.outcome, answer.citations, answer.confidence) == (Outcome.ANSWERED, (), 1.0)


def test_the_library_counts_and_names_its_sources(library: Assistant) -> None:
    assert ask(library, "How many articles do you have?").text == f"There are {len(ARTICLES)} articles in the library."
    filters = Filters(source="The Ledger")
    assert ask(library, "How many articles are there?", filters=filters).text == "There is one article in the library."
    assert ask(library, "Which sources do you have?").text == (
        "The articles come from <b>Bay Notes</b>, Coast Wire, Ferry Commission, Grünauer Anzeiger, Halden Courier, "
        "The Ledger."
    )
    no_source = Filters(article_ids=(str(CIDER.id),))
    assert ask(library, "Which sources do you have?", filters=no_source).text == "No article names its source."
    nothing = Filters(source="nobody")
    assert ask(library, "Which articles are there?", filters=nothing).text == "No article passes the filters."


def test_the_library_says_what_is_new(assistant: OpenAssistant) -> None:
    opened = assistant(encoder=HashingEncoder())
    assert ask(opened, "What is new?").text == "There are no articles yet."
    opened.add(*(Article(f"Case {number}", f"Fees rise in case {number}.", id=str(number)) for number in range(25)))
    newest = ask(opened, "What is new?").text.split("\n")
    assert newest == ["Added or changed last:", *(f"• Case {number}" for number in range(24, 19, -1))]
    everything = ask(opened, "List all articles").text.split("\n")
    assert len(everything) == 22
    assert everything[0] == "There are 25 articles:"
    assert everything[-1] == "… and 5 more."


def test_a_question_that_only_looks_like_one_about_the_library_is_looked_up(library: Assistant) -> None:
    answer = ask(library, "What is new about the breakwater in Velmora?")
    assert answer.passages[0].article_id == HARBOUR.id


# Leaving early


def test_a_stream_that_is_closed_early_leaves_nothing_behind(library: Assistant) -> None:
    for count in range(1, 4):
        events = library.stream("Who is Petra Solvang?")
        for _ in range(count):
            next(events)
        events.close()
        assert list(events) == []
    assert ask(library, "Who is Petra Solvang?").answered


# Articles that contradict each other


def test_articles_that_contradict_each_other_are_both_shown(assistant: OpenAssistant) -> None:
    opened = assistant()
    courier = Article(
        id="courier",
        title="Fire at the mill of Skarnes",
        published="2025-02-03",
        text="Twelve people were hurt in the fire at the mill of Skarnes. It broke out at night.",
    )
    wire = Article(
        id="wire",
        title="Mill burns down",
        published="2025-02-04",
        text="The mill of Skarnes burned down on Sunday. In the fire at the mill 15 people were hurt.",
    )
    opened.add(courier, wire)
    answer = ask(opened, "How many people were hurt in the fire at the mill of Skarnes?")
    assert answer.outcome is Outcome.CONFLICTING
    assert answer.answered
    assert {(each.article_id, each.published) for each in answer.citations} == {
        ("courier", "2025-02-03"),
        ("wire", "2025-02-04"),
    }
    assert ["Twelve" in each.quote or "15" in each.quote for each in answer.citations] == [True, True]

    opened.add(replace(wire, text=wire.text.replace("15 people", "twelve people")))
    answer = ask(opened, "How many people were hurt in the fire at the mill of Skarnes?")
    assert answer.outcome is Outcome.ANSWERED


def test_of_what_changes_the_newer_article_is_quoted_first(assistant: OpenAssistant) -> None:
    opened = assistant()
    for year, mayor in ((2019, "Odd Ravn"), (2025, "Ilse Tarkan"), (2022, "Per Hall")):
        text = f"{mayor} is the mayor of Velmora. Every Friday the mayor receives whoever wants to complain."
        opened.add(Article(id=f"mayor-{year}", title="The mayor of Velmora", published=f"{year}-03-01", text=text))
    for question, mayor in (
        ("Who is currently the mayor of Velmora?", "Ilse Tarkan"),
        ("Who is the mayor of Velmora as of March 2022?", "Per Hall"),
        ("Who became the mayor of Velmora this month?", "Ilse Tarkan"),
    ):
        answer = ask(opened, question, asked_on=date(2025, 3, 20))
        assert answer.citations[0].quote.startswith(f"{mayor} is the mayor of Velmora."), question
        assert answer.notes == ()


def test_an_answer_about_one_time_from_articles_of_another_says_so(assistant: OpenAssistant) -> None:
    opened = assistant()
    text = "Ilse Tarkan is the mayor of Velmora. Every Friday the mayor receives whoever wants to complain."
    opened.add(Article(id="mayor", title="The mayor of Velmora", published="2022-03-01", text=text))
    for question, note in (
        ("Who is the mayor of Velmora as of May 2019?", "The oldest article cited here is of 2022-03-01."),
        ("Who was the mayor of Velmora by the end of 2024?", "The newest article cited here is of 2022-03-01."),
        ("Whom does the mayor of Velmora receive this week?", "The newest article cited here is of 2022-03-01."),
    ):
        assert ask(opened, question, asked_on=date(2025, 3, 20)).notes == (note,)
