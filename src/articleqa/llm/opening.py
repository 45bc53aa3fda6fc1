"""A settings string -> a LlamaIndex ``LLM``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from articleqa.types import InvalidInput

if TYPE_CHECKING:
    from llama_index.core.llms import LLM

FORMS = "none, gguf:FILE, openvino:FOLDER, openvino:OWNER/NAME or http://host:port/v1#model"


def open_llm(
    spec: str, *, key: str = "", timeout: float = 60.0, context: int = 4096, threads: int | None = None
) -> LLM | None:
    """The language model that ``spec`` names: ``none``, ``gguf:FILE``, ``openvino:FOLDER``, ``openvino:OWNER/NAME`` or
    ``http(s)://host:port/v1#model``. Nothing is contacted, and no weights are loaded before the first request: a model
    of a hub has to be fetched before, see :func:`fetch`.

    ``key`` is sent to a server as the bearer token, ``timeout`` is its seconds of silence, ``context`` the most tokens
    that are read; a model in the process reads fewer where it was trained on fewer. ``threads`` is the budget of a
    model in the process, by default one for each processor.

    Raises:
        InvalidInput: if ``spec`` is something else, or ``key`` cannot be sent.
        MissingDependency: if what runs the model is not installed.
        LanguageModelError: if the model's files are missing or damaged, or the libraries refuse a server's name.
    """
    if spec == "none":
        return None
    kind, _, name = spec.partition(":")
    if kind in ("gguf", "openvino"):
        if not name.strip():
            raise InvalidInput(f"llm {spec!r} names no model: write {FORMS}")
        threads = threads or os.cpu_count() or 1
        if kind == "gguf":
            from articleqa.llm.llama_cpp import open_gguf

            return open_gguf(Path(name.strip()).expanduser(), context=context, threads=threads)
        from articleqa.llm.openvino import open_openvino

        return open_openvino(name.strip(), context=context, threads=threads)

    from articleqa.llm.endpoint import open_endpoint

    return open_endpoint(spec, key=key, timeout=timeout, context=context)


def close_llm(llm: LLM | None) -> None:
    """Let go of the weights of a model in the process; nothing happens to one that is elsewhere."""
    close = getattr(llm, "close", None)
    if callable(close):
        close()
