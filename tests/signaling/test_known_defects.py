"""Defects that the first Tel Call's signaling had, by their number in its audit."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from signaling.config import SignalingConfig
from tests.signaling.sockets import MakeServer, refused


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


async def test_s12_14_a_call_id_alone_opens_no_locked_call(server: Any) -> None:
    anna, boris, clara = [await server.user(name) for name in ("Anna", "Boris", "Clara")]
    call_id = await server.call(anna)
    host, other = await server.join(call_id, anna), await server.join(call_id, boris)
    await host.send(type="moderation", action="lock")
    await other.hear("moderation")

    assert await refused(await server.connect(call_id, clara, v2=False)) == (4403, "locked")
    stranger = await server.connect(call_id, clara)
    assert await stranger.hear() == {"type": "waiting", "position": 1}
    await host.hear("knock")
    await other.send(type="admit", user_id=clara.id, admit=True)  # a participant has no say
    assert (await other.hear("error"))["code"] == "forbidden"
    for message in ({"type": "offer", "to_user_id": boris.id}, {"type": "chat", "text": "I am in"}):
        await stranger.send(**message)
    assert server.rooms.participants() == 2
    await host.send(type="admit", user_id=clara.id, admit=False)
    close_code, heard = await stranger.close_code()
    assert close_code == 4403
    assert {message["type"] for message in heard} == {"error"}, "who waits hears nothing of the call"
    await other.silence()


@pytest.mark.parametrize("v2", [True, False])
async def test_s12_14_who_was_taken_out_does_not_come_back_by_the_call_id(server: Any, v2: bool) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    host, other = await server.join(call_id, anna), await server.join(call_id, boris, v2=v2)
    await host.send(type="moderation", action="remove", user_id=boris.id)
    assert (await other.close_code())[0] == 4403
    for again in (v2, not v2):
        assert await refused(await server.connect(call_id, boris, v2=again)) == (4403, "removed")
    assert server.rooms.participants() == 1


async def test_s12_15_the_end_of_an_old_connection_takes_nobody_out(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    host = await server.join(call_id, anna, v2=False)
    old = await server.join(call_id, boris, v2=False)
    new = await server.join(call_id, boris, v2=False)
    assert await refused(old) == (4409, "replaced")
    assert server.rooms.participants() == 2
    payload = {"type": "offer", "sdp": "v=0\r\n"}
    await host.send(type="offer", to_user_id=boris.id, payload=payload)
    assert (await new.hear("offer"))["payload"] == payload


async def test_s12_15_a_full_call_says_so_and_closes(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(max_participants=2))
    people = [await server.user(name) for name in ("Anna", "Boris", "Clara")]
    call_id = await server.call(people[0])
    for person in people[:2]:
        await server.join(call_id, person, v2=False)
    assert await refused(await server.connect(call_id, people[2], v2=False)) == (4429, "room_full")


async def test_s12_15_the_time_of_a_call_is_one_for_all_who_come(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(max_call_duration_s=0.5))
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    clients = [await server.join(call_id, person, v2=False) for person in (anna, boris)]
    ends = await asyncio.gather(*(client.close_code() for client in clients))
    assert [(close_code, heard[-1]["type"]) for close_code, heard in ends] == [(1000, "call_ended")] * 2
    assert server.limits == ["max_call_duration_hours"]


@pytest.mark.parametrize("reason", ["ended", "expired"])
async def test_s12_15_a_call_that_another_process_ends_closes_here(
    make_server: MakeServer, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("signaling.lifecycle.ROOMS_WAIT_S", 0.05)
    config = SignalingConfig(call_ttl_s=1 if reason == "expired" else 3_600)
    here, elsewhere = await make_server(config), await make_server(config, process="another process")
    user, goes_on = await here.user("Anna"), await here.user("Boris")
    call_id = await elsewhere.call(user)
    client = await here.join(call_id, user, v2=False)
    if reason == "ended":
        stays = await here.join(await elsewhere.call(goes_on), goes_on, v2=False)
        await elsewhere.lifecycle.end_call(call_id, user.id)
    close_code, heard = await client.close_code()
    assert (close_code, heard[-1]) == (1000, {"type": "call_ended", "reason": reason})
    if reason == "ended":
        await stays.silence()


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
