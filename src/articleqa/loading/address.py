"""Addresses of pages: what may be asked for, and the one spelling that is an identity."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import unquote

from articleqa.types import InvalidInput

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65_535


def is_address(source: str) -> bool:
    """Whether ``source`` is written as an address rather than a path. ``C:\\x`` is a path: no scheme has one letter."""
    return _SCHEME.match(source.strip()) is not None


def checked(url: str) -> str:
    """``url`` in its canonical spelling: host in lower case (and ASCII), no default port, no fragment.

    Raises:
        InvalidInput: if it cannot be fetched; the message is the reason.
    """
    import httpx

    try:
        parsed = httpx.URL(url.strip())
    except (httpx.InvalidURL, ValueError) as error:
        raise InvalidInput("is not an address that can be read") from error
    if parsed.scheme not in _PORTS:
        raise InvalidInput("only http and https addresses are fetched")
    if not parsed.raw_host:
        raise InvalidInput("names no host")
    if parsed.userinfo:
        raise InvalidInput("has a user name or password in it; leave it out, or save the page and add the file")
    if b"%" in parsed.raw_host or (parsed.port or 0) > _LAST_PORT:
        raise InvalidInput("is not an address that can be read")
    port = None if parsed.port == _PORTS[parsed.scheme] else parsed.port
    return str(parsed.copy_with(fragment=None, port=port, raw_path=parsed.raw_path or b"/"))


def shown(url: str) -> str:
    """``url`` as it may be shown and logged: a password in it stays out."""
    return re.sub(r"^(\s*[A-Za-z][A-Za-z0-9+.-]*:/*)[^/?#@]*@", r"\1", url).strip()


def canonical(claim: str, *, base: str | None) -> str | None:
    """A page's claim to be known under another address, if it can be trusted.

    On the web (``base``) only the same host may be named, and not merely its front page. A file's claim must be whole.
    """
    import httpx

    try:
        url = httpx.URL(checked(str(httpx.URL(base).join(claim.strip())) if base else claim))
    except (InvalidInput, httpx.InvalidURL, ValueError):
        return None
    if base is None:
        return str(url)
    here = httpx.URL(base)
    same_host = (url.raw_host, url.port) == (here.raw_host, here.port)
    front_page = url.raw_path == b"/" and here.raw_path != b"/"
    return str(url) if same_host and not front_page else None


def page_name(url: str) -> str:
    """What the page at ``url`` is called when nothing in it is a title: the last part of its path, or its host."""
    import httpx

    parsed = httpx.URL(url)
    return PurePosixPath(unquote(parsed.path)).stem or parsed.host


def site_name(url: str) -> str:
    """The host of ``url`` without ``www.``: the outlet, where the page names none."""
    import httpx

    return httpx.URL(url).host.removeprefix("www.")
