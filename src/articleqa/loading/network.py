"""Connections to public addresses only, within a deadline.

The name of a host is looked up once for each connection, every address that it has is checked, and the connection goes
to a checked address: a second look-up, which could answer otherwise, does not happen.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import httpcore
import httpx

from articleqa.types import InvalidInput

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class PrivateAddress(InvalidInput):
    """A host that is not allowed has an address that is not public."""


class OutOfTime(httpcore.TimeoutException):
    """The deadline has passed."""


class Deadline:
    """A moment after which nothing is waited for any more."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self, limit: float | None = None) -> float:
        """Seconds left, at most ``limit``.

        Raises:
            OutOfTime: if none are left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise OutOfTime
        return left if limit is None else min(left, limit)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet, also where an IPv6 address wraps an IPv4 one."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # with a scope, as in fe80::1%eth0, which is local by itself
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        wrapped = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if wrapped is None and ip in _NAT64:
            wrapped = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if wrapped is not None:
            return is_public(str(wrapped))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


def is_allowed(host: str, port: int, allowed: Collection[str]) -> bool:
    """Whether ``allowed`` names the host, with this port or with none."""
    host = host.lower().strip("[]").rstrip(".")
    names = {name.strip().lower() for name in allowed}
    return not names.isdisjoint((host, f"[{host}]", f"{host}:{port}", f"[{host}]:{port}"))


class _Stream(httpcore.NetworkStream):
    """A connection that keeps the deadline, however slowly the bytes drip."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.remaining(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.remaining(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.remaining(timeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Opens connections to addresses that were checked."""

    def __init__(self, allowed: Collection[str], deadline: Deadline) -> None:
        self._allowed = allowed
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _addresses(host, port, self._deadline)
        if not is_allowed(host, port, self._allowed):
            for address in addresses:
                if not is_public(address):
                    raise PrivateAddress(f"{host} has the private address {address}")
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for number, address in enumerate(addresses):
            # One address that swallows everything leaves time for the others.
            share = self._deadline.remaining(timeout) / (len(addresses) - number)
            try:
                stream = self._sockets.connect_tcp(address, port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(stream, self._deadline)
        raise failure


def _addresses(host: str, port: int, deadline: Deadline) -> list[str]:
    """The addresses of ``host``. A look-up cannot be interrupted, so another thread waits for it."""
    results: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            results.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))
        except (OSError, UnicodeError) as error:
            results.put(OSError(str(error)))

    threading.Thread(target=look_up, daemon=True, name="articleqa-look-up").start()
    try:
        found = results.get(timeout=deadline.remaining())
    except queue.Empty:
        raise OutOfTime from None
    if isinstance(found, OSError):
        raise UnknownHost(host) from found
    return found


class UnknownHost(InvalidInput):
    """No address is known for a host."""


class _Body(httpx.SyncByteStream):
    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        return self._response.iter_stream()

    def close(self) -> None:
        self._response.close()


class Transport(httpx.BaseTransport):
    """httpx's way to the network, through the checks and the deadline of this module."""

    def __init__(self, *, allowed: Collection[str], deadline: Deadline) -> None:
        self._pool = httpcore.ConnectionPool(network_backend=_Backend(allowed, deadline))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request``; errors are those of httpcore and of this module."""
        response = self._pool.handle_request(
            httpcore.Request(
                method=request.method,
                url=httpcore.URL(
                    scheme=request.url.raw_scheme,
                    host=request.url.raw_host,
                    port=request.url.port,
                    target=request.url.raw_path,
                ),
                headers=request.headers.raw,
                extensions=request.extensions,
            )
        )
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response))

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()
