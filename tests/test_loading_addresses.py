"""Addresses: which are one, which are public, and their one spelling."""

from __future__ import annotations

import pytest

from articleqa.loading import count
from articleqa.loading.address import canonical, checked, is_address, shown
from articleqa.loading.network import is_allowed, is_public
from articleqa.types import InvalidInput
from loaded import refusal


@pytest.mark.parametrize(
    "source", ["ftp://valley.example/x", "file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "gopher://x"]
)
def test_other_schemes_are_refused(source: str) -> None:
    error = refusal(source)
    assert (error.origin, error.reason) == (source, "only http and https addresses are fetched")
    assert count(source) == 1


@pytest.mark.parametrize(
    "source", ["http://", "https:///x", "http:mill", "http://[::1", "http://x:99999999/", "http://a b/"]
)
def test_addresses_that_are_none(source: str) -> None:
    assert refusal(source).reason in ("names no host", "is not an address that can be read")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        *(
            (address, True)
            for address in ("93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "2002:5db8:d822::1")
        ),
        *((address, False) for address in ("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254")),
        *((address, False) for address in ("100.64.0.1", "0.0.0.0", "255.255.255.255", "224.0.0.1", "240.0.0.1")),
        *((address, False) for address in ("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1")),
        *(
            (address, False)
            for address in ("::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1", "2001:db8::1", "mill")
        ),
    ],
)
def test_is_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_hosts_are_allowed_by_name_with_or_without_a_port() -> None:
    assert is_allowed("Wiki.Intranet.", 80, ("wiki.intranet",))
    assert is_allowed("wiki.intranet", 8080, ("WIKI.intranet:8080",))
    assert not is_allowed("wiki.intranet", 80, ("wiki.intranet:8080", "intranet"))
    assert is_allowed("::1", 80, ("[::1]:80",))
    assert is_allowed("[::1]", 80, ("::1",))
    assert not is_allowed("localhost", 80, ("127.0.0.1",))
    assert not is_allowed("mill", 80, ())


def test_what_is_an_address() -> None:
    assert [is_address(source) for source in ("http://x", "HTTPS://x", "ftp:x", r"C:\x", "x.txt", "./a:b")] == [
        *(True, True, True),
        *(False, False, False),
    ]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Valley.Example:80/A?b#c", "http://valley.example/A?b"),
        ("https://valley.example:443", "https://valley.example/"),
        ("https://valley.example:8443/", "https://valley.example:8443/"),
        ("https://mühle.example/é", "https://xn--mhle-0ra.example/%C3%A9"),
        ("http://[::1]:80/", "http://[::1]/"),
    ],
)
def test_one_spelling_of_an_address(url: str, expected: str) -> None:
    assert checked(url) == expected
    assert checked(expected) == expected


def test_addresses_are_shown_without_passwords() -> None:
    assert shown(" https://ann:secret@valley.example/@x ") == "https://valley.example/@x"
    with pytest.raises(InvalidInput, match="user name or password"):
        checked("https://ann@valley.example/")
    assert canonical("https://ann:x@valley.example/a", base=None) is None
