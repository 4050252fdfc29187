"""Host tools and resume, from outside: a real server, real clients, a real database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from sfu.client import SeatAssignment, SeatsChanged, SpeakersChanged
from signaling.config import Rate, RateLimits, SignalingConfig
from store.tables import ParticipantSession

MakeServer = Callable[..., Awaitable[Any]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
ENDLESS = Rate(1e12, 1e12)


async def enter(server: Any, call_id: str, user: Any, token: str | None = None) -> tuple[Any, dict[str, Any]]:
    """A client and the `welcome` it heard; `token`: to resume with."""
    resume = [f"resume.{token}"] if token else []
    client = await server.connect(call_id, protocols=["telcall.v2", f"token.t{user.id}", *resume])
    return client, await client.hear("welcome")


async def cut(client: Any) -> None:
    """The connection breaks without a word."""
    client.socket._response.connection.transport.abort()


async def refused(client: Any) -> tuple[int, str]:
    close_code, messages = await client.close_code()
    return close_code, [message["code"] for message in messages if message["type"] == "error"][-1]


# --- hosts ------------------------------------------------------------------------------------------------


async def test_who_is_removed_4403_and_stays_out(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    host, other = await server.join(call_id, anna), await server.join(call_id, boris)
    await host.send(type="moderation", action="remove", user_id=boris.id)
    assert (await host.hear("moderation"))["by"] == anna.id
    assert (await host.hear("user_left"))["user"]["id"] == boris.id
    assert await refused(other) == (4403, "removed")
    assert await refused(await server.connect(call_id, boris)) == (4403, "removed")
    assert server.counted("telcall_join_failures_total", reason="removed") == 1


async def test_a_locked_call_is_knocked_on_by_v2_and_refuses_others_4403(server: Any) -> None:
    anna, boris, clara = [await server.user(name) for name in ("Anna", "Boris", "Clara")]
    call_id = await server.call(anna)
    host = await server.join(call_id, anna)
    await host.send(type="moderation", action="lock")
    await host.hear("moderation")
    assert await refused(await server.connect(call_id, boris, v2=False)) == (4403, "locked")
    knocker = await server.connect(call_id, boris)
    assert await knocker.hear() == {"type": "waiting", "position": 1}
    assert (await host.hear("knock"))["user"]["id"] == boris.id
    await host.send(type="admit", user_id=boris.id, admit=True)
    assert (await knocker.hear())["type"] == "welcome"
    refusee = await server.connect(call_id, clara)
    await host.hear("user_joined")
    await host.hear("knock")
    await host.send(type="admit", user_id=clara.id, admit=False)
    assert await refused(refusee) == (4403, "locked")


async def test_who_waits_and_goes_leaves_nothing(server: Any, until: Until) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    host = await server.join(call_id, anna)
    await host.send(type="moderation", action="lock")
    await host.hear("moderation")
    knocker = await server.connect(call_id, boris)
    await knocker.hear("waiting")
    assert server.counted("telcall_participants") == 1
    await knocker.socket.close()
    assert (await host.hear("knock"))["waiting"] is True
    assert (await host.hear("knock"))["waiting"] is False
    await host.leave()
    await until(lambda: not server.rooms.has_room(call_id))


async def test_only_hosts_may(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    await server.join(call_id, anna)
    other = await server.join(call_id, boris)
    await other.send(id="no", type="moderation", action="lock")
    error = await other.hear("error")
    assert (error["code"], error["ref"]) == ("forbidden", "no")


@pytest.mark.parametrize(
    "message",
    [
        {"type": "chat", "text": ""},
        {"type": "chat", "text": "x" * 2_001},
        {"type": "reaction", "emoji": "x" * 17},
        {"type": "hand"},
        {"type": "moderation", "action": "ban"},
        {"type": "admit", "user_id": 1},
        {"type": "topology_wanted", "mode": "p2p"},
    ],
)
async def test_what_is_wrong_is_told(server: Any, message: dict[str, Any]) -> None:
    anna = await server.user("Anna")
    client = await server.join(await server.call(anna), anna)
    await client.send(**message)
    assert (await client.hear("error"))["code"] == "invalid"


async def test_chat_has_a_bucket_of_its_own(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(rates=RateLimits(other=ENDLESS, chat=Rate(0, 5))))
    anna = await server.user("Anna")
    client = await server.join(await server.call(anna), anna)
    for number in range(6):
        await client.send(type="chat", text=str(number))
    assert [(await client.hear("chat"))["text"] for _ in range(5)] == ["0", "1", "2", "3", "4"]
    assert (await client.hear("error"))["code"] == "rate_limited"
    assert server.limits == ["ws_chat"]
    await client.send(type="hand", raised=True)
    assert (await client.hear("hand"))["raised"] is True


async def test_who_speaks_is_told(server: Any, until: Until) -> None:
    anna = await server.user("Anna")
    call_id = await server.call(anna)
    client = await server.join(call_id, anna)
    await until(lambda: (call_id, anna.id) in server.sfu.listeners)
    server.sfu.listeners[call_id, anna.id](SpeakersChanged(((7, 0.5),), 7))
    told = {"type": "speakers", "speakers": [{"user_id": 7, "level": 0.5}], "dominant": 7}
    assert await client.hear("speakers") == told


# --- resume -----------------------------------------------------------------------------------------------


async def test_a_lost_connection_is_resumed_and_nobody_notices(server: Any, until: Until) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    calm = await server.join(call_id, anna)
    lost, welcome = await enter(server, call_id, boris)
    await calm.hear("user_joined")
    await until(lambda: (call_id, boris.id) in server.sfu.listeners)
    seat = SeatAssignment(0, "1", None, anna.id, "camera", "off")
    server.sfu.listeners[call_id, boris.id](SeatsChanged(3, (seat,)))
    await lost.hear("seats")
    await cut(lost)
    await until(lambda: server.counted("telcall_ws_open") == 1)
    assert server.counted("telcall_participants") == 2
    await calm.send(type="chat", text="still there?")
    await calm.hear("chat")

    back, again = await enter(server, call_id, boris, welcome["resume_token"])
    assert (again["resumed"], again["session_id"]) == (True, welcome["session_id"])
    assert [user["id"] for user in (await back.hear("participants_snapshot"))["participants"]] == [anna.id]
    assert (await back.hear())["revision"] == 3
    assert (await back.hear("chat"))["text"] == "still there?"
    await calm.silence()
    assert ("leave", boris.id) not in server.sfu.commands
    assert server.counted("telcall_resumes_total", kind="resumed") == 1

    # The SFU knows the stay by its first session.
    server.sfu.listeners[call_id, boris.id](SeatsChanged(4, (seat,)))
    assert (await back.hear("seats"))["revision"] == 4
    await back.send(
        type="sfu_offer", offer_id=1, payload={"type": "offer", "sdp": "v=0"}, tracks={}, seats=[]
    )
    assert (await back.hear("sfu_answer"))["offer_id"] == 1
    await back.leave()
    assert (await calm.hear("user_left"))["user"]["id"] == boris.id
    assert await server.journal.flush(20)
    async with server.database.transaction() as session:
        rows = (await session.scalars(select(ParticipantSession))).all()
    mine = [row for row in rows if row.user_id == boris.id]
    assert [(row.session_id, row.left_at is not None) for row in mine] == [(welcome["session_id"], True)]


async def test_who_does_not_come_back_has_left_when_the_connection_was_lost(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(resume_window_s=0.6))
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    calm = await server.join(call_id, anna)
    lost, welcome = await enter(server, call_id, boris)
    await cut(lost)
    assert (await calm.hear("user_left"))["user"]["id"] == boris.id
    told_at = server.rooms._utc()
    assert await server.journal.flush(20)
    async with server.database.transaction() as session:
        rows = await session.scalars(
            select(ParticipantSession).where(ParticipantSession.session_id == welcome["session_id"])
        )
        (row,) = rows.all()
    assert row.left_at <= told_at - timedelta(seconds=0.6)
    _, again = await enter(server, call_id, boris, welcome["resume_token"])
    assert again["resumed"] is False


async def test_a_connection_that_hangs_gives_way_to_the_one_that_resumes_4409(server: Any) -> None:
    anna = await server.user("Anna")
    call_id = await server.call(anna)
    first, welcome = await enter(server, call_id, anna)
    second, again = await enter(server, call_id, anna, welcome["resume_token"])
    assert again["resumed"] is True
    assert await refused(first) == (4409, "replaced")
    await second.send(type="ping", t=1)
    assert await second.hear("pong") == {"type": "pong", "t": 1}


@pytest.mark.parametrize("shown", ["x", "x.y", "e30.e30", "{}AA", "a" * 3_000])
async def test_a_token_that_is_none_is_an_ordinary_join(server: Any, shown: str) -> None:
    anna = await server.user("Anna")
    call_id = await server.call(anna)
    _, welcome = await enter(server, call_id, anna)
    _, again = await enter(server, call_id, anna, shown.format(welcome["resume_token"]))
    assert again["resumed"] is False


async def test_a_token_of_somebody_else_is_an_ordinary_join(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    _, welcome = await enter(server, call_id, anna)
    _, of_boris = await enter(server, call_id, boris, welcome["resume_token"])
    assert (of_boris["resumed"], of_boris["self"]["role"]) == (False, "participant")


async def test_after_the_server_was_killed_the_call_is_as_it_was(make_server: MakeServer) -> None:
    before = await make_server(process="before")
    anna, boris = await before.user("Anna"), await before.user("Boris")
    call_id = await before.call(anna)
    host = await before.join(call_id, anna)
    other, _ = await enter(before, call_id, boris)
    await host.send(type="moderation", action="make_host", user_id=boris.id)
    token = (await other.hear("resume_token"))["resume_token"]

    after = await make_server(process="after")
    after.identities = before.identities
    _, welcome = await enter(after, call_id, boris, token)
    assert (welcome["resumed"], welcome["self"]["role"]) == (False, "host")
    assert after.counted("telcall_resumes_total", kind="rebuilt") == 1


async def test_a_server_that_stops_ends_the_stays_of_those_who_are_away(
    make_server: MakeServer, until: Until
) -> None:
    server = await make_server()
    anna = await server.user("Anna")
    lost, _ = await enter(server, await server.call(anna), anna)
    await cut(lost)
    await until(lambda: server.counted("telcall_ws_open") == 0)
    assert server.counted("telcall_participants") == 1
    async with asyncio.timeout(5):
        await server.rooms.close()
    assert server.counted("telcall_participants") == 0
    assert ("leave", anna.id) in server.sfu.commands
