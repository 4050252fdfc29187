"""Documented group calls, over real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

from sfu.client import (
    ConnectionChanged,
    Description,
    PeerDescribed,
    PeerMisled,
)
from sfu.errors import SdpRejected
from tests.signaling.sockets import Until


async def test_a_documented_third_speaks_to_virtual_peers(server: Any, until: Until) -> None:
    anna, boris, clara = [await server.user(name) for name in ("Anna", "Boris", "Clara")]
    call_id = await server.call(anna)
    first, second = await server.join(call_id, anna), await server.join(call_id, boris, v2=False)
    third = await server.join(call_id, clara, v2=False)
    assert (await first.hear("topology"))["mode"] == "sfu"
    assert (await second.hear())["user"]["id"] == clara.id
    await until(lambda: ("forwarding", True) in server.sfu.commands)
    assert [command for command in server.sfu.commands if command[0].startswith("join")] == [
        ("join", anna.id),
        ("join_mesh", boris.id),
        ("join_mesh", clara.id),
    ]
    payload = {"type": "offer", "sdp": "v=0\r\n"}
    await second.send(type="offer", to_user_id=str(clara.id), payload=payload)
    await second.send(type="ice_candidate", to_user_id=clara.id, payload={"candidate": ""})
    described = ("describe", boris.id, clara.id, Description("offer", "v=0\r\n"))
    await until(lambda: server.sfu.commands[-1] == described)
    await third.silence()

    listener = server.sfu.listeners[call_id, boris.id]
    listener(PeerDescribed(clara.id, Description("answer", "v=0\r\na")))
    listener(ConnectionChanged("connected", clara.id))
    listener(PeerMisled(anna.id))
    assert await second.hear() == {
        "type": "answer",
        "from_user": clara.model_dump(),
        "payload": {"type": "answer", "sdp": "v=0\r\na"},
    }
    assert [(await second.hear())["type"] for _ in range(2)] == ["user_left", "user_joined"]
    assert server.counted("telcall_sfu_connections_total", state="connected") == 1


async def test_a_description_the_sfu_rejects_is_told_with_its_ref(server: Any) -> None:
    users = [await server.user(name) for name in ("Anna", "Boris", "Clara")]
    call_id = await server.call(users[0])
    clients = [await server.join(call_id, user, v2=False) for user in users]
    server.sfu.rejection = SdpRejected("unsupported", "no audio codec in common")
    await clients[2].send(type="offer", id=4, to_user_id=users[0].id, payload={"sdp": "v=0"})
    error = await clients[2].hear()
    assert (error["code"], error["detail"], error["ref"]) == ("unsupported", "no audio codec in common", 4)


async def test_without_the_engine_a_third_costs_the_documented_ones_their_call_1013(server: Any) -> None:
    users = [await server.user(name) for name in ("Anna", "Boris", "Clara")]
    call_id = await server.call(users[0])
    clients = [await server.join(call_id, user, v2=False) for user in users[:2]]
    server.sfu.unavailable = True
    clients.append(await server.join(call_id, users[2], v2=False))
    for close_code, messages in await asyncio.gather(*(client.close_code() for client in clients)):
        assert (close_code, messages[-1]["code"]) == (1013, "engine_unavailable")
    assert server.rooms.participants() == 0
