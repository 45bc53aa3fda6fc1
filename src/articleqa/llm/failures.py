"""What went wrong with a language model, in one line that says what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llama_index.core.llms import LLM


def explain(error: Exception, llm: LLM, timeout: float, *, begun: bool) -> str:
    """``error`` of ``llm`` in one line without the key; ``begun`` says whether part of the answer was there."""
    line = _explain(error, llm, timeout, begun=begun)
    key = getattr(llm, "api_key", None)
    return line.replace(key, "…") if isinstance(key, str) and len(key) >= 8 else line


def silent(llm: LLM, timeout: float) -> str:
    """The model wrote nothing for ``timeout`` seconds."""
    if getattr(llm, "loading", False):
        return (
            f"{named(llm)} is still being loaded after {timeout:g} s: ask again soon, or raise the setting llm_timeout"
        )
    return f"{named(llm)} wrote nothing for {timeout:g} s: raise the setting llm_timeout, or choose a smaller model"


def broken_off(llm: LLM) -> str:
    """The answer has no end."""
    return f"{named(llm)} broke off in the middle of its answer: look into its server's log, or ask again"


def empty(llm: LLM) -> str:
    """The model ended its answer before it began."""
    if getattr(llm, "api_base", None):
        return f"{named(llm)} sent no answer: see that the URL is right (it usually ends in /v1)"
    return f"{named(llm)} wrote no answer: choose another model in the setting llm"


def too_long(name: str, tokens: int, context: int) -> str:
    """The prompt does not fit into the context; both in tokens."""
    return (
        f"The prompt has {tokens:,} tokens, and the language model {name} reads {context:,}: "
        "ask something shorter, raise the setting llm_context, or choose a model that reads more"
    )


def named(llm: LLM) -> str:
    """The model as the subject of a sentence, with its URL where it has one."""
    address = getattr(llm, "api_base", None) or getattr(llm, "base_url", None)
    model = getattr(llm, "model", None) or type(llm).__name__
    return one_line(f"The language model {model}" + (f" at {address}" if address else ""))


def one_line(text: str) -> str:
    """``text`` on one line of at most 200 characters."""
    line = " ".join(text.split())
    return line if len(line) <= 200 else line[:199] + "…"


def _explain(error: Exception, llm: LLM, timeout: float, *, begun: bool) -> str:
    import httpx
    from openai import APIError

    who = named(llm)
    for cause in _causes(error):
        status = getattr(cause, "status_code", None)
        if isinstance(status, int):
            return f"{who} {_explain_status(status, _detail(cause))}"
        if isinstance(cause, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError, ConnectionRefusedError)):
            reason = one_line(str(cause)) or "no answer"
            return f"{who} cannot be reached ({reason}): start its server, or correct the setting llm"
        if isinstance(cause, (httpx.TimeoutException, TimeoutError)):
            return silent(llm, timeout)
        if isinstance(cause, (httpx.NetworkError, httpx.RemoteProtocolError, ConnectionError)):
            return broken_off(llm) if begun else f"{who} closed the connection: look into its server's log"
    if isinstance(error, APIError) and _detail(error):
        return f"{who} reports an error ({_detail(error)}): look into its server's log"
    kind = type(error).__name__
    if getattr(llm, "api_base", None):
        return f"{who} sent no answer in OpenAI's format ({kind}): see that the URL is right (it usually ends in /v1)"
    return f"{who} failed ({kind}: {one_line(str(error))}): see that it works by itself"


def _explain_status(status: int, detail: str) -> str:
    code = f"({status}: {detail})" if detail else f"({status})"
    if status in (401, 403):
        return f"refuses the key ({status}): set ARTICLEQA_LLM_KEY to the one that its server asks for"
    if status == 404:
        return f"is not there {code}: the URL usually ends in /v1, and the model must be one that the server lists"
    if status == 429:
        return f"takes no more requests now {code}: ask again later"
    if status < 400:
        return f"is somewhere else ({status}): write the URL that its server redirects to into the setting llm"
    if status < 500:
        return f"refuses the request {code}: if it is too long for the model, lower the setting llm_context"
    return f"failed {code}: look into its server's log, or ask again"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _detail(error: BaseException) -> str:
    body = getattr(error, "body", None)
    if isinstance(body, Mapping):
        body = body.get("message") or body.get("error")
    text = str(body or "")
    return "" if text.lstrip().startswith("<") else one_line(text)  # a page is no message
