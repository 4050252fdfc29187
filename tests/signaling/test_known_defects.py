"""Defects that the first Tel Call's signaling had, by their number in its audit."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from signaling.config import SignalingConfig
from tests.signaling.sockets import MakeServer


async def test_s12_13_nothing_is_relayed_after_the_end(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    one, other = await server.join(call_id, anna, v2=False), await server.join(call_id, boris, v2=False)
    offer = {"type": "offer", "to_user_id": boris.id, "payload": {"type": "offer", "sdp": "v=0\r\n"}}
    await one.send(**offer)
    await other.hear("offer")
    await server.lifecycle.end_call(call_id, anna.id)
    await one.send(**offer)
    for close_code, messages in await asyncio.gather(one.close_code(), other.close_code()):
        assert (close_code, messages[-1]) == (1000, {"type": "call_ended", "reason": "ended"})
        assert "offer" not in [message["type"] for message in messages]


async def test_s12_15_expiry_is_told_and_closes(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(call_ttl_s=1))
    user = await server.user("Anna")
    client = await server.join(await server.call(user), user, v2=False)
    close_code, messages = await client.close_code()
    assert (close_code, messages[-1]) == (1000, {"type": "call_ended", "reason": "expired"})
    assert server.rooms.participants() == 0


@pytest.mark.parametrize("text", ["[]", "5", "null", '"x"', "{", ""])
async def test_s12_16_what_is_no_object_is_told_and_the_call_goes_on(server: Any, text: str) -> None:
    user = await server.user("Anna")
    client = await server.join(await server.call(user), user, v2=False)
    await client.socket.send_str(text)
    assert (await client.hear("error"))["type"] == "error"
    assert server.rooms.participants() == 1
