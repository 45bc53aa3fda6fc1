"""The chat over HTTP: what it answers, what it refuses, how it begins and ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

import articleqa
from articleqa import Article, Assistant, Encoder, ServerError, Settings
from articleqa.server import create_app, serve

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def assistant(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Iterator[Assistant]:
    settings = Settings(index=tmp_path_factory.mktemp("server") / "index", max_source_bytes=2_000)
    with Assistant.open(settings, encoder=encoder) as opened:
        opened.add(Article("The lighthouse", "The lighthouse was built in 1871.", id="lighthouse"))
        yield opened


@pytest.fixture(scope="module")
def client(assistant: Assistant) -> Iterator[TestClient]:
    with TestClient(create_app(assistant), base_url="http://127.0.0.1:7860") as opened:
        yield opened


def test_health(client: TestClient) -> None:
    answer = client.get("/health").json()
    assert answer.pop("state") == client.get("/health").json()["state"]
    assert answer == {"status": "ok", "articles": 1, "version": articleqa.__version__}


def test_the_page_is_at_the_root_and_asks_for_nothing_from_outside(client: TestClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert "Article QA" in page.text
    sources = re.findall(r"<(?:script|link|img|iframe)[^>]+(?:src|href)=[\"']([^\"']+)", page.text)
    assert sources
    assert not [source for source in sources if re.match(r"(?:https?:)?//", source)]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/gradio_api/info", "/gradio_api/openapi.json"])
def test_no_interface_is_described(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/file=http://127.0.0.1:1/",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/proxy=https://example.org/",
        "/gradio_api/runs",
        "/gradio_api/deep_link",
        "/gradio_api/run/ask",
        "/gradio_api/call/ask",
        "/gradio_api/component_server",
        "/gradio_api/vibe-code",
    ],
)
def test_what_the_page_does_not_use_is_not_there(client: TestClient, path: str) -> None:
    for method in ("GET", "POST"):
        assert client.request(method, path).status_code == 404


def test_a_page_that_lost_the_server_can_find_it_again(client: TestClient) -> None:
    assert client.get("/gradio_api/app_id").json()["app_id"]


def test_the_library_is_not_handed_out(client: TestClient, assistant: Assistant) -> None:
    database = assistant.settings.index.resolve() / "library.sqlite3"
    assert database.exists()
    for path in (f"/gradio_api/file={database}", f"/file={database}", f"/static/..%2f..%2f{database}", f"/{database}"):
        assert client.get(path).status_code in (403, 404)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "", "localhost@evil"])
def test_another_host_name_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/health", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost:7860", "LOCALHOST", "[::1]:7860"])
def test_this_machine_may_be_called_by_its_names(client: TestClient, host: str) -> None:
    assert client.get("/health", headers={"host": host}).status_code == 200


def test_a_server_for_others_is_called_as_they_like(assistant: Assistant, tmp_path: Path) -> None:
    with Assistant.open(Settings(index=tmp_path / "index", host="192.0.2.1")) as other:
        client = TestClient(create_app(other), base_url="http://articles.example")
        assert client.get("/health").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "http://127.0.0.1:7860", "sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/run/predict", "/gradio_api/upload", "/health"])
def test_another_site_cannot_act_through_the_browser(client: TestClient, path: str, headers: dict[str, str]) -> None:
    answer = client.post(path, headers=headers, files={"files": ("a.txt", b"words")})
    assert answer.status_code == 403


FROM_THE_PAGE = {"origin": "http://127.0.0.1:7860", "sec-fetch-site": "same-origin"}


def test_a_file_arrives_in_a_folder_that_nobody_else_may_read(client: TestClient) -> None:
    answer = client.post("/gradio_api/upload", headers=FROM_THE_PAGE, files={"files": ("a.txt", b"words")})
    assert answer.status_code == 200
    (path,) = answer.json()
    assert Path(path).read_bytes() == b"words"
    (private,) = [folder for folder in Path(path).parents if folder.name.startswith("articleqa-")]
    assert private.stat().st_mode & 0o077 == 0


def test_a_file_that_is_too_large_is_refused(client: TestClient) -> None:
    answer = client.post("/gradio_api/upload", headers=FROM_THE_PAGE, files={"files": ("a.txt", b"x" * 3_000)})
    assert answer.status_code == 413


def test_an_event_that_is_too_large_is_refused(client: TestClient) -> None:
    for path in ("/gradio_api/queue/join", "/gradio_api/run/predict"):
        assert client.post(path, content=b" " * 1_000_001).status_code == 413


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            Assistant.open(Settings(index=tmp_path / "index", port=port)) as assistant,
            pytest.raises(ServerError) as caught,
        ):
            serve(assistant)
    assert str(caught.value) == (
        f"Port {port} is taken: stop the other program or choose another port with ARTICLEQA_PORT={port + 1}"
    )


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host", "256.1.1.1"])
def test_an_address_of_another_machine_is_said_in_one_line(tmp_path: Path, host: str) -> None:
    with (
        Assistant.open(Settings(index=tmp_path / "index", host=host, port=0)) as assistant,
        pytest.raises(ServerError, match="not an address of this machine: choose another with ARTICLEQA_HOST"),
    ):
        serve(assistant)


@contextmanager
def program(tmp_path: Path, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """``app.py`` in a process of its own; it is killed if the test leaves it running."""
    named = {f"ARTICLEQA_{name.upper()}": value for name, value in settings.items()}
    environment = {**os.environ, "ARTICLEQA_INDEX": str(tmp_path / "index"), "ARTICLEQA_PORT": "0", **named}
    with subprocess.Popen(
        [sys.executable, "-W", "error::ResourceWarning", str(ROOT / "app.py")],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            return found[0]
    raise AssertionError("the program ended without saying where it is")


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_the_program_serves_the_samples_and_ends_when_it_is_told(tmp_path: Path, number: signal.Signals) -> None:
    with program(tmp_path) as process:
        url = address(process)
        # A page that is open keeps a stream open. It must not keep the program.
        with httpx.stream("GET", f"{url}/gradio_api/heartbeat/someone") as stream:
            assert stream.status_code == 200
            assert httpx.get(f"{url}/health").json()["articles"] >= 5
            process.send_signal(number)
            _, errors = process.communicate(timeout=20)
    assert process.returncode == 0
    assert errors == ""


@pytest.mark.parametrize("seconds", [0.0, 0.15, 0.3, 0.45])
def test_the_program_may_be_told_to_end_while_it_warms_up(tmp_path: Path, seconds: float) -> None:
    with program(tmp_path) as process:
        address(process)
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, "")


def test_the_program_says_what_is_wrong_with_its_settings(tmp_path: Path) -> None:
    with program(tmp_path, port="seven") as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert re.fullmatch(r"settings cannot be used: port: .*\n", errors)
