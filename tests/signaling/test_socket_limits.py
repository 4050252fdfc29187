"""Every limit of signaling at a real socket: its name in the metrics, its stable code, and who pays."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from signaling.config import MessageLimits, Rate, RateLimits, SignalingConfig

MakeServer = Callable[..., Awaitable[Any]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
ENDLESS = Rate(1e12, 1e12)
ENDLESS_RATES = RateLimits(sdp=ENDLESS, candidates=ENDLESS, other=ENDLESS, bytes=ENDLESS)
SMALL = MessageLimits(
    max_message_bytes=20_000,
    json_depth=6,
    sdp_bytes=5_000,
    sdp_mlines=3,
    sdp_candidates=2,
    sdp_line_bytes=300,
)
PROMPTLY_S = 5.0


def relayed(kind: str, payload: object) -> str:
    return json.dumps({"type": kind, "to_user_id": 1, "payload": payload})


def sfu_offer(sdp: str) -> str:
    payload = {"type": "offer", "sdp": sdp}
    return json.dumps({"type": "sfu_offer", "offer_id": 1, "payload": payload, "tracks": {}, "seats": []})


async def meet(server: Any, *names: str) -> tuple[list[Any], list[Any]]:
    """v2 clients of these people in one call; and the people."""
    users = [await server.user(name) for name in names]
    call_id = await server.call(users[0])
    clients = [await server.join(call_id, user) for user in users]
    for client in clients[:-1]:
        while (await client.hear("user_joined"))["user"]["id"] != users[-1].id:
            pass
    return clients, users


async def talk(clients: list[Any], users: list[Any], rounds: int = 5) -> None:
    """Two people exchange messages; none is lost, late or out of order."""
    async with asyncio.timeout(PROMPTLY_S):
        for number in range(rounds):
            for sender, receiver, to, name in ((0, 1, users[1], "one"), (1, 0, users[0], "two")):
                payload = {"candidate": f"{name} {number}"}
                await clients[sender].send(type="ice_candidate", to_user_id=to.id, payload=payload)
                assert (await clients[receiver].hear("ice_candidate"))["payload"] == payload


# --- what one message may be ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "limit", "code"),
    [
        ("x" * 20_001, "max_websocket_message_size", "message_too_large"),
        (relayed("offer", [[[[[[1]]]]]]), "json_depth", "invalid"),
        (relayed("offer", {"sdp": "a=x\r\n" * 1_001}), "sdp_bytes", "invalid_sdp"),
        (relayed("answer", {"sdp": "a=" + "x" * 300}), "sdp_line", "invalid_sdp"),
        (sfu_offer("m=audio\r\n" * 4), "sdp_mlines", "invalid_sdp"),
        (sfu_offer("m=audio\r\n" + "a=candidate:1\r\n" * 3), "sdp_candidates", "invalid_sdp"),
        (relayed("ice_candidate", {"candidate": "x" * 5_001}), "sdp_bytes", "invalid_sdp"),
    ],
)
async def test_what_is_too_much_is_told_and_counted(
    make_server: MakeServer, text: str, limit: str, code: str
) -> None:
    server = await make_server(SignalingConfig(messages=SMALL))
    clients, users = await meet(server, "Anna", "Boris", "Clara")
    await clients[2].socket.send_str(text)
    error = await clients[2].hear("error")
    assert (error["code"], server.limits) == (code, [limit])
    await talk(clients, users)
    await clients[2].silence()  # it is still there


# --- how much one connection may say --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rates", "text", "limit"),
    [
        (RateLimits(sdp=Rate(0, 5)), relayed("offer", 1), "ws_sdp"),
        (RateLimits(sdp=Rate(0, 5)), relayed("answer", 1), "ws_sdp"),
        (RateLimits(sdp=Rate(0, 5)), sfu_offer(""), "ws_sdp"),
        (RateLimits(candidates=Rate(0, 5)), relayed("ice_candidate", 1), "ws_candidate"),
        (RateLimits(other=Rate(0, 5)), '{"type":"ping","t":1}', "ws_other"),
        (RateLimits(bytes=Rate(0, 6_000), other=ENDLESS), "x" * 1_000, "ws_bytes"),
    ],
)
async def test_too_many_messages_are_told_and_then_cost_the_connection(
    make_server: MakeServer, rates: RateLimits, text: str, limit: str
) -> None:
    server = await make_server(SignalingConfig(rates=replace(rates, violations=10)))
    clients, users = await meet(server, "Anna", "Boris", "Clara")
    for _ in range(40):
        await clients[2].socket.send_str(text)
    close_code, messages = await clients[2].close_code()
    errors = [message["code"] for message in messages if message["type"] == "error"]
    assert close_code == 4400
    assert errors[-1] == "rate_limited"
    assert limit in server.limits
    assert server.limits[-1] == "ws_violations"
    assert set(server.limits) == {limit, "ws_violations"}
    await talk(clients, users, rounds=2)  # with buckets of their own


# --- how many there may be ------------------------------------------------------------------------------


async def test_a_full_room(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(max_participants=2))
    clients, users = await meet(server, "Anna", "Boris")
    call_id = await server.call(users[0])
    late = [await server.user(name) for name in ("Clara", "Dora", "Erik")]
    for user in late[:2]:
        await server.join(call_id, user)
    close_code, messages = await (await server.connect(call_id, late[2])).close_code()
    assert (close_code, [message["code"] for message in messages]) == (4429, ["room_full"])
    assert server.limits == ["max_participants_per_call"]
    assert server.counted("telcall_join_failures_total", reason="room_full") == 1
    await talk(clients, users)


@pytest.mark.parametrize(
    ("config", "limit"),
    [
        (SignalingConfig(connections_per_user=2), "ws_per_user"),
        (SignalingConfig(connections_per_address=2), "ws_per_address"),
        (SignalingConfig(opens_per_user=Rate(0, 2)), "ws_open_per_user"),
    ],
)
async def test_one_connection_too_many(make_server: MakeServer, config: SignalingConfig, limit: str) -> None:
    server = await make_server(config)
    user = await server.user("Anna")
    calls = [await server.call(user) for _ in range(3)]
    clients = [await server.join(call_id, user) for call_id in calls[:2]]
    close_code, messages = await (await server.connect(calls[2], user)).close_code()
    assert (close_code, [message["code"] for message in messages]) == (4429, ["too_many_connections"])
    assert server.limits == [limit]
    for client in clients:
        await client.silence()


async def test_attempts_without_a_token_are_counted_by_address(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(failed_opens_per_address=Rate(0, 2)))
    user = await server.user("Anna")
    call_id = await server.call(user)
    wild = {"Test-Address": "203.0.113.9"}
    for _ in range(2):
        close_code, _ = await (await server.connect(call_id, protocols=["token"], headers=wild)).close_code()
        assert close_code == 4401
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await server.connect(call_id, user, headers=wild)
    assert (refused.value.status, server.limits) == (429, ["ws_open_per_address"])
    await server.join(call_id, user)


async def test_the_ends_of_calls_by_limits_are_counted(make_server: MakeServer, until: Until) -> None:
    server = await make_server(SignalingConfig(max_call_duration_s=0.2, max_active_calls=1))
    user = await server.user("Anna")
    await server.call(user)
    client = await server.join(await server.call(user), user)
    assert server.limits == ["max_active_calls_per_user"]
    assert (await client.hear("call_ended"))["reason"].startswith("Maximum call duration")
    assert server.limits == ["max_active_calls_per_user", "max_call_duration_hours"]


# --- whoever misbehaves pays alone ----------------------------------------------------------------------


async def test_a_slow_reader(make_server: MakeServer, until: Until) -> None:
    config = SignalingConfig(
        send_queue_messages=16, close_timeout_s=0.2, rates=ENDLESS_RATES, resume_window_s=0
    )
    server = await make_server(config)
    clients, users = await meet(server, "Anna", "Boris", "Clara")
    while "ws_queue" not in server.limits:
        payload = "x" * 100_000
        await clients[0].send(type="ice_candidate", to_user_id=users[2].id, payload=payload)
        await talk(clients, users, rounds=1)
    await until(lambda: server.counted("telcall_ws_open") == 2)
    assert server.counted("telcall_participants") == 2
    await talk(clients, users)


async def test_superseding_messages_do_not_make_a_reader_slow(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(send_queue_messages=16, rates=ENDLESS_RATES))
    clients, users = await meet(server, "Anna", "Boris", "Clara")
    payload = "x" * 800_000
    for _ in range(8):  # what is more than the sockets hold
        await clients[0].send(type="ice_candidate", to_user_id=users[2].id, payload=payload)
    for number in range(200):
        await clients[1].send(type="media_state", audio=number % 2 == 0, video=False)
    await talk(clients, users)
    assert server.limits == []
    states = []
    while not states or states[-1]["audio"]:
        states.append(await clients[2].hear("media_state"))
    assert len(states) < 200


async def test_a_silent_one(make_server: MakeServer, until: Until) -> None:
    server = await make_server(SignalingConfig(ping_interval_s=1.0, resume_window_s=0))
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    calm = await server.join(call_id, anna)
    left = asyncio.create_task(calm.hear("user_left"))  # reading answers the server's pings
    await server.join(call_id, boris)  # reads no more, so answers none
    assert (await left)["user"]["id"] == boris.id
    await until(lambda: server.counted("telcall_ws_open") == 1)
    await calm.silence()


async def test_nobody_is_looked_for_who_has_gone(make_server: MakeServer, until: Until) -> None:
    problems: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, problem: problems.append(problem))
    server = await make_server(SignalingConfig(ping_interval_s=0.1))
    users = [await server.user(f"Person {number}") for number in range(25)]
    call_id = await server.call(users[0])
    clients = [await server.connect(call_id, user) for user in users]
    await until(lambda: server.counted("telcall_participants") > 0)
    for client in clients:
        if (transport := client.socket._response.connection.transport) is not None:  # else cut off already
            transport.abort()
    await until(lambda: server.counted("telcall_ws_open") == 0)
    assert problems == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 1_000_000, "invalid"),
        ('{"a":' * 200_000, "invalid"),
        ("[" + "[]," * 340_000 + "[]]", "invalid"),
        ('{"type":"ping","t":' + "9" * 1_000_000 + "}", "invalid"),
        ('{"type":"' + "\\ud83d" * 150_000 + '"}', "invalid"),
        ('"' + "\\" * 1_000_001, "invalid"),
        (json.dumps({str(number): number for number in range(50_000)}), "unsupported"),
        (relayed("offer", {"sdp": "a=x\r\n" * 130_000}), "invalid_sdp"),
        (relayed("offer", {"sdp": "\n" * 130_000}), "target_offline"),
    ],
)
async def test_a_bomb(make_server: MakeServer, text: str, code: str) -> None:
    server = await make_server()
    clients, users = await meet(server, "Anna", "Boris", "Clara")
    text = text.replace('"to_user_id": 1,', '"to_user_id": 999999,')
    async with asyncio.TaskGroup() as group:
        group.create_task(clients[2].socket.send_str(text))
        group.create_task(talk(clients, users, rounds=20))
    assert (await clients[2].hear("error"))["code"] == code
    await talk(clients, users)


@pytest.mark.parametrize(
    ("frame", "close_code"),
    [
        (b"\xc1\x85\0\0\0\0\xaa\xaa\xaa\xaa\xaa", 1002),  # says it is compressed, which was not agreed on
        (b"\x81\xff\0\0\0\0\x7f\xff\xff\xff\0\0\0\0", 1009),  # 2 GB to come
        (b"\x81\x84\0\0\0\0\xff\xff\xff\xff", 1007),  # no UTF-8
        (b"\x83\x80\0\0\0\0", 1002),  # a kind that nobody has defined
        (b"\x89\xfe\x01\0\0\0\0\0" + bytes(256), 1002),  # a long ping
        (b"\x80\x80\0\0\0\0", 1002),  # goes on with what has not begun
    ],
)
async def test_broken_frames(make_server: MakeServer, frame: bytes, close_code: int) -> None:
    server = await make_server()
    clients, users = await meet(server, "Anna", "Boris", "Clara")
    clients[2].socket._response.connection.transport.write(frame)
    assert (await clients[2].close_code())[0] == close_code
    assert (await clients[0].hear("user_left"))["user"]["id"] == users[2].id
    await talk(clients, users)


async def test_many_frames_in_one_piece_leave_the_others_their_turn(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(rates=ENDLESS_RATES))
    clients, users = await meet(server, "Anna", "Boris", "Clara")
    ping = b'{"type":"ping","t":1}'
    frame = bytes((0x81, 0x80 | len(ping))) + bytes(4) + ping
    clients[2].socket._response.connection.transport.write(frame * 5_000)

    async def all_pongs() -> None:
        for _ in range(5_000):
            assert (await clients[2].hear())["type"] == "pong"

    async with asyncio.TaskGroup() as group:
        group.create_task(all_pongs())
        group.create_task(talk(clients, users, rounds=20))
