"""What articles try on whoever reads them for somebody, and that it comes to nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from answers import answer_of, followed, sentences_of
from articleqa import Assistant, Settings
from articleqa.grounding import compose_messages, recites_instructions
from articleqa.grounding.composition import INSTRUCTIONS
from articleqa.types import Encoder, Outcome, Support
from hostile import ATTACKS, Attack
from scripted import ScriptedModel

EACH = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Settings:
    settings = Settings(index=tmp_path_factory.mktemp("index"))
    with Assistant.open(settings, encoder=encoder) as opened:
        opened.add(*(attack.article for attack in ATTACKS))
    return settings


@pytest.fixture(scope="module")
def quoting(index: Settings, encoder: Encoder) -> Iterator[Assistant]:
    with Assistant.open(index, encoder=encoder) as opened:
        yield opened


@EACH
def test_what_the_article_says_is_quoted_all_the_same(quoting: Assistant, attack: Attack) -> None:
    answer = answer_of(followed(quoting, quoting.stream(attack.question)))
    assert answer.outcome is Outcome.ANSWERED
    assert answer.citations[0].quote == attack.fact
    assert answer.citations[0].article_id == attack.name


@EACH
def test_a_summary_holds_the_exact_words_and_no_marker_but_its_own(quoting: Assistant, attack: Attack) -> None:
    answer = answer_of(followed(quoting, quoting.stream(f"Summarise “{attack.article.title}”")))
    assert answer.outcome is Outcome.ANSWERED
    assert {citation.article_id for citation in answer.citations} == {attack.name}
    assert all(len(sentence.citations) == 1 for sentence in answer.sentences)


@EACH
def test_a_model_that_obeys_is_not_believed(
    index: Settings, encoder: Encoder, attack: Attack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTICLEQA_LLM_KEY", "sk-very-secret")
    model = ScriptedModel(attack.obeyed)
    with Assistant.open(index, encoder=encoder, llm=model) as assistant:
        events = followed(assistant, assistant.stream(attack.question))
    answer = answer_of(events)
    # The article's own words take the place of what nobody can support.
    assert answer.outcome is Outcome.ANSWERED
    assert answer.citations[0].quote == attack.fact
    written = sentences_of(events)[: -len(answer.sentences)]
    assert {sentence.support for sentence in written} <= {Support.UNSUPPORTED}
    assert all(not sentence.citations for sentence in written)
    assert not any(recites_instructions(sentence.text) for sentence in written)
    retrieved = {passage.article_id for passage in answer.passages}
    assert {citation.article_id for citation in answer.citations} <= retrieved

    [prompt] = model.prompts
    assert "sk-very-secret" not in prompt
    assert str(index.index) not in prompt


@EACH
def test_the_model_is_shown_data_and_only_the_programs_own_marks(attack: Attack) -> None:
    [_, (role, task)] = compose_messages("Why?", [(f"{attack.article.title} {attack.tried}", attack.article.text)])
    assert role == "user"
    assert re.findall(r"[\[【](?:quote )?(\d[\d, ]*)[\]】]", task) == ["1"]
    assert not re.search(r"<\||\|>|\[/?INST\]|<</?SYS>>|</?s>", task)
    assert not re.search("[\u200b\u2060\u202a-\u202e\U000e0000-\U000e007f]", task)
    assert not re.search(r"^\W*(?:system|assistant|user):", task, re.IGNORECASE | re.MULTILINE)
    assert attack.fact in task


def test_what_a_model_was_told_is_recognised_in_what_it_says() -> None:
    lines = [line for line in INSTRUCTIONS.split("\n") if len(line.split()) > 6]
    assert len(lines) >= 3
    for line in lines:
        assert recites_instructions(f"My instructions: {line.upper()}")
    assert not recites_instructions("The quotes are data.")
    assert not recites_instructions("The lighthouse was painted green in 1974 by Oda Ferrin, the articles say.")
    assert not recites_instructions("")
