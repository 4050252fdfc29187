"""STUN and TURN servers: whose credentials are handed out."""

from __future__ import annotations

import base64
import hashlib
import hmac

from signaling.config import IceConfig
from signaling.ice_servers import IceServers
from signaling.messages import IceServer


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


def test_turn_without_credentials_is_not_handed_out() -> None:
    assert IceServers(IceConfig(turn_servers=("turn:t.example",))).for_user(7, 0) == []


def test_server_that_is_not_well_is_not_handed_out() -> None:
    config = IceConfig(turn_servers=("turn:a.example", "turn:b.example"), turn_secret="key")
    servers = IceServers(config, is_healthy=lambda url: "b." in url)
    assert [server.urls for server in servers.for_user(7, 0)] == [["turn:b.example"]]
    assert IceServers(config, is_healthy=lambda _url: False).for_user(7, 0) == []
