"""Readers: whatever the texts, a reading is an exact span of its passage, and there is one for each."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn
from unicodedata import category

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from articleqa import inference
from articleqa.bundled import bundled_folder
from articleqa.reader import BuiltinReader, PretrainedReader, open_reader
from articleqa.reader import builtin as module
from articleqa.reader.spans import LONGEST_ANSWER, NOTHING_TO_READ, best_span
from articleqa.types import Passage, Reader, ReaderError, Reading
from extractive import passage, pretrained_reader, untrained, write_pretrained, write_weights
from programs import start

QUESTION = "By how much do the harbour fees rise?"
TEXTS = [
    "The harbour fees rise by 14 percent.",
    "The breakwater was damaged by the storm, and repairs cost nine million crowns. " * 12,
    "",
    "14",
    " \n\t\u3000 ",
    "\x00\x01\u200b",
    "普京总统宣布新的制裁。港口费用上涨百分之十四。",
    "أعلن الرئيس عقوبات جديدة. ترتفع رسوم الميناء ١٤٪.",
    "נמל\u200f 14%",
    "हवाई अड्डे का शुल्क बढ़ता है। नमस्ते दुनिया",
    "👩‍👩‍👧‍👦 🦆🏽",
    "e\u0301\u0301 Cafe\u0301 a\u0308",
    "supercalifragilistic" * 900,
    "漢字" * 150,
    "a lone \ud800 surrogate",
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of the tests of this file: nobody needs a reader that knows nothing."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a built-in reader that was never trained."""
    folder = tmp_path_factory.mktemp("weights")
    write_weights(folder, untrained())
    return folder


@pytest.fixture(scope="module")
def builtin(cache: Path, weights: Path) -> BuiltinReader:
    return BuiltinReader(weights)


@pytest.fixture(scope="module", params=["builtin", "pretrained"])
def reader(request: pytest.FixtureRequest, builtin: BuiltinReader, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Each kind of reader: what follows holds for both."""
    return builtin if request.param == "builtin" else pretrained_reader(tmp_path_factory.mktemp("pretrained"))


def check(readings: list[Reading], passages: list[Passage]) -> None:
    """What every reader promises."""
    assert [reading.passage for reading in readings] == passages
    for reading in readings:
        text = reading.passage.text
        assert 0 <= reading.start <= reading.end <= len(text)
        assert text[reading.start : reading.end] == reading.text == reading.text.strip()
        assert 0 <= reading.no_answer <= 1
        assert np.isfinite(reading.score)
        assert bool(reading.text) == (reading.score > NOTHING_TO_READ)
        assert not category(text[reading.end : reading.end + 1] or " ").startswith("M")


# Every reader


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    question=st.one_of(st.text(max_size=80), st.just("why " * 300)),
    texts=st.lists(
        st.tuples(st.text(max_size=40), st.one_of(st.text(max_size=200), st.sampled_from(TEXTS))), max_size=5
    ),
)
def test_spans_are_exact_whatever_the_text(reader: Reader, question: str, texts: list[tuple[str, str]]) -> None:
    passages = [passage(text, title=title, number=number) for number, (title, text) in enumerate(texts)]
    check(reader.read(question, passages), passages)


@pytest.mark.parametrize("question", ["", "谁", "why " * 2000], ids=["empty", "Chinese", "endless"])
def test_texts_of_all_kinds_are_read(reader: Reader, question: str) -> None:
    passages = [passage(text, title=title) for text in TEXTS for title in ("", "long " * 200)]
    readings = reader.read(question, passages)
    check(readings, passages)
    assert [bool(reading.text) for reading in readings] == [
        any(character.isprintable() and not category(character).startswith(("Z", "M")) for character in text)
        for text in TEXTS
        for _ in range(2)
    ]


def test_nothing_is_read_of_nothing(reader: Reader) -> None:
    assert reader.read(QUESTION, []) == []
    assert reader.read(QUESTION, [passage("")]) == [Reading(passage(""), 0, 0, "", NOTHING_TO_READ, 1.0)]


def test_company_changes_nothing(reader: Reader) -> None:
    passages = [passage(f"Pier {number} was built in {1900 + number}. " * (1 + number % 7)) for number in range(30)]
    together = reader.read(QUESTION, passages)
    alone = [reading for each in passages for reading in reader.read(QUESTION, [each])]
    assert [(each.start, each.end) for each in together] == [(each.start, each.end) for each in alone]
    assert [each.score for each in together] == pytest.approx([each.score for each in alone], abs=1e-3)
    assert [each.no_answer for each in together] == pytest.approx([each.no_answer for each in alone], abs=1e-3)


def test_the_title_is_read_and_never_quoted(reader: Reader) -> None:
    bare, *titled = (
        reader.read(QUESTION, [passage("It rises.", title=title)])[0] for title in ("", "Harbour fees", "Fees\nof 14")
    )
    for reading in titled:
        assert reading.text in "It rises."
        assert reading.score != pytest.approx(bare.score, abs=1e-6)


def test_a_long_text_is_read_to_its_end(reader: Reader) -> None:
    """Of readers that know nothing, some word of the end is what they like best now and then."""
    words = [f"{number}" for number in range(330)]
    shuffle = random.Random(2).shuffle
    passages = []
    for _ in range(12):
        shuffle(words)
        passages.append(passage(" ".join(words)))
    readings = reader.read(QUESTION, passages)
    check(readings, passages)
    places = [reading.passage.text[: reading.start].count(" ") for reading in readings]
    assert min(places) < 256 <= max(places)


def test_threads_may_share_a_reader(reader: Reader) -> None:
    passages = [[passage(f"Pier {number} is {number * 7} metres long. " * (1 + number % 3))] for number in range(16)]
    expected = [reader.read(QUESTION, each) for each in passages]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda each: reader.read(QUESTION, each), passages)) == expected


# The built-in reader


def test_it_says_what_the_network_says(builtin: BuiltinReader) -> None:
    assert builtin.backend == "openvino"
    text = "The harbour fees rise by 14 percent, and the ferry is late."
    reading = builtin.read(QUESTION, [passage(text, title="Fees")])[0]
    tokenizer = builtin._tokenizer
    asked, head, body = (tokenizer.encode(part, add_special_tokens=False) for part in (QUESTION, "Fees", text))
    ids = [101, *asked.ids, 102, *head.ids, *body.ids, 102]
    segments = [0] * (len(asked.ids) + 2) + [1] * (len(head.ids) + len(body.ids) + 1)
    network = untrained()
    with torch.inference_mode():
        words = network.words(torch.tensor([ids]))
        spans, verdicts = network(words, torch.ones(1, len(ids), dtype=torch.int64), torch.tensor([segments]))
    before = len(asked.ids) + 2 + len(head.ids)
    logits = spans[0].numpy()
    sums = {
        (first, last): logits[before + first, 0] + logits[before + last, 1] - logits[0].sum()
        for first in range(len(body.ids))
        for last in range(first, len(body.ids))
    }
    first, last = max(sums, key=lambda place: sums[place])
    # The weights are kept in half precision.
    assert reading.score == pytest.approx(max(sums.values()) / 2, abs=0.02)
    assert (reading.start, reading.end) == (body.offsets[first][0], body.offsets[last][1])
    assert reading.no_answer == pytest.approx(torch.sigmoid(-verdicts[0, 0]).item(), abs=0.01)


@pytest.mark.slow
def test_eight_bits_say_nearly_the_same(cache: Path, tmp_path: Path, builtin: BuiltinReader) -> None:
    write_weights(tmp_path, untrained(), eight_bits=True)
    passages = [passage(text) for text in TEXTS]
    pairs = list(zip(BuiltinReader(tmp_path).read(QUESTION, passages), builtin.read(QUESTION, passages), strict=True))
    assert [one.score for one, _ in pairs] == pytest.approx([other.score for _, other in pairs], abs=0.1)
    assert (tmp_path / "weights.safetensors").stat().st_size < 12_000_000


def test_torch_reads_where_nothing_can_be_converted(
    weights: Path, tmp_path: Path, builtin: BuiltinReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> NoReturn:
        raise ImportError("no OpenVINO for this machine")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(inference, "import_openvino", refuse)
    other = BuiltinReader(weights)
    assert other.backend == "torch"
    passages = [passage(text) for text in TEXTS]
    for one, another in zip(other.read(QUESTION, passages), builtin.read(QUESTION, passages), strict=True):
        assert (one.start, one.end) == (another.start, another.end)
        assert one.score == pytest.approx(another.score, abs=1e-3)


def _flip(content: bytearray) -> bytearray:
    content[len(content) // 2] ^= 1
    return content


@pytest.mark.parametrize(
    "change", [_flip, lambda content: content[:-1], lambda content: content[:0]], ids=["flipped", "short", "empty"]
)
def test_changed_weights_are_refused(weights: Path, tmp_path: Path, change: Callable[[bytearray], bytearray]) -> None:
    for path in weights.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    path = tmp_path / "weights.safetensors"
    path.write_bytes(change(bytearray(path.read_bytes())))
    with pytest.raises(ReaderError, match=r"are not those of weights\.sha256: install articleqa again") as refusal:
        BuiltinReader(tmp_path)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("name", ["weights.safetensors", "weights.sha256"])
def test_missing_weights_are_named(weights: Path, tmp_path: Path, name: str) -> None:
    for path in weights.iterdir():
        if path.name != name:
            (tmp_path / path.name).symlink_to(path)
    with pytest.raises(ReaderError, match=rf"cannot be read .*No such file.*{name}.*: install articleqa again"):
        BuiltinReader(tmp_path)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"base": "0" * 64}, "belong to another encoder"),
        ({"network": torch.nn.Linear(2, 2)}, "cannot be read"),
    ],
    ids=["other base", "other network"],
)
def test_weights_of_something_else_are_refused(
    cache: Path, tmp_path: Path, changed: dict[str, object], told: str
) -> None:
    write_weights(tmp_path, **{"network": untrained(), **changed})  # type: ignore[arg-type]
    with pytest.raises(ReaderError, match=told):
        BuiltinReader(tmp_path).read(QUESTION, [passage("It rises.")])


def test_word_embeddings_of_something_else_are_refused(
    weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in bundled_folder().iterdir():
        (tmp_path / path.name).symlink_to(path)
    changed = tmp_path / "model.safetensors"
    content = _flip(bytearray(changed.read_bytes()))
    changed.unlink()
    changed.write_bytes(content)
    monkeypatch.setattr(module, "bundled_folder", lambda: tmp_path)
    with pytest.raises(ReaderError, match=r"cannot be loaded: .* are not the published ones: install them again with"):
        BuiltinReader(weights).read(QUESTION, [passage("It rises.")])


def test_no_torch_once_it_is_converted(weights: Path, builtin: BuiltinReader) -> None:
    expected = builtin.read(QUESTION, [passage(TEXTS[0])])[0]
    code = """
import json, sys
from pathlib import Path
from articleqa.reader import BuiltinReader
from articleqa.types import Passage
weights, question, text = sys.argv[1:]
passage = Passage(1, "a", 1, "A title", None, None, 0, len(text), text, 0.0)
(reading,) = BuiltinReader(Path(weights)).read(question, [passage])
print(json.dumps([reading.start, reading.end, [name for name in ("torch", "transformers") if name in sys.modules]]))
"""
    program = start(code, weights, QUESTION, TEXTS[0])
    output, errors = program.communicate(timeout=120)
    assert (program.returncode, errors) == (0, "")
    assert json.loads(output) == [expected.start, expected.end, []]


# Other readers


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("name", ["nobody/no-such-reader", "no-such-reader"])
def test_an_unknown_name_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(ReaderError, match=f"the reader '{name}' cannot be loaded") as refusal:
        open_reader(name)
    assert "\n" not in str(refusal.value)


def test_an_encoder_is_no_reader() -> None:
    with pytest.raises(ReaderError, match=r"it has no qa_outputs\.bias: it was not trained to find answers"):
        open_reader(str(bundled_folder()))


def test_a_folder_without_a_tokenizer_is_refused_in_one_line(tmp_path: Path) -> None:
    write_pretrained(tmp_path)
    for path in tmp_path.glob("*token*"):
        path.unlink()
    (tmp_path / "vocab.txt").unlink(missing_ok=True)
    with pytest.raises(ReaderError, match="cannot be loaded") as refusal:
        open_reader(str(tmp_path))
    assert "\n" not in str(refusal.value)


def test_a_setting_names_a_reader(tmp_path: Path) -> None:
    assert open_reader("none") is None
    write_weights(tmp_path / "own", untrained())
    assert isinstance(open_reader(str(tmp_path / "own")), BuiltinReader)
    write_pretrained(tmp_path)
    assert isinstance(open_reader(str(tmp_path)), PretrainedReader)


# Spans


@given(
    logits=arrays(np.float32, st.tuples(st.integers(2, 90), st.just(2)), elements=st.floats(-30, 30, width=32)),
    data=st.data(),
)
def test_the_best_span_is_the_best_of_all(
    logits: np.ndarray[tuple[int, int], np.dtype[np.float32]], data: st.DataObject
) -> None:
    tokens = len(logits)
    first = data.draw(st.integers(1, tokens - 1))
    last = data.draw(st.integers(first, tokens - 1))
    allowed = np.zeros(tokens, dtype=bool)
    allowed[first : last + 1] = True
    start, end, score = best_span(logits, allowed)
    assert first <= start <= end <= last
    assert end - start < LONGEST_ANSWER
    every = [
        float(logits[one, 0] + logits[other, 1])
        for one in range(first, last + 1)
        for other in range(one, min(one + LONGEST_ANSWER, last + 1))
    ]
    assert score == pytest.approx((max(every) - float(logits[0].sum())) / 2, abs=1e-4)
