"""Runs a torch module fast on the CPU: converted to OpenVINO once, kept in the user's cache, torch as the fallback.

It imports nothing of ours. The conversion needs torch; every later start needs only OpenVINO. What the cache holds is
keyed by the digest of the weights and checked against its own digest before it is used.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

logger = logging.getLogger(__name__)

Arrays = Mapping[str, "NDArray[np.int64] | NDArray[np.float32]"]
Outputs = tuple["NDArray[np.float32]", ...]

# A conversion sets warnings, logging and torch's tracing for the whole process, and holds the model twice.
_converting = threading.Lock()
_filling = threading.Lock()

# Below this the converted model is not the same model, and torch runs it instead.
MINIMUM_COSINE = 0.999


class Runner(Protocol):
    """A model that can be called from any thread, one call at a time."""

    @property
    def backend(self) -> str:
        """``openvino`` or ``torch``."""

    def __call__(self, inputs: Arrays) -> Outputs:
        """Arrays of shape ``(rows, tokens, …)`` in; the module's outputs, in its order, each ``(rows, …)``, out."""


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_folder() -> Path | None:
    """Where converted models are kept: ``$XDG_CACHE_HOME/articleqa`` or ``~/.cache/articleqa``; None without a home."""
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if base.is_absolute():
        return base / "articleqa"
    if os.environ.get("HOME") == "":
        return None  # it would be the root of the system
    try:
        return Path.home() / ".cache" / "articleqa"
    except RuntimeError:
        return None


def import_openvino() -> Any:
    """OpenVINO, without the reports about its use that it would send to its makers, and safe to call from threads."""
    # Where this module cannot be imported, OpenVINO falls back to a stand-in of its own that does nothing.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    _fill_tables(openvino)
    return openvino


@cache
def _fill_tables(openvino: Any) -> None:
    # Its tables between numpy's types and its own are filled by whoever first needs them, who lets go of the
    # interpreter's lock meanwhile: of two threads one then holds that lock, one the table's, and both wait for ever.
    with _filling:
        np.asarray(openvino.Tensor(np.zeros(1, np.int64)).data)


class TorchRunner:
    """The module itself, in float32."""

    backend = "torch"

    def __init__(self, module: torch.nn.Module, *, threads: int) -> None:
        import torch

        torch.set_num_threads(threads)
        self._module = module.eval()
        self._lock = threading.Lock()

    def __call__(self, inputs: Arrays) -> Outputs:
        """Run the module. Thread-safe."""
        import torch

        with self._lock, torch.inference_mode():
            output = self._module(*(torch.from_numpy(np.ascontiguousarray(array)) for array in inputs.values()))
        tensors = (output,) if isinstance(output, torch.Tensor) else output
        return tuple(tensor.float().numpy() for tensor in tensors)


class OpenVinoRunner:
    """A converted model, compiled for this CPU."""

    backend = "openvino"

    def __init__(self, model: Any, *, threads: int, bfloat16: bool = False) -> None:
        core = import_openvino().Core()
        # Without the instructions it would at best be imitated.
        quick = bfloat16 and "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        # The latency hint with every thread on one request is twice as fast here as the throughput hint.
        hints = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": "bf16" if quick else "f32",
        }
        self._request = core.compile_model(model, "CPU", hints).create_infer_request()
        # Two requests at once on few cores are slower than one after the other.
        self._lock = threading.Lock()

    def __call__(self, inputs: Arrays) -> Outputs:
        """Run the model. Thread-safe."""
        with self._lock:
            results = self._request.infer(dict(inputs))
            return tuple(np.array(array, dtype=np.float32) for array in results.values())


def open_runner(
    load: Callable[[], torch.nn.Module],
    example: Arrays,
    *,
    key: str,
    threads: int,
    half: bool = False,
    bfloat16: bool = False,
) -> Runner:
    """The model behind ``load`` as a runner.

    Args:
        load: makes the torch module, which answers with one tensor or a tuple of them; called only when the cache does
            not hold the converted model.
        example: inputs to trace with, named and ordered as the module's arguments.
        key: names the weights and the wrapping; two different models never share one.
        threads: the thread budget.
        half: the weights are numbers of half precision, and are kept as such.
        bfloat16: three significant digits will do, so that it may compute in bfloat16 where the CPU has instructions
            for that. Otherwise it says the same on every CPU.
    """
    folder = cache_folder()
    if folder is not None:
        cached = _read(folder / "openvino", key, threads=threads, bfloat16=bfloat16)
        if cached is not None:
            return cached
    with _converting:
        return _converted(load(), example, folder, key=key, threads=threads, half=half, bfloat16=bfloat16)


def _converted(
    module: torch.nn.Module,
    example: Arrays,
    folder: Path | None,
    *,
    key: str,
    threads: int,
    half: bool,
    bfloat16: bool,
) -> Runner:
    """The module converted, and kept in the cache; by torch where that cannot be."""
    reference = TorchRunner(module, threads=threads)
    try:
        openvino = import_openvino()
        with warnings.catch_warnings(), _logging_as_it_was():
            # Tracing warns of every shape that it makes a constant of; the comparison below is the real check.
            warnings.simplefilter("ignore")
            converted = openvino.convert_model(module, example_input=[_tensor(array) for array in example.values()])
        for port, (name, array) in zip(converted.inputs, example.items(), strict=True):
            port.get_tensor().set_names({name})
            port.get_node().set_partial_shape(openvino.PartialShape([-1, -1, *array.shape[2:]]))
        converted.validate_nodes_and_infer_types()
        runner = OpenVinoRunner(converted, threads=threads, bfloat16=bfloat16)
        agreement = _agreement(runner(example), reference(example))
        if agreement < MINIMUM_COSINE:
            logger.warning("the converted model differs from torch (cosine %.4f): torch is used", agreement)
            return reference
    except Exception as error:  # noqa: BLE001  (whatever a converter dislikes about a model, torch can run it)
        logger.warning("the model cannot be converted (%s): torch is used", _first_line(error))
        return reference
    if folder is None:
        logger.warning("there is no home folder to keep the converted model in: every start converts it again")
    else:
        _write(folder / "openvino", key, converted, half=half)
    return runner


def _agreement(some: Outputs, others: Outputs) -> float:
    """The least cosine between what two runners say of a row, over every output."""
    cosines = [
        np.sum(_unit(one.reshape(len(one), -1)) * _unit(other.reshape(len(other), -1)), axis=1)
        for one, other in zip(some, others, strict=True)
    ]
    return float(np.min(cosines))


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    return unit


@contextmanager
def _logging_as_it_was() -> Iterator[None]:
    """Undo what the converter does to everybody's logging, which it does not undo itself when it fails."""
    root = logging.getLogger()
    level, filters, handlers = root.level, root.filters[:], root.handlers[:]
    try:
        yield
    finally:
        root.setLevel(level)
        root.filters[:], root.handlers[:] = filters, handlers


def _tensor(array: NDArray[np.int64] | NDArray[np.float32]) -> torch.Tensor:
    import torch

    return torch.from_numpy(np.ascontiguousarray(array))


def _read(folder: Path, key: str, *, threads: int, bfloat16: bool) -> OpenVinoRunner | None:
    """The cached model, or None where there is none or it cannot be used."""
    manifest = folder / f"{key}.json"
    try:
        digests = json.loads(manifest.read_text(encoding="utf-8"))
        if digests != {name: file_digest(folder / name) for name in _names(key)}:
            raise ValueError("it is damaged")
        model = import_openvino().Core().read_model(folder / f"{key}.xml")
        return OpenVinoRunner(model, threads=threads, bfloat16=bfloat16)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RuntimeError) as error:
        # Another release of OpenVINO may not read what this one wrote.
        logger.warning("the cached model is not used (%s): it is converted again", _first_line(error))
        return None


def _names(key: str) -> tuple[str, str]:
    return f"{key}.bin", f"{key}.xml"


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _write(folder: Path, key: str, model: Any, *, half: bool) -> None:
    """Keep the model; a cache that cannot be written costs only time."""
    openvino = import_openvino()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            openvino.save_model(model, Path(scratch) / f"{key}.xml", compress_to_fp16=half)
            digests = {name: file_digest(Path(scratch) / name) for name in _names(key)}
            for name in digests:
                (Path(scratch) / name).replace(folder / name)
            manifest = Path(scratch) / "manifest"
            manifest.write_text(json.dumps(digests), encoding="utf-8")
            # The manifest comes last: without it, or with another's, nothing of the cache is used.
            manifest.replace(folder / f"{key}.json")
    except (OSError, RuntimeError) as error:
        logger.warning("the converted model cannot be kept in %s (%s)", folder, _first_line(error))
