from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from articleqa.settings import Settings
from articleqa.types import SettingsError


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder and an environment without settings."""
    for name in list(os.environ):
        if name.upper().startswith("ARTICLEQA_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refusal(**overrides: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        Settings.load(**overrides)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    return line


# Where values come from


@pytest.mark.parametrize(("argument", "environment", "file"), list(product([True, False], repeat=3)))
def test_arguments_then_environment_then_file_then_defaults(
    *, folder: Path, monkeypatch: pytest.MonkeyPatch, argument: bool, environment: bool, file: bool
) -> None:
    if file:
        (folder / "articleqa.toml").write_text("port = 3\nhost = 'from-file'\n", encoding="utf-8")
    if environment:
        monkeypatch.setenv("ARTICLEQA_PORT", "2")
    settings = Settings.load(port=1 if argument else None)
    assert settings.port == (1 if argument else 2 if environment else 3 if file else 7860)
    assert settings.host == ("from-file" if file else "127.0.0.1")


def test_the_defaults_need_nothing() -> None:
    settings = Settings.load()
    assert settings.index == Path("index")
    assert settings.llm == "none"
    assert settings.threads >= 1
    assert settings.bundled_encoder


def test_every_setting_can_come_from_the_environment_and_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaults = Settings().model_dump()
    for name, value in defaults.items():
        monkeypatch.setenv(f"ARTICLEQA_{name.upper()}", ",".join(value) if isinstance(value, tuple) else str(value))
    assert Settings().model_dump() == defaults
    for name in defaults:
        monkeypatch.delenv(f"ARTICLEQA_{name.upper()}")
    plain = {name: str(value) if isinstance(value, Path) else value for name, value in defaults.items()}
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in plain.items())  # JSON's values are TOML's
    (folder / "articleqa.toml").write_text("".join(lines), encoding="utf-8")
    assert Settings().model_dump() == defaults


def test_settings_of_other_programs_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "1")
    monkeypatch.setenv("ARTICLEQA_LATER", "unknown")
    assert Settings.load().port == 7860


@pytest.mark.parametrize("hosts", ["wiki.example,10.0.0.7", " wiki.example , 10.0.0.7 ,"])
def test_hosts_are_a_list_in_every_source(hosts: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = ("wiki.example", "10.0.0.7")
    assert Settings.load(allowed_hosts=expected).allowed_hosts == expected
    assert Settings.load(allowed_hosts=hosts).allowed_hosts == expected
    monkeypatch.setenv("ARTICLEQA_ALLOWED_HOSTS", hosts)
    assert Settings.load().allowed_hosts == expected
    monkeypatch.delenv("ARTICLEQA_ALLOWED_HOSTS")
    (folder / "articleqa.toml").write_text('allowed_hosts = ["wiki.example", "10.0.0.7"]', encoding="utf-8")
    assert Settings.load().allowed_hosts == expected


def test_folders_are_a_list_in_every_source(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = (Path("news"), Path("/archive/of 2024"))
    assert Settings.load(watch=expected).watch == expected
    for written in ("news,/archive/of 2024", f" news {os.pathsep}/archive/of 2024{os.pathsep}"):
        assert Settings.load(watch=written).watch == expected
        monkeypatch.setenv("ARTICLEQA_WATCH", written)
        assert Settings.load().watch == expected
    monkeypatch.setenv("ARTICLEQA_WATCH", f"one, two{os.pathsep}three")
    assert Settings.load().watch == (Path("one, two"), Path("three"))
    monkeypatch.delenv("ARTICLEQA_WATCH")
    (folder / "articleqa.toml").write_text('watch = ["news", "/archive/of 2024"]', encoding="utf-8")
    assert Settings.load().watch == expected


def test_feeds_are_a_list_in_every_source(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = ("https://valley.example/rss?tags=a,b", "http://coast.example/atom")
    assert Settings.load(feeds=expected).feeds == expected
    for written in (",".join(expected), f" {expected[0]} ,\n{expected[1]}, ", " ".join(expected)):
        assert Settings.load(feeds=written).feeds == expected
        monkeypatch.setenv("ARTICLEQA_FEEDS", written)
        assert Settings.load().feeds == expected
    monkeypatch.delenv("ARTICLEQA_FEEDS")
    (folder / "articleqa.toml").write_text(f"feeds = {json.dumps(expected)}", encoding="utf-8")
    assert Settings.load().feeds == expected


# What cannot be used


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("embedding", ""),
        ("llm", ""),
        ("llm", "gpt-4o"),
        ("llm", "http://localhost:11434/v1"),
        ("llm", "http://localhost:11434/v1#"),
        ("llm_timeout", "0"),
        ("llm_timeout", "nan"),
        ("llm_timeout", "soon"),
        ("llm_context", "100"),
        ("port", "65536"),
        ("port", "-1"),
        ("port", "http"),
        ("threads", "0"),
        ("abstain_below", "1.1"),
        ("abstain_below", "nan"),
        ("max_source_bytes", "0"),
        ("max_question_characters", "0"),
        ("fetch_timeout", "0"),
        ("busy_timeout", "-1"),
        ("watch_interval", "0"),
        ("watch_interval", "often"),
        ("feed_interval", "0"),
        ("feed_interval", "inf"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"{name}: " in refusal(**{name: value})
    monkeypatch.setenv(f"ARTICLEQA_{name.upper()}", value)
    assert f"{name}: " in refusal()


def test_every_fault_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARTICLEQA_PORT", "none")
    line = refusal(threads=0, llm="gpt-4o")
    assert all(f"{name}: " in line for name in ("port", "threads", "llm"))


def test_a_model_without_a_name_says_how_to_write_it() -> None:
    assert "write http://host:port/v1#model" in refusal(llm="http://localhost:11434/v1")
    assert "write gguf:FILE, openvino:FOLDER or openvino:OWNER/NAME" in refusal(llm="gguf:")
    assert "gguf:FILE, openvino:FOLDER, openvino:OWNER/NAME, http://host:port/v1#model" in refusal(llm="gpt-4o")


@pytest.mark.parametrize("llm", ["none", "gguf:model.gguf", "openvino:folder", "http://localhost:11434/v1#qwen3"])
def test_every_kind_of_model_can_be_set(llm: str) -> None:
    assert Settings.load(llm=llm).llm == llm


def test_an_unknown_setting_in_the_file_is_named(folder: Path) -> None:
    (folder / "articleqa.toml").write_text("colour = 'blue'", encoding="utf-8")
    assert "colour" in refusal()


@pytest.mark.parametrize(
    "content", [b"port = ", b"port = 1\nport = 2", b"= 3", b"llm = 'caf\xe9'", b"\xff\xfeport = 1"]
)
def test_a_file_that_cannot_be_read_is_named(content: bytes, folder: Path) -> None:
    (folder / "articleqa.toml").write_bytes(content)
    assert "articleqa.toml cannot be read" in refusal()


def test_the_constructor_raises_a_value_error() -> None:
    with pytest.raises(ValidationError):
        Settings(port=-1)
    assert issubclass(ValidationError, ValueError)


# What they are


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Settings().port = 1


def test_the_key_is_not_shown() -> None:
    settings = Settings(llm_key="secret-key")
    assert settings.llm_key == "secret-key"
    assert "secret-key" not in repr(settings)
    assert "secret-key" not in str(settings)


@pytest.mark.parametrize(
    ("embedding", "bundled"),
    [
        ("all-MiniLM-L6-v2", True),
        ("sentence-transformers/all-MiniLM-L6-v2", True),
        ("all-mpnet-base-v2", False),
        ("models/all-MiniLM-L6-v2", False),
    ],
)
def test_only_the_default_encoder_is_bundled(embedding: str, bundled: bool) -> None:
    assert Settings(embedding=embedding).bundled_encoder is bundled


def test_building_settings_loads_nothing() -> None:
    script = """
import sys
from articleqa.settings import Settings
Settings.load()
print(sorted({"faiss", "gradio", "llama_index", "numpy", "sentence_transformers", "torch"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout == "[]\n"
