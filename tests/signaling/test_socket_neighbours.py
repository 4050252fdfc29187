"""One client costs only itself."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from signaling.config import MessageLimits, Rate, SignalingConfig
from tests.signaling.sockets import UNLIMITED, MakeServer, Until


async def test_a_slow_reader_is_closed_4408_and_the_others_go_on(make_server: MakeServer) -> None:
    server = await make_server(replace(SignalingConfig(send_queue_bytes=500_000), rates=UNLIMITED))
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    sender, slow = await server.join(call_id, anna, v2=False), await server.join(call_id, boris, v2=False)
    assert (await sender.hear())["type"] == "user_joined"
    message = json.dumps({"type": "ice_candidate", "to_user_id": boris.id, "payload": "x" * 200_000})
    sent = 0
    while server.limits == [] and sent < 400:
        await sender.socket.send_str(message)
        sent += 1
    assert server.limits == ["ws_queue"]
    assert (await sender.hear())["type"] == "user_left"
    close_code, messages = await slow.close_code()  # it reads after all, just in time
    assert (close_code, messages[-1]["code"]) == (4408, "too_slow")
    await sender.silence()


async def test_a_slow_reader_that_never_reads_is_cut_off(make_server: MakeServer, until: Until) -> None:
    config = SignalingConfig(send_queue_bytes=500_000, close_timeout_s=0.2)
    server = await make_server(replace(config, rates=UNLIMITED))
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    sender = await server.join(call_id, anna, v2=False)
    await server.join(call_id, boris, v2=False)
    message = json.dumps({"type": "ice_candidate", "to_user_id": boris.id, "payload": "x" * 200_000})
    while server.limits == []:
        await sender.socket.send_str(message)
    await until(lambda: server.counted("telcall_ws_open") == 1)


@pytest.mark.parametrize(
    ("frame", "code"),
    [('{"type":"ping","t":1}', "rate_limited"), ("{", "invalid"), ('{"type":"made_up"}', "unsupported")],
)
async def test_a_flood_ends_with_4400_for_its_sender_alone(
    make_server: MakeServer, frame: str, code: str
) -> None:
    server = await make_server(SignalingConfig(resume_window_s=0))
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    calm, wild = await server.join(call_id, anna), await server.join(call_id, boris)
    for _ in range(200):
        await wild.socket.send_str(frame)
    close_code, messages = await wild.close_code()
    errors = [message["code"] for message in messages if message["type"] == "error"]
    assert (close_code, set(errors), len(errors)) == (4400, {code}, 20)
    assert (await calm.hear("user_left"))["user"]["id"] == boris.id
    await calm.send(type="ping", t=7)
    assert await calm.hear() == {"type": "pong", "t": 7}


async def test_a_frame_beyond_the_hard_limit_is_closed_unread_1009(make_server: MakeServer) -> None:
    limits = MessageLimits(max_message_bytes=10_000)
    server = await make_server(SignalingConfig(messages=limits))
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    calm, wild = await server.join(call_id, anna), await server.join(call_id, boris)
    await wild.socket.send_str("x" * 20_000)
    assert (await wild.hear())["detail"] == "Message too large: 20000 bytes (max 10000 bytes)"
    await wild.socket.send_str("x" * 40_001)
    assert (await wild.close_code())[0] == 1009
    assert (await calm.hear("user_left"))["user"]["id"] == boris.id


async def test_messages_that_are_too_large_are_told_then_cost_the_connection(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(messages=MessageLimits(max_message_bytes=1_000)))
    user = await server.user("Anna")
    client = await server.join(await server.call(user), user)
    for _ in range(20):
        await client.socket.send_str("x" * 1_001)
    close_code, messages = await client.close_code()
    assert (close_code, {message["code"] for message in messages}) == (4400, {"message_too_large"})
    assert server.limits == ["max_websocket_message_size"] * 20 + ["ws_violations"]


async def test_a_request_that_is_no_websocket_is_a_bad_request(server: Any) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"http://127.0.0.1:{server.port}/ws/calls/x") as response,
    ):
        assert response.status == 400


async def test_nothing_stays_behind(make_server: MakeServer, until: Until) -> None:
    server = await make_server(SignalingConfig(opens_per_user=Rate(1e9, 1e9)))
    users = [await server.user(name) for name in ("Anna", "Boris", "Clara")]
    call_id = await server.call(users[0])
    tasks_before = None
    for round_ in range(20):
        clients = [await server.join(call_id, user) for user in users]
        for client in clients:
            await client.leave()
        await until(lambda: server.counted("telcall_ws_open") == 0 and not server.rooms._lanes)
        if round_ == 0:
            tasks_before = len(asyncio.all_tasks())
    # A row may still be on its way to the database; a task that leaked would stay.
    await until(lambda: len(asyncio.all_tasks()) <= (tasks_before or 0))
    for kept in ("_rooms", "_peers", "_call_ids", "_lanes"):
        assert not getattr(server.rooms, kept), kept
    for kept in ("_joining", "_epochs", "_releases"):
        assert not getattr(server.bus, kept), kept
    assert server.sfu.sessions == {}
