"""A web server on loopback that answers as badly as a test wants it to."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Send = Callable[[bytes], None]


@dataclass(frozen=True)
class Request:
    """One request, as it came: the path, and the headers by their names in lower case."""

    path: str
    headers: dict[str, str]


@dataclass
class Site:
    """Answers of a server by their paths: bytes that are sent as they are, or a function that sends them."""

    port: int
    answers: dict[str, bytes | Callable[[Send], None]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        """The address of a path of this site."""
        return f"http://{host}:{self.port}{path}"

    def answer(self, path: str, body: bytes = b"", *, status: str = "200 OK", **headers: str) -> str:
        """Answer ``path`` with ``body``; ``Content_Type="text/html"`` is a header. Its address is returned."""
        lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if "Content_Length" not in headers:
            lines.append(f"Content-Length: {len(body)}")
        self.answers[path] = "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1") + body
        return self.url(path)

    def drip(self, head: bytes, *, every: float) -> Callable[[Send], None]:
        """An answer that begins with ``head`` and goes on for ever, a byte at a time."""

        def sending(send: Send) -> None:
            send(head)
            while not self.closing.wait(every):
                send(b"x")

        return sending

    def serve(self, connection: socket.socket) -> None:
        """Answer the one request of a connection."""
        with connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            received = b""
            while b"\r\n\r\n" not in received:
                chunk = connection.recv(65_536)
                if not chunk:
                    return
                received += chunk
            first, *rest = received.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
            headers = dict(_pair(line) for line in rest)
            path = first.split(" ")[1]
            self.requests.append(Request(path, headers))
            answer = self.answers.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            if isinstance(answer, bytes):
                connection.sendall(answer)
            else:
                answer(connection.sendall)


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(": ")
    return name.lower(), value


@contextlib.contextmanager
def serving() -> Iterator[Site]:
    """A site for as long as the context lasts."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        site = Site(listener.getsockname()[1])
        listener.settimeout(0.1)

        def accept() -> None:
            while not site.closing.is_set():
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    continue
                except OSError:
                    return
                threading.Thread(target=site.serve, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            site.closing.set()
            thread.join()


@contextlib.contextmanager
def listening(received: list[bytes]) -> Iterator[int]:
    """A port that answers nothing and hangs up after the first bytes, which it keeps in ``received``."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def once() -> None:
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    received.append(connection.recv(65_536))

        threading.Thread(target=once, daemon=True).start()
        yield listener.getsockname()[1]
