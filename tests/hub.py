"""A hub of models on this machine: as much of the Hugging Face hub's protocol as fetching one needs."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMIT = "0123456789abcdef0123456789abcdef01234567"
# What a hub keeps apart from its git repository, and knows by SHA-256.
LARGE = (".bin",)


@dataclass
class Hub:
    """What the hub has, and what it does wrong."""

    files: Mapping[str, bytes]
    name: str = "someone/a-model-ov"
    url: str = ""
    # What is in a path that only those may ask for who agreed to terms.
    gate: str | None = None
    # It breaks off after so many bytes of a large file, and answers nothing from then on.
    breaks_after: int | None = None
    is_gone: bool = False
    # What it serves in place of the files that it tells the checksums of.
    served: dict[str, bytes] = field(default_factory=dict)
    # Files and the first byte that was asked for.
    asked: list[tuple[str, int]] = field(default_factory=list)

    def digest(self, path: str) -> str:
        """The name of a file's content."""
        content = self.files[path]
        if path.endswith(LARGE):
            return hashlib.sha256(content).hexdigest()
        return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


@contextmanager
def running(hub: Hub) -> Iterator[Hub]:
    """The hub, answering on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            path = self.path.partition("?")[0]
            if hub.is_gone:
                self._hang_up()
                return
            if hub.gate is not None and hub.gate in path:
                self._send(403, b"{}", {"X-Error-Code": "GatedRepo"}, body=body)
            elif hub.name not in path:
                self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"}, body=body)
            elif path == f"/api/models/{hub.name}/revision/main" or path == f"/api/models/{hub.name}":
                siblings = [{"rfilename": name} for name in hub.files]
                told = {"id": hub.name, "modelId": hub.name, "sha": COMMIT, "siblings": siblings}
                self._send(200, json.dumps(told).encode(), {}, body=body)
            elif path.startswith(f"/api/models/{hub.name}/tree/"):
                self._send(200, json.dumps([self._entry(name) for name in hub.files]).encode(), {}, body=body)
            elif match := re.fullmatch(rf"/{hub.name}/resolve/\w+/(.+)", path):
                self._file(match[1], body=body)
            else:
                self._send(404, b"{}", {"X-Error-Code": "EntryNotFound"}, body=body)

        def _entry(self, name: str) -> dict[str, object]:
            size, digest = len(hub.files[name]), hub.digest(name)
            entry: dict[str, object] = {"type": "file", "path": name, "size": size, "oid": digest}
            if name.endswith(LARGE):
                entry |= {"oid": "0" * 40, "lfs": {"oid": digest, "size": size, "pointerSize": 130}}
            return entry

        def _file(self, name: str, *, body: bool) -> None:
            content = hub.served.get(name, hub.files[name])
            first = int(found[1]) if (found := re.match(r"bytes=(\d+)-", self.headers.get("Range", ""))) else 0
            if body:
                hub.asked.append((name, first))
            headers = {
                "ETag": f'"{hub.digest(name)}"',
                "X-Repo-Commit": COMMIT,
                "X-Linked-ETag": f'"{hub.digest(name)}"',
                "X-Linked-Size": str(len(content)),
                "Content-Type": "application/octet-stream",
            }
            if first:
                headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
            breaks = hub.breaks_after if body and name.endswith(LARGE) else None
            self._send(206 if first else 200, content[first:], headers, body=body, breaks_after=breaks)

        def _send(
            self,
            status: int,
            content: bytes,
            headers: Mapping[str, str],
            *,
            body: bool,
            breaks_after: int | None = None,
        ) -> None:
            self.send_response(status)
            for key, value in headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if body:
                self.wfile.write(content if breaks_after is None else content[:breaks_after])
            if breaks_after is not None:
                hub.is_gone = True
                self._hang_up()

        def _hang_up(self) -> None:
            self.wfile.flush()
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
