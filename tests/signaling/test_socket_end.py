"""The end of a call, over real sockets."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import select

from signaling.config import SignalingConfig
from store.tables import Call
from tests.signaling.sockets import MakeServer, refused


async def test_ending_a_call_tells_and_closes_everybody(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    clients = [await server.join(call_id, anna), await server.join(call_id, boris, v2=False)]
    ended = await server.lifecycle.end_call(call_id, anna.id)
    assert ended.status == "ended"
    for close_code, messages in await asyncio.gather(*(client.close_code() for client in clients)):
        assert (close_code, messages[-1]) == (1000, {"type": "call_ended", "reason": "ended"})
    assert server.rooms.participants() == 0


async def test_a_call_expires_in_front_of_everybody(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(call_ttl_s=1))
    user = await server.user("Anna")
    client = await server.join(await server.call(user), user)
    close_code, messages = await client.close_code()
    assert (close_code, messages) == (1000, [{"type": "call_ended", "reason": "expired"}])


async def test_a_call_that_nobody_is_in_expires_too(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(call_ttl_s=0.05))
    call_id = await server.call(await server.user("Anna"))
    async with asyncio.timeout(20):
        while await status(server, call_id) != "expired":  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_sixth_call_ends_the_oldest(server: Any) -> None:
    user = await server.user("Anna")
    calls = [await server.call(user) for _ in range(5)]
    client = await server.join(calls[0], user)
    await server.call(user)
    _, messages = await client.close_code()
    reason = "Maximum active calls limit reached - oldest call auto-ended"
    assert messages == [{"type": "call_ended", "reason": reason}]
    assert (await server.lifecycle.find_call(calls[1])).status == "active"


async def test_a_room_that_ends_by_its_duration_ends_its_call(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(max_call_duration_s=0.2))
    user = await server.user("Anna")
    call_id = await server.call(user)
    close_code, messages = await (await server.join(call_id, user)).close_code()
    assert close_code == 1000
    assert messages[-1]["reason"].startswith("Maximum call duration")
    assert await refused(await server.connect(call_id, user)) == (4404, "ended")
    async with asyncio.timeout(20):
        while await status(server, call_id) != "ended":  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def test_a_host_ends_the_call_for_everybody_and_its_row(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    creator, host = await server.join(call_id, anna), await server.join(call_id, boris)
    await host.send(type="moderation", action="end")
    assert (await host.hear("error"))["code"] == "forbidden"
    await creator.send(type="moderation", action="make_host", user_id=boris.id)
    await host.hear("resume_token")
    await host.send(type="moderation", action="end")
    for close_code, messages in await asyncio.gather(host.close_code(), creator.close_code()):
        assert (close_code, messages[-1]) == (1000, {"type": "call_ended", "reason": "ended"})
    assert await refused(await server.connect(call_id, anna)) == (4404, "ended")
    async with asyncio.timeout(20):
        while await status(server, call_id) != "ended":  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert "max_call_duration_hours" not in server.limits


async def status(server: Any, call_id: str) -> str:
    async with server.database.transaction() as session:
        found: str = await session.scalar(select(Call.status).where(Call.call_id == call_id))
        return found
