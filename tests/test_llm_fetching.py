"""A model is fetched from a hub when somebody asks for it, wholly, checked, and not twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from articleqa.llm import close_llm, fetch, open_llm
from articleqa.llm.fetching import fetched, is_hub_id
from articleqa.types import InvalidInput, LanguageModelError, Progress
from command_line import CommandLine, undisturbed
from hub import Hub, running

WEIGHTS = bytes(range(256)) * 12_000
FILES = {
    "openvino_model.xml": b"<net/>",
    "openvino_model.bin": WEIGHTS,
    "openvino_tokenizer.xml": b"<net/>",
    "openvino_tokenizer.bin": b"pieces",
    "openvino_detokenizer.xml": b"<net/>",
    "openvino_detokenizer.bin": b"pieces",
    "config.json": b'{"max_position_embeddings": 2048}',
    "README.md": b"# A model",
    "pytorch_model.bin": b"of no use",
}
SPEC = "openvino:someone/a-model-ov"


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub with one model, and a cache of the test."""
    from huggingface_hub import constants

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with running(Hub(FILES)) as opened:
        monkeypatch.setattr(constants, "ENDPOINT", opened.url)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", opened.url + "/{repo_id}/resolve/{revision}/{filename}"
        )
        yield opened


@pytest.mark.parametrize(
    ("name", "is_one"), [("someone/a-model-ov", True), ("model", False), ("/a/b", False), ("a/b/c", False), ("", False)]
)
def test_names_on_a_hub(name: str, is_one: bool) -> None:
    assert is_hub_id(name) is is_one


def test_what_is_needed_comes_once_and_is_told_of(hub: Hub) -> None:
    told: list[Progress] = []
    folder = fetch(SPEC, progress=told.append)
    needed = {name: content for name, content in FILES.items() if name not in ("README.md", "pytorch_model.bin")}
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.name in FILES} == needed
    assert {state.stage for state in told} == {"fetch"}
    assert (told[-1].done, told[-1].total) == (3, 3)
    assert [state.done for state in told] == sorted(state.done for state in told)
    times = len(hub.asked)
    assert fetch(SPEC) == folder == fetched("someone/a-model-ov")
    assert len(hub.asked) == times


def test_it_is_opened_by_its_name_without_asking_the_hub(hub: Hub) -> None:
    with pytest.raises(LanguageModelError, match=r"was not fetched from a hub, .* articleqa fetch openvino:some"):
        open_llm(SPEC)
    fetch(SPEC)
    hub.asked.clear()
    llm = open_llm(SPEC)
    assert llm is not None
    assert (llm.metadata.model_name, llm.metadata.context_window) == ("a-model-ov", 2048)
    close_llm(llm)
    assert hub.asked == []


def test_a_fetch_that_broke_off_goes_on_where_it_was(hub: Hub) -> None:
    hub.breaks_after = 120_001
    with pytest.raises(LanguageModelError, match=r"cannot be fetched .*: what has come is kept") as refusal:
        fetch(SPEC)
    assert "\n" not in str(refusal.value)
    with pytest.raises(LanguageModelError, match=r"or not wholly: .* articleqa fetch openvino:someone/a-model-ov"):
        open_llm(SPEC)
    hub.breaks_after, hub.is_gone = None, False
    hub.asked.clear()
    folder = fetch(SPEC)
    assert (folder / "openvino_model.bin").read_bytes() == WEIGHTS
    assert dict(hub.asked)["openvino_model.bin"] == 120_001
    assert not list(folder.glob("*.part"))


@pytest.mark.parametrize("name", ["openvino_model.bin", "config.json"])
def test_what_is_not_what_it_should_be_is_refused_and_fetched_anew(hub: Hub, name: str) -> None:
    hub.served[name] = FILES[name][:-1] + b"!"
    with pytest.raises(LanguageModelError, match=f"{name} of someone/a-model-ov came damaged: run the same command"):
        fetch(SPEC)
    hub.served.clear()
    assert (fetch(SPEC) / name).read_bytes() == FILES[name]


def test_what_the_hub_does_not_have_or_give_is_told_in_one_line(hub: Hub) -> None:
    with pytest.raises(LanguageModelError, match="the hub has no model someone/else: correct its name, or set HF_TOKE"):
        fetch("openvino:someone/else")
    for gate in ("/resolve/", "/"):
        hub.gate = gate
        with pytest.raises(LanguageModelError, match=r"only to those who agreed to its terms: .* set HF_TOKEN"):
            fetch(SPEC)


def test_a_model_of_another_kind_is_not_fetched(hub: Hub) -> None:
    hub.files = {"openvino_encoder_model.xml": b"<net/>", "openvino_encoder_model.bin": WEIGHTS}
    with pytest.raises(LanguageModelError, match=r"no language model .* since it has no openvino_model\.xml: choose"):
        fetch(SPEC)
    assert hub.asked == []


def test_a_new_state_of_a_model_is_not_mixed_with_the_old_one(hub: Hub) -> None:
    fetch(SPEC)
    hub.files = {**FILES, "openvino_model.bin": WEIGHTS[::-1], "config.json": b"{}"}
    hub.breaks_after = 120_001
    with pytest.raises(LanguageModelError, match="what has come is kept"):
        fetch(SPEC)
    with pytest.raises(LanguageModelError, match="or not wholly"):
        open_llm(SPEC)
    hub.breaks_after, hub.is_gone = None, False
    assert (fetch(SPEC) / "openvino_model.bin").read_bytes() == WEIGHTS[::-1]


@pytest.mark.parametrize("spec", ["none", "gguf:someone/a-model", "openvino:", "openvino:/a/folder", "a/b"])
def test_what_names_no_model_on_a_hub_is_refused(spec: str) -> None:
    with pytest.raises(InvalidInput, match="names no model on a hub: write openvino:owner/name"):
        fetch(spec)


def test_without_a_network_it_says_so(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(LanguageModelError, match=r"someone/a-model-ov cannot be fetched \(.+\): what has come is kept"):
        fetch(SPEC)


def test_the_command(hub: Hub, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with undisturbed(tmp_path):
        run = CommandLine(capsys)
        assert run.done("fetch", SPEC) == f"It is here. To use it: ARTICLEQA_LLM={SPEC}\n"
        assert "the hub has no model someone/else" in run.refused("fetch", "openvino:someone/else")
