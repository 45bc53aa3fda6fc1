"""A small OpenAI-compatible server on loopback that misbehaves on request, streaming and not.

with misbehaving_endpoint("dies", text="Half an answer") as endpoint:
    llm = open_llm(endpoint.spec)
"""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeAlias

MODEL = "scripted"

Script: TypeAlias = str | Sequence[str] | Callable[[list[dict[str, str]]], str]


class Behaviour(StrEnum):
    """What the endpoint does when it is asked for an answer."""

    ANSWERS = "answers"
    DOWN = "down"  # nothing listens
    FAILS = "fails"  # 500
    REFUSES = "refuses"  # 401
    UNKNOWN_MODEL = "unknown model"  # 404
    TOO_LONG = "too long"  # 400, as llama.cpp says it
    BUSY = "busy"  # 429, to be tried again in an hour
    MOVED = "moved"  # 307
    SILENT = "silent"  # hangs before the first byte
    STALLS = "stalls"  # hangs after half of the text
    PINGS = "pings"  # hangs after the headers, with a comment now and then
    GARBAGE = "garbage"  # what should be JSON is not
    STRANGE = "strange"  # JSON, but not of this protocol
    PAGE = "page"  # a web page
    DIES = "dies"  # the connection is reset after half of the text
    ENDS = "ends"  # the response ends after half of the text, as if it were whole
    SLAMS = "slams"  # the connection is closed without a response
    REPORTS = "reports"  # an error event after half of the text
    EMPTY = "empty"  # a well-formed answer of no text
    ENDLESS = "endless"  # repeats the text for ever


@dataclass
class Endpoint:
    """One server: where it is, what it was asked, and whether a client left in the middle."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)

    @property
    def spec(self) -> str:
        """The endpoint as the setting ``llm`` names it."""
        return f"{self.url}#{MODEL}"


@contextmanager
def misbehaving_endpoint(behaviour: Behaviour | str, *, text: Script = "It is so [1].") -> Iterator[Endpoint]:
    """Serve until the block ends.

    ``text`` is the answer: cut into words, or a sequence of deltas, or a function of the messages of the request.
    """
    behaviour = Behaviour(behaviour)
    if behaviour is Behaviour.DOWN:
        with socket.socket() as reserved:  # bound and not listening: refused, and nobody else gets the port
            reserved.bind(("127.0.0.1", 0))
            yield Endpoint(f"http://127.0.0.1:{reserved.getsockname()[1]}/v1")
        return
    server = _Server(("127.0.0.1", 0), _Handler)
    server.behaviour, server.text = behaviour, text
    server.endpoint = Endpoint(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.endpoint
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # closing the server waits for its requests
    behaviour: Behaviour
    text: Script
    endpoint: Endpoint

    def __init__(self, *arguments: Any) -> None:
        self.over = threading.Event()
        super().__init__(*arguments)


class _Left(Exception):
    """The client went away."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is inherited
        """Stay silent."""

    def do_GET(self) -> None:
        self._send(200, {"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    def do_POST(self) -> None:
        self.close_connection = True
        endpoint = self.server.endpoint
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        endpoint.requests.append(request)
        endpoint.headers.append({name.lower(): value for name, value in self.headers.items()})
        endpoint.asked.set()
        try:
            self._answer(request)
        except (_Left, OSError):
            endpoint.left.set()

    def _answer(self, request: dict[str, Any]) -> None:
        match self.server.behaviour:
            case Behaviour.FAILS:
                self._send(500, {"error": {"message": "out of memory"}})
            case Behaviour.REFUSES:
                self._send(401, {"error": {"message": f"Invalid key {self.headers['Authorization']}"}})
            case Behaviour.UNKNOWN_MODEL:
                self._send(404, {"error": {"message": f"model {request['model']!r} not found"}})
            case Behaviour.TOO_LONG:
                self._send(400, {"error": {"message": "request exceeds the available context size"}})
            case Behaviour.BUSY:
                self._send(429, {"error": {"message": "slow down"}}, ("Retry-After", "3600"))
            case Behaviour.MOVED:
                self._send(307, {}, ("Location", "http://127.0.0.1:1/v1/chat/completions"))
            case Behaviour.SILENT:
                self._hang()
            case Behaviour.SLAMS:
                return
            case Behaviour.PAGE:
                self._send(200, b"<!doctype html><title>A router</title><p>Welcome.", ("Content-Type", "text/html"))
            case _ if request.get("stream"):
                self._stream(request)
            case _:
                self._send_whole(request)

    def _deltas(self, request: dict[str, Any]) -> list[str]:
        text = self.server.text
        if callable(text):
            text = text(request.get("messages") or [{"role": "user", "content": request["prompt"]}])
        if isinstance(text, str):
            words = text.split(" ")
            return [words[0], *(f" {word}" for word in words[1:])]
        return list(text)

    def _stream(self, request: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        chat = "messages" in request
        deltas = self._deltas(request)
        half = deltas[: max(1, len(deltas) // 2)]
        match self.server.behaviour:
            case Behaviour.PINGS:
                self._hang(ping=True)
            case Behaviour.STRANGE:
                self._event({"surprise": 42})
            case Behaviour.STALLS:
                self._events(half, chat=chat)
                self._hang()
            case Behaviour.GARBAGE:
                self._events(half, chat=chat)
                self._chunk(b'data: {"choices": [{"delta": \xff\xfe\n\n')
            case Behaviour.DIES:
                self._events(half, chat=chat)
                # An immediate reset instead of an orderly end.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                return
            case Behaviour.REPORTS:
                self._events(half, chat=chat)
                self._event({"error": {"message": "the slot was taken away"}})
            case Behaviour.ENDS:
                self._events(half, chat=chat)
            case Behaviour.ENDLESS:
                while not self.server.over.is_set():
                    self._events(deltas, chat=chat)
            case behaviour:
                self._events([] if behaviour is Behaviour.EMPTY else deltas, chat=chat)
                self._event(_chunk_of("", chat=chat, finish="stop"))
                self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _events(self, deltas: Sequence[str], *, chat: bool) -> None:
        for delta in deltas:
            self._event(_chunk_of(delta, chat=chat))

    def _event(self, data: object) -> None:
        self._chunk(f"data: {json.dumps(data)}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _send_whole(self, request: dict[str, Any]) -> None:
        chat = "messages" in request
        text = "".join(self._deltas(request))
        whole = json.dumps(_whole_of("" if self.server.behaviour is Behaviour.EMPTY else text, chat=chat)).encode()
        match self.server.behaviour:
            case Behaviour.STRANGE:
                self._send(200, {"surprise": 42})
            case Behaviour.GARBAGE:
                self._send(200, b'{"choices": [{"message": \xff\xfe')
            case Behaviour.REPORTS:
                self._send(200, {"error": {"message": "the slot was taken away"}})
            case Behaviour.DIES | Behaviour.ENDS:
                self._send(200, whole[: len(whole) // 2], length=len(whole))
            case Behaviour.STALLS | Behaviour.PINGS | Behaviour.ENDLESS:
                self._send(200, whole[: len(whole) // 2], length=len(whole))
                self._hang()
            case _:
                self._send(200, whole)

    def _send(self, status: int, body: object, *headers: tuple[str, str], length: int | None = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers or (("Content-Type", "application/json"),):
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        self.wfile.write(data)

    def _hang(self, *, ping: bool = False) -> None:
        """Say nothing until the client leaves or the test is over."""
        while not self.server.over.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.02)
            if readable:
                with suppress(ConnectionError):
                    if self.connection.recv(1):
                        continue
                raise _Left
            if ping:
                self._chunk(b": still here\n\n")


def _chunk_of(text: str, *, chat: bool, finish: str | None = None) -> dict[str, Any]:
    said = {"delta": {"role": "assistant", "content": text}} if chat else {"text": text}
    kind = "chat.completion.chunk" if chat else "text_completion"
    return {"id": "1", "object": kind, "created": 0, "model": MODEL, "choices": [_choice(said, finish)]}


def _whole_of(text: str, *, chat: bool) -> dict[str, Any]:
    said = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
    kind = "chat.completion" if chat else "text_completion"
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    choices = [_choice(said, "stop")]
    return {"id": "1", "object": kind, "created": 0, "model": MODEL, "choices": choices, "usage": usage}


def _choice(said: dict[str, Any], finish: str | None) -> dict[str, Any]:
    return {"index": 0, **said, "finish_reason": finish, "logprobs": None}
