"""Measures are worth what they count: each is checked against figures worked out by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from articleqa.cli import main
from articleqa.evaluation import evaluate, load_questions, token_f1
from articleqa.settings import Settings
from articleqa.types import InvalidInput, Progress

FERRY = "The ferry Elin sails to Korsund at nine. It carries forty cars. Captain Mara Lind has led it since 2019."
BAKERY = "The bakery on Mill Street sells rye bread. Its oven was built in 1902 by Otto Brandt."
ARTICLES = (
    {"id": "ferry", "title": "The ferry to Korsund", "text": FERRY, "source": "Harbour Post"},
    {"id": "bakery", "title": "The old bakery", "text": BAKERY, "source": "Mill Street News"},
)


def _question(number: int, question: str, answer: str | None, article: str = "", text: str = "") -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": f"q{number}",
        "question": question,
        "answers": [answer] if answer else [],
        "answerable": answer is not None,
        "evidence": [],
    }
    if answer is not None:
        start = text.index(answer)
        entry["evidence"] = [{"article_id": article, "start": start, "end": start + len(answer), "text": answer}]
    return entry


QUESTIONS = (
    _question(1, "When does the ferry Elin sail to Korsund?", "at nine", "ferry", FERRY),
    _question(2, "Who built the oven of the bakery?", "Otto Brandt", "bakery", BAKERY),
    _question(3, "What is the boiling point of mercury?", None),
    _question(4, "How many moons does Jupiter have?", None),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("set")
    for name, entries in (("articles", ARTICLES), ("questions", QUESTIONS)):
        lines = "".join(json.dumps(entry) + "\n" for entry in entries)
        (made / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return made


def test_a_small_set_is_measured_right(folder: Path, tmp_path: Path) -> None:
    seen: list[Progress] = []
    report = evaluate(folder, settings=Settings(index=tmp_path), progress=seen.append)

    assert (report.questions, report.articles) == (4, 2)
    assert report.retrieval == {"hit@1": 1, "hit@3": 1, "hit@5": 1, "hit@10": 1, "MRR": 1, "nDCG@10": 1}
    assert report.answers["contains"] == 1
    assert report.answers["quote-contains"] == 1
    assert report.refusals == {"right (of unanswerable)": 1, "wrong (of answerable)": 0, "precision": 1, "recall": 1}
    assert report.citations["exact"] == 1
    assert report.latency_ms["total"]["p50"] <= report.latency_ms["total"]["p95"]
    assert [state.done for state in seen if state.stage == "ask"] == [1, 2, 3, 4]
    assert json.loads(json.dumps(report.as_dict()))["questions"] == 4
    assert ("citations", "exact", "1.000") in report.table()


def test_an_answer_that_is_refused_counts_as_wrong(folder: Path, tmp_path: Path) -> None:
    report = evaluate(folder, settings=Settings(index=tmp_path, abstain_below=1.0))

    assert report.answers["quote-contains"] == 0
    assert report.answers["F1"] == 0
    expected = {"right (of unanswerable)": 1, "wrong (of answerable)": 1, "precision": 0.5, "recall": 1}
    assert report.refusals == expected
    assert report.citations == {}
    assert report.retrieval["hit@1"] == 1


def test_a_limit_takes_the_same_questions_for_the_same_seed(folder: Path, tmp_path: Path) -> None:
    settings = Settings(index=tmp_path)
    first, again = (evaluate(folder, settings=settings, limit=2, seed=7) for _ in range(2))
    assert first.questions == 2
    assert (first.retrieval, first.answers, first.refusals) == (again.retrieval, again.answers, again.refusals)


def test_relevant_articles_alone_measure_the_ranking(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "set"
    copy.mkdir()
    (copy / "articles.jsonl").write_text((folder / "articles.jsonl").read_text("utf-8"), encoding="utf-8")
    # Both articles are relevant, and one of them is no answer to the words: the best order has gain 1 + 1/log2(3).
    entry = {
        "id": "q",
        "question": "ferry to Korsund",
        "answers": [],
        "answerable": True,
        "evidence": [],
        "qrels": ["ferry", "elsewhere"],
    }
    (copy / "questions.jsonl").write_text(json.dumps(entry) + "\n", encoding="utf-8")
    report = evaluate(copy, settings=Settings(index=tmp_path / "index"))
    assert report.retrieval["hit@1"] == 1
    assert report.retrieval["nDCG@10"] == pytest.approx(1 / (1 + 0.6309297535714575))
    assert report.answers == {}


@pytest.mark.parametrize(
    ("text", "gold", "expected"),
    [
        ("at nine", "at nine", 1.0),
        ("The Ferry, at nine!", "ferry at nine", 1.0),
        ("at ten", "at nine", 0.5),
        ("nine nine", "nine", 2 / 3),
        ("ten", "nine", 0.0),
        ("", "nine", 0.0),
        ("", "the", 1.0),
    ],
)
def test_f1_counts_words_as_squad_does(text: str, gold: str, expected: float) -> None:
    assert token_f1(text, gold) == pytest.approx(expected)


def test_what_is_no_set_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no evaluation set: it has no articles\.jsonl"):
        load_questions(tmp_path)
    (tmp_path / "articles.jsonl").write_text("", encoding="utf-8")
    (tmp_path / "questions.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(InvalidInput, match="holds no question"):
        load_questions(tmp_path)
    for line in ("nonsense", "[]", '{"id": "q"}', '{"id": "q", "question": "?", "answerable": true, "evidence": [{}]}'):
        (tmp_path / "questions.jsonl").write_text(line + "\n", encoding="utf-8")
        with pytest.raises(InvalidInput, match="line 1, is not a question"):
            load_questions(tmp_path)


def test_a_set_with_an_article_that_cannot_be_read_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "articles.jsonl").write_text('{"id": "a", "title": "Empty", "text": ""}\n', encoding="utf-8")
    (tmp_path / "questions.jsonl").write_text((folder / "questions.jsonl").read_text("utf-8"), encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"articles\.jsonl"):
        evaluate(tmp_path, settings=Settings(index=tmp_path / "index"))


def test_the_command_prints_a_table_and_json(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = str(tmp_path)
    assert main(["eval", str(folder), "--index", index, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["citations"]["exact"] == 1
    assert main(["eval", str(folder), "--index", index, "--limit", "3"]) == 0
    assert "hit@1" in capsys.readouterr().out
    assert main(["eval", str(tmp_path)]) == 1
    assert "no evaluation set" in capsys.readouterr().err


def test_a_run_is_saved_shown_and_compared(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index, saved, shown = str(tmp_path / "index"), tmp_path / "run.json", tmp_path / "run.html"
    assert main(["eval", str(folder), "--index", index, "--save", str(saved), "--html", str(shown)]) == 0
    assert "AURC" in capsys.readouterr().out
    results = json.loads(saved.read_text("utf-8"))["results"]
    assert [(entry["id"], entry["outcome"], entry["hit"]) for entry in results] == [
        ("q1", "answered", 1),
        ("q2", "answered", 1),
        ("q3", "not_found", None),
        ("q4", "not_found", None),
    ]
    assert FERRY not in saved.read_text("utf-8")
    assert "<svg" in shown.read_text("utf-8")

    again = ["eval", str(folder), "--index", index, "--limit", "2", "--compare", str(saved)]
    assert main([*again, "--html", str(shown)]) == 0
    assert "Compared on 2 questions" in capsys.readouterr().out
    assert "Compared with the run before" in shown.read_text("utf-8")
    assert main([*again, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert "results" not in printed
    quality = [entry for entry in printed["comparison"]["differences"] if entry["section"] != "latency"]
    assert quality
    assert {entry["change"] for entry in quality} == {0}


def test_what_a_run_could_not_do_at_its_end_is_said_at_once(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.json"
    index = tmp_path / "index"
    other.write_text("{}", "utf-8")
    for options, complaint in (
        (["--compare", str(tmp_path / "none.json")], "cannot be read"),
        (["--compare", str(other)], "is no report that"),
        (["--save", str(tmp_path)], "is a folder"),
        (["--html", str(tmp_path / "none" / "run.html")], "there is no folder"),
    ):
        assert main(["eval", str(folder), "--index", str(index), *options]) == 1
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert complaint in err
    assert not index.exists()
