"""telcall.v2 over real sockets."""

from __future__ import annotations

from typing import Any

from sfu.client import (
    ConnectionChanged,
    MediaFlags,
    SeatAssignment,
    SeatsChanged,
    SeatWishes,
)
from sfu.errors import SdpRejected
from signaling.config import SignalingConfig
from tests.signaling.sockets import MakeServer, Until


async def test_the_sfu_answers_offers_and_hears_wishes_and_media(server: Any, until: Until) -> None:
    user = await server.user("Anna")
    client = await server.join(await server.call(user), user)
    await client.send(
        type="sfu_offer",
        offer_id=1,
        payload={"type": "offer", "sdp": "one"},
        tracks={"0": "microphone"},
        seats=[{"seat": 0, "audio_mid": "1", "video_mid": None}],
    )
    assert await client.hear() == {
        "type": "sfu_answer",
        "offer_id": 1,
        "payload": {"type": "answer", "sdp": "answer to one"},
    }
    await client.send(type="seats_wanted", visible=[])
    await client.send(type="media_state", audio=True, video=False)
    await until(lambda: len(server.sfu.commands) == 6)
    kinds = [command[0] for command in server.sfu.commands]
    assert kinds == ["join", "media", "forwarding", "answer", "wishes", "media"]
    assert server.sfu.commands[1:3] == [
        ("media", user.id, MediaFlags(False, False, False)),
        ("forwarding", False),
    ]
    assert server.sfu.commands[4:] == [
        ("wishes", user.id, SeatWishes()),
        ("media", user.id, MediaFlags(True, False, False)),
    ]
    await client.send(type="leave")
    assert (await client.close_code())[0] == 1000
    await until(lambda: server.sfu.commands[-1] == ("leave", user.id))


async def test_an_offer_the_sfu_rejects_is_told_with_its_ref(server: Any) -> None:
    user = await server.user("Anna")
    client = await server.join(await server.call(user), user)
    server.sfu.rejection = SdpRejected("invalid_sdp", "no ICE credentials")
    await client.send(
        type="sfu_offer", id="o1", offer_id=1, payload={"type": "offer", "sdp": ""}, tracks={}, seats=[]
    )
    error = await client.hear()
    assert (error["code"], error["detail"], error["ref"]) == ("invalid_sdp", "no ICE credentials", "o1")


async def test_what_the_sfu_tells_reaches_its_client(server: Any, until: Until) -> None:
    user = await server.user("Anna")
    call_id = await server.call(user)
    client = await server.join(call_id, user)
    await until(lambda: (call_id, user.id) in server.sfu.listeners)
    listener = server.sfu.listeners[call_id, user.id]
    listener(SeatsChanged(3, (SeatAssignment(0, "2", "3", 42, "camera", "paused"),)))
    assert await client.hear() == {
        "type": "seats",
        "revision": 3,
        "seats": [
            {
                "seat": 0,
                "audio_mid": "2",
                "video_mid": "3",
                "user_id": 42,
                "source": "camera",
                "video": "paused",
            }
        ],
    }
    listener(ConnectionChanged("connected"))
    assert server.counted("telcall_sfu_connections_total", state="connected") == 1
    await client.leave()
    await until(lambda: not server.sfu.sessions)
    listener(SeatsChanged(4, ()))  # too late: nobody is told


async def test_three_meet_on_the_sfu_and_two_go_back(make_server: MakeServer, until: Until) -> None:
    server = await make_server(SignalingConfig(back_to_p2p_s=0.05))
    users = [await server.user(name) for name in ("Anna", "Boris", "Clara")]
    call_id = await server.call(users[0])
    clients = [await server.join(call_id, user) for user in users]
    assert await clients[0].hear("topology") == {"type": "topology", "mode": "sfu", "reason": "participants"}
    await until(lambda: ("forwarding", True) in server.sfu.commands)
    assert server.counted("telcall_calls", topology="sfu") == 1
    assert server.counted("telcall_calls", topology="p2p") == 0
    assert server.counted("telcall_participants") == 3
    await clients[2].send(type="leave")
    assert await clients[0].hear("topology") == {"type": "topology", "mode": "p2p", "reason": "participants"}
    await clients[0].send(type="p2p_state", user_id=users[1].id, state="connected")
    await clients[1].send(type="p2p_state", user_id=users[0].id, state="connected")
    await until(lambda: server.sfu.commands[-1] == ("forwarding", False))


async def test_two_who_cannot_connect_directly_use_the_sfu(make_server: MakeServer) -> None:
    server = await make_server(SignalingConfig(p2p_timeout_s=0.05))
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    first, second = await server.join(call_id, anna), await server.join(call_id, boris)
    for client in (first, second):
        assert (await client.hear("topology"))["reason"] == "p2p_failed"
