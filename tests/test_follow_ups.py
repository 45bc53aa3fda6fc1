"""Conversations over articles that say nearly the same of different places, so that only the history tells which."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from answers import answer_of, followed
from articleqa import Answer, Article, Assistant, Settings
from articleqa.types import Encoder, Outcome, Turn
from conftest import OpenAssistant


def _ferry(place: str, *, before: str, after: str, captain: str, home: str, mayor: str, opinion: str) -> Article:
    return Article(
        id=place.lower(),
        title=f"The ferry of {place}",
        text=f"""The ferry of {place} carried {before} passengers in 2018. In 2019 it carried {after} passengers, more \
than ever before.

Captain {captain} has steered it for eleven years. She lives in {home} with two dogs and repairs clocks in winter.

Mayor {mayor} calls the ferry {opinion}. A new landing stage will be built in spring.""",
    )


OSTREY = _ferry(
    "Ostrey",
    before="12,400",
    after="15,900",
    captain="Wilma Strand",
    home="a lighthouse",
    mayor="Lena Brook",
    opinion="a burden for the town",
)
TARVELL = _ferry(
    "Tarvell",
    before="41,300",
    after="52,700",
    captain="Edda Morrow",
    home="an old mill",
    mayor="Jonas Pike",
    opinion="the pride of the bay",
)
TELESCOPE = Article(
    id="telescope",
    title="The observatory on Mount Hesse",
    text="""The telescope on Mount Hesse has a mirror of four metres. It was opened in 1971.

Astronomer Ruth Calloway looks for comets there. She has found nine of them, and named one after her daughter.

In 2018 the observatory had 3,100 visitors, in 2019 only 2,800, because the road was closed.""",
)
HONEY = Article(
    id="honey",
    title="A poor year for honey",
    text="""Beekeepers in the Lorn valley harvested six tonnes of honey in 2018. In 2019 the harvest was two tonnes.

Abel Fenwick, who keeps ninety hives, blames the wet spring. He wants to plant lime trees along the river.""",
)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Assistant]:
    """The articles of this file, for tests that change nothing."""
    with Assistant.open(Settings(index=tmp_path_factory.mktemp("index")), encoder=encoder) as opened:
        opened.add(OSTREY, TARVELL, TELESCOPE, HONEY)
        yield opened


def ask(assistant: Assistant, question: str, history: tuple[Turn, ...] = ()) -> Answer:
    return answer_of(followed(assistant, assistant.stream(question, history=history)))


@pytest.mark.parametrize(
    ("first", "then", "article", "words"),
    [
        ("How many passengers did the ferry of Ostrey carry in 2018?", "And in 2019?", OSTREY, "15,900"),
        ("How many passengers did the ferry of Tarvell carry in 2018?", "And in 2019?", TARVELL, "52,700"),
        ("How many visitors came to Mount Hesse in 2018?", "And in 2019?", TELESCOPE, "2,800"),
        ("How much honey was harvested in 2018?", "And the year after, in 2019?", HONEY, "two tonnes"),
        ("Who is the captain of the ferry of Ostrey?", "Where does she live?", OSTREY, "a lighthouse"),
        ("Who is the captain of the ferry of Tarvell?", "Where does she live?", TARVELL, "an old mill"),
        ("Who looks for comets on Mount Hesse?", "How many has she found?", TELESCOPE, "nine"),
        ("What happened to the ferry of Ostrey in 2019?", "What about the mayor?", OSTREY, "a burden"),
        ("What happened to the ferry of Tarvell in 2019?", "What about the mayor?", TARVELL, "the pride"),
        # Nothing in the words says that these lean.
        ("Who is the captain of the ferry of Tarvell?", "What does the mayor call the ferry?", TARVELL, "the pride"),
        ("Who is the captain of the ferry of Ostrey?", "Who is the mayor?", OSTREY, "Lena Brook"),
        # The name is in the answer alone.
        ("Whom does the wet spring make angry?", "What does he want to plant?", HONEY, "lime trees"),
    ],
)
def test_a_follow_up_is_about_what_was_spoken_of(
    library: Assistant, first: str, then: str, article: Article, words: str
) -> None:
    conversation = library.conversation()
    assert conversation.ask(first).citations[0].article_id == article.id
    answer = conversation.ask(then)
    assert answer.citations[0].article_id == article.id
    assert any(words in citation.quote for citation in answer.citations)


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("How large is the mirror of the telescope on Mount Hesse?", TELESCOPE),
        ("Why was the road to the observatory closed?", TELESCOPE),
        ("How many tonnes of honey were harvested in the Lorn valley?", HONEY),
        ("Who keeps ninety hives?", HONEY),
        ("What does mayor Lena Brook call the ferry?", OSTREY),
        ("Who is Edda Morrow?", TARVELL),
    ],
)
@pytest.mark.parametrize("before", [OSTREY, TARVELL, TELESCOPE, HONEY], ids=lambda article: article.id)
def test_a_change_of_subject_leaves_the_old_one(
    library: Assistant, question: str, article: Article, before: Article
) -> None:
    spoken = (Turn("user", f"What is new in {before.title}?"), Turn("assistant", f"{before.text[:250]} [1]"))
    answer = ask(library, question, spoken)
    assert answer.citations[0] == ask(library, question).citations[0]
    assert answer.citations[0].article_id == article.id


def test_the_way_back_is_open(library: Assistant) -> None:
    conversation = library.conversation()
    conversation.ask("How many passengers did the ferry of Tarvell carry in 2018?")
    conversation.ask("How large is the mirror of the telescope on Mount Hesse?")
    assert "nine" in conversation.ask("How many comets were found there?").text
    assert "Lena Brook" in conversation.ask("What does the mayor of Ostrey call the ferry?").text
    assert "a lighthouse" in conversation.ask("And where does the captain live?").text


@pytest.mark.parametrize(
    "answer",
    [
        "Ostrey and Tarvell have ferries. [1]",
        "• The ferry of Ostrey\n• The ferry of Tarvell",
        "1. Ostrey has a ferry.\n2. Tarvell has one, too.",
        "The ferry of Ostrey is small. [1]\n\nThe ferry of Tarvell is larger. [2]",
        "There is one in Ostrey [1]. There is one in Tarvell [2].",
    ],
)
def test_the_second_one_is_the_second_of_the_answer(library: Assistant, answer: str) -> None:
    history = (Turn("user", "Which towns have a ferry?"), Turn("assistant", answer))
    for pointed, article, words in (("first", OSTREY, "15,900"), ("second", TARVELL, "52,700")):
        said = ask(library, f"How many passengers did the {pointed} one carry in 2019?", history)
        assert said.citations[0].article_id == article.id
        assert words in said.text


def test_a_question_that_was_not_answered_still_says_what_it_is_about(library: Assistant) -> None:
    history = (
        Turn("user", "What colour is the paint of the ferry of Tarvell?"),
        Turn("assistant", "The articles do not say."),
    )
    assert "Edda Morrow" in ask(library, "And who steers it?", history).text


def test_thanks_do_not_end_a_subject(library: Assistant) -> None:
    history = (
        Turn("user", "How many passengers did the ferry of Tarvell carry in 2018?"),
        Turn("assistant", "The ferry of Tarvell carried 41,300 passengers in 2018. [1]"),
        Turn("user", "OK, thank you!"),
        Turn("assistant", "You are welcome. Do you have another question?"),
    )
    assert "52,700" in ask(library, "And in 2019?", history).text


def test_a_follow_up_that_nothing_answers_is_refused(library: Assistant) -> None:
    history = (Turn("user", "What is the capital of France?"), Turn("assistant", "The articles do not say."))
    assert ask(library, "And of Mongolia?", history).outcome is Outcome.NOT_FOUND


def test_a_follow_up_stays_with_its_article_among_very_many_alike(assistant: OpenAssistant) -> None:
    first, second = (
        "Ald Brand Dorn Falk Grim Halv Ilm Jarl Kess Lind Morr Pell Rav".split(),
        "holm vik sund dal hamn".split(),
    )
    names = "Ada Bo Dag Finn Olga Runa Sven Tilda Uno Karin Lars Nils Greta".split()
    places = [f"{one}{other}" for one in first for other in second]
    places += [f"{place}by" for place in places]
    opened = assistant()
    opened.add(
        *(
            Article(
                id=place,
                title=f"The mill of {place}",
                text=f"The mill of {place} cost {1000 + number} crowns.\n\n"
                f"{names[number % 13]} {names[number // 13]}sen designed the mill of {place}, and asked for no more "
                "than the price of the drawings. Pupils draw it every spring. The roof has to be mended.",
            )
            for number, place in enumerate(places)
        )
    )
    assert len(places) > 100, "more than one search hands on"
    for number in (0, 64, *range(100, 130, 4)):
        talk = opened.conversation()
        assert f"{1000 + number} crowns" in talk.ask(f"How much did the mill of {places[number]} cost?").text
        answer = talk.ask("And who designed it?")
        assert answer.citations[0].article_id == places[number]
        assert "designed" in answer.citations[0].quote
