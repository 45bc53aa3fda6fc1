from __future__ import annotations

from datetime import date

import pytest

from articleqa.grounding import OverviewKind, OverviewQuestion, Period, Scope, overview_question

TODAY = date(2025, 3, 13)
WEEK = Period(date(2025, 3, 10), TODAY)
SUMMARY, NEWS, AGREEMENT = OverviewKind


@pytest.mark.parametrize(
    "question",
    [
        "Summarise this article",
        "Summarize the article.",
        "Please summarise it!",
        "Can you summarise this for me, please?",
        "Could you give me a short summary of this article?",
        "A quick overview, please",
        "tl;dr",
        "TLDR",
        "What is this article about?",
        "What's this about?",
        "What does the article say?",
        "What are the main points of the article?",
        "Give me the key takeaways",
        "Sum up the text in a few sentences",
    ],
)
def test_a_summary_of_what_is_talked_about(question: str) -> None:
    assert overview_question(question, today=TODAY) == OverviewQuestion(SUMMARY, Scope.FOCUS)


@pytest.mark.parametrize(
    ("question", "scope", "subject"),
    [
        ("Summarise the newest article", Scope.NEWEST, ""),
        ("What is the latest article about?", Scope.NEWEST, ""),
        ("Summarise all the articles", Scope.ALL, ""),
        ("Summarise them", Scope.ALL, ""),
        ("What are these articles about?", Scope.ALL, ""),
        ("Give me an overview of the news", Scope.ALL, ""),
        ("Summarise the article about harbour fees", Scope.NAMED, "harbour fees"),
        ("Summarise the harbour article", Scope.NAMED, "harbour"),
        ("Summarise the text titled “Fees rise”", Scope.NAMED, "Fees rise"),
        ("Summarise “Fees rise”", Scope.NAMED, "Fees rise"),
        ("Give me an overview of the fees in Velmora", Scope.SUBJECT, "the fees in Velmora"),
        ("Summarise the dispute over the Ferry", Scope.SUBJECT, "the dispute over the Ferry"),
        ("What are the key points of the treaty?", Scope.SUBJECT, "the treaty"),
    ],
)
def test_a_summary_of_what_is_named(question: str, scope: Scope, subject: str) -> None:
    assert overview_question(question, today=TODAY) == OverviewQuestion(SUMMARY, scope, subject)


@pytest.mark.parametrize(
    ("question", "sentences"),
    [
        ("Summarise this article in two sentences", 2),
        ("Summarise it in 3 bullet points, please", 3),
        ("Summarise the article in one sentence for me", 1),
        ("Summarise the article briefly", None),
    ],
)
def test_a_length_may_be_asked_for(question: str, sentences: int | None) -> None:
    assert overview_question(question, today=TODAY) == OverviewQuestion(SUMMARY, Scope.FOCUS, sentences=sentences)


@pytest.mark.parametrize(
    ("question", "subject", "period"),
    [
        ("What is new since Monday?", "", WEEK),
        ("What's new this week?", "", WEEK),
        ("What has happened since Monday?", "", WEEK),
        ("Any news since Monday about the harbour?", "the harbour", WEEK),
        ("What has been reported about the harbour this week?", "the harbour", WEEK),
        ("What is new about the harbour?", "the harbour", None),
        ("What's the latest on the harbour?", "the harbour", None),
        ("News about the harbour", "the harbour", None),
    ],
)
def test_what_is_new(question: str, subject: str, period: Period | None) -> None:
    scope = Scope.SUBJECT if subject else Scope.ALL
    assert overview_question(question, today=TODAY) == OverviewQuestion(NEWS, scope, subject, period)


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("What do they agree on?", ""),
        ("On what do the articles agree?", ""),
        ("What do all the articles agree on?", ""),
        ("What do the articles have in common?", ""),
        ("What do the sources agree on about the fees?", "the fees"),
        ("What do both articles agree on regarding the fees?", "the fees"),
    ],
)
def test_what_is_agreed_on(question: str, subject: str) -> None:
    scope = Scope.SUBJECT if subject else Scope.FOCUS
    assert overview_question(question, today=TODAY) == OverviewQuestion(AGREEMENT, scope, subject)


@pytest.mark.parametrize(
    "question",
    [
        "What happened in 1931?",
        "What happened to the ferry?",
        "Who summarised the report?",
        "What is the summit about?",
        "What is the new ferry called?",
        "What was the newest ship called?",
        "What did the minister say about the harbour?",
        "What do the skippers agree on with the mayor?",
        "What is the main reason for the strike?",
        "Why do they agree?",
        "What is the overview deck of the tower made of?",
        "Which article of the treaty forbids it?",
        "What does article 5 say?",
        "How was the text found?",
        "What is it?",
        "",
    ],
)
def test_a_question_about_what_an_article_says_is_none(question: str) -> None:
    assert overview_question(question, today=TODAY) is None
