"""Turning connections and messages away, over real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from signaling.config import Rate, SignalingConfig
from signaling.registry import Claim, LocalRegistry, RegistryUnavailable
from tests.signaling.sockets import MakeServer, Until, refused


@pytest.mark.parametrize("protocols", [[], ["telcall.v2"], ["token.wrong"], ["telcall.v2", "token.wrong"]])
async def test_without_a_valid_token_4401(server: Any, protocols: list[str]) -> None:
    user = await server.user("Anna")
    client = await server.connect(await server.call(user), protocols=protocols)
    assert await refused(client) == (4401, "unauthorized")
    assert server.counted("telcall_join_failures_total", reason="unauthorized") == 1


async def test_a_token_in_the_url_is_no_token(server: Any) -> None:
    user = await server.user("Anna")
    client = await server.connect(f"{await server.call(user)}?token=t{user.id}", protocols=["telcall.v2"])
    assert await refused(client) == (4401, "unauthorized")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://web.telegram.org.evil.example"])
async def test_another_sites_page_4403(server: Any, origin: str) -> None:
    user = await server.user("Anna")
    client = await server.connect(await server.call(user), user, origin=origin)
    assert await refused(client) == (4403, "origin")


async def test_own_telegrams_and_configured_pages_may_come(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(allowed_origins=("https://app.example.org",)))
    user = await server.user("Anna")
    call_id = await server.call(user)
    for origin in (
        f"http://127.0.0.1:{server.port}",
        "https://web.telegram.org",
        "https://k.web.telegram.org",
        "https://APP.example.org",
    ):
        client = await server.connect(call_id, user, origin=origin)
        assert (await client.hear())["type"] == "welcome", origin


@pytest.mark.parametrize("call_id", ["AAAAAAAAAAAAAAAA", "x", "%00", "%D0%B6", "a" * 500])
async def test_an_unknown_call_4404(server: Any, call_id: str) -> None:
    client = await server.connect(call_id, await server.user("Anna"))
    close_code, messages = await client.close_code()
    assert (close_code, messages) == (
        4404,
        [
            {
                "type": "error",
                "detail": "Call not found. Please create a new call.",
                "code": "not_found",
                "ref": None,
            }
        ],
    )


async def test_an_ended_call_4404(server: Any) -> None:
    user = await server.user("Anna")
    call_id = await server.call(user)
    await server.lifecycle.end_call(call_id, user.id)
    assert await refused(await server.connect(call_id, user)) == (4404, "ended")


async def test_an_expired_call_4404(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(call_ttl_s=-1))
    user = await server.user("Anna")
    assert await refused(await server.connect(await server.call(user), user)) == (4404, "expired")


async def test_a_full_room_4429_but_its_own_may_come_back(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(max_participants=2))
    anna, boris, clara = [await server.user(name) for name in ("Anna", "Boris", "Clara")]
    call_id = await server.call(anna)
    first, second = await server.join(call_id, anna), await server.join(call_id, boris)
    assert await refused(await server.connect(call_id, clara)) == (4429, "room_full")
    again = await server.connect(call_id, boris)
    assert (await again.hear())["type"] == "welcome"
    assert (await second.close_code())[0] == 4409
    assert (await first.hear("user_joined"))["user"]["id"] == boris.id


async def test_too_many_connections_of_one_person_4429(make_server: MakeServer, until: Until) -> None:
    server = await make_server(SignalingConfig(connections_per_user=2))
    user = await server.user("Anna")
    calls = [await server.call(user) for _ in range(3)]
    first = await server.join(calls[0], user)
    await server.join(calls[1], user)
    assert await refused(await server.connect(calls[2], user)) == (4429, "too_many_connections")
    assert server.limits == ["ws_per_user"]
    await first.leave()
    await until(lambda: server.rooms.participants() == 1)
    await server.join(calls[2], user)


async def test_too_many_connections_of_one_address_4429(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(connections_per_address=1))
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    await server.join(call_id, anna)
    assert await refused(await server.connect(call_id, boris)) == (4429, "too_many_connections")
    elsewhere = await server.connect(call_id, boris, headers={"Test-Address": "192.0.2.7"})
    assert (await elsewhere.hear())["type"] == "welcome"


async def test_whoever_keeps_trying_without_a_token_gets_429(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(failed_opens_per_address=Rate(0, 2)))
    user = await server.user("Anna")
    call_id = await server.call(user)
    home = {"Test-Address": "2001:db8::1"}
    for _ in range(2):
        assert await refused(await server.connect(call_id, headers=home)) == (4401, "unauthorized")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await server.connect(call_id, user, headers={"Test-Address": "2001:db8::2"})  # the same /64
    assert (refusal.value.status, refusal.value.headers["Retry-After"]) == (429, "60")
    await server.join(call_id, user)


async def test_opening_too_often_4429(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(opens_per_user=Rate(0, 1)))
    user = await server.user("Anna")
    call_id = await server.call(user)
    await server.join(call_id, user)
    assert await refused(await server.connect(call_id, user)) == (4429, "too_many_connections")


async def test_without_the_database_1013(server: Any) -> None:
    user = await server.user("Anna")
    call_id = await server.call(user)
    server.is_database_down = True
    assert await refused(await server.connect(call_id, user)) == (1013, "database_unavailable")


async def test_without_the_engine_1013(server: Any) -> None:
    user = await server.user("Anna")
    server.sfu.unavailable = True
    close_code, messages = await (await server.connect(await server.call(user), user)).close_code()
    assert (close_code, messages[-1]["code"]) == (1013, "engine_unavailable")
    assert server.rooms.participants() == 0


async def test_without_the_registry_1013(make_server: MakeServer) -> None:
    class Down(LocalRegistry):
        async def claim(self, call_id: str) -> Claim:
            raise RegistryUnavailable

    server = await make_server(registry=Down("here"))
    user = await server.user("Anna")
    assert await refused(await server.connect(await server.call(user), user)) == (1013, "engine_unavailable")
    assert server.counted("telcall_join_failures_total", reason="engine_unavailable") == 1
    assert server.rooms.participants() == 0


async def test_a_draining_server_says_so_1012(server: Any) -> None:
    user = await server.user("Anna")
    call_id = await server.call(user)
    client = await server.join(call_id, user)
    drain = asyncio.create_task(server.entrance.drain())
    close_code, (reconnect, error) = await client.close_code()
    assert (close_code, reconnect["type"], reconnect["reason"]) == (1012, "reconnect", "draining")
    assert 0 <= reconnect["after_ms"] < 2_000
    assert error["code"] == "draining"
    await drain
    assert await refused(await server.connect(call_id, user)) == (1012, "draining")
