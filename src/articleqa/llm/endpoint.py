"""A settings string -> a LlamaIndex ``LLM`` that asks an OpenAI-compatible server, and nobody else."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from articleqa.llm.failures import one_line
from articleqa.llm.stream import LONGEST_SILENCE, current_call
from articleqa.types import InvalidInput, LanguageModelError

if TYPE_CHECKING:
    import httpx
    from llama_index.core.llms import LLM

_ANSWER_TOKENS = 256
_CONNECT_SECONDS = 5.0
_FORM = "write http://host:port/v1#model"
_PLACEHOLDER_KEY = "none"  # some servers want any key at all
_SENT_HEADERS = frozenset(
    ("accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "host", "user-agent")
)


def open_endpoint(spec: str, *, key: str, timeout: float, context: int) -> LLM:
    """The language model that ``spec`` names: ``http(s)://host:port/v1#model``. Nothing is contacted.

    ``key`` is sent as the bearer token, ``timeout`` is in seconds of silence, ``context`` in tokens. Of the environment
    only the proxy variables are read, and not even these for an address of this machine.

    Raises:
        InvalidInput: if ``spec`` is something else, or ``key`` cannot be sent.
        LanguageModelError: if the libraries refuse the model's name or the environment's proxy.
    """
    base, _, model = (part.strip() for part in spec.partition("#"))
    host = _checked_host(spec, base)
    if not model:
        raise InvalidInput(f"llm {spec!r} names no model: {_FORM}")
    bearer = key.strip() or _PLACEHOLDER_KEY
    if not (bearer.isascii() and bearer.isprintable()):
        raise InvalidInput("the key of the language model has characters that cannot be sent: copy it again")

    import httpx
    from llama_index.llms.openai_like import OpenAILike  # type: ignore[import-untyped]
    from openai import OpenAI

    timeout = min(timeout, LONGEST_SILENCE)
    try:
        # A connection for each request: there is then no stale one, and closing one ends one request.
        client = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=not _is_this_machine(host),
            event_hooks={"request": [_request_hook(bearer)], "response": [_remember]},
        )
        server = OpenAI(api_key=bearer, base_url=base, timeout=client.timeout, max_retries=0, http_client=client)
        _ = server.chat.completions  # imports a second's worth of code, which no deadline should have to cover
        llm: LLM = OpenAILike(
            model=model,
            api_base=base,
            api_key=bearer,
            is_chat_model=True,
            context_window=context,
            max_tokens=_ANSWER_TOKENS,
            temperature=0.0,
            timeout=timeout,
            max_retries=0,  # the quotes are on the screen already: a late second try helps nobody
            openai_client=server,
        )
    except (ImportError, ValueError) as error:  # a proxy variable or a model name that the libraries refuse
        raise LanguageModelError(f"llm {spec!r} cannot be used: {one_line(str(error))}") from error
    return llm


def _checked_host(spec: str, base: str) -> str:
    try:
        parts = urlsplit(base)
        host = parts.hostname
        _ = parts.port  # raises where it is no number
    except ValueError as error:
        raise InvalidInput(f"llm {spec!r} is not a URL ({error}): {_FORM}") from error
    if parts.username or parts.password:
        raise InvalidInput(f"llm: leave the password out of the URL of {host} and set ARTICLEQA_LLM_KEY")
    if parts.scheme not in ("http", "https") or not host or parts.query or any(char.isspace() for char in base):
        raise InvalidInput(f"llm {spec!r} is unknown: {_FORM}")
    return host


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _request_hook(bearer: str) -> Callable[[httpx.Request], None]:
    import httpx

    def hook(request: httpx.Request) -> None:
        # OpenAI's client takes organisation, project and further headers from the environment.
        for name in set(request.headers) - _SENT_HEADERS:
            del request.headers[name]
        request.headers["authorization"] = f"Bearer {bearer}"
        call = current_call.get()
        if call is not None:
            if call.stopped:
                raise httpx.RequestError("nobody waits for this answer", request=request)
            request.extensions["timeout"] = {**request.extensions["timeout"], "read": call.timeout}
            request.extensions["trace"] = call.trace

    return hook


def _remember(response: httpx.Response) -> None:
    call = current_call.get()
    if call is not None:
        call.answered(response)
