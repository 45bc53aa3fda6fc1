"""Models in OpenVINO's format, and the GGUF files that it reads, run by OpenVINO GenAI in this process."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from articleqa.inference import import_openvino
from articleqa.llm.engine import SEED, TEMPLATE_OPTIONS, Request, Usage, Write, opening_of
from articleqa.llm.failures import one_line, too_long
from articleqa.llm.fetching import fetched, is_hub_id
from articleqa.llm.gguf import read_gguf
from articleqa.llm.memory import check_fits
from articleqa.llm.stopping import UntilStop
from articleqa.types import LanguageModelError, MissingDependency

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from articleqa.llm.local import LocalModel

# Tokens of the prompt that are read between two looks at whether anybody still waits.
_STEP = 128
_BLOCK = 32  # tokens of one block of the cache of keys and values
PARTS = ("openvino_model.xml", "openvino_model.bin", "openvino_tokenizer.xml", "openvino_detokenizer.xml")
_BUFFER_BYTES = 300_000_000
_GGUF_FACTOR = 3  # the file, its tensors and the compiled model are in memory together for a moment
_LOST = "\N{REPLACEMENT CHARACTER}"


def open_openvino(name: str, *, context: int, threads: int) -> LocalModel:
    """The model in a folder of OpenVINO's, in a GGUF file, or fetched from a hub before. The weights are loaded by the
    first request.

    Raises:
        MissingDependency: if openvino-genai is not installed.
        LanguageModelError: if the folder or the file is missing or incomplete, or was not fetched.
    """
    check_installed()
    path = Path(name).expanduser()
    if not path.exists() and path.suffix != ".gguf" and is_hub_id(name):
        folder = fetched(name)
        if folder is None:
            raise LanguageModelError(
                f"{name} is no folder, and was not fetched from a hub, or not wholly: correct the setting llm, or run "
                f"articleqa fetch openvino:{name}"
            )
        path = folder
    if path.is_dir():
        trained, size = _folder(path)
    elif path.suffix == ".gguf":
        file = read_gguf(path)
        trained, size = file.context, _GGUF_FACTOR * file.size
    else:
        raise LanguageModelError(f"{path} is no folder of an OpenVINO model and no GGUF file: correct the setting llm")

    from articleqa.llm.local import LocalModel

    context = min(context, trained or context)
    return LocalModel(
        lambda: OpenVinoEngine(path, Path(name).name, size, context=context, threads=threads),
        model=Path(name).name,
        context_window=context,
    )


def check_installed() -> None:
    """Hold what runs such models to be there.

    Raises:
        MissingDependency: if it is not.
    """
    if importlib.util.find_spec("openvino_genai") is None:
        raise MissingDependency(
            "openvino: models are run by openvino-genai, which is not installed: pip install 'articleqa[openvino]'"
        )


def _folder(path: Path) -> tuple[int | None, int]:
    """The tokens that a model was trained to read, where its folder says so, and the bytes of its weights.

    Raises:
        LanguageModelError: if something is missing or damaged.
    """
    for part in PARTS:
        if not (path / part).is_file():
            raise LanguageModelError(f"{path} has no {part}: it is no folder of an OpenVINO model, or is incomplete")
    try:
        size = sum((path / part).stat().st_size for part in PARTS)
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None, size
    except (OSError, ValueError) as error:
        raise LanguageModelError(f"{path / 'config.json'} cannot be read ({one_line(str(error))})") from error
    trained = config.get("max_position_embeddings") if isinstance(config, dict) else None
    return (trained if isinstance(trained, int) and trained > 0 else None), size


class OpenVinoEngine:
    """A loaded model. See :class:`~articleqa.llm.engine.Engine`."""

    def __init__(self, path: Path, name: str, size: int, *, context: int, threads: int) -> None:
        self._name = name
        check_fits(self._name, size + _BUFFER_BYTES)
        self._openvino = import_openvino()
        import openvino_genai

        self._genai = openvino_genai
        self._last: NDArray[np.int64] = np.empty((1, 0), dtype=np.int64)
        scheduler = openvino_genai.SchedulerConfig()
        scheduler.enable_prefix_caching = True
        scheduler.max_num_batched_tokens = _STEP
        scheduler.max_num_seqs = 1
        # One conversation, and what is worth keeping of the one before.
        scheduler.num_kv_blocks = 2 * (context // _BLOCK + 1)
        properties = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"}
        try:
            self._pipeline: Any = openvino_genai.ContinuousBatchingPipeline(
                str(path), scheduler, "CPU", properties, {}, {}
            )
            self._tokenizer: Any = self._pipeline.get_tokenizer()
        except Exception as error:  # whatever is wrong with a file, some kind of C++ exception comes of it
            advice = (
                f"set llm to gguf:{path}, which reads more kinds of weights"
                if path.suffix == ".gguf"
                else "it is damaged, incomplete, or newer than the installed openvino-genai"
            )
            raise LanguageModelError(
                f"{path} cannot be loaded by OpenVINO GenAI ({_reason(error)}): {advice}"
            ) from error
        # Its bound may be below that of the settings, and it does not say so.
        self._context = min(context, self._encode("a " * context).shape[1])
        if not self._tokenizer.chat_template:
            raise LanguageModelError(
                f"{path} has no chat template: choose a model that was trained to answer (instruct)"
            )

    def generate(self, request: Request, write: Write) -> Usage:
        """See :class:`~articleqa.llm.engine.Engine`."""
        prompt = self._tokenizer.apply_chat_template(
            [{"role": role, "content": text} for role, text in request.messages],
            add_generation_prompt=True,
            extra_context=dict(TEMPLATE_OPTIONS),
        )
        tokens = self._encode(prompt)
        count = tokens.shape[1]
        if count >= self._context:
            raise LanguageModelError(too_long(self._name, count, self._context))
        known = self._read(tokens, write)
        if not write(opening_of(prompt)):
            return Usage(count, known, 0)
        answer = _Written(self._tokenizer.decode, request, write)
        self._run(tokens, self._settings(request, count), answer.add)
        answer.finish()
        return Usage(count, known, len(answer.tokens))

    def count_tokens(self, text: str) -> int:
        """See :class:`~articleqa.llm.engine.Engine`."""
        return int(self._encode(text).shape[1])

    def close(self) -> None:
        """See :class:`~articleqa.llm.engine.Engine`."""
        self._tokenizer = self._pipeline = None

    def _encode(self, text: str) -> NDArray[np.int64]:
        """Tokens of shape ``(1, tokens)``; what is longer than the model reads is cut by the tokenizer."""
        ids = self._tokenizer.encode(text, add_special_tokens=False).input_ids
        return np.array(ids.data, dtype=np.int64)

    def _read(self, tokens: NDArray[np.int64], write: Write) -> int:
        """Read all but the last step of a prompt; returns how much of it was known.

        One call would read it all and ask nobody meanwhile whether to go on, and the calls that do single steps keep
        Python's lock. What a call has read the next one finds in the cache, which holds whole blocks: so the arithmetic
        is the same whether or not the beginning of a prompt is known.
        """
        count = int(tokens.shape[1])
        shared = min(count, self._last.shape[1])
        differing = np.flatnonzero(tokens[0, :shared] != self._last[0, :shared])
        known: int = min(int(differing[0]) if differing.size else shared, count - 1) // _STEP * _STEP
        settings = self._pipeline.get_config()
        settings.do_sample, settings.max_new_tokens = False, 1
        self._last = tokens[:, :known]
        for end in range(known + _STEP, count, _STEP):
            if not write(""):
                break
            self._run(tokens[:, :end], settings, lambda _: True)
            self._last = tokens[:, :end]
        return known

    def _run(self, tokens: NDArray[np.int64], settings: Any, add: Callable[[list[int]], bool]) -> None:
        genai = self._genai

        class Streamer(genai.StreamerBase):  # type: ignore[misc, name-defined]
            def write(self, token: int | list[int]) -> Any:
                going_on = add(token if isinstance(token, list) else [token])
                return genai.StreamingStatus.RUNNING if going_on else genai.StreamingStatus.CANCEL

            def end(self) -> None:
                pass

        tensor = self._openvino.Tensor(np.ascontiguousarray(tokens))
        try:
            self._pipeline.generate([tensor], [settings], Streamer())
        except RuntimeError as error:
            raise LanguageModelError(f"The language model {self._name} failed: {_reason(error)}") from error

    def _settings(self, request: Request, count: int) -> Any:
        settings = self._pipeline.get_config()
        settings.max_new_tokens = min(request.max_tokens, self._context - count)
        settings.do_sample = request.temperature > 0
        if settings.do_sample:
            settings.temperature = request.temperature
            settings.rng_seed = SEED
        return settings


def _reason(error: Exception) -> str:
    return one_line((str(error).strip().splitlines() or ["no reason given"])[-1])


class _Written:
    """Tokens become text as soon as they are whole characters."""

    def __init__(self, decode: Callable[[list[int]], str], request: Request, write: Write) -> None:
        self.tokens: list[int] = []
        self._decode = decode
        self._write = write
        self._until = UntilStop(request.stop)
        self._length = 0

    def add(self, tokens: list[int]) -> bool:
        """The engine wrote these; says whether it shall go on."""
        self.tokens += tokens
        text = self._decode(self.tokens)
        # The last bytes may be the beginning of a character.
        return self._show(text) if not text.endswith(_LOST) else self._write("")

    def finish(self) -> None:
        """The engine wrote the last one."""
        self._show(self._decode(self.tokens))
        self._write(self._until.finish())

    def _show(self, text: str) -> bool:
        new, self._length = text[self._length :], len(text)
        return self._write(self._until.feed(new)) and not self._until.stopped
