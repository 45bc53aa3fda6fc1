from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

from articleqa.bundled import bundled_folder
from articleqa.cross_encoding import CrossEncoderJudge, CrossEncoderReranker
from articleqa.grounding import judge
from articleqa.library import STOP_STEMS, stems
from articleqa.types import EncoderError, Entailment, Outcome, Support
from articles import ARTICLES, HARBOUR
from conftest import OpenAssistant
from scripted import ScriptedModel

SENTENCES = ["The port raises its fees.", "The fees of the port stay as they are.", "Cider rests in oak.", ""]


def tiny(folder: Path, labels: Sequence[str]) -> str:
    """A cross-encoder with random weights and the bundled word pieces."""
    torch.manual_seed(7)
    config = BertConfig(
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=512,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(bundled_folder()).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def reranking(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny(tmp_path_factory.mktemp("reranking"), ["score"])


@pytest.fixture(scope="module")
def inferring(tmp_path_factory: pytest.TempPathFactory) -> str:
    return tiny(tmp_path_factory.mktemp("inferring"), ["Contradiction", "ENTAILMENT", "neutral"])


def test_a_reranker_gives_each_text_a_probability(reranking: str) -> None:
    reranker = CrossEncoderReranker(reranking)
    scores = reranker.score("What does the port do?", SENTENCES)
    assert len(scores) == len(SENTENCES)
    assert all(0 < score < 1 for score in scores)
    assert len(set(scores)) == len(SENTENCES)
    # What stands beside a text does not change its score, and neither does its length.
    assert reranker.score("What does the port do?", SENTENCES[1:2]) == pytest.approx(scores[1:2], abs=1e-5)
    assert len(reranker.score("What?", ["port " * 5_000])) == 1
    assert reranker.score("What does the port do?", []) == []


def test_a_judge_gives_each_text_what_it_says(inferring: str) -> None:
    judged = CrossEncoderJudge(inferring)
    said = judged.judge(SENTENCES, "The port raises its fees.")
    assert len(said) == len(SENTENCES)
    assert all(0 < each.entails < 1 and 0 < each.contradicts < 1 for each in said)
    assert all(each.entails + each.contradicts < 1 for each in said)
    assert judged.judge([], "The port raises its fees.") == []


def test_a_cross_encoder_of_the_wrong_kind_is_refused(reranking: str, inferring: str, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="has 3 outputs: the setting `reranker` takes one with 1"):
        CrossEncoderReranker(inferring)
    with pytest.raises(EncoderError, match="the setting `nli` takes one with entailment and contradiction"):
        CrossEncoderJudge(reranking)
    for opened in (CrossEncoderReranker, CrossEncoderJudge):
        with pytest.raises(EncoderError, match="cannot be loaded") as refusal:
            opened(str(tmp_path))
        assert "\n" not in str(refusal.value)


def test_the_settings_name_the_reranker(assistant: OpenAssistant, reranking: str) -> None:
    plain, ordered = assistant(), assistant("reranked", reranker=reranking)
    plain.add(*ARTICLES)
    ordered.add(*ARTICLES)
    before = [passage.id for passage in plain.search("harbour fees", limit=10)]
    passages = ordered.search("harbour fees", limit=10)
    assert [passage.id for passage in passages] != before
    scores = CrossEncoderReranker(reranking).score(
        "harbour fees", [f"{passage.title}\n{passage.text}" for passage in passages]
    )
    assert [passage.score for passage in passages] == pytest.approx(scores, abs=1e-4)
    assert scores == sorted(scores, reverse=True)


def test_a_reranker_that_cannot_be_loaded_is_one_clear_line(assistant: OpenAssistant, tmp_path: Path) -> None:
    opened = assistant(reranker=str(tmp_path / "nowhere"))
    opened.add(HARBOUR)
    with pytest.raises(EncoderError, match="check the setting `reranker`"):
        opened.ask("By how much does Velmora raise its harbour fees?")


class Inference:
    """Says of every text what it is told to say."""

    def __init__(self, entails: float, contradicts: float) -> None:
        self.said = Entailment(entails, contradicts)
        self.asked: list[tuple[str, ...]] = []

    def judge(self, evidence: Sequence[str], sentence: str) -> list[Entailment]:
        assert sentence
        self.asked.append(tuple(evidence))
        return [self.said] * len(evidence)


FEES = "The port of Velmora will raise its harbour fees by 14 percent in January, mayor Ilse Tarkan said on Thursday."


@pytest.mark.parametrize(
    ("sentence", "entails", "contradicts", "support"),
    [
        # What the words do not carry, a model may.
        ("It becomes dearer to dock there.", 0.9, 0.05, Support.SUPPORTED),
        ("It becomes dearer to dock there.", 0.2, 0.1, Support.UNSUPPORTED),
        ("The port of Velmora raises its fees in January.", 0.9, 0.0, Support.SUPPORTED),
        ("The port of Velmora raises its fees in January.", 0.1, 0.1, Support.PARTLY),
        ("The port of Velmora raises its fees in January.", 0.1, 0.8, Support.UNSUPPORTED),
        # A number that is not there is not there, whatever a model says.
        ("The port of Velmora raises its fees by 15 percent.", 0.99, 0.0, Support.UNSUPPORTED),
        ("The port of Velmora does not raise its harbour fees.", 0.99, 0.0, Support.UNSUPPORTED),
    ],
)
def test_a_model_decides_what_the_checks_leave_open(
    sentence: str, entails: float, contradicts: float, support: Support
) -> None:
    inference = Inference(entails, contradicts)
    verdict = judge(sentence, [0], [FEES], stems=stems, ignored=STOP_STEMS, entailed=inference.judge)
    assert verdict.support is support
    assert verdict.evidence == (() if support is Support.UNSUPPORTED else (0,))


def test_a_model_is_asked_about_a_few_texts_only() -> None:
    inference = Inference(0.1, 0.1)
    evidence = [f"{FEES} It was said {number} times." for number in range(8)]
    judge("The port of Velmora raises its fees.", [7], evidence, stems=stems, entailed=inference.judge)
    [asked] = inference.asked
    assert evidence[7] in asked
    assert len(asked) <= 3


def test_an_answer_is_judged_by_the_model_that_was_given(assistant: OpenAssistant) -> None:
    written = "It becomes dearer to dock there. [1]"
    question = "By how much does Velmora raise its harbour fees?"
    opened = assistant(llm=ScriptedModel(lambda _: written), judge=Inference(0.9, 0.0))
    opened.add(HARBOUR)
    answer = opened.ask(question)
    assert answer.outcome is Outcome.ANSWERED
    assert [(sentence.text, sentence.support) for sentence in answer.sentences] == [
        ("It becomes dearer to dock there.", Support.SUPPORTED)
    ]
    # Without one, nothing of it holds, and the article speaks for itself.
    alone = assistant("alone", llm=ScriptedModel(lambda _: written))
    alone.add(HARBOUR)
    assert "by 14 percent" in alone.ask(question).text
