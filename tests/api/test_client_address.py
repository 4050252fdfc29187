"""Who a request comes from, through proxies."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from api.client_address import client_address, client_key, client_scheme, parse_address, peer_address

PROXIES = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def request(peer: str, *forwarded: str, proto: str | None = None) -> Any:
    headers: CIMultiDict[str] = CIMultiDict([("X-Forwarded-For", value) for value in forwarded])
    if proto is not None:
        headers["X-Forwarded-Proto"] = proto
    transport = Mock()
    transport.get_extra_info = lambda name, default=None: (peer, 1) if name == "peername" else default
    return make_mocked_request("GET", "/", headers=headers, transport=transport)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.1", (), "203.0.113.1"),
        ("203.0.113.1", ("198.51.100.1",), "203.0.113.1"),  # not a proxy of ours: hearsay
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("1.1.1.1, 198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("198.51.100.1, 10.0.0.2",), "198.51.100.1"),
        ("10.0.0.1", ("1.1.1.1", "198.51.100.1"), "198.51.100.1"),
        ("10.0.0.1", ("1.1.1.1, nonsense",), "10.0.0.1"),
        ("10.0.0.1", ("10.0.0.9",), "10.0.0.9"),
        ("::ffff:10.0.0.1", ("::ffff:198.51.100.1",), "198.51.100.1"),
        ("fd00::1", ("2001:db8::1",), "2001:db8::1"),
    ],
)
def test_rightmost_address_that_is_no_proxy_counts(
    peer: str, forwarded: tuple[str, ...], client: str
) -> None:
    assert client_address(request(peer, *forwarded), PROXIES) == ip_address(client)


def test_scheme_is_believed_from_proxies_only() -> None:
    assert client_scheme(request("10.0.0.1", proto="https"), PROXIES) == "https"
    assert client_scheme(request("203.0.113.1", proto="https"), PROXIES) == "http"
    assert client_scheme(request("10.0.0.1", proto="ftp"), PROXIES) == "http"


def test_addresses_count_by_client() -> None:
    assert client_key(parse_address("2001:db8::5")) == "2001:db8::/64"
    assert client_key(parse_address("192.0.2.5")) == "192.0.2.5"
    assert client_key(peer_address(make_mocked_request("GET", "/"))) == "None"


@given(st.text(max_size=60))
def test_any_header_gives_an_address(text: str) -> None:
    header = text.encode("ascii", "ignore").decode()
    assert client_address(request("10.0.0.1", header), PROXIES) is not None
