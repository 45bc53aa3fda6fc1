from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.grounding import Carried, LibraryQuestion, carried, carried_share, library_question, wants_recent
from articleqa.grounding.questions import ANSWER_LENGTH, MOST_CARRIED, TURNS_BACK, leans_on_history
from articleqa.types import Turn

FOLLOW_UPS = """
And what did he say about sanctions?
But who pays for it?
So when does it open?
Also, how much is that?
What about the price?
How about Norvik?
OK, and the second one?
Why?
Why not?
Really?
When?
Since when?
Tell me more
Tell me more about the port.
What did she say?
Where does he live?
Who are they?
How old is she?
Did they agree with him?
What is its length?
How much did their campaign cost?
Is there another reason?
What else was decided?
What happened then?
Is that true?
Who built these?
Which one is cheaper?
What was the former about?
Are both open?
And Velmora?
The port?
""".strip().splitlines()

STAND_ALONE = """
Who is Oskar Brandt?
Why was the ferry to Lindholm late?
What did Petra Solvang say about wind farms?
What did Solvang say about her plans?
When did Norvik Dairy make its first loss?
How many turbines does Brandt want to build in the hills?
What is the capital of France?
By how much do harbour fees rise?
Which villages have a library?
Is the bridge at Osterlund closed?
How long is the new tram line in Grünau?
Which company is older, Norvik Dairy or Brannock farm, and who owns it?
""".strip().splitlines()


SOLVANG = [Turn("user", "Who is Petra Solvang?"), Turn("assistant", "She is a *minister*. [1]")]


def given_to(question: str, history: list[Turn]) -> Carried:
    found = carried(question, history)
    assert found is not None
    return found


@pytest.mark.parametrize("question", FOLLOW_UPS)
def test_a_follow_up_leans_on_the_question_before(question: str) -> None:
    assert leans_on_history(question)
    found = given_to(question, SOLVANG)
    assert (found.questions, found.answer) == ("Who is Petra Solvang?", "She is a *minister*.")
    assert found.text == "Who is Petra Solvang? She is a *minister*."


@pytest.mark.parametrize("question", STAND_ALONE)
def test_a_whole_question_stands_alone(question: str) -> None:
    assert not leans_on_history(question)
    # It gets little, and nothing where it finds something better by itself.
    assert given_to(question, SOLVANG).leaning < min(given_to(other, SOLVANG).leaning for other in FOLLOW_UPS)
    assert carried_share(given_to(question, SOLVANG).leaning, 0.9) == 0


def test_a_follow_up_of_a_follow_up_leans_on_both() -> None:
    history = [
        Turn("user", "What is the capital of France?"),
        Turn("assistant", "The articles do not say."),
        Turn("user", "Who is Petra Solvang?"),
        Turn("assistant", "She has been the fisheries minister."),
        Turn("user", "What did she say about seals?"),
        Turn("assistant", "There are too many."),
    ]
    found = given_to("And about cod?", history)
    assert found.questions == "Who is Petra Solvang? What did she say about seals?"
    assert found.answer == "There are too many."
    assert given_to("And about cod?", history[:4]).questions == "Who is Petra Solvang?"


def test_only_questions_are_leaned_on() -> None:
    assert carried("Why?", []) is None
    assert carried("Why?", [Turn("assistant", "I can answer questions."), Turn("user", "  ")]) is None
    assert carried("Why?", [Turn("user", "Hello!"), Turn("assistant", "Hello, what can I do for you?")]) is None


def test_thanks_are_passed_over_with_what_was_replied_to_them() -> None:
    assert carried("Why?", [*SOLVANG, Turn("user", "OK, thanks!"), Turn("assistant", "You are welcome.")]) == carried(
        "Why?", SOLVANG
    )


def test_a_refusal_gives_only_the_question() -> None:
    found = given_to("Why?", [SOLVANG[0], Turn("assistant", "The articles do not say.")])
    assert found.text == "Who is Petra Solvang?"


def test_a_question_about_the_library_gives_only_its_answer() -> None:
    listed = Turn("assistant", "There are 2:\n• Seals of Aldmark\n• Cod of Velmora")
    history = [Turn("user", "Which articles do you have?"), listed]
    assert given_to("What does the second one say?", history).text == "Cod of Velmora"
    assert given_to("What do they say?", history).text == "There are 2: • Seals of Aldmark • Cod of Velmora"


def test_another_year_takes_the_place_of_the_one_before() -> None:
    history = [Turn("user", "How many seals were shot in 2018?"), Turn("assistant", "In 2018, 900 seals were shot.")]
    assert "2018" not in given_to("And in 2019?", history).text
    assert "900" in given_to("And in 2019?", history).text
    assert "2018" in given_to("And in winter?", history).text


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("Where is the first one?", "Tarn"),
        ("Where is the former?", "Tarn"),
        ("And the second one?", "Vell"),
        ("And the last?", "Skarn"),
        ("How old is the third one?", "Skarn"),
        ("How old is the fourth one?", "The harbours Tarn, Vell and Skarn are shut. Nobody knows why."),
        ("Who was the first captain?", "The harbours Tarn, Vell and Skarn are shut. Nobody knows why."),
    ],
)
def test_an_ordinal_points_into_the_answer(question: str, part: str) -> None:
    answer = "The harbours Tarn, Vell and Skarn are shut [1]. Nobody knows why. [2]"
    assert given_to(question, [Turn("user", "Which are shut?"), Turn("assistant", answer)]).answer == part


@given(leaning=st.floats(-5, 5), near=st.floats(-1, 2), far=st.floats(0, 2))
def test_the_share_falls_with_the_distance_and_rises_with_the_leaning(leaning: float, near: float, far: float) -> None:
    share = carried_share(leaning, near)
    assert 0 <= carried_share(leaning, near + far) <= share <= MOST_CARRIED
    assert carried_share(leaning + 1, near) >= share


@given(
    st.text(max_size=60),
    st.lists(st.builds(Turn, st.sampled_from(["user", "assistant"]), st.text(max_size=300)), max_size=8),
)
def test_what_is_carried_is_short_and_was_said(question: str, history: list[Turn]) -> None:
    found = carried(question, history)
    if found is not None:
        assert found.text
        assert len(found.answer) <= ANSWER_LENGTH
        asked = {word for turn in history if turn.role == "user" for word in turn.text.split()}
        assert all(any(part in word for word in asked) for part in found.questions.split())
        assert sum(turn.role == "user" for turn in history) <= TURNS_BACK or len(found.questions) <= 61 * 5


LIBRARY_QUESTIONS = {
    LibraryQuestion.LIST: """
Which articles do you have?
What articles are there?
which documents do you know
What files can you search?
Which articles are in the library?
Which articles are available?
Which texts have I added so far?
Which documents did we upload?
What is in the library?
What's in my library?
What’s in your index?
List all articles.
List the articles
Please list my documents
Show me all the files!
Show articles
""",
    LibraryQuestion.COUNT: """
How many articles do you have?
How many articles are there?
How many documents are in the library?
how many files have we added
How many articles are loaded?
How many articles are there in the library right now?
How many articles do you have in total?
""",
    LibraryQuestion.NEWEST: """
What is new?
What's new?
What’s new today?
What is new in the library?
What are the latest articles?
What is the newest article?
Which articles are new?
Which article was added last?
What is the most recent document?
""",
    LibraryQuestion.SOURCES: """
Which sources do you have?
Which newspapers do you know?
What sources are there?
Which outlets are in the library?
""",
}


@pytest.mark.parametrize(
    ("kind", "question"),
    [(kind, question) for kind, block in LIBRARY_QUESTIONS.items() for question in block.strip().splitlines()],
)
def test_a_question_about_the_library_is_known(kind: LibraryQuestion, question: str) -> None:
    assert library_question(question) is kind
    assert library_question(f"  {question.upper()} ") is kind


@pytest.mark.parametrize(
    "question",
    """
What is new in Paris?
What is new about the breakwater?
What's new, and who pays?
Which articles do you have about Velmora?
Which articles of the constitution were changed?
Which articles are there in the treaty?
Which documents are available to the public?
Which documents did you need for the visa?
What articles of clothing are in the museum?
How many articles are there in the treaty?
How many articles does the treaty have?
How many documents are there about the storm?
How many stories are there in the tower?
How many stories does the tower have?
What are the latest articles about Velmora?
What is the latest on the harbour?
What is the last article of the treaty?
List all articles of the treaty
Show me the ferry
What is in the library of Dunmere?
Which newspapers do you have to read?
Which sources do you use for the figures on cod?
Who wrote the articles?
Do you have articles?
""".strip().splitlines(),
)
def test_a_question_that_only_looks_like_one_is_for_the_articles(question: str) -> None:
    assert library_question(question) is None


@given(st.text(max_size=80))
def test_any_text_can_be_asked(text: str) -> None:
    assert library_question(text) in (None, *LibraryQuestion)
    assert isinstance(wants_recent(text), bool)


@pytest.mark.parametrize(
    "question",
    [
        "What is the current price of milk?",
        "Who is the mayor now?",
        "What are the latest figures?",
        "What happened today?",
        "What was decided this week?",
        "Has the port grown recently?",
    ],
)
def test_a_question_about_the_present(question: str) -> None:
    assert wants_recent(question)


@pytest.mark.parametrize(
    "question", ["Who built the abbey?", "What happened in 1931?", "Do we know the nowhere man?", "Is it currency?"]
)
def test_a_question_about_any_time(question: str) -> None:
    assert not wants_recent(question)


def test_a_question_that_is_asked_again_carries_nothing() -> None:
    history = [Turn("user", "Who built the bridge of Skarnes?"), Turn("assistant", "Oda Ferrin built it. [1]")]
    assert carried("who built the bridge of Skarnes", history) is None
    assert carried("When did she build it?", [*history, Turn("user", "When did she build it?")]) is not None
