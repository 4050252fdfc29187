"""STUN and TURN servers: their URIs, and whose credentials are handed out."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.config import IceConfig
from signaling.ice_servers import IceServers, IceUri, parse_ice_uri
from signaling.messages import IceServer


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("stun:stun.example", IceUri("stun", "stun.example", 3478, "udp")),
        ("stun:stun.example:19302", IceUri("stun", "stun.example", 19302, "udp")),
        ("turn:192.0.2.1", IceUri("turn", "192.0.2.1", 3478, "udp")),
        ("turn:t.example?transport=tcp", IceUri("turn", "t.example", 3478, "tcp")),
        ("turns:t.example:443?transport=tcp", IceUri("turns", "t.example", 443, "tcp")),
        ("turns:t.example", IceUri("turns", "t.example", 5349, "tcp")),
        ("TURN:[2001:db8::1]:3478?transport=UDP", IceUri("turn", "2001:db8::1", 3478, "udp")),
        ("turn:[2001:db8::1]", IceUri("turn", "2001:db8::1", 3478, "udp")),
    ],
)
def test_uri_is_read(text: str, uri: IceUri) -> None:
    assert parse_ice_uri(text) == uri


@pytest.mark.parametrize(
    "text",
    [
        "",
        "stun",
        "stun:",
        "http://x",
        "turn://t.example:3478",
        "turn:t.example:0",
        "turn:t.example:70000",
        "turn:t.example:٣",
        "turn:t.example:9999999999",
        "turn:t.example?transport=quic",
        "turn:[::1",
        "turn:[::1]x",
        "turn:2001:db8::1",
    ],
)
def test_what_is_no_uri_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError, match="URI"):
        IceServers(IceConfig(turn_servers=(text,)))


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    for scheme in ("", "turn:", "stuns:"):
        try:
            uri = parse_ice_uri(scheme + text)
        except ValueError:
            continue
        assert 0 < uri.port < 65536


def test_each_person_gets_credentials_that_run_out() -> None:
    servers = IceServers(
        IceConfig(stun_servers=("stun:s.example",), turn_servers=("turn:t.example",), turn_secret="key")
    )
    username = "1003600:7"
    mac = hmac.new(b"key", username.encode(), hashlib.sha1).digest()
    assert servers.for_user(7, 1_000_000) == [
        IceServer(urls=["stun:s.example"]),
        IceServer(urls=["turn:t.example"], username=username, credential=base64.b64encode(mac).decode()),
    ]


def test_fixed_name_and_password_without_a_secret() -> None:
    config = IceConfig(turn_servers=("turn:t.example",), turn_username="u", turn_password="p")
    assert IceServers(config).for_user(7, 0) == [
        IceServer(urls=["turn:t.example"], username="u", credential="p")
    ]


def test_server_that_is_not_well_is_not_handed_out() -> None:
    config = IceConfig(turn_servers=("turn:a.example", "turn:b.example"), turn_secret="key")
    servers = IceServers(config, is_healthy=lambda uri: "b." in uri)
    assert [server.urls for server in servers.for_user(7, 0)] == [["turn:b.example"]]
    assert IceServers(config, is_healthy=lambda _uri: False).for_user(7, 0) == []
