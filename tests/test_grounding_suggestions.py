from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articleqa.grounding import candidate_questions

BRIDGE = "Old bridge over the Tarn is closed"


def asked(*sentences: str, title: str = BRIDGE) -> list[str]:
    return [candidate.text for candidate in candidate_questions(sentences, title=title)]


@pytest.mark.parametrize(
    ("statement", "question"),
    [
        # why
        ("The bridge was closed twice because its piers had cracked.", "Why was the bridge closed twice?"),
        ("The bridge had been closed at night, first because of the frost.", "Why was the bridge closed at night?"),
        ("The bridge will stay empty because the county has no money.", "Why will the bridge stay empty?"),
        ("The county closed the bridge due to a flood.", "Why did the county close the bridge?"),
        ("The farmers oppose the bridge because they were not asked.", "Why do the farmers oppose the bridge?"),
        ("The county did not sell the bridge because nobody wanted it.", "Why did the county not sell the bridge?"),
        ("But the bridge was also closed because its piers had cracked.", "Why was the bridge closed?"),
        ("However, the bridge now needs a guard because of the sheep.", "Why does the bridge need a guard?"),
        # when
        ("The bridge was built in 1871.", "When was the bridge built?"),
        ("In May 1871, the bridge was built by two brothers.", "When was the bridge built?"),
        ("The bridge opens on 14 September.", "When does the bridge open?"),
        ("The bridge collapsed in the spring of 1902, and nobody was hurt.", "When did the bridge collapse?"),
        ("The bridge will be demolished in 2031.", "When will the bridge be demolished?"),
        ("The opening of the bridge is planned for 3 May.", "When is the opening of the bridge planned?"),
        ("A repair of the bridge is needed when the river freezes.", "When is a repair of the bridge needed?"),
        # where
        ("The bridge is located in the hills above Tarnby.", "Where is the bridge located?"),
        ("The plans of the bridge are stored in the town hall.", "Where are the plans of the bridge stored?"),
        # how much, how many, how long
        ("The bridge is 1,140 metres long and carries two lanes.", "How long is the bridge?"),
        ("The bridge is about ninety years old.", "How old is the bridge?"),
        ("The bridge cost 2.3 billion crowns.", "How much did the bridge cost?"),
        ("The bridge will cost $40 million.", "How much will the bridge cost?"),
        ("The county spent 3 million crowns on the bridge.", "How much did the county spend on the bridge?"),
        (
            "The county raised the toll of the bridge by 14 percent.",
            "By how much did the county raise the toll of the bridge?",
        ),
        ("House prices near the bridge have risen by a fifth.", "By how much have house prices near the bridge risen?"),
        ("Tarnby Steel has a 40% share of the bridge.", "What share of the bridge does Tarnby Steel have?"),
        ("The bridge has seven arches.", "How many arches does the bridge have?"),
        ("The bridge has carried 40,000 lorries since May.", "How many lorries has the bridge carried?"),
        ("The bridge lost 300 tonnes of stone last year.", "How many tonnes of stone did the bridge lose?"),
        (
            "More than 900 people cross the bridge on a working day.",
            "How many people cross the bridge on a working day?",
        ),
        ("A third of all lorries avoid the bridge.", "What share of all lorries avoid the bridge?"),
        ("The repair of the bridge will take two years.", None),
        ("The repair of the bridge took two years.", "How long did the repair of the bridge take?"),
        ("The county will close the bridge for two years.", "For how long will the county close the bridge?"),
        ("The bridge has a length of 1,140 metres.", "What is the length of the bridge?"),
        # who
        ("The bridge was designed by Ada Quill.", "Who designed the bridge?"),
        ("The bridge was written about in 1902 by many.", None),
        ("Ada Quill will replace the bridge warden.", "Who will replace the bridge warden?"),
        ("The news was given by engineer Ada Quill.", "Who is Ada Quill?"),
        ("“It will hold,” said Ada Quill, who has led the works since May.", "Who is Ada Quill?"),
        ("Ada Quill, an engineer from Tarnby, measures every stone.", "Who is Ada Quill?"),
        ("Its warden, Ada Quill, measures every stone.", "Who is Ada Quill?"),
        ("Ada Quill has been the warden of Tarnby since May.", "Who is Ada Quill?"),
        ("In 1871 the engineer Ada Quill came to Tarnby.", "Who was Ada Quill?"),
        # what
        ("The flood caused the cracks in the bridge.", "What caused the cracks in the bridge?"),
        ("The bridge was destroyed by a flood.", "What destroyed the bridge?"),
        ("The toll of the bridge applies to all lorries.", "What does the toll of the bridge apply to?"),
        ("Tarnby Steel wants to build a bridge of glass.", "What does Tarnby Steel want to build?"),
        ("The council decided to sell the bridge.", None),
        ("The council of Tarnby decided to sell it.", "What did the council of Tarnby decide to do?"),
        ("Tarnby Steel has launched a search for stone.", "What has Tarnby Steel launched?"),
        ("The purpose of the bridge is to spare lorries the hills.", "What is the purpose of the bridge?"),
        ("The bridge is known for its seven arches.", "What is the bridge known for?"),
        ("The bridge consists of seven arches and a tower.", "What does the bridge consist of?"),
        ("The bridge can carry these loads: carts, sheep and people.", "Which loads can the bridge carry?"),
        ("To cross the bridge, ring the bell at the gate.", "How do I cross the bridge?"),
        ("The bridge can be crossed with a permit.", "How can the bridge be crossed?"),
    ],
)
def test_a_statement_is_turned_around(statement: str, question: str | None) -> None:
    assert (question in asked(statement)) if question else asked(statement) == []


@pytest.mark.parametrize(
    ("title", "statement", "question"),
    [
        ("What Tarnby Steel is", "Tarnby Steel is a company that makes rails.", "What is Tarnby Steel?"),
        ("Tarnby Steel", "Tarnby Steel, founded in 1871, is a company.", "What is Tarnby Steel?"),
        ("Ada Quill", "Ada Quill was a British engineer.", "Who was Ada Quill?"),
        ("The Tarnians", "The Tarnians were a people of the hills.", "Who were the Tarnians?"),
        ("What a weir is", "A weir is a low wall across a river.", "What is a weir?"),
        ("Weir", "The hills have a weir, and weirs are low walls.", None),
        ("The Tarn Valley Trust", "The Tarn Valley Trust is a charity.", "What is the Tarn Valley Trust?"),
    ],
)
def test_what_something_is(title: str, statement: str, question: str | None) -> None:
    assert asked(statement, title=title) == ([question] if question else [])


@pytest.mark.parametrize(
    "statement",
    [
        # Nobody knows who or what is meant.
        "It was built in 1871.",
        "He has led the works on the bridge since 2021 because she left.",
        "This bridge was built in 1871.",
        "The company employs 240 people.",
        "The decision was put off because of them.",
        # It is none of a plain statement.
        "Was the bridge built in 1871?",
        "The bridge was built in 1871!",
        "the bridge was built in 1871.",
        "Bridge built in 1871",
        # Something else is the subject of the verb.
        "The county said the bridge was built in 1871.",
        "The bridge that was built in 1871 was closed because it leaned.",
        "The county hopes the bridge opens because many want it.",
        "The house built in 1871 by the bridge is for sale because nobody lives there.",
        # What would be asked is vague, or leans on the day.
        "The county published a paper on the bridge in 1871.",
        "The bridge was closed on Thursday because of ice.",
        "The bridge was closed again because of ice.",
        "The bridge will be closed tomorrow because of ice.",
        # The answer stands elsewhere.
        "To cross the bridge, follow the steps below.",
        "The origin of the bridge is unknown.",
        # Markup, quotations, addresses, code.
        "The <b>bridge</b> was built in 1871.",
        "The “bridge” was built in 1871.",
        "The `bridge` was built in 1871.",
        "The bridge_gate was built in 1871.",
        "The bridge of www.tarn.example was built in 1871.",
        "The bridge at https://tarn.example was built in 1871.",
        "The bridge [1] was {never} built in 1871.",
        "The \x07bridge was built in 1871.",
        "The \u202ebridge was built in 1871.",
        "The bridge" + " and the tower" * 20 + " were built in 1871.",
        # Not English.
        "Die Brücke wurde 1871 gebaut, weil der Fluss zu breit war.",
        "De brug is 1.140 meter lang en werd in 1871 gebouwd.",
        "Le pont a été construit en 1871 parce que la rivière était large.",
        "桥建于一八七一年。",
        "بُني الجسر عام 1871.",
    ],
)
def test_rather_no_question_than_a_clumsy_one(statement: str) -> None:
    assert asked(statement) == []


def test_a_question_leads_back_to_its_sentence() -> None:
    sentences = ["Nobody lives there.", "The bridge was built in 1871.", "The bridge has seven arches."]
    found = {candidate.text: candidate.sentence for candidate in candidate_questions(sentences, title=BRIDGE)}
    assert found == {"When was the bridge built?": 1, "How many arches does the bridge have?": 2}


def test_what_the_title_names_comes_first() -> None:
    sentences = ["The tower of Tarnby was built in 1871.", "The old bridge was built in 1902."]
    assert asked(*sentences) == ["When was the old bridge built?", "When was the tower of Tarnby built?"]
    assert asked(*sentences, title="The tower of Tarnby")[0] == "When was the tower of Tarnby built?"


def test_a_question_is_asked_once() -> None:
    assert asked("The bridge was built in 1871.", "The bridge was built in 1871, says the plate.") == [
        "When was the bridge built?"
    ]


def test_a_person_is_called_by_the_full_name() -> None:
    sentences = ["Ada Quill said that nothing was lost.", "Mr Quill apologised for the noise of the drill."]
    assert asked(*sentences) == ["What did Ada Quill apologise for?"]
    assert asked(*sentences, "Tom Quill said the same.") == ["What did Mr Quill apologise for?"]


def test_what_a_person_says_about_the_topic_of_the_title() -> None:
    sentences = ["“The owner, Tarnby Steel, will wait,” says Ada Quill, an engineer."]
    title = "Nobody knows what Tarnby Steel will do"
    assert asked(*sentences, title=title) == ["What does Ada Quill say about Tarnby Steel?", "Who is Ada Quill?"]


def test_who_is_named_in_passing_in_a_long_text_is_not_asked_about() -> None:
    passing = "The news was given by engineer Ada Quill."
    rest = [f"Nothing else is worth a word on day {number}." for number in range(40)]
    assert asked(passing) == ["Who is Ada Quill?"]
    assert asked(passing, *rest) == []
    assert asked(passing, *rest, "The hills thank Quill.") == ["Who is Ada Quill?"]


def test_a_noun_phrase_is_called_by_the_name_in_the_title() -> None:
    sentences = ["Students like the University of Tarnby.", "The university has nine faculties."]
    assert asked(*sentences, title="University of Tarnby") == ["How many faculties does the University of Tarnby have?"]


def test_a_word_is_written_as_the_text_writes_it() -> None:
    assert asked("Oxygen is a gas without colour.", "Fish need oxygen.", title="Oxygen") == ["What is oxygen?"]
    assert asked("Tarnby is a town in the hills.", "Many live in Tarnby.", title="Tarnby") == ["What is Tarnby?"]
    assert asked("Tarnby is a town in the hills.", title="Tarnby") == [], "it could be either"


def test_an_adjective_made_of_a_name_keeps_its_capital() -> None:
    sentences = ["Tarnian farmers avoid the bridge because it leans.", "Everybody knows the Tarnian temper."]
    assert asked(*sentences) == ["Why do Tarnian farmers avoid the bridge?"]


def test_parentheses_lines_and_markers_are_left_out() -> None:
    assert asked("The bridge (also: the Long One) was\nbuilt in 1871 [3] (see below).") == [
        "When was the bridge built?"
    ]


def test_a_heading_that_ran_into_a_sentence_is_no_subject() -> None:
    assert asked("Tarnby Bridge\nTarnby Bridge was built in 1871.", title="Tarnby Bridge") == []


def test_a_text_of_long_ago_speaks_of_its_persons_in_the_past() -> None:
    sentences = [
        "The works were led by engineer Ada Quill.",
        "The bridge was begun in 1868, paid in 1870, done in 1871.",
    ]
    assert "Who was Ada Quill?" in asked(*sentences)


def test_nothing_is_made_of_nothing() -> None:
    assert asked() == []
    assert asked("", " ", "\n", ".", title="") == []


ALLOWED = re.compile(r"[\w '’\-.,%$€£&]+\?")
_WORDS = """
The the A bridge Tarnby Ada Quill engineer said who was is were has have will be built opens cost because of in 1871
on 14 September two people metres long , . “ ” ' ( ) [1] <b> https://tarn.example To caused by from an years percent
Mr founded and not been 2.3 billion crowns _ ` { } | \\ ? ! ; : é 桥 ß
""".split()
_FRAGMENTS = st.sampled_from([*_WORDS, "\n", "\x07", "\u202e", "\u00a0"])
_STATEMENTS = st.lists(_FRAGMENTS, max_size=25).map(lambda parts: " ".join(parts) + ".")


def check(sentences: list[str], title: str) -> None:
    found = candidate_questions(sentences, title=title)
    assert found == candidate_questions(sentences, title=title)
    assert [candidate.score for candidate in found] == sorted((entry.score for entry in found), reverse=True)
    assert len({candidate.text for candidate in found}) == len(found)
    for candidate in found:
        assert ALLOWED.fullmatch(candidate.text), candidate.text
        assert "_" not in candidate.text
        assert candidate.text.isprintable()
        assert candidate.text == " ".join(candidate.text.split())
        assert candidate.text[0].isupper()
        assert len(candidate.text) <= 90
        assert 0 <= candidate.sentence < len(sentences)


@given(sentences=st.lists(st.text(), max_size=4), title=st.text(max_size=40))
def test_any_text_is_safe(sentences: list[str], title: str) -> None:
    check(sentences, title)


@given(sentences=st.lists(_STATEMENTS, max_size=4), title=st.sampled_from([BRIDGE, "", "Ada Quill", "Tarnby <b>"]))
def test_any_words_are_safe(sentences: list[str], title: str) -> None:
    check(sentences, title)


@given(noise=st.text(min_size=1, max_size=6), place=st.integers(0, 6))
def test_noise_in_a_statement_never_reaches_a_question(noise: str, place: int) -> None:
    parts = "The bridge was built in 1871 .".split()
    check(
        [" ".join([*parts[:place], noise, *parts[place:]]).replace(" .", "."), "The bridge" + noise + " is long."],
        BRIDGE,
    )


@pytest.mark.parametrize(
    "sentence",
    [
        "A" * 200_000 + ".",
        "The " + "a " * 100_000 + ".",
        "The bridge was " + "very, " * 50_000 + "old.",
        "(" * 100_000,
        "Ada " * 50_000 + "said.",
        "Ada Quill, " + "an " * 50_000,
        "de " * 50_000,
    ],
)
def test_endless_sentences_take_no_endless_time(sentence: str) -> None:
    assert asked(sentence, sentence, title=sentence) == []
