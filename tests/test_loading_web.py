"""Pages of the web: what is fetched, and everything that a server may do instead of answering."""

from __future__ import annotations

import gzip
import io
import socket
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from reportlab.pdfgen.canvas import Canvas

from articleqa.loading import Limits, count
from loaded import article, refusal
from pages import Send, Site, listening, serving

SENTENCE = "The mill by the river was built long ago, and it has ground the corn of the valley ever since."
BODY = f"<article><h1>The mill</h1><p>{SENTENCE}</p></article>"
HTML = f"<!doctype html><html lang=en><head><title>The mill</title></head><body>{BODY}</body></html>".encode()
HERE = Limits(allowed_hosts=("127.0.0.1",), fetch_timeout=10)
SOON = Limits(allowed_hosts=("127.0.0.1",), fetch_timeout=0.5)
OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


def printed(text: str) -> bytes:
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(72, 700, text)
    canvas.save()
    return buffer.getvalue()


def test_a_page(site: Site) -> None:
    url = site.answer("/mill?a=1", HTML, Content_Type="text/html; charset=utf-8")
    loaded = article(f" {url.replace('http', 'HTTP')}#history ", limits=HERE)
    assert (loaded.title, loaded.text, loaded.language) == ("The mill", f"The mill\n\n{SENTENCE}", "en")
    assert (loaded.origin, loaded.url, loaded.source) == (url, url, "127.0.0.1")
    assert count(url) == 1


def test_what_is_asked(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    site.answer("/asked", status="302 Found", Location="/answered", Set_Cookie="a=b; path=/")
    site.answer("/answered", HTML, Content_Type="text/html")
    article(site.url("/asked"), limits=HERE)
    last = site.requests[-1]
    assert (last.path, last.headers["host"], last.headers["user-agent"]) == (
        "/answered",
        f"127.0.0.1:{site.port}",
        "articleqa",
    )
    assert "cookie" not in last.headers


@pytest.mark.parametrize(
    ("content_type", "body", "text"),
    [
        ("text/plain", b"The mill\n\nIt is old.", "The mill\n\nIt is old."),
        ("text/markdown; charset=utf-8", b"---\ntitle: A\n---\n# The mill\n\nOld.", "# The mill\n\nOld."),
        ("application/pdf", printed("The mill is old."), "The mill is old."),
        ("application/octet-stream", printed("The mill is old."), "The mill is old."),
        ("application/xhtml+xml", HTML, f"The mill\n\n{SENTENCE}"),
        ("text/html; charset=koi8-r", "<p>Мельница стоит у реки.</p>".encode("koi8-r"), "Мельница стоит у реки."),
        ("", b"<!-- a comment --> <!DOCTYPE html>" + HTML, f"The mill\n\n{SENTENCE}"),
    ],
)  # fmt: skip
def test_kinds_of_pages(site: Site, content_type: str, body: bytes, text: str) -> None:
    url = site.answer("/the-old-mill.page", body, Content_Type=content_type)
    loaded = article(url, limits=HERE)
    assert (loaded.text, loaded.origin, loaded.url) == (text, url, url)


@pytest.mark.parametrize(
    ("content_type", "reason"),
    [
        ("image/png", "is of the type 'image/png'; only HTML, text and PDF are fetched"),
        ("application/json", "is of the type 'application/json'; only HTML, text and PDF are fetched"),
        ("application/octet-stream", "does not say what type it is; only HTML, text and PDF are fetched"),
        ("", "does not say what type it is; only HTML, text and PDF are fetched"),
    ],
)
def test_other_kinds_are_refused(site: Site, content_type: str, reason: str) -> None:
    assert refusal(site.answer("/kind", b"\x89PNG...", Content_Type=content_type), limits=HERE).reason == reason


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("404 Not Found", "answered 404"),
        ("500 Oh no", "answered 500"),
        ("403 Forbidden", "answered 403; save the page in your browser and add the file"),
        ("304 Not Modified", "answered 304"),
        ("302 Found", "answered 302 without an address to go to"),
    ],
)
def test_answers_that_are_no_page(site: Site, status: str, reason: str) -> None:
    url = site.answer("/status", HTML, status=status, Content_Type="text/html")
    error = refusal(url, limits=HERE)
    assert (error.origin, error.reason) == (url, reason)


def test_a_page_without_an_article(site: Site) -> None:
    url = site.answer("/empty", b"<html><body></body></html>", Content_Type="text/html")
    assert refusal(f"{url}#x", limits=HERE).reason.startswith("has no article in it")
    assert refusal(site.answer("/none", b"", Content_Type="text/html"), limits=HERE).reason == "is empty"


def test_redirects_are_followed_to_the_address_that_counts(site: Site) -> None:
    site.answer("/1", status="301 Moved", Location="2#part")
    site.answer("/2", status="307 Moved", Location=site.url("/3").replace("http:", "").upper().replace("/3", "/3"))
    final = site.answer("/3", HTML, Content_Type="text/html")
    assert article(site.url("/1"), limits=HERE).origin == final


def test_redirects_in_a_circle_and_without_end(site: Site) -> None:
    site.answer("/a", status="302 Found", Location="/b")
    site.answer("/b", status="302 Found", Location="/a#again")
    assert refusal(site.url("/a"), limits=HERE).reason == "redirects in a circle"
    for number in range(9):
        site.answer(f"/step{number}", status="303 See", Location=f"/step{number + 1}")
    site.answer("/step9", HTML, Content_Type="text/html")
    assert refusal(site.url("/step3"), limits=HERE).reason == "redirects more than 5 times"
    assert article(site.url("/step4"), limits=HERE).title == "The mill"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("file:///etc/passwd", "redirects to 'file:///etc/passwd': only http and https addresses are fetched"),
        ("http://ann:secret@127.0.0.1/", "redirects to 'http://127.0.0.1/': has a user name or password in it"),
        ("http://localhost:1/x", "is not fetched: localhost has the private address"),
        ("http://[::1", "redirects to 'http://[::1': is not an address that can be read"),
        ("http://169.254.169.254/latest", "is not fetched: 169.254.169.254 has the private address 169.254.169.254"),
    ],
)
def test_a_redirect_may_not_lead_where_one_may_not_go(site: Site, target: str, reason: str) -> None:
    url = site.answer("/away", status="302 Found", Location=target)
    error = refusal(url, limits=HERE)
    assert error.reason.startswith(reason)
    assert error.origin == url
    assert "secret" not in str(error)


def test_a_password_in_an_address_is_refused_and_not_repeated(site: Site) -> None:
    error = refusal(site.url("/x").replace("//", "//ann:secret@"), limits=HERE)
    assert error.reason.startswith("has a user name or password in it")
    assert error.origin == site.url("/x")


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]"],
)
def test_private_addresses_are_refused_however_they_are_written(site: Site, host: str) -> None:
    site.answer("/private", HTML, Content_Type="text/html")
    before = len(site.requests)
    reason = refusal(site.url("/private", host=host)).reason
    assert reason.startswith(("is not fetched: ", "the host ")), reason
    assert len(site.requests) == before


LOOK_UP = socket.getaddrinfo


def names(monkeypatch: pytest.MonkeyPatch, **hosts: list[str]) -> list[str]:
    """Give hosts (``__`` is a dot) addresses without any network. What was looked up is collected in the result."""
    known = {name.replace("__", "."): addresses for name, addresses in hosts.items()}
    looked_up: list[str] = []

    def look_up(host: str, port: int, *options: Any, **others: Any) -> list[Any]:
        if host not in known:
            return LOOK_UP(host, port, *options, **others)
        looked_up.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in known[host]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return looked_up


def test_a_host_is_looked_up_once_and_the_checked_address_is_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.answer("/pinned", HTML, Content_Type="text/html")
    looked_up = names(monkeypatch, mill__example=["127.0.0.1"])
    limits = Limits(allowed_hosts=(f"mill.example:{site.port}",))
    assert article(site.url("/pinned", host="mill.example"), limits=limits).source == "mill.example"
    assert looked_up == ["mill.example"]
    assert site.requests[-1].headers["host"] == f"mill.example:{site.port}"


def test_one_private_address_among_public_ones_is_enough(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    names(monkeypatch, mill__example=["93.184.216.34", "127.0.0.1"])
    reason = refusal(site.url("/x", host="mill.example")).reason
    assert reason == (
        "is not fetched: mill.example has the private address 127.0.0.1; name the host in allowed_hosts if it may be"
    )


def test_the_next_address_is_tried_when_one_does_not_answer(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.answer("/second", HTML, Content_Type="text/html")
    names(monkeypatch, mill=["127.0.0.9", "127.0.0.1"])
    assert article(site.url("/second", host="mill"), limits=Limits(allowed_hosts=("mill",))).title == "The mill"


def test_a_host_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert refusal("https://nowhere.example/x").reason == (
        "the host nowhere.example is not known; check the address and the network"
    )


def test_a_look_up_that_hangs(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_: object, **__: object) -> list[tuple[Any, ...]]:
        site.closing.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert refusal("https://slow.example/x", limits=SOON).reason.startswith("took longer than 0.5 seconds")


def test_a_port_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert (
        refusal(f"http://127.0.0.1:{port}/", limits=HERE).reason
        == "cannot be reached; check the address and the network"
    )


def test_tls_names_the_host_and_not_its_address() -> None:
    received: list[bytes] = []
    with listening(received) as port:
        limits = Limits(allowed_hosts=("localhost",), fetch_timeout=10)
        reason = refusal(f"https://localhost:{port}/", limits=limits).reason
    assert reason.startswith(("no secure connection", "cannot be reached"))
    assert b"localhost" in received[0]


LATE = "took longer than 0.5 seconds; raise fetch_timeout to wait longer"


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\nX-Drip: ", OK + b"Content-Type: text/html\r\n\r\n", OK + b"Content-Type: text/html\r\n"
     b"Content-Length: 99999\r\n\r\n"],
    ids="status headers body announced".split(),
)  # fmt: skip
def test_a_server_that_drips_is_given_up(site: Site, head: bytes) -> None:
    site.answers["/drip"] = site.drip(head, every=0.05)
    assert refusal(site.url("/drip"), limits=SOON).reason == LATE


def test_a_server_that_says_nothing_is_given_up(site: Site) -> None:
    def silent(_: Send) -> None:
        site.closing.wait(5)

    site.answers["/silent"] = silent
    assert refusal(site.url("/silent"), limits=SOON).reason == LATE


def test_slow_redirects_share_one_deadline(site: Site) -> None:
    for number in range(6):
        answer = f"HTTP/1.1 302 Found\r\nLocation: /slow{number + 1}\r\nContent-Length: 0\r\n\r\n".encode()

        def slowly(send: Send, answer: bytes = answer) -> None:
            site.closing.wait(0.2)
            send(answer)

        site.answers[f"/slow{number}"] = slowly
    site.answer("/slow4", HTML, Content_Type="text/html")
    assert refusal(site.url("/slow0"), limits=SOON).reason == LATE


def endless(kind: bytes, chunk: bytes) -> Any:
    def sending(send: Send) -> None:
        send(OK + kind + b"\r\n\r\n")
        while True:
            send(chunk)

    return sending


SMALL = Limits(allowed_hosts=("127.0.0.1",), max_bytes=100_000)
LARGE = "is larger than 100,000 bytes; raise max_source_bytes to read it"


def test_a_page_that_never_ends_is_cut_off(site: Site) -> None:
    site.answers["/endless"] = endless(b"Content-Type: text/html", b"<p>on and on" * 1_000)
    assert refusal(site.url("/endless"), limits=SMALL).reason == LARGE


def test_a_page_that_announces_too_much_is_not_begun(site: Site) -> None:
    url = site.answer("/announced", b"", Content_Type="text/html", Content_Length="100001")
    assert refusal(url, limits=SMALL).reason == LARGE


def test_packed_pages_are_unpacked_as_far_as_the_limit(site: Site) -> None:
    raw_deflate = zlib.compressobj(wbits=-15)
    packings = {
        "gzip": gzip.compress(HTML),
        "x-gzip": gzip.compress(HTML),
        "deflate": zlib.compress(HTML),
        "Deflate": raw_deflate.compress(HTML) + raw_deflate.flush(),
    }
    for encoding, packed in packings.items():
        url = site.answer("/packed", packed, Content_Type="text/html", Content_Encoding=encoding)
        assert article(url, limits=SMALL).title == "The mill"
    bomb = gzip.compress(bytes(5_000_000))
    url = site.answer("/bomb", bomb, Content_Type="text/html", Content_Encoding="gzip")
    assert refusal(url, limits=SMALL).reason == LARGE


@pytest.mark.parametrize(
    ("encoding", "body", "reason"),
    [
        ("br", HTML, "is sent in an encoding that was not asked for: 'br'"),
        (
            "gzip, gzip",
            gzip.compress(gzip.compress(HTML)),
            "is sent in an encoding that was not asked for: 'gzip, gzip'",
        ),
        ("gzip", HTML, "is packed in a way that cannot be undone; try again later"),
        ("gzip", gzip.compress(HTML)[:-20], "broke off; try again later"),
    ],
)
def test_packings_that_are_refused(site: Site, encoding: str, body: bytes, reason: str) -> None:
    url = site.answer("/packing", body, Content_Type="text/html", Content_Encoding=encoding)
    assert refusal(url, limits=HERE).reason == reason


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no HTTP at all\r\n\r\n",
        OK + b"Content-Type: text/html\r\nContent-Length: 5000\r\n\r\n" + HTML,
        OK + b"Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        OK + b"X: " + b"y" * 500_000 + b"\r\n\r\n",
    ],
    ids="nothing garbage short chunks header".split(),
)
def test_answers_that_break_off(site: Site, answer: bytes) -> None:
    site.answers["/broken"] = answer
    assert refusal(site.url("/broken"), limits=HERE).reason == "broke off or did not answer in HTTP; try again later"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("/canonical", "/canonical"),
        ("canonical?x=1#part", "/folder/canonical?x=1"),
        ("https://127.0.0.1:1/canonical", None),
        ("http://valley.example/canonical", None),
        ("/", None),
        ("javascript:alert(1)", None),
        ("http://[", None),
    ],
)
def test_the_canonical_address_is_trusted_on_its_own_host(site: Site, link: str, expected: str | None) -> None:
    page = HTML.replace(b"</head>", f'<link rel="canonical" href="{link}"></head>'.encode())
    url = site.answer("/folder/page", page, Content_Type="text/html")
    loaded = article(url, limits=HERE)
    assert loaded.origin == loaded.url == (url if expected is None else site.url(expected))
