"""Converted models: kept once, checked before use, and done without where nothing can be kept."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from articleqa import inference
from articleqa.inference import OpenVinoRunner, Runner, TorchRunner, cache_folder, open_runner

EXAMPLE = {
    "input_ids": np.array([[1, 2, 3], [4, 5, 0]], dtype=np.int64),
    "attention_mask": np.array([[1, 1, 1], [1, 1, 0]], dtype=np.int64),
}


class TinyModel(torch.nn.Module):
    """Means of embedded tokens, of unit norm."""

    def __init__(self, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.table = torch.nn.Parameter(torch.randn(10, 8, generator=generator))

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        rows = torch.nn.functional.embedding(input_ids, self.table) * attention_mask.unsqueeze(-1)
        return torch.nn.functional.normalize(rows.sum(dim=1), dim=1)


class Loads:
    """Makes the model and counts how often."""

    def __init__(self, model: Callable[[], torch.nn.Module] = TinyModel) -> None:
        self.count = 0
        self._model = model

    def __call__(self) -> torch.nn.Module:
        self.count += 1
        return self._model()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache folder of the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "articleqa" / "openvino"


def opened(loads: Loads, *, key: str = "tiny") -> Runner:
    return open_runner(loads, EXAMPLE, key=key, threads=1)


def truth() -> NDArray[np.float32]:
    return TorchRunner(TinyModel(), threads=1)(EXAMPLE)[0]


def test_a_model_is_converted_once_and_kept(cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    loads = Loads()
    for _ in range(3):
        runner = opened(loads)
        assert runner.backend == "openvino"
        assert runner(EXAMPLE)[0] == pytest.approx(truth(), abs=1e-5)
    assert loads.count == 1
    assert {path.name for path in cache.iterdir()} == {"tiny.bin", "tiny.xml", "tiny.json"}
    assert caplog.records == []


def test_where_three_digits_will_do_it_is_still_the_model(cache: Path) -> None:
    loads = Loads()
    for _ in range(2):
        runner = open_runner(loads, EXAMPLE, key="tiny", threads=1, bfloat16=True)
        assert runner.backend == "openvino"
        assert runner(EXAMPLE)[0] == pytest.approx(truth(), rel=0.02, abs=0.02)
    assert loads.count == 1
    # How it was asked to compute is not kept with it: whoever needs every digit has them.
    assert opened(loads)(EXAMPLE)[0] == pytest.approx(truth(), abs=1e-5)
    assert loads.count == 1


def test_other_shapes_than_the_example_can_be_run(cache: Path) -> None:
    for runner in (opened(Loads()), opened(Loads())):
        for rows, width in ((1, 1), (5, 7), (64, 2)):
            inputs = {
                "input_ids": np.full((rows, width), 3, dtype=np.int64),
                "attention_mask": np.ones((rows, width), dtype=np.int64),
            }
            assert runner(inputs)[0].shape == (rows, 8)
            assert runner(inputs)[0] == pytest.approx(TorchRunner(TinyModel(), threads=1)(inputs)[0], abs=1e-5)


def test_two_models_do_not_share_a_key(cache: Path) -> None:
    first, second = Loads(), Loads(lambda: TinyModel(seed=1))
    one, two = opened(first, key="one")(EXAMPLE)[0], opened(second, key="two")(EXAMPLE)[0]
    assert not np.allclose(one, two)
    assert opened(first, key="one")(EXAMPLE)[0] == pytest.approx(one)
    assert (first.count, second.count) == (1, 1)


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _replace(text: str) -> Callable[[Path], None]:
    def replace(path: Path) -> None:
        path.write_text(text)

    replace.__name__ = f"is {text}"
    return replace


def _agree_on_garbage(path: Path) -> None:
    """A manifest that fits a model that cannot be read."""
    xml = path.with_suffix(".xml")
    xml.write_text("<no model/>")
    names = (path.with_suffix(".bin"), xml)
    path.write_text(json.dumps({each.name: inference.file_digest(each) for each in names}))


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        *((name, damage) for name in ("tiny.bin", "tiny.xml", "tiny.json") for damage in (_truncate, _flip)),
        *(("tiny.json", _replace(text)) for text in ("{}", "[]", "null", '{"tiny.xml": "00"}', "")),
        ("tiny.json", _agree_on_garbage),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_is_damaged_is_converted_again(
    cache: Path, name: str, damage: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    loads = Loads()
    opened(loads)
    damage(cache / name)
    assert opened(loads)(EXAMPLE)[0] == pytest.approx(truth(), abs=1e-5)
    assert loads.count == 2
    assert "the cached model is not used" in caplog.text
    assert all("\n" not in record.getMessage() for record in caplog.records)
    opened(loads)
    assert loads.count == 2


@pytest.mark.parametrize("name", ["tiny.bin", "tiny.xml", "tiny.json"])
def test_what_is_lost_is_converted_again(cache: Path, name: str) -> None:
    loads = Loads()
    opened(loads)
    (cache / name).unlink()
    assert opened(loads)(EXAMPLE)[0] == pytest.approx(truth(), abs=1e-5)
    opened(loads)
    assert loads.count == 2


def test_a_cache_that_cannot_be_written_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    loads = Loads()
    for _ in range(2):
        assert opened(loads)(EXAMPLE)[0] == pytest.approx(truth(), abs=1e-5)
    assert loads.count == 2
    assert "the converted model cannot be kept in" in caplog.text


@pytest.mark.parametrize("home", ["", None])
def test_without_a_home_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, home: str | None
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    if home is None:
        monkeypatch.delenv("HOME", raising=False)
        # A person whom the system does not know.
        monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    else:
        monkeypatch.setenv("HOME", home)
    assert cache_folder() is None
    loads = Loads()
    assert opened(loads)(EXAMPLE)[0] == pytest.approx(truth(), abs=1e-5)
    assert "there is no home folder to keep the converted model in" in caplog.text
    assert list(tmp_path.iterdir()) == []


def test_where_the_cache_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == tmp_path / "home" / ".cache" / "articleqa"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    assert cache_folder() == tmp_path / "other" / "articleqa"
    # A relative one is to be ignored, by the specification of these variables.
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert cache_folder() == tmp_path / "home" / ".cache" / "articleqa"


def tracing() -> bool:
    """Whether a converter is watching."""
    return bool(torch._C._get_tracing_state())


class Unconvertible(TinyModel):
    """Does in its forward pass what no converter can follow, and torch can."""

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        if tracing():
            raise NotImplementedError("not for converters\nin two lines")
        return super().forward(input_ids, attention_mask)


def test_what_cannot_be_converted_is_run_by_torch(cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    runner = opened(Loads(Unconvertible))
    assert runner.backend == "torch"
    assert runner(EXAMPLE)[0] == pytest.approx(truth(), abs=1e-6)
    assert "the model cannot be converted" in caplog.text
    assert all("\n" not in record.getMessage() for record in caplog.records)
    assert not cache.exists()


class Inconstant(TinyModel):
    """Is another model while it is traced: what comes out is not the same model."""

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        rows = super().forward(input_ids, attention_mask)
        return -rows if tracing() else rows


def test_what_is_not_the_same_model_any_more_is_run_by_torch(cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    runner = opened(Loads(Inconstant))
    assert runner.backend == "torch"
    assert runner(EXAMPLE)[0] == pytest.approx(truth(), abs=1e-6)
    assert "differs from torch" in caplog.text
    assert not cache.exists()


class TwoSided(TinyModel):
    """Answers with what stands in each place and with the mean; traced, it may answer with another mean."""

    def __init__(self, changed: float = 0.0) -> None:
        super().__init__()
        self.changed = changed

    def forward(  # type: ignore[override]  # (two outputs in place of one)
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        mean = super().forward(input_ids, attention_mask)
        places = torch.nn.functional.embedding(input_ids, self.table)
        return places, mean + (self.changed if tracing() else 0)


def test_a_model_may_have_several_outputs(cache: Path) -> None:
    places, mean = TorchRunner(TwoSided(), threads=1)(EXAMPLE)
    loads = Loads(TwoSided)
    for _ in range(2):
        runner = opened(loads)
        assert runner.backend == "openvino"
        found = runner(EXAMPLE)
        assert [array.shape for array in found] == [(2, 3, 8), (2, 8)]
        assert found[0] == pytest.approx(places, abs=1e-5)
        assert found[1] == pytest.approx(mean, abs=1e-5)
    assert loads.count == 1


def test_every_output_is_compared(cache: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert opened(Loads(lambda: TwoSided(changed=3.0))).backend == "torch"
    assert "differs from torch" in caplog.text


def test_threads_may_share_a_runner(cache: Path) -> None:
    for runner in (opened(Loads()), TorchRunner(TinyModel(), threads=1)):
        inputs = [
            {
                "input_ids": np.full((1, 4), number % 10, dtype=np.int64),
                "attention_mask": np.ones((1, 4), dtype=np.int64),
            }
            for number in range(40)
        ]
        expected = [runner(each) for each in inputs]
        with ThreadPoolExecutor(4) as pool:
            assert np.array_equal(list(pool.map(runner, inputs)), expected)


def test_a_result_belongs_to_the_caller(cache: Path) -> None:
    runner = opened(Loads())
    assert isinstance(runner, OpenVinoRunner)
    first = runner(EXAMPLE)[0]
    kept = first.copy()
    runner({name: array[::-1].copy() for name, array in EXAMPLE.items()})
    assert np.array_equal(first, kept)


# The first thing that two threads ask of OpenVINO in their process, while they take turns as often as they can.
FIRST_AT_ONCE = """
import sys, threading
import numpy as np
from articleqa.inference import OpenVinoRunner, import_openvino

openvino = import_openvino()
from openvino import opset13

def runner():
    rows = opset13.parameter([-1, -1], np.int64)
    rows.output(0).get_tensor().set_names({"rows"})
    return OpenVinoRunner(openvino.Model([opset13.convert(rows, "f32")], [rows], "model"), threads=1)

def ask(runner):
    together.wait()
    assert runner({"rows": np.ones((2, 3), np.int64)})[0].sum() == 6

sys.setswitchinterval(1e-6)
together = threading.Barrier(2)
threads = [threading.Thread(target=ask, args=(each,), daemon=True) for each in (runner(), runner())]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(20)
print("alive" if any(thread.is_alive() for thread in threads) else "ended", flush=True)
import os
os._exit(0)
"""


def test_two_models_may_be_asked_first_at_once() -> None:
    # Without the tables filled beforehand, more than half of the processes never end.
    for _ in range(4):
        result = subprocess.run(
            [sys.executable, "-c", FIRST_AT_ONCE], capture_output=True, text=True, check=True, timeout=120
        )
        assert result.stdout.split() == ["ended"], result.stderr
