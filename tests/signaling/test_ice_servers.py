"""ICE servers and their credentials."""

from __future__ import annotations

from signaling.config import IceConfig
from signaling.ice_servers import IceServers

STUN = ("stun:stun.example.org",)
TURN = ("turn:turn.example.org:3478", "turns:turn.example.org:5349?transport=tcp")


def test_nothing_configured_is_nothing() -> None:
    assert IceServers(IceConfig()).for_user(1, 0) == []


def test_credentials_are_made_for_each_person_and_run_out() -> None:
    servers = IceServers(IceConfig(STUN, TURN, turn_secret="north")).for_user(42, 1_000_000)
    assert [server.urls for server in servers] == [[*STUN], [TURN[0]], [TURN[1]]]
    assert (servers[0].username, servers[0].credential) == (None, None)
    assert servers[1].username == "1003600:42"
    # echo -n 1003600:42 | openssl dgst -sha1 -hmac north -binary | base64
    assert servers[1].credential == "nbf2ReOofNY0AjHAQ7WEYuWmOR4="
    other = IceServers(IceConfig(STUN, TURN, turn_secret="north")).for_user(43, 1_000_000)
    assert other[1].credential != servers[1].credential


def test_without_a_secret_the_static_credentials_are_given() -> None:
    config = IceConfig(turn_servers=TURN, turn_username="name", turn_password="word")
    assert [(s.username, s.credential) for s in IceServers(config).for_user(1, 0)] == [("name", "word")] * 2


def test_turn_without_credentials_is_of_no_use() -> None:
    assert IceServers(IceConfig(turn_servers=TURN)).for_user(1, 0) == []


def test_a_dead_server_is_left_out() -> None:
    config = IceConfig(STUN, TURN, turn_secret="x")
    alive = ("turns:", "stun:")
    servers = IceServers(config, is_healthy=lambda url: url.startswith(alive)).for_user(1, 0)
    assert [server.urls for server in servers] == [[*STUN], [TURN[1]]]
    assert IceServers(config, is_healthy=lambda _url: False).for_user(1, 0) == []


def test_secrets_are_not_shown() -> None:
    assert "hidden" not in repr(IceConfig(turn_secret="hidden", turn_password="hidden"))
