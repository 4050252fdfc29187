"""Documented calls for two, over real sockets."""

from __future__ import annotations

from typing import Any

import pytest

from tests.signaling.sockets import refused


@pytest.mark.parametrize("other_v2", [False, True])
async def test_a_documented_call(server: Any, other_v2: bool) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    first = await server.connect(call_id, anna, v2=False)
    assert [(await first.hear())["type"] for _ in range(2)] == ["call_metadata", "participants_snapshot"]
    second = await server.connect(call_id, boris, v2=other_v2)
    (seen,) = (await second.hear("participants_snapshot"))["participants"]
    assert seen["id"] == anna.id
    assert ("protocol" in seen) == other_v2

    boris_public = boris.model_dump()
    assert await first.hear() == {"type": "user_joined", "user": boris_public}
    offer = {"type": "offer", "sdp": "v=0\r\n", "x": [1, None, "ж"]}
    await first.send(type="offer", to_user_id=str(boris.id), payload=offer)
    assert await second.hear() == {"type": "offer", "from_user": anna.model_dump(), "payload": offer}
    await second.send(type="answer", to_user_id=anna.id, payload={"type": "answer"})
    assert await first.hear() == {"type": "answer", "from_user": boris_public, "payload": {"type": "answer"}}
    await second.send(type="ice_candidate", to_user_id=anna.id, payload={"candidate": ""})
    assert (await first.hear())["type"] == "ice_candidate"

    await second.leave()
    assert await first.hear() == {"type": "user_left", "user": boris_public}
    await first.send(type="ice_candidate", to_user_id=boris.id, payload=None)
    await first.silence()  # a late candidate is no error


async def test_a_broken_connection_is_a_leave(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    first, second = await server.join(call_id, anna, v2=False), await server.join(call_id, boris, v2=False)
    assert (await first.hear())["type"] == "user_joined"
    second.socket._response.connection.transport.abort()
    assert (await first.hear())["type"] == "user_left"


async def test_a_second_connection_takes_over(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    first = await server.join(call_id, anna, v2=False)
    old = await server.join(call_id, boris, v2=False)
    assert (await first.hear())["type"] == "user_joined"
    new = await server.join(call_id, boris, v2=False)
    assert await refused(old) == (4409, "replaced")
    await first.silence()
    await first.send(type="offer", to_user_id=boris.id, payload=1)
    assert (await new.hear())["type"] == "offer"


@pytest.mark.parametrize(
    ("frame", "detail"),
    [
        ("{", "Invalid JSON"),
        ("[1]", "Invalid JSON"),
        (b"\0\1", "Invalid JSON"),
        ("[" * 100_000, "Invalid JSON"),
        ('{"type":"join"}', "Unsupported message type"),
        ('{"type":"offer","payload":1}', "Invalid or missing to_user_id"),
        ('{"type":"offer","to_user_id":"x","payload":1}', "Invalid or missing to_user_id"),
        ('{"type":"offer","to_user_id":77,"payload":1}', "Target user is offline"),
        ('"' + "x" * 1_048_575 + '"', "Message too large: 1048577 bytes (max 1048576 bytes)"),
    ],
)
async def test_what_is_wrong_is_told_and_the_call_goes_on(
    server: Any, frame: str | bytes, detail: str
) -> None:
    user = await server.user("Anna")
    client = await server.join(await server.call(user), user, v2=False)
    await (client.socket.send_str(frame) if isinstance(frame, str) else client.socket.send_bytes(frame))
    error = await client.hear()
    assert (error["type"], error["detail"]) == ("error", detail)
    await client.silence()
