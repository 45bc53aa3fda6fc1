"""The chat over HTTP: a FastAPI application with the page in it, and the process that serves it.

What the page does not need is refused: requests that another site makes the browser send, hosts that are not this one,
and those routes of Gradio that fetch other addresses or hand out files.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Thread, current_thread, main_thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.responses import PlainTextResponse
from uvicorn.server import HANDLED_SIGNALS

from articleqa import ui
from articleqa.types import ArticleQAError, ServerError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from articleqa.assistant import Assistant
    from articleqa.watching import ReportCallback

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]", "testserver")

# Everything comes from here, whatever an article says. Gradio needs inline scripts and compiles its templates;
# attributes such as onerror= are never scripts of ours.
_CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "script-src-attr 'none'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self' blob:",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "content-security-policy": _CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}

# What the page calls of Gradio. The rest fetches addresses, serves files, records, or describes an API.
_GRADIO = "/gradio_api/"
_GRADIO_USED = (
    *("queue/", "run/predict", "upload", "upload_progress", "heartbeat/", "startup-events", "app_id"),
    *("cancel", "reset"),
)
_LARGEST_EVENT = 1_000_000  # bytes of a request that is not an upload

_SECONDS_TO_FINISH = 0.5  # for requests that are under way when the server ends


class Guard:
    """Refuses what the page never asks for, and tells the browser to load nothing from elsewhere."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, passed on or answered with 403, 404 or 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = _refusal(scope["method"], scope["path"], Headers(scope=scope))
        if refusal is not None:
            await refusal(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _refusal(method: str, path: str, headers: Headers) -> PlainTextResponse | None:
    if method not in ("GET", "HEAD", "OPTIONS") and not _same_origin(headers):
        return PlainTextResponse("Requests from other sites are refused.", status_code=403)
    if not path.startswith(_GRADIO):
        return None
    if not path.removeprefix(_GRADIO).startswith(_GRADIO_USED):
        return PlainTextResponse("Not found", status_code=404)
    length = headers.get("content-length", "0")
    if path != f"{_GRADIO}upload" and length.isdecimal() and int(length) > _LARGEST_EVENT:
        return PlainTextResponse("Too large", status_code=413)
    return None


def _same_origin(headers: Headers) -> bool:
    """Whether a request that changes something was made by the page, or by a program that is no browser."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc.lower() == headers.get("host", "").lower()


def create_app(assistant: Assistant) -> FastAPI:
    """The application: ``GET /health`` and the page at ``/``."""
    from articleqa import __version__

    app = FastAPI(title="Article QA", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(Guard)
    if _is_loopback(assistant.settings.host):
        # A name that another site points at this machine (DNS rebinding) is not among these.
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(_LOOPBACK_NAMES), www_redirect=False)

    @app.get("/health")
    def health() -> dict[str, Any]:
        return {
            "status": "ok",
            "articles": assistant.article_count(),
            "state": assistant.state(),
            "version": __version__,
        }

    ui.mount(app, assistant)  # last: what is routed after it answers 404
    return app


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def serve(
    assistant: Assistant,
    *,
    on_ready: Callable[[str], None] | None = None,
    on_report: ReportCallback | None = None,
) -> None:
    """Serve the chat on ``settings.host`` and ``settings.port`` until Ctrl-C or SIGTERM; then it returns.

    Meanwhile the library is kept up with the folders and feeds of the settings; ``on_report`` is told what changed.
    ``on_ready`` is called with the URL once the chat answers. Port 0 takes a free one.

    Raises:
        ServerError: the address cannot be listened on, in one line that says what to do.
        InvalidInput: if a feed of the settings is no address.
    """
    settings = assistant.settings
    warming = Thread(target=_warm, args=(assistant,), name="articleqa-warm")
    with _listening(settings.host, settings.port) as listener, _watching(assistant, on_report):
        config = uvicorn.Config(
            create_app(assistant),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
        )
        url = _url(settings.host, listener.getsockname()[1])

        def ready() -> None:
            warming.start()
            if on_ready is not None:
                on_ready(url)

        try:
            _run(_Server(config, ready=ready), listener)
        finally:
            # A thread that the interpreter ends inside native code can abort the process.
            if warming.is_alive():
                warming.join()


@contextmanager
def _watching(assistant: Assistant, on_report: ReportCallback | None) -> Iterator[None]:
    """Keep up with what the settings name. What is not there yet is waited for: the chat does not depend on it."""
    settings = assistant.settings
    if not settings.watch and not settings.feeds:
        yield
        return
    from articleqa.watching import Watch

    watch = Watch(assistant, settings.watch, settings.feeds, interval=settings.watch_interval)
    watch.start(on_report=on_report)
    try:
        yield
    finally:
        watch.stop()


def _warm(assistant: Assistant) -> None:
    with suppress(ArticleQAError):  # the first question will say what is wrong
        assistant.warm_up()


class _Server(uvicorn.Server):
    """Says when it is ready, and ends without waiting for browsers that keep a stream open."""

    def __init__(self, config: uvicorn.Config, *, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().call_later(_SECONDS_TO_FINISH, self._hang_up)
        await super().shutdown(sockets)

    def _hang_up(self) -> None:
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None:
                transport.abort()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn raises the signal again once it has ended, which would end the process before the library is closed.
        if current_thread() is not main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _run(server: _Server, listener: socket.socket) -> None:
    """Like ``server.run``, but a thread that waits for a language model does not keep the process."""
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(server.serve(sockets=[listener]))
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        if left:
            loop.run_until_complete(asyncio.wait(left, timeout=_SECONDS_TO_FINISH))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.set_exception_handler(lambda *_: None)  # what is cut off here has nobody left to tell
    finally:
        loop.close()


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that is bound before anything is built, so that a taken port is said at once."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise ServerError(
            f"{host!r} is not an address of this machine: choose another with ARTICLEQA_HOST=127.0.0.1"
        ) from error
    listener = socket.socket(family, kind, protocol)
    try:
        if sys.platform != "win32":  # there it would let two programs listen on one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(2048)
        except OSError as error:
            raise ServerError(_cannot_listen(error, host, port)) from error
        yield listener
    finally:
        listener.close()


def _cannot_listen(error: OSError, host: str, port: int) -> str:
    other = port + 1 if 1024 <= port < 65535 else 7861
    match error.errno:
        case errno.EADDRINUSE:
            return f"Port {port} is taken: stop the other program or choose another port with ARTICLEQA_PORT={other}"
        case errno.EACCES | errno.EPERM:
            return f"Port {port} may not be used by this account: choose another port with ARTICLEQA_PORT={other}"
        case _:
            return f"{host!r} is not an address of this machine: choose another with ARTICLEQA_HOST=127.0.0.1"


def _url(host: str, port: int) -> str:
    """An address that a browser can open: one that stands for all addresses is none."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        shown = host
    else:
        shown = host if address.version == 4 else f"[{host}]"
        if address.is_unspecified:
            shown = "127.0.0.1" if address.version == 4 else "[::1]"
    return f"http://{shown}:{port}"
