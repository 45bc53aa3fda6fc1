from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from llama_index.core.llms import MockLLM

from answers import check_answer
from articleqa import Article, Assistant, InvalidInput
from articleqa.assistant.suggesting import CHARACTERS, SURER
from articleqa.types import Encoder, LibraryError, Matrix, ProgressCallback, Vector
from articles import ARTICLES, HARBOUR, HARBOUR_COPY, HOSTILE, MINISTER, TRAM, WIND
from conftest import OpenAssistant
from encoders import HashingEncoder

LIGHTHOUSE = Article(
    id="lighthouse",
    title="The lighthouse of Skarvik is for sale",
    text="""The lighthouse of Skarvik was built in 1871 by two brothers from Oslemark. It has been dark since \
the spring.

The lighthouse of Skarvik is 38 metres high and has 211 steps. Nobody has counted them twice.

The lamp of the lighthouse was switched off because the harbour uses buoys of its own.

“I shall miss the climb,” said keeper Runa Dahlberg, who has led tours since 2004.""",
)
ORCHESTRA = Article(
    id="orchestra",
    title="Youth orchestra of Tamsel goes on tour",
    text="""The youth orchestra of Tamsel will play in four towns this summer.

The tour of the orchestra cost 64,000 crowns, which the members earned by playing at weddings.

The conductor, Mattis Orr, expects rain.""",
)


def answered_by(assistant: Assistant, question: str) -> str | None:
    """The article that the first quote of an answer comes from, once the answer has been checked."""
    answer = assistant.ask(question)
    check_answer(assistant, answer)
    assert answer.answered
    threshold = assistant.settings.abstain_below
    assert answer.confidence >= threshold + SURER * (1 - threshold)
    return answer.citations[0].article_id


class Counting:
    """The real encoder, and how often it was asked; ``broken`` makes it fail."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.name, self.revision = encoder.name, encoder.revision
        self.dimension, self.max_tokens = encoder.dimension, encoder.max_tokens
        self.questions: list[str] = []
        self.broken = False

    def encode_documents(self, texts: Sequence[str], *, progress: ProgressCallback | None = None) -> Matrix:
        return self._encoder.encode_documents(texts, progress=progress)

    def encode_query(self, text: str) -> Vector:
        if self.broken:
            raise RuntimeError("the weights are gone")
        self.questions.append(text)
        return self._encoder.encode_query(text)

    def count_tokens(self, text: str) -> int:
        return self._encoder.count_tokens(text)


def test_the_samples_suggest_three_questions_that_they_answer(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.add_samples()
    questions = opened.suggestions()
    assert questions == [
        "What is Article QA?",
        "How do I rebuild the index?",
        "Which file formats can Article QA read?",
    ]
    assert len({answered_by(opened, question) for question in questions}) == 3, "each from an article of its own"


def test_the_first_own_article_takes_the_samples_place(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.add_samples()
    opened.add(LIGHTHOUSE)
    questions = opened.suggestions()
    assert questions == [
        "How high is the lighthouse of Skarvik?",
        "When was the lighthouse of Skarvik built?",
        "Why was the lamp of the lighthouse switched off?",
    ]
    assert {answered_by(opened, question) for question in questions} == {LIGHTHOUSE.id}
    assert opened.suggestions(limit=10)[:3] == questions
    assert opened.suggestions(limit=1) == questions[:1]


def test_the_newest_articles_come_first_and_each_has_its_turn(assistant: OpenAssistant) -> None:
    opened = assistant()
    for article in (LIGHTHOUSE, WIND, ORCHESTRA):
        opened.add(article)
    questions = opened.suggestions()
    assert [answered_by(opened, question) for question in questions] == [ORCHESTRA.id, WIND.id, LIGHTHOUSE.id]


def test_every_suggestion_is_answered_whatever_lies_beside_it(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.add_samples()
    opened.add(*ARTICLES, LIGHTHOUSE, ORCHESTRA)
    questions = opened.suggestions(limit=6)
    assert len(questions) == 6
    for question in questions:
        assert answered_by(opened, question) is not None
    assert not {word for question in questions for word in question.split()} & {"pirate", "Ignore", "<img"}


def test_what_another_article_answers_better_is_not_suggested(assistant: OpenAssistant) -> None:
    twin = Article(id="twin", title="Another lighthouse", text="The lighthouse was built in 1902, the plate says.")
    opened = assistant()
    opened.add(twin)
    assert opened.suggestions() == ["When was the lighthouse built?"]
    opened.add(Article(id="best", title="The lighthouse was built in 1871", text="The lighthouse was built in 1871."))
    assert [answered_by(opened, question) for question in opened.suggestions()] == ["best"]


def test_a_copy_is_read_once(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.add(HARBOUR, HARBOUR_COPY)
    questions = opened.suggestions(limit=9)
    assert len(questions) == len(set(questions)) > 1
    assert {answered_by(opened, question) for question in questions} == {HARBOUR.id}
    opened.remove(str(HARBOUR.id))
    assert {answered_by(opened, question) for question in opened.suggestions()} == {HARBOUR_COPY.id}


@pytest.mark.parametrize(
    "articles",
    [
        [],
        [TRAM],
        [replace(LIGHTHOUSE, language="nb")],
        [Article(title="A list", text="one\n\ntwo\n\nthree")],
        [Article(title="Nothing", text="What was the lighthouse? Who knows! 你好。")],
    ],
    ids=["nothing", "German", "said to be Norwegian", "a list", "no statement"],
)
def test_there_may_be_nothing_to_suggest(assistant: OpenAssistant, articles: list[Article]) -> None:
    opened = assistant()
    opened.add(*articles)
    assert opened.suggestions() == []


def test_an_article_that_says_that_it_is_english_is_read(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.add(replace(LIGHTHOUSE, language="en-GB"))
    assert len(opened.suggestions()) == 3


def test_the_end_of_a_long_article_is_not_read(assistant: OpenAssistant) -> None:
    statement = "The lighthouse of Skarvik was built in 1871."
    filler = "Nothing of note has happened on the island since then. "
    opened = assistant()
    opened.add(Article(id="late", title=LIGHTHOUSE.title, text=filler * (CHARACTERS // len(filler) + 1) + statement))
    assert opened.suggestions() == []
    opened.remove("late")
    early = filler * 10 + statement + " " + filler * (CHARACTERS // len(filler))
    opened.add(Article(id="early", title=LIGHTHOUSE.title, text=early))
    assert opened.suggestions() == ["When was the lighthouse of Skarvik built?"]


def test_markup_and_instructions_never_become_a_question(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.add(HOSTILE)
    assert opened.suggestions(limit=9) == ["How many days of fog did Kestrel Bay have?"]


def test_they_are_made_once_until_the_library_changes(assistant: OpenAssistant, encoder: Encoder) -> None:
    counting = Counting(encoder)
    opened = assistant(encoder=counting)
    opened.add(LIGHTHOUSE)
    questions = opened.suggestions()
    asked = len(counting.questions)
    assert asked >= 3
    questions.append("What else?")
    again = opened.suggestions()
    assert again == questions[:3], "what a caller does to the list is the caller's own affair"
    assert len(counting.questions) == asked
    opened.add(ORCHESTRA)
    assert opened.suggestions() != again
    assert len(counting.questions) > asked
    opened.remove(str(ORCHESTRA.id))
    assert opened.suggestions() == again
    opened.remove(str(LIGHTHOUSE.id))
    assert opened.suggestions() == []


def test_few_questions_are_tried(assistant: OpenAssistant, encoder: Encoder) -> None:
    counting = Counting(encoder)
    opened = assistant(encoder=counting, abstain_below=0.999)
    opened.add(*ARTICLES, LIGHTHOUSE, ORCHESTRA)
    assert opened.suggestions() == []
    assert 3 < len(counting.questions) <= 12


def test_they_are_the_same_in_every_program(assistant: OpenAssistant) -> None:
    first = assistant()
    first.add(LIGHTHOUSE, MINISTER, WIND)
    questions = first.suggestions()
    first.close()
    assert assistant().suggestions() == questions


def test_threads_share_them(assistant: OpenAssistant, encoder: Encoder) -> None:
    counting = Counting(encoder)
    opened = assistant(encoder=counting)
    opened.add(LIGHTHOUSE)
    found: list[list[str]] = []
    threads = [threading.Thread(target=lambda: found.append(opened.suggestions())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(questions == found[0] and len(questions) == 3 for questions in found)
    assert len(counting.questions) == len(set(counting.questions)), "made by one of them"


def test_no_language_model_is_asked(assistant: OpenAssistant) -> None:
    class Asked(MockLLM):
        def stream_chat(self, *arguments: object, **options: object) -> object:  # type: ignore[override]
            raise AssertionError("nobody may ask it")

    opened = assistant(llm=Asked(max_tokens=None))
    opened.add(LIGHTHOUSE)
    assert len(opened.suggestions()) == 3
    unreachable = assistant("other", llm="http://127.0.0.1:9/v1#nobody")
    unreachable.add(LIGHTHOUSE)
    assert unreachable.suggestions() == opened.suggestions()


def test_a_broken_encoder_suggests_nothing(
    assistant: OpenAssistant, encoder: Encoder, caplog: pytest.LogCaptureFixture
) -> None:
    counting = Counting(encoder)
    opened = assistant(encoder=counting)
    opened.add(LIGHTHOUSE)
    counting.broken = True
    assert opened.suggestions() == []
    assert "no questions could be suggested" in caplog.text
    counting.broken = False
    assert len(opened.suggestions()) == 3, "a failure is not remembered"


def test_another_encoder_or_none_suggests_nothing(assistant: OpenAssistant, tmp_path: Path) -> None:
    first = assistant()
    first.add(LIGHTHOUSE)
    first.close()
    assert assistant(encoder=HashingEncoder()).suggestions() == []
    from articleqa import Settings

    with Assistant.open(Settings(index=tmp_path / "index", embedding=str(tmp_path / "nowhere"))) as opened:
        assert opened.suggestions() == []


def test_a_damaged_article_is_passed_over(assistant: OpenAssistant, tmp_path: Path) -> None:
    from shelves import run_sql

    opened = assistant()
    opened.add(LIGHTHOUSE, ORCHESTRA)
    opened.close()
    run_sql(tmp_path / "index", "UPDATE texts SET text = replace(text, 'orchestra', 'orchestre')")
    again = assistant()
    assert {answered_by(again, question) for question in again.suggestions()} == {LIGHTHOUSE.id}


@pytest.mark.parametrize("limit", [0, -1])
def test_no_question_at_all_cannot_be_asked_for(assistant: OpenAssistant, limit: int) -> None:
    with pytest.raises(InvalidInput, match="one question at least"):
        assistant().suggestions(limit=limit)


def test_a_closed_assistant_says_so(assistant: OpenAssistant) -> None:
    opened = assistant()
    opened.close()
    with pytest.raises(LibraryError, match="closed"):
        opened.suggestions()
