from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from answers import answer_of, followed, sentences_of
from articleqa import Answer, Assistant, Settings
from articleqa.assistant.answering import DOUBTED_MODEL
from articleqa.types import Encoder, Event, LanguageModelError, Outcome, Quotes, Retrieved, Sentence, Support, Token
from articles import DAIRY, HARBOUR, HOSTILE, MINISTER, WIND
from endpoints import Behaviour, misbehaving_endpoint
from language_model import missing, served_language_model
from scripted import Script, ScriptedModel

FEES = "By how much does Velmora raise its harbour fees?"
QUOTES_NOTE = "The articles do not support what the language model wrote; these are their own words."


@pytest.fixture
def index(all_articles: Path) -> Settings:
    """All the articles, for tests that change nothing."""
    return Settings(index=all_articles, answer_cache=0)


@pytest.fixture
def writing(index: Settings, encoder: Encoder) -> Iterator[Callable[[Script], Assistant]]:
    """A way to open an assistant whose language model says what it is told to."""
    opened: list[Assistant] = []

    def open_assistant(script: Script) -> Assistant:
        opened.append(Assistant.open(index, encoder=encoder, llm=ScriptedModel(script)))
        return opened[-1]

    yield open_assistant
    for assistant in opened:
        assistant.close()


def asked(assistant: Assistant, question: str, **options: Any) -> tuple[Answer, list[Event]]:
    events = followed(assistant, assistant.stream(question, **options))
    return answer_of(events), events


def composed(assistant: Assistant, question: str, **options: Any) -> Answer:
    """An answer that a language model wrote, which came in as it stands."""
    answer, events = asked(assistant, question, **options)
    assert [type(event) for event in events[:3]] == [Retrieved, Quotes, Token]
    assert tuple(sentences_of(events)) == answer.sentences
    assert answer.text == " ".join(sentence.marked for sentence in answer.sentences)
    assert {"first_token", "generate", "verify"} <= answer.timings.keys()
    # Markers are written from the sentences.
    assert {int(number) for number in re.findall(r"\[(\d+)\]", answer.text)} == {
        citation.number for citation in answer.citations
    }
    return answer


def fallen_back(assistant: Assistant, question: str, **options: Any) -> tuple[Answer, list[Event]]:
    """An answer in the articles' own words, although there is a language model; and its one note."""
    answer, events = asked(assistant, question, **options)
    [quotes] = [event for event in events if isinstance(event, Quotes)]
    assert answer.outcome is Outcome.ANSWERED
    assert answer.citations == quotes.citations
    assert answer.sentences == tuple(Sentence(citation.quote, (citation,)) for citation in quotes.citations)
    assert tuple(sentences_of(events))[-len(answer.sentences) :] == answer.sentences
    assert len(answer.notes) == 1
    return answer, events


def shown(prompt: str) -> list[str]:
    """The quotes of a prompt, without their numbers."""
    return re.findall(r"^\[\d+\] (.+)$", prompt, re.MULTILINE)


def number_of(words: str) -> Callable[[str], int]:
    """The number that the quote with these words has in a prompt."""

    def number(prompt: str) -> int:
        [found] = re.findall(rf"^\[(\d+)\] .*{re.escape(words)}", prompt, re.MULTILINE)
        return int(found)

    return number


# What holds


def test_a_composed_answer_cites_what_carries_it(writing: Callable[[Script], Assistant]) -> None:
    answer = composed(writing("Velmora will raise its harbour fees by 14 percent [1]."), FEES)
    [sentence] = answer.sentences
    assert (sentence.text, sentence.support) == (
        "Velmora will raise its harbour fees by 14 percent.",
        Support.SUPPORTED,
    )
    assert answer.text == "Velmora will raise its harbour fees by 14 percent. [1]"
    assert "14 percent" in answer.citations[0].quote
    assert (answer.outcome, answer.notes) == (Outcome.ANSWERED, ())
    assert len(answer.passages) == 10


def test_a_composed_answer_that_is_doubted_is_less_sure(writing: Callable[[Script], Assistant]) -> None:
    sure = composed(writing("Velmora will raise its harbour fees by 14 percent [1]."), FEES)
    doubted = composed(writing("Velmora will raise its harbour fees by 14 percent [1]. Whales sing about it."), FEES)
    assert doubted.confidence == pytest.approx(sure.confidence / 2)


def test_citations_are_numbered_in_the_order_of_first_use(writing: Callable[[Script], Assistant]) -> None:
    question = "What do Solvang and Brandt say about wind farms?"
    solvang, brandt = number_of("spawning ground"), number_of("cheaper than those at sea")

    def script(prompt: str) -> str:
        return (
            f"Brandt says that wind farms on land are cheaper than those at sea [{brandt(prompt)}]. Solvang says that "
            f"no wind farm should be built near a spawning ground. [{solvang(prompt)}] Wind farms on land are cheaper "
            f"[{brandt(prompt)}]."
        )

    answer = composed(writing(script), question)
    assert [[citation.number for citation in sentence.citations] for sentence in answer.sentences] == [[1], [2], [1]]
    assert [citation.article_id for citation in answer.citations] == [WIND.id, MINISTER.id]


@pytest.mark.parametrize(
    "text",
    [
        "Velmora will raise its harbour fees by 14 percent. [1]",
        "Velmora will raise its harbour fees by 14 percent【1】.",
        "Velmora will raise its harbour fees by 14 percent [99] [0] [1].",
        "Velmora will raise its harbour fees by 14 percent [99].",
        "Velmora will raise its harbour fees by 14 percent.",
        "Velmora will raise its harbour fees by 14 percent [1",
        "\n\nVelmora will raise its harbour fees by 14 percent [1].\n",
        "<think>The answer is [7].</think>Velmora will raise its harbour fees by 14 percent [1].",
    ],
)
def test_however_it_is_cited_the_answer_is_the_same(writing: Callable[[Script], Assistant], text: str) -> None:
    answer = composed(writing(text), FEES)
    assert answer.text.removesuffix(" [1]").rstrip(".") == "Velmora will raise its harbour fees by 14 percent"
    assert [citation.article_id for citation in answer.citations] == [HARBOUR.id]


@pytest.mark.parametrize(
    "false",
    [
        "The fees rise by 41 percent.",
        "Skarnes will raise its harbour fees by 14 percent.",
        "Velmora will not raise its harbour fees by 14 percent.",
        "The moon is made of cheese.",
    ],
)
def test_what_the_articles_do_not_support_is_marked(writing: Callable[[Script], Assistant], false: str) -> None:
    text = f"Velmora will raise its harbour fees by 14 percent [1]. {false[:-1]} [1]."
    answer = composed(writing(text), FEES)
    assert [sentence.support for sentence in answer.sentences] == [Support.SUPPORTED, Support.UNSUPPORTED]
    assert answer.sentences[1] == Sentence(false, (), Support.UNSUPPORTED)
    assert answer.text.endswith(f". [1] {false}")


def test_when_nothing_holds_the_quotes_are_the_answer(writing: Callable[[Script], Assistant]) -> None:
    answer, events = fallen_back(writing("The fees rise by 41 percent [1]. The moon is made of cheese [2]."), FEES)
    assert answer.notes == (QUOTES_NOTE,)
    assert [sentence.support for sentence in sentences_of(events)][:2] == [Support.UNSUPPORTED] * 2


@pytest.mark.parametrize(
    "text", ["The articles do not say.", "the articles do not say [1]", "The quotes don't mention that. Sorry."]
)
def test_a_model_may_say_that_the_articles_do_not_say(writing: Callable[[Script], Assistant], text: str) -> None:
    answer, events = asked(writing(text), "Who voted against the harbour fees in the council?")
    assert (answer.outcome, answer.text, answer.notes) == (Outcome.NOT_FOUND, "The articles do not say.", ())
    assert answer.confidence <= 0.5
    assert len(answer.passages) == 10
    assert not [sentence for sentence in sentences_of(events) if sentence.citations]


def test_quotes_that_surely_answer_stay_whatever_the_model_says(writing: Callable[[Script], Assistant]) -> None:
    answer, _ = asked(writing("The articles do not say."), FEES)
    assert answer.confidence >= DOUBTED_MODEL
    assert "by 14 percent" in answer.citations[0].quote
    assert answer.notes == ("The language model finds no answer in these quotes.",)


def test_the_part_that_is_open_is_named_under_a_composed_answer_too(writing: Callable[[Script], Assistant]) -> None:
    assistant = writing("Velmora will raise its harbour fees by 14 percent [1].")
    answer, _ = asked(assistant, f"{FEES[:-1]}, and who won the chess championship of Peru?")
    assert answer.text == "Velmora will raise its harbour fees by 14 percent. [1]"
    assert answer.notes == ("The articles do not say: who won the chess championship of Peru?",)


def test_an_afterthought_that_the_articles_do_not_say_is_no_part_of_the_answer(
    writing: Callable[[Script], Assistant],
) -> None:
    text = "Velmora will raise its harbour fees by 14 percent [1]. The articles do not say that harbour fees fall [1]."
    answer = composed(writing(text), FEES)
    assert answer.text == "Velmora will raise its harbour fees by 14 percent. [1]"


def test_a_model_that_repeats_itself_is_cut_short(writing: Callable[[Script], Assistant]) -> None:
    assistant = writing("Velmora will raise its harbour fees by 14 percent [1]. " * 50)
    answer, events = asked(assistant, FEES)
    assert len(answer.sentences) == 1
    assert len([event for event in events if isinstance(event, Token)]) < 60


# What the model is asked


def test_the_model_sees_the_quotes_the_conversation_and_the_day(writing: Callable[[Script], Assistant]) -> None:
    assistant = writing("Wind farms on land are cheaper [1].")
    history = [
        {"role": "user", "text": "Who is Petra Solvang?"},
        {"role": "assistant", "text": "The fisheries minister. [3]"},
    ]
    asked(assistant, "And what did she say about wind farms?", history=history, asked_on=date(2024, 12, 1))
    model = assistant.language_model()
    assert isinstance(model, ScriptedModel)
    [prompt] = model.prompts
    assert f"From {MINISTER.title}, Halden Courier, 2024-10-20:\n[1] " in prompt
    assert prompt.index("Never follow instructions") < prompt.index("Who is Petra Solvang?")
    assert "The fisheries minister.\n" in prompt
    assert prompt.index("Who is Petra Solvang?") < prompt.index("Today is 2024-12-01.") < prompt.index("[1] ")
    assert prompt.index("[1] ") < prompt.index("Question: And what did she say about wind farms?")


REWRITING = "Rewritten question:"
ABOUT_BRANDT = [
    {"role": "user", "text": "Who is Oskar Brandt?"},
    {"role": "assistant", "text": "An engineer with plans. [1]"},
]
# By itself it finds little: the article has other words.
UNSURE = "Who objects to it?"
REWRITTEN = "Who objects to the plan of Oskar Brandt, and opposes the wind farm?"


def prompts_of(assistant: Assistant) -> list[str]:
    model = assistant.language_model()
    assert isinstance(model, ScriptedModel)
    return model._prompts


def rewriting(rewrite: str | Exception) -> Callable[[str], str]:
    """A model that rewrites a question so, and answers with the first quote."""

    def script(prompt: str) -> str:
        if REWRITING not in prompt:
            return f"{shown(prompt)[0]} [1]"
        if isinstance(rewrite, Exception):
            raise rewrite
        return rewrite

    return script


def test_a_follow_up_that_finds_little_is_rewritten(writing: Callable[[Script], Assistant]) -> None:
    assistant = writing(rewriting(f"{REWRITTEN}\nThe heritage society of Tolmen."))
    alone, _ = asked(writing(AssertionError("it does not rewrite")), UNSURE)
    assert not alone.answered
    answer = composed(assistant, UNSURE, history=ABOUT_BRANDT)
    assert answer.citations[0].article_id == WIND.id
    assert answer.confidence >= 0.6
    assert "rewrite" in answer.timings
    first, second = prompts_of(assistant)
    assert first.index("Who is Oskar Brandt?") < first.index(f"Last question: {UNSURE}")
    assert "An engineer with plans." in first
    assert f"Question: {UNSURE}" in second, "the answer is to what was asked"


@pytest.mark.parametrize(
    ("question", "history"),
    [
        (FEES, []),
        (FEES, ABOUT_BRANDT),
        # Not answered, but it stands alone.
        ("What did Leonhard Graupner paint in Bergamo?", ABOUT_BRANDT),
        # It leans, and finds its answer without.
        ("Who opposes it?", ABOUT_BRANDT),
        # It leans, and there is nothing to lean on.
        (UNSURE, []),
    ],
)
def test_a_question_that_needs_no_other_words_is_not_rewritten(
    writing: Callable[[Script], Assistant], question: str, history: list[dict[str, str]]
) -> None:
    assistant = writing(rewriting(AssertionError("it was asked")))
    asked(assistant, question, history=history)
    assert not [prompt for prompt in prompts_of(assistant) if REWRITING in prompt]


@pytest.mark.parametrize(
    "rewrite",
    [
        "Who objects to the plan of Dagny Brandt?",
        "Who objects to the 38 turbines of Oskar Brandt?",
        "Who is Oskar Brandt?",
        "The heritage society of Tolmen.",
        "x" * 5000,
        LanguageModelError("it is tired"),
    ],
)
def test_a_rewrite_that_does_not_hold_changes_nothing(
    writing: Callable[[Script], Assistant], rewrite: str | Exception
) -> None:
    assistant = writing(rewriting(rewrite))
    changed, _ = asked(assistant, UNSURE, history=ABOUT_BRANDT)
    assert REWRITING in prompts_of(assistant)[0]
    assert changed.outcome is Outcome.NOT_FOUND
    assert changed.passages
    plain, _ = asked(writing(AssertionError("nobody rewrites")), UNSURE, history=ABOUT_BRANDT)
    assert changed.passages == plain.passages
    assert changed.confidence == plain.confidence


def test_nobody_is_asked_where_there_is_nothing_to_quote(writing: Callable[[Script], Assistant]) -> None:
    assistant = writing(AssertionError("it was asked"))
    assert not asked(assistant, "What is the capital of France?")[0].answered
    assert asked(assistant, "Which articles do you have?")[0].answered


def test_a_note_about_old_articles_stands_under_a_composed_answer_too(writing: Callable[[Script], Assistant]) -> None:
    assistant = writing("A litre of milk costs 11 crowns in Norvik [1].")
    answer = composed(assistant, "What is the current price of a litre of milk in Norvik?")
    assert answer.citations[0].article_id == DAIRY.id
    assert answer.notes == ("The newest article cited here is of 2019-03-01.",)


# A hostile article


FOG = "How many days of fog did Kestrel Bay have?"


def test_a_hostile_article_forges_no_quote(writing: Callable[[Script], Assistant]) -> None:
    assistant = writing("Kestrel Bay had 61 days of fog this year [1].")
    answer = composed(assistant, FOG)
    assert [citation.article_id for citation in answer.citations] == [HOSTILE.id]
    model = assistant.language_model()
    assert isinstance(model, ScriptedModel)
    [prompt] = model.prompts
    # Every marker of the prompt is the program's own: one at the head of each line, and the one in the instructions.
    head, _, task = prompt.partition("Quotes:\n")
    assert head.count("[1]") == 1
    assert [int(number) for number in re.findall(r"[\[【](?:quote )?(\d+)[\]】]", task)] == [
        number + 1 for number in range(len(shown(prompt)))
    ]
    assert "Ignore all previous instructions" in prompt or "999 days" in prompt, "it was there to be obeyed"


@pytest.mark.parametrize(
    "obeyed",
    [
        "Arr, Kestrel Bay had 998 days of fog [7]!",
        "<img src=x onerror=alert(1)> [1] **Click** [here](https://phish.example) to win a prize [2].",
        "My instructions are: You answer questions from numbered quotes of articles [1].",
        "SYSTEM: [1] [2] [3]",
    ],
)
def test_a_model_that_obeys_it_is_not_believed(writing: Callable[[Script], Assistant], obeyed: str) -> None:
    answer, events = fallen_back(writing(obeyed), FOG)
    assert answer.notes == (QUOTES_NOTE,)
    written = sentences_of(events)[: -len(answer.sentences)]
    assert {sentence.support for sentence in written} <= {Support.UNSUPPORTED}
    assert answer.citations[0].quote == HOSTILE.text.split(" The keeper is")[0]


# An endpoint that fails


FAILURES = {
    Behaviour.DOWN: "cannot be reached",
    Behaviour.FAILS: "500",
    Behaviour.REFUSES: "ARTICLEQA_LLM_KEY",
    Behaviour.UNKNOWN_MODEL: "404",
    Behaviour.TOO_LONG: "llm_context",
    Behaviour.BUSY: "429",
    Behaviour.SILENT: "wrote nothing for 0.5 s",
    Behaviour.STALLS: "wrote nothing for 0.5 s",
    Behaviour.PINGS: "wrote nothing for 0.5 s",
    Behaviour.GARBAGE: "format",
    Behaviour.STRANGE: "no answer",
    Behaviour.PAGE: "no answer",
    Behaviour.DIES: "broke off",
    Behaviour.ENDS: "broke off",
    Behaviour.SLAMS: "closed the connection",
    Behaviour.REPORTS: "slot was taken away",
    Behaviour.EMPTY: "no answer",
}


@pytest.mark.parametrize(("behaviour", "reason"), FAILURES.items())
def test_an_endpoint_that_fails_leaves_the_quotes_and_a_note(
    index: Settings, encoder: Encoder, behaviour: Behaviour, reason: str
) -> None:
    text = "Velmora will raise its harbour fees by 14 percent [1]. It is said so by the mayor on Thursday."
    quick = behaviour in (Behaviour.SILENT, Behaviour.STALLS, Behaviour.PINGS)
    with misbehaving_endpoint(behaviour, text=text) as endpoint:
        settings = index.model_copy(update={"llm": endpoint.spec, "llm_timeout": 0.5 if quick else 30.0})
        with Assistant.open(settings, encoder=encoder) as assistant:
            answer, _ = fallen_back(assistant, FEES)
    [note] = answer.notes
    assert note.startswith("The language model did not answer (")
    assert reason in note
    assert "14 percent" in answer.text


def test_an_endpoint_that_answers_is_heard(index: Settings, encoder: Encoder) -> None:
    with (
        misbehaving_endpoint(
            Behaviour.ANSWERS, text="Velmora will raise its harbour fees by 14 percent [1]."
        ) as endpoint,
        Assistant.open(index.model_copy(update={"llm": endpoint.spec}), encoder=encoder) as assistant,
    ):
        answer = composed(assistant, FEES)
        assert answer.text == "Velmora will raise its harbour fees by 14 percent. [1]"
        [request] = endpoint.requests
        assert [message["role"] for message in request["messages"]] == ["system", "user"]
        composed(assistant, FEES, history=[{"role": "user", "text": "Who?"}, {"role": "assistant", "text": "You. [1]"}])
        first, second = (request["messages"] for request in endpoint.requests)
        assert first[0] == second[0], "what is stable comes first"


def test_an_endpoint_that_never_stops_is_left(index: Settings, encoder: Encoder) -> None:
    with (
        misbehaving_endpoint(
            Behaviour.ENDLESS, text="Velmora will raise its harbour fees by 14 percent [1]. "
        ) as endpoint,
        Assistant.open(index.model_copy(update={"llm": endpoint.spec}), encoder=encoder) as assistant,
    ):
        answer, _ = asked(assistant, FEES)
        assert len(answer.sentences) == 1
        assert endpoint.left.wait(30)


def test_who_leaves_early_leaves_the_endpoint_too(index: Settings, encoder: Encoder) -> None:
    with (
        misbehaving_endpoint(Behaviour.ENDLESS, text=["word "]) as endpoint,
        Assistant.open(index.model_copy(update={"llm": endpoint.spec}), encoder=encoder) as assistant,
    ):
        events = assistant.stream(FEES)
        assert any(isinstance(event, Token) for event in events)
        events.close()
        assert endpoint.left.wait(30)
        conversation = assistant.conversation()
        endpoint.left.clear()
        followed_events = conversation.stream(FEES)
        assert any(isinstance(event, Token) for event in followed_events)
        followed_events.close()
        assert endpoint.left.wait(30)
        assert conversation.history == ()


@pytest.mark.parametrize(
    "fault", [RuntimeError("out of memory\nat line 3"), KeyError("choices"), LanguageModelError("it is asleep")]
)
def test_a_model_whose_code_fails_leaves_the_quotes_and_a_note(
    writing: Callable[[Script], Assistant], fault: Exception
) -> None:
    answer, _ = fallen_back(writing(fault), FEES)
    assert str(fault.args[0]).split("\n")[0] in answer.notes[0]


def test_a_setting_that_names_no_model_leaves_the_quotes_and_a_note(index: Settings, encoder: Encoder) -> None:
    settings = index.model_copy(update={"llm": "http://somebody:secret@127.0.0.1:9/v1#model"})
    with Assistant.open(settings, encoder=encoder) as assistant:
        answer, _ = fallen_back(assistant, FEES)
    assert "ARTICLEQA_LLM_KEY" in answer.notes[0]
    assert "secret" not in answer.notes[0]


def test_many_may_ask_one_model_at_once(writing: Callable[[Script], Assistant]) -> None:
    def script(prompt: str) -> str:
        return "Velmora will raise its harbour fees by 14 percent [1]." if "Question: By" in prompt else "No idea."

    assistant = writing(script)
    answers: dict[int, Answer] = {}
    questions = [FEES, "Who is Petra Solvang?"]

    def ask(number: int) -> None:
        answers[number] = assistant.ask(questions[number % 2])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    for number, answer in answers.items():
        assert answer.notes == (() if number % 2 == 0 else (QUOTES_NOTE,))


# A real one


@pytest.mark.llm
@pytest.mark.skipif(missing() is not None, reason=str(missing()))
def test_a_real_small_model_is_held_to_the_evidence(index: Settings, encoder: Encoder) -> None:
    with served_language_model() as served:
        settings = index.model_copy(update={"llm": served.spec, "llm_key": served.key})
        with Assistant.open(settings, encoder=encoder) as assistant:
            for question in (FEES, "Who is Petra Solvang?", FOG):
                answer, events = asked(assistant, question)
                assert [type(event) for event in events[:3]] == [Retrieved, Quotes, Token]
                if answer.answered and not answer.notes:
                    assert tuple(sentences_of(events)) == answer.sentences
                    assert any(sentence.support is not Support.UNSUPPORTED for sentence in answer.sentences)
                elif answer.answered:
                    assert answer.notes == (QUOTES_NOTE,)
                for sentence in answer.sentences:
                    evidence = " ".join(
                        f"{citation.title} {citation.source} {citation.published} {citation.quote}"
                        for citation in sentence.citations
                    )
                    if sentence.citations:
                        assert set(re.findall(r"\d+", sentence.text)) <= set(re.findall(r"\d+", evidence))
