"""Answers that a language model wrote are given again where nothing has changed for them, and nothing of them stays."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from answers import answer_of, followed
from articleqa import Answer, Article, Assistant, Filters, Settings, Token, Turn
from articleqa.assistant.cache import file as cache_file
from articleqa.assistant.cache import identity
from articleqa.assistant.cache.identity import found_of, key_of
from articleqa.assistant.cache.recording import Recording, UnreadableRecording
from articleqa.assistant.requests import Request
from articleqa.evaluation import evaluate
from articleqa.ingest import Ingest
from articleqa.library import Library
from articleqa.loading import Limits
from articleqa.types import Citation, Event, Outcome, Passage, Quotes, Retrieved, Sentence, Support
from articleqa.vectors import Vectors
from articles import ARTICLES, HARBOUR, HARBOUR_COPY, MINISTER
from conftest import OpenAssistant
from encoders import HashingEncoder
from endpoints import Behaviour, misbehaving_endpoint
from file_systems import file_system
from scripted import Script, ScriptedModel

FEES = "By how much does Velmora raise its harbour fees?"
SAID = "Velmora will raise its harbour fees by 14 percent [1]."
# What no article says, and what a file is searched for.
ODD = "Quixotic zebras juggle."


@pytest.fixture
def index(all_articles: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(all_articles, tmp_path / "index"))


Written = tuple[Assistant, ScriptedModel]


@pytest.fixture
def writing(index: Path, assistant: OpenAssistant) -> Callable[..., Written]:
    """A way to open the library with a language model that says what it is told to, and counts."""

    def open_writing(script: Script = SAID, **settings: Any) -> Written:
        model = ScriptedModel(script)
        return assistant("index", llm=model, **settings), model

    return open_writing


def kept(folder: Path) -> bytes:
    """Everything that is kept of answers, to the last byte."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("answers*")))


def events_of(opened: Assistant, question: str = FEES, **options: Any) -> list[Event]:
    return followed(opened, opened.stream(question, **options))


def timeless(events: list[Event]) -> list[Event]:
    """Events without the times that they took."""
    return [replace(event, timings={}) if isinstance(event, Answer) else event for event in events]


@contextmanager
def answers(folder: Path) -> Iterator[apsw.Connection]:
    with closing(apsw.Connection(str(folder / "answers.sqlite3"))) as connection:
        yield connection


# The same question


@pytest.mark.parametrize(
    "text",
    [
        SAID,
        "Velmora will raise its harbour fees by 14 percent [1]. The moon is made of cheese.",
        "The articles do not say.",
        ODD,
    ],
    ids=["supported", "partly", "abstains", "unsupported"],
)
def test_the_same_question_gets_the_same_answer_and_the_model_is_not_asked(
    writing: Callable[..., Written], text: str
) -> None:
    opened, model = writing(text)
    first, second = events_of(opened), events_of(opened)
    assert len(model.prompts) == 1
    assert timeless(second) == timeless(first)
    assert [type(event) for event in second[:3]] == [Retrieved, Quotes, Token]
    assert {"generate", "retrieve"} <= answer_of(first).timings.keys()
    assert list(answer_of(second).timings) == ["first_quote", "cache", "first_token", "total"]


def test_white_space_around_a_question_makes_no_other(writing: Callable[..., Written]) -> None:
    opened, model = writing()
    assert opened.ask(FEES).text == opened.ask(f"\n {FEES}  ").text
    assert len(model.prompts) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"question": f"And {FEES[0].lower()}{FEES[1:]}"},
        {"filters": Filters(source="Halden Courier")},
        {"history": [Turn("user", "What is Velmora?"), Turn("assistant", "A port.")]},
        {"asked_on": date(2024, 12, 1)},
    ],
    ids=["question", "filters", "history", "day"],
)
def test_another_question_is_asked(writing: Callable[..., Written], other: dict[str, Any]) -> None:
    opened, model = writing()
    events_of(opened)
    for asked in (1, 2):
        events_of(opened, **{"question": FEES, **other})
        assert len(model.prompts) == 2, f"asked for the {asked}. time"


def test_in_a_conversation_it_is_the_same_question_after_the_same_turns(writing: Callable[..., Written]) -> None:
    opened, model = writing()
    for _ in range(2):
        conversation = opened.conversation()
        conversation.ask(FEES)
        conversation.ask(FEES)
    assert len(model.prompts) == 2


def test_it_is_kept_for_the_next_program(index: Path, assistant: OpenAssistant) -> None:
    with misbehaving_endpoint(Behaviour.ANSWERS, text=SAID) as endpoint:
        first = assistant("index", llm=endpoint.spec)
        said = events_of(first)
        first.close()
        asked = len(endpoint.requests)
        assert timeless(events_of(assistant("index", llm=endpoint.spec))) == timeless(said)
        assert len(endpoint.requests) == asked > 0


def test_what_a_model_of_the_caller_wrote_is_not_given_by_another(writing: Callable[..., Written]) -> None:
    for _ in range(2):
        opened, model = writing()
        events_of(opened)
        assert len(model.prompts) == 1


# What is not kept


def test_a_failure_is_not_kept(writing: Callable[..., Written]) -> None:
    def script(prompt: str) -> str:
        if len(model.prompts) == 1:
            raise RuntimeError("out of memory")
        return SAID

    opened, model = writing(script)
    assert "did not answer" in answer_of(events_of(opened)).notes[0]
    assert answer_of(events_of(opened)).notes == ()
    events_of(opened)
    assert len(model.prompts) == 2


def test_what_breaks_off_in_the_middle_is_not_kept(index: Path, assistant: OpenAssistant) -> None:
    with misbehaving_endpoint(Behaviour.DIES, text=SAID) as endpoint:
        opened = assistant("index", llm=endpoint.spec)
        assert any(isinstance(event, Token) for event in events_of(opened))
        events_of(opened)
        assert len(endpoint.requests) == 2
    assert kept(index) == b""


def test_an_answer_that_is_left_is_not_kept(writing: Callable[..., Written], index: Path) -> None:
    opened, model = writing()
    with closing(opened.stream(FEES)) as events:
        assert any(isinstance(event, Token) for event in events)
    events_of(opened)
    assert len(model.prompts) == 2


def test_without_a_language_model_nothing_is_kept(index: Path, assistant: OpenAssistant) -> None:
    events_of(assistant("index"))
    assert not list(index.glob("answers*"))


def test_what_no_model_is_asked_about_is_not_kept(writing: Callable[..., Written], index: Path) -> None:
    opened, _ = writing()
    for question in ("How many articles are there?", "Who won the chess championship on Mars?"):
        events_of(opened, question)
    assert not list(index.glob("answers*"))


# How many


def test_the_setting_bounds_them_and_those_given_last_stay(writing: Callable[..., Written]) -> None:
    opened, model = writing(answer_cache=2)
    for question in (FEES, f"{FEES} Tell me.", FEES, f"{FEES} Please."):
        events_of(opened, question)
    assert len(model.prompts) == 3
    events_of(opened, FEES)
    assert len(model.prompts) == 3
    events_of(opened, f"{FEES} Tell me.")
    assert len(model.prompts) == 4


def test_their_bytes_are_bounded_too(
    writing: Callable[..., Written], index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, model = writing()
    events_of(opened)
    with answers(index) as connection:
        [(size,)] = connection.execute("SELECT bytes FROM answers").fetchall()
    assert isinstance(size, int)
    monkeypatch.setattr(cache_file, "MOST_BYTES", 2 * size - 1)
    events_of(opened, f"{FEES} Tell me.")
    with answers(index) as connection:
        assert connection.execute("SELECT count(*) FROM answers").fetchall() == [(1,)]
    monkeypatch.setattr(cache_file, "MOST_BYTES_EACH", size - 1)
    events_of(opened)
    events_of(opened)
    assert len(model.prompts) == 4


def test_none_are_kept_where_none_are_wanted(writing: Callable[..., Written], index: Path) -> None:
    opened, _ = writing(ODD)
    events_of(opened)
    assert b"zebras" in kept(index)
    opened.close()
    opened, model = writing(answer_cache=0)
    assert b"zebras" not in kept(index)
    events_of(opened)
    events_of(opened)
    assert len(model.prompts) == 2
    assert b"14 percent" not in kept(index)


# What changes in the library


def test_an_article_that_has_no_say_costs_no_answer(writing: Callable[..., Written]) -> None:
    opened, model = writing()
    events_of(opened)
    opened.add(
        Article(id="chess", title="Chess on Mars", text="The rover Pixel lost all of its games of chess on Mars.")
    )
    events_of(opened)
    assert len(model.prompts) == 1


def test_an_article_that_has_a_say_is_heard(writing: Callable[..., Written]) -> None:
    opened, _ = writing()
    events_of(opened)
    text = "Velmora raises its harbour fees by 20 percent, not by 14, the council of Velmora decided on Friday."
    opened.add(Article(id="fees-again", title="Velmora raises its harbour fees again", text=text))
    quotes = next(event for event in events_of(opened) if isinstance(event, Quotes))
    assert "fees-again" in {citation.article_id for citation in quotes.citations}


def changed(opened: Assistant, how: str, folder: Path) -> None:
    match how:
        case "removed":
            opened.remove(MINISTER.id or "")
        case "updated":
            opened.add(replace(MINISTER, text=f"{MINISTER.text}\n\nShe sails."))
        case "renamed":
            opened.add(replace(MINISTER, title="A talk with Petra Solvang"))
        case "copy removed":
            opened.remove(HARBOUR_COPY.id or "")
        case "file removed":
            opened.files.remove_articles([f"article:{MINISTER.id}"])
        case "rebuilt":
            opened.rebuild()
        case "imported":
            opened.export_library(folder / "exported")
            opened.import_library(folder / "exported", replace=True)


@pytest.mark.parametrize(
    "how", ["removed", "updated", "renamed", "copy removed", "file removed", "rebuilt", "imported"]
)
def test_when_something_was_taken_away_no_word_of_any_answer_is_left(
    index: Path, tmp_path: Path, assistant: OpenAssistant, how: str
) -> None:
    """Whoever takes it away: here it is a program without a language model, which keeps no answers."""
    opened = assistant("index", llm=ScriptedModel(ODD))
    other = assistant("index")
    events_of(opened)
    assert b"zebras" in kept(index)
    changed(other, how, tmp_path)
    assert b"zebras" not in kept(index)
    events_of(opened)
    assert b"zebras" in kept(index)
    if how == "rebuilt":
        other.rollback()
        assert b"zebras" not in kept(index)


def test_an_export_holds_no_answer(writing: Callable[..., Written], tmp_path: Path) -> None:
    opened, _ = writing(ODD)
    events_of(opened)
    opened.export_library(tmp_path / "exported")
    content = (tmp_path / "exported").read_bytes()
    assert b"harbour fees" in content
    assert b"zebras" not in content


@pytest.mark.parametrize("how", ["removed", "updated"])
def test_what_changes_while_a_model_writes_is_not_kept(
    index: Path, tmp_path: Path, assistant: OpenAssistant, how: str
) -> None:
    other = assistant("index")

    def script(prompt: str) -> str:
        changed(other, how, tmp_path)
        return ODD

    events_of(assistant("index", llm=ScriptedModel(script)))
    assert b"zebras" not in kept(index)


def take_away(index: Path) -> None:
    """Remove an article as a program does that is killed before it has done anything else."""
    library = Library(index)
    encoder = HashingEncoder()
    Ingest(library, Vectors(index, reading=library.reading), lambda: encoder, Limits()).remove(MINISTER.id or "")
    library.close()


def test_who_comes_after_a_program_that_was_killed_clears_them(index: Path, assistant: OpenAssistant) -> None:
    opened = assistant("index", llm=ScriptedModel(ODD))
    events_of(opened)
    opened.close()
    take_away(index)
    assert b"zebras" in kept(index)
    assistant("index").close()
    assert b"zebras" not in kept(index)


def test_the_next_answer_that_is_kept_takes_the_place_of_those(index: Path, assistant: OpenAssistant) -> None:
    model = ScriptedModel(lambda prompt: ODD if len(model.prompts) == 1 else SAID)
    opened = assistant("index", llm=model)
    events_of(opened)
    take_away(index)
    events_of(opened, f"{FEES} Tell me.")
    assert b"14 percent" in kept(index)
    assert b"zebras" not in kept(index)


def test_another_library_in_the_same_place_is_another(index: Path, tmp_path: Path, assistant: OpenAssistant) -> None:
    """Its changes may have the same numbers."""
    opened = assistant("index", llm=ScriptedModel(ODD))
    events_of(opened)
    opened.close()
    other = assistant("other")
    other.add(*ARTICLES)
    other.close()
    for name in ("library.sqlite3", "library.sqlite3-wal"):
        (index / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "other" / "library.sqlite3", index)
    assistant("index")
    assert b"zebras" not in kept(index)


# What can go wrong with the file


def test_a_citation_that_does_not_hold_is_not_shown(writing: Callable[..., Written], index: Path) -> None:
    opened, model = writing()
    first = answer_of(events_of(opened))
    with answers(index) as connection:
        [(answer,)] = connection.execute("SELECT answer FROM answers").fetchall()
        assert isinstance(answer, bytes)
        content = json.loads(answer)
        content["citations"][0]["start"] += 1
        forged = json.dumps(content).encode()
        connection.execute("UPDATE answers SET answer = ?, digest = ?", (forged, cache_file._digest(forged))).fetchall()
    assert answer_of(events_of(opened)).citations == first.citations
    assert len(model.prompts) == 2
    events_of(opened)
    assert len(model.prompts) == 2


@pytest.mark.parametrize(
    "damage",
    ["UPDATE answers SET answer = zeroblob(40)", "PRAGMA user_version = 99", "DROP TABLE answers", "garbage", "cut"],
)
def test_a_damaged_file_is_made_anew(writing: Callable[..., Written], index: Path, damage: str) -> None:
    opened, model = writing()
    events_of(opened)
    path = index / "answers.sqlite3"
    if damage == "garbage":
        path.write_bytes(os.urandom(8192))
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    else:
        with answers(index) as connection:
            connection.execute(damage).fetchall()
    events_of(opened)
    assert len(model.prompts) == 2
    opened.remove(MINISTER.id or "")
    for _ in range(2):
        events_of(opened)
    assert len(model.prompts) == 3


def test_where_it_cannot_be_written_every_answer_is_given(
    writing: Callable[..., Written], index: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (index / "answers.sqlite3").mkdir()
    opened, model = writing()
    for asked in (1, 2):
        assert answer_of(events_of(opened)).outcome is Outcome.ANSWERED
        assert len(model.prompts) == asked
    opened.remove(MINISTER.id or "")
    assert "answers.sqlite3 cannot be cleared" in caplog.text


def test_where_the_disk_fails_every_answer_is_given(index: Path, assistant: OpenAssistant) -> None:
    failing = False
    with file_system(lambda what, kind: failing and what == "write"):
        model = ScriptedModel(ODD)
        opened = assistant("index", llm=model)
        events_of(opened)
        failing = True
        first, second = events_of(opened, f"{FEES} Tell me."), events_of(opened, f"{FEES} Tell me.")
        assert timeless(first) == timeless(second)
        assert len(model.prompts) == 3
        # What is there can be read all the same.
        events_of(opened)
        assert len(model.prompts) == 3
        failing = False
        opened.close()


def test_a_file_that_another_holds_is_waited_for_by_nobody(writing: Callable[..., Written], index: Path) -> None:
    opened, model = writing()
    events_of(opened)
    with answers(index) as connection:
        connection.execute("BEGIN EXCLUSIVE").fetchall()
        events_of(opened)
        assert len(model.prompts) == 2
    events_of(opened)
    assert len(model.prompts) == 2


def test_what_must_go_goes_although_another_holds_the_file(
    writing: Callable[..., Written], index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_file, "_CLEARING", 0.05)
    opened, _ = writing(ODD)
    events_of(opened)
    with answers(index) as connection:
        connection.execute("BEGIN EXCLUSIVE").fetchall()
        opened.remove(MINISTER.id or "")
        assert b"zebras" not in kept(index)


def test_an_evaluation_measures_answers_that_are_made(tmp_path: Path) -> None:
    questions = {"id": "1", "question": FEES, "answers": ["14 percent"], "answerable": True}
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "questions.jsonl").write_text(json.dumps(questions))
    article = {"id": HARBOUR.id, "title": HARBOUR.title, "text": HARBOUR.text}
    (tmp_path / "set" / "articles.jsonl").write_text(json.dumps(article))
    with misbehaving_endpoint(Behaviour.ANSWERS, text=SAID) as endpoint:
        report = evaluate(tmp_path / "set", settings=Settings(index=tmp_path / "index", llm=endpoint.spec))
        assert len(endpoint.requests) == 2
    assert "generate" in report.latency_ms


# What a question is the same by

REQUEST = Request(FEES)


def key(asked: Request = REQUEST, **settings: Any) -> bytes:
    return key_of(asked, Settings(**settings), HashingEncoder(), given="")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("embedding", "other"),
        ("reranker", "other"),
        ("nli", "other"),
        ("llm", "http://127.0.0.1:1/v1#other"),
        ("llm_context", 2048),
        ("llm_first_token", 5),
        ("abstain_below", 0.5),
    ],
)
def test_what_changes_an_answer_makes_it_another(name: str, value: Any) -> None:
    assert key(**{name: value}) != key()


def test_every_other_setting_that_is_not_known_to_change_nothing_does(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(Settings.model_fields) > identity._CHANGES_NO_ANSWER
    assert key(port=1, threads=1, index="elsewhere", llm_key="secret", answer_cache=5) == key()
    monkeypatch.setattr(identity, "_CHANGES_NO_ANSWER", identity._CHANGES_NO_ANSWER - {"port"})
    assert key(port=1) != key(port=2)


def test_another_encoder_caller_or_version_makes_it_another(monkeypatch: pytest.MonkeyPatch) -> None:
    settings, encoder = Settings(), HashingEncoder()
    keys = {
        key(),
        key_of(REQUEST, settings, HashingEncoder(name="other"), given=""),
        key_of(REQUEST, settings, encoder, given="other"),
    }
    monkeypatch.setattr(identity, "__version__", "other")
    keys.add(key())
    monkeypatch.setattr(identity, "_prompt", lambda: b"other")
    assert len({*keys, key()}) == 5


def test_another_file_of_the_same_name_is_another_model(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    keys = [key(llm=f"gguf:{path}")]
    for content in ("weights", "other weights"):
        path.write_text(content)
        keys.append(key(llm=f"gguf:{path}"))
    keys.append(key(llm=f"openvino:{tmp_path}"))
    (tmp_path / "tokenizer.xml").write_text("<xml/>")
    keys.append(key(llm=f"openvino:{tmp_path}"))
    assert len(set(keys)) == 5


@pytest.mark.parametrize(
    ("question", "matters"),
    [
        (FEES, False),
        ("What is the latest news on the harbour?", True),
        ("What did Solvang say last week?", True),
        ("What is new since Monday?", True),
    ],
)
def test_the_day_matters_where_a_question_is_about_time(
    monkeypatch: pytest.MonkeyPatch, question: str, *, matters: bool
) -> None:
    class Tomorrow(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime(2101, 5, 5, tzinfo=tz)

    today = key(Request(question))
    monkeypatch.setattr(identity, "datetime", Tomorrow)
    assert (key(Request(question)) != today) is matters
    given = Request(question, asked_on=date(2024, 1, 1))
    assert key(given) not in (today, key(Request(question)), key(replace(given, asked_on=date(2024, 1, 2))))


def test_scores_make_no_difference_to_what_was_found() -> None:
    passage = Passage(1, "a", 1, "A", None, None, 0, 5, "Text.", 0.5)
    quote = Citation(1, "a", 1, "A", None, None, None, 0, 5, "Text.")
    assert found_of([passage], [quote]) == found_of([replace(passage, score=0.7)], [quote])
    others = {
        found_of([replace(passage, revision=2)], [quote]),
        found_of([replace(passage, id=2)], [quote]),
        found_of([replace(passage, also_in=("b",))], [quote]),
        found_of([passage], [replace(quote, end=4)]),
        found_of([passage], []),
        found_of([], [quote]),
    }
    assert len({*others, found_of([passage], [quote])}) == 7


TEXT = st.text(max_size=20)
CITATIONS = st.builds(
    Citation,
    number=st.integers(1, 9),
    article_id=TEXT,
    revision=st.integers(1, 9),
    title=TEXT,
    url=st.none() | TEXT,
    source=st.none() | TEXT,
    published=st.none() | TEXT,
    start=st.integers(0, 9),
    end=st.integers(0, 9),
    quote=TEXT,
    also_in=st.lists(TEXT, max_size=2).map(tuple),
    page=st.none() | st.integers(1, 9),
)
SENTENCES = st.builds(Sentence, TEXT, st.lists(CITATIONS, max_size=3).map(tuple), st.sampled_from(Support))
ANSWERS = st.builds(
    Answer,
    text=TEXT,
    outcome=st.sampled_from(Outcome),
    short=st.none() | TEXT,
    confidence=st.floats(0, 1),
    sentences=st.lists(SENTENCES, max_size=3).map(tuple),
    citations=st.lists(CITATIONS, max_size=3).map(tuple),
    notes=st.lists(TEXT, max_size=2).map(tuple),
)


@given(told=st.lists(st.builds(Token, TEXT) | SENTENCES, max_size=5).map(tuple), answer=ANSWERS)
def test_what_is_recorded_is_read_again(told: tuple[Token | Sentence, ...], answer: Answer) -> None:
    recording = Recording(told, answer)
    assert Recording.from_bytes(recording.as_bytes()) == recording


@given(content=st.binary(max_size=50) | st.just(b"{}") | st.just(b'{"citations": [], "told": [[]], "answer": {}}'))
def test_what_is_no_recording_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableRecording):
        Recording.from_bytes(content)
