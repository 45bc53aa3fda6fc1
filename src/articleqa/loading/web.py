"""One page of the web, fetched with care."""

from __future__ import annotations

import re
import ssl
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from articleqa.loading.address import checked, page_name, shown, site_name
from articleqa.loading.limits import Limits
from articleqa.loading.raw import Raw
from articleqa.types import InvalidInput, LoadingError

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

_REDIRECTS = 5
_REDIRECT_CODES = frozenset((301, 302, 303, 307, 308))
_PERMANENT_CODES = frozenset((301, 308))
_TEMPORARY_CODES = frozenset((408, 425, 429, *range(500, 600)))
_KINDS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "text/x-markdown": ".md",
    "application/pdf": ".pdf",
    "application/x-pdf": ".pdf",
}
_UNSTATED = ("", "application/octet-stream", "binary/octet-stream")
_HTML = re.compile(rb"\s*(?:<!--.{0,500}?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_HEADERS = {
    "User-Agent": "articleqa",
    "Accept": "text/html,application/xhtml+xml,application/pdf,text/plain;q=0.9,*/*;q=0.1",
    "Accept-Encoding": "gzip, deflate",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What an address answered with. ``suffix`` says how it is to be read, as a file's would."""

    raw: Raw
    suffix: str


class FetchError(LoadingError):
    """An address did not give what was asked for.

    ``status`` is what it answered, if it did in HTTP, ``retry_after`` the header of that name, and ``temporary`` says
    whether it may go better another time.
    """

    def __init__(
        self,
        origin: str,
        reason: str,
        *,
        status: int | None = None,
        retry_after: str | None = None,
        temporary: bool = False,
    ) -> None:
        super().__init__(origin, reason)
        self.status = status
        self.retry_after = retry_after
        self.temporary = temporary


def fetch(source: str, limits: Limits) -> Page:
    """The page at an http or https address.

    Raises:
        FetchError: naming ``source``, with the reason for which there is no page.
    """
    return ask(source, limits, headers=_HEADERS, read=lambda url, _, response: _page(url, response, limits))


def ask(source: str, limits: Limits, *, headers: Mapping[str, str], read: Callable[[str, str, httpx.Response], T]) -> T:
    """What ``read`` makes of the answer of an http or https address.

    Only public addresses are connected to, but for ``limits.allowed_hosts``; redirects are followed and checked alike.
    No cookies are kept and no proxies of the environment are used. ``read`` is given the address that answered, the
    last one to which redirects for good led, and the answer.

    Raises:
        FetchError: naming ``source``, with the reason for which there is nothing.
    """
    import httpcore
    import httpx

    from articleqa.loading.network import Deadline, OutOfTime, PrivateAddress, Transport, UnknownHost

    deadline = Deadline(limits.fetch_timeout)
    origin = shown(source)
    try:
        url = permanent = origin = checked(source)
        with Transport(allowed=limits.allowed_hosts, deadline=deadline) as transport:
            seen = {url}
            while True:
                response = transport.handle_request(httpx.Request("GET", url, headers=dict(headers)))
                try:
                    if response.status_code not in _REDIRECT_CODES:
                        return read(url, permanent, response)
                    target = _next(url, response)
                    if permanent == url and response.status_code in _PERMANENT_CODES:
                        permanent = target
                    url = target
                finally:
                    response.close()
                if url in seen:
                    raise InvalidInput("redirects in a circle")
                if len(seen) > _REDIRECTS:
                    raise InvalidInput(f"redirects more than {_REDIRECTS} times")
                seen.add(url)
    except FetchError as error:
        raise FetchError(
            origin, error.reason, status=error.status, retry_after=error.retry_after, temporary=error.temporary
        ) from error
    except LoadingError as error:
        raise FetchError(origin, error.reason) from error
    except PrivateAddress as error:
        reason = f"is not fetched: {error}; name the host in allowed_hosts if it may be"
        raise FetchError(origin, reason) from error
    except UnknownHost as error:
        reason = f"the host {error} is not known; check the address and the network"
        raise FetchError(origin, reason, temporary=True) from error
    except InvalidInput as error:
        raise FetchError(origin, str(error)) from error
    except (OutOfTime, httpcore.TimeoutException) as error:
        reason = f"took longer than {limits.fetch_timeout:g} seconds; raise fetch_timeout to wait longer"
        raise FetchError(origin, reason, temporary=True) from error
    except httpcore.ConnectError as error:
        raise FetchError(origin, _unreachable(error), temporary=True) from error
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        reason = "broke off or did not answer in HTTP; try again later"
        raise FetchError(origin, reason, temporary=True) from error


def refused(url: str, response: httpx.Response, *, advice: str = "") -> FetchError:
    """The error that says with which status an address refused."""
    return FetchError(
        url,
        f"answered {response.status_code}{advice}",
        status=response.status_code,
        retry_after=response.headers.get("Retry-After"),
        temporary=response.status_code in _TEMPORARY_CODES,
    )


def _unreachable(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not valid: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return "no secure connection could be made"
        cause = cause.__cause__ or cause.__context__
    return "cannot be reached; check the address and the network"


def _next(url: str, response: httpx.Response) -> str:
    import httpx

    target = response.headers.get("Location", "").strip()
    if not target:
        raise InvalidInput(f"answered {response.status_code} without an address to go to")
    try:
        return checked(str(httpx.URL(url).join(target)))
    except (InvalidInput, httpx.InvalidURL, ValueError) as error:
        reason = str(error) if isinstance(error, InvalidInput) else "is not an address that can be read"
        raise InvalidInput(f"redirects to {shown(target)[:200]!r}: {reason}") from error


def _page(url: str, response: httpx.Response, limits: Limits) -> Page:
    if not 200 <= response.status_code < 300:
        advice = "; save the page in your browser and add the file" if response.status_code in (401, 402, 403) else ""
        raise refused(url, response, advice=advice)
    stated, _, parameters = response.headers.get("Content-Type", "").partition(";")
    media_type = stated.strip().lower()
    if media_type not in _KINDS and media_type not in _UNSTATED:
        raise LoadingError(url, f"is of the type {media_type[:80]!r}; only HTML, text and PDF are fetched")
    content = body(url, response, limits)
    suffix = _KINDS.get(media_type) or _sniffed(content)
    if suffix is None:
        raise LoadingError(url, "does not say what type it is; only HTML, text and PDF are fetched")
    raw = Raw(
        content=content,
        origin=url,
        name=page_name(url),
        url=url,
        site=site_name(url),
        charset=charset(parameters),
    )
    return Page(raw, ".md" if suffix == ".txt" and url.lower().endswith((".md", ".markdown")) else suffix)


def charset(parameters: str) -> str | None:
    """The encoding that a ``Content-Type`` states behind the type."""
    match = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", parameters, re.IGNORECASE)
    return match[1] if match else None


def _sniffed(content: bytes) -> str | None:
    if content.startswith(b"%PDF-"):
        return ".pdf"
    return ".html" if _HTML.match(content[:4096]) else None


def body(url: str, response: httpx.Response, limits: Limits) -> bytes:
    """The bytes of an answer, unpacked, within the limit.

    Raises:
        LoadingError: if they are too many, or cannot be unpacked.
    """
    announced = response.headers.get("Content-Length", "")
    if announced.isdecimal() and len(announced) < 20 and int(announced) > limits.max_bytes:
        raise LoadingError(url, limits.too_large)
    encoding = response.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    if encoding not in ("identity", "gzip", "x-gzip", "deflate"):
        raise LoadingError(url, f"is sent in an encoding that was not asked for: {encoding[:80]!r}")
    chunks = response.iter_raw()
    if encoding != "identity":
        chunks = _unpacked(url, chunks, limits)
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > limits.max_bytes:
            raise LoadingError(url, limits.too_large)
    return bytes(content)


def _unpacked(url: str, chunks: Iterator[bytes], limits: Limits) -> Iterator[bytes]:
    """The bytes inside gzip or zlib, never more than the limit at once: a kilobyte can unpack to a megabyte."""
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 32)
    begun = False
    try:
        for chunk in chunks:
            data = chunk
            while data and not unpacking.eof:
                try:
                    part = unpacking.decompress(data, limits.max_bytes + 1)
                except zlib.error:
                    if begun:
                        raise
                    unpacking = zlib.decompressobj(
                        -zlib.MAX_WBITS
                    )  # "deflate" without its header, as some servers send
                    part = unpacking.decompress(data, limits.max_bytes + 1)
                begun = True
                yield part
                data = unpacking.unconsumed_tail
    except zlib.error as error:
        raise FetchError(url, "is packed in a way that cannot be undone; try again later", temporary=True) from error
    if begun and not unpacking.eof:
        raise FetchError(url, "broke off; try again later", temporary=True)
