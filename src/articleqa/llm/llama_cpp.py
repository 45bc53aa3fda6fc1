"""GGUF files, run by llama.cpp (the xllamacpp wheel) in this process."""

from __future__ import annotations

import importlib.util
import itertools
import operator
import os
import secrets
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from articleqa.llm.engine import SEED, TEMPLATE_OPTIONS, Request, Usage, Write, opening_of
from articleqa.llm.failures import one_line, too_long
from articleqa.llm.gguf import GgufFile, read_gguf
from articleqa.llm.memory import check_fits
from articleqa.types import LanguageModelError, MissingDependency

if TYPE_CHECKING:
    from articleqa.llm.local import LocalModel

# Tokens of the prompt that are read between two looks at whether anybody still waits.
_STEP = 32
_TOKENS_SECONDS = 30.0
_BUFFER_BYTES = 200_000_000


def open_gguf(path: Path, *, context: int, threads: int) -> LocalModel:
    """The model in a GGUF file. Its head is read; the weights are loaded by the first request.

    Raises:
        MissingDependency: if xllamacpp is not installed.
        LanguageModelError: if the file is missing, damaged, or no language model that chats.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise MissingDependency(
            "gguf: models are run by xllamacpp, which is not installed: pip install 'articleqa[gguf]'"
        )
    file = read_gguf(path)
    if not file.has_chat_template:
        raise LanguageModelError(f"{path} has no chat template: choose a model that was trained to answer (instruct)")

    from articleqa.llm.local import LocalModel

    context = min(context, file.context)
    return LocalModel(
        lambda: LlamaCppEngine(file, context=context, threads=threads), model=path.name, context_window=context
    )


class LlamaCppEngine:
    """A loaded GGUF file. See :class:`~articleqa.llm.engine.Engine`."""

    def __init__(self, file: GgufFile, *, context: int, threads: int) -> None:
        import httpx
        import xllamacpp

        self._name = file.path.name
        self._context = context
        self._last: list[int] = []
        check_fits(self._name, file.size + context * file.cache_bytes_per_token + _BUFFER_BYTES)
        parameters = xllamacpp.CommonParams()
        parameters.model.path = str(file.path)
        parameters.n_ctx = context
        parameters.n_parallel = 1
        parameters.n_batch = parameters.n_ubatch = _STEP
        parameters.cpuparams.n_threads = parameters.cpuparams_batch.n_threads = threads
        parameters.cache_ram_mib = 0  # it would bring back prompts of which nothing is known here
        parameters.warmup = False  # the interpreter stands still while the weights are loaded
        parameters.verbosity = 0
        parameters.ui = False
        # The library always listens somewhere. Nobody else can open a socket in a folder of ours; where there are no
        # such sockets, it is a port of this machine that asks for a key.
        self._folder = Path(tempfile.mkdtemp(prefix="articleqa-"))
        key = secrets.token_urlsafe(32)
        parameters.api_keys = [key]
        parameters.hostnames = [str(self._folder / "model.sock") if os.name == "posix" else "127.0.0.1"]
        parameters.port = 0
        try:
            self._server: Any = xllamacpp.Server(parameters)
        except RuntimeError as error:
            self._remove_folder()
            raise LanguageModelError(
                f"{file.path} cannot be loaded: it is damaged or incomplete, or newer than the installed xllamacpp"
            ) from error
        address: str = self._server.listening_address
        on_socket = address.startswith("unix://")
        self._client = httpx.Client(
            transport=httpx.HTTPTransport(uds=address.removeprefix("unix://") if on_socket else None),
            base_url="http://model" if on_socket else address,
            headers={"authorization": f"Bearer {key}"},
            timeout=_TOKENS_SECONDS,
        )

    def generate(self, request: Request, write: Write) -> Usage:
        """See :class:`~articleqa.llm.engine.Engine`."""
        prompt = self._post(
            "/apply-template",
            messages=[{"role": role, "content": text} for role, text in request.messages],
            chat_template_kwargs=dict(TEMPLATE_OPTIONS),
        )["prompt"]
        tokens = self._tokens(prompt, special=True)
        if len(tokens) >= self._context:
            raise LanguageModelError(too_long(self._name, len(tokens), self._context))
        self._forget_after(tokens, write)
        if not write(opening_of(prompt)):
            return Usage(len(tokens), 0, 0)
        return self._complete(
            {
                "prompt": tokens,
                "max_tokens": request.max_tokens,
                "temperature": request.temperature,
                "seed": SEED,
                "stop": list(request.stop),
            },
            write,
        )

    def count_tokens(self, text: str) -> int:
        """See :class:`~articleqa.llm.engine.Engine`."""
        return len(self._tokens(text, special=False))

    def close(self) -> None:
        """See :class:`~articleqa.llm.engine.Engine`."""
        self._client.close()
        self._server = None  # its destructor ends its threads
        self._remove_folder()

    def _remove_folder(self) -> None:
        with suppress(OSError):
            shutil.rmtree(self._folder)

    def _forget_after(self, tokens: list[int], write: Write) -> None:
        """Make the engine forget what it knows after the last whole step that ``tokens`` share with the last prompt.

        It would use all that it knows. But its arithmetic depends in the last digits on how many tokens are read at
        once, and where two tokens are almost equally likely, the same question would then get another answer the
        second time. So a prompt is cut at the same places whether or not its beginning is known.
        """
        shared = sum(1 for _ in itertools.takewhile(operator.truth, map(operator.eq, tokens, self._last)))
        kept = min(shared, len(tokens) - 1) // _STEP * _STEP
        if self._last:
            another = 0 if tokens[kept] else 1
            self._complete({"prompt": [*tokens[:kept], another], "max_tokens": 0}, lambda _: write(""))
        self._last = tokens

    def _complete(self, body: dict[str, Any], write: Write) -> Usage:
        heard = _Heard(write)
        options = {"stream": True, "stream_options": {"include_usage": True}, "return_progress": True}
        self._server.handle_completions({**body, **options}, heard)
        if heard.error is not None:
            raise LanguageModelError(f"The language model {self._name} failed: {one_line(heard.error)}")
        return heard.usage

    def _tokens(self, text: str, *, special: bool) -> list[int]:
        tokens: list[int] = self._post("/tokenize", content=text, add_special=special, parse_special=special)["tokens"]
        return tokens

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self._client.post(path, json=body)
        if answer.is_error:
            raise LanguageModelError(f"The language model {self._name} failed: {one_line(answer.text)}")
        result: dict[str, Any] = answer.json()
        return result


class _Heard:
    """Takes the chunks of an answer in OpenAI's format; returns True when the model shall stop."""

    def __init__(self, write: Write) -> None:
        self.usage = Usage(0, 0, 0)
        self.error: str | None = None
        self._write = write

    def __call__(self, chunk: dict[str, Any]) -> bool:
        if "error" in chunk:
            self.error = str(chunk["error"].get("message", chunk["error"]))
            return True
        if usage := chunk.get("usage"):
            cached = usage["prompt_tokens_details"]["cached_tokens"]
            self.usage = Usage(usage["prompt_tokens"], cached, usage["completion_tokens"])
        return not self._write("".join(choice["text"] for choice in chunk["choices"]))
