"""Only STUN servers that answer and TURN servers that give allocations are handed out."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aioice import stun
from prometheus_client import CollectorRegistry

from signaling.config import IceConfig
from signaling.ice_health import IceHealth
from signaling.ice_servers import IceServers, turn_credentials

REALM = "example.org"
Until = Callable[[Callable[[], bool]], Awaitable[None]]


class TurnServer(asyncio.DatagramProtocol):
    """As much of RFC 8656 as an allocation needs: long-term credentials, Allocate, Refresh."""

    def __init__(self, config: IceConfig) -> None:
        self._config = config
        self.transport: Any = None
        self.allocations = 0
        self.given_back = 0

    @property
    def url(self) -> str:
        return f"turn:127.0.0.1:{self.transport.get_extra_info('sockname')[1]}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        request = stun.parse_message(data)
        if (key := self._key(request)) is None or not request.check_message_integrity(key):
            self._answer(request, addr, stun.Class.ERROR, None, ERROR_CODE=(401, "Unauthorized"))
        elif request.message_method == stun.Method.ALLOCATE:
            self.allocations += 1
            answer = {
                "LIFETIME": 600,
                "XOR_RELAYED_ADDRESS": ("192.0.2.9", 50_000),
                "XOR_MAPPED_ADDRESS": addr,
            }
            self._answer(request, addr, stun.Class.RESPONSE, key, **answer)
        elif request.message_method == stun.Method.REFRESH:
            self.given_back += request.attributes["LIFETIME"] == 0
            self._answer(request, addr, stun.Class.RESPONSE, key, LIFETIME=0)

    def _key(self, request: stun.Message) -> bytes | None:
        """The key of RFC 8489 section 9.2.2, from the shared secret as coturn makes it."""
        username = request.attributes.get("USERNAME")
        if username is None or self._config.turn_secret is None:
            return None
        expires_s, _, name = username.partition(":")
        made = turn_credentials(self._config, name, int(expires_s) - self._config.turn_ttl_s)
        assert made is not None
        return hashlib.md5(f"{username}:{REALM}:{made[1]}".encode()).digest()

    def _answer(
        self, request: stun.Message, addr: Any, kind: stun.Class, key: bytes | None, **attributes: Any
    ) -> None:
        answer = stun.Message(request.message_method, kind, transaction_id=request.transaction_id)
        for name, value in attributes.items():
            answer.attributes[name.replace("_", "-")] = value
        if key is None:
            answer.attributes["NONCE"], answer.attributes["REALM"] = b"nonce", REALM
        else:
            answer.add_message_integrity(key)
        self.transport.sendto(bytes(answer), addr)


@pytest.fixture
async def turn_server() -> AsyncIterator[TurnServer]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(
        lambda: TurnServer(IceConfig(turn_secret="north")), local_addr=("127.0.0.1", 0)
    )
    yield server
    transport.close()


async def test_a_server_that_gives_an_allocation_is_handed_out(turn_server: TurnServer) -> None:
    config = IceConfig(turn_servers=(turn_server.url,), turn_secret="north")
    health = IceHealth(config, CollectorRegistry())
    servers = IceServers(config, health.is_healthy)
    assert servers.for_user(1, 0) == []
    await health.check_all()
    assert [server.urls for server in servers.for_user(1, 0)] == [[turn_server.url]]
    assert (turn_server.allocations, turn_server.given_back) == (1, 1)


async def test_a_server_with_another_secret_is_not(turn_server: TurnServer) -> None:
    health = IceHealth(IceConfig(turn_servers=(turn_server.url,), turn_secret="south"), CollectorRegistry())
    await health.check_all()
    assert not health.is_healthy(turn_server.url)
    assert turn_server.allocations == 0


@pytest.mark.parametrize(
    "url", ["turn:127.0.0.1:9", "turn:127.0.0.1:9?transport=tcp", "nonsense", "turns:a?transport=udp"]
)
async def test_what_does_not_answer_is_unhealthy(url: str) -> None:
    health = IceHealth(
        IceConfig(turn_servers=(url,), turn_secret="north"), CollectorRegistry(), timeout_s=0.3
    )
    await health.check_all()
    assert not health.is_healthy(url)


async def test_a_server_that_dies_is_unlisted_and_comes_back(turn_server: TurnServer, until: Until) -> None:
    config = IceConfig(turn_servers=(turn_server.url,), turn_secret="north")
    url = turn_server.url
    async with IceHealth(config, CollectorRegistry(), interval_s=0.01, timeout_s=0.3) as health:
        await until(lambda: health.is_healthy(url))
        turn_server._config = IceConfig()  # knows no secret any more
        await until(lambda: not health.is_healthy(url))
        turn_server._config = config
        await until(lambda: health.is_healthy(url))
