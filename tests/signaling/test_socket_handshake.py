"""Letting a connection in, from outside: a real server, real clients, a real database."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("protocols", "selected"),
    [
        (["telcall.v2", "token.{}"], "telcall.v2"),
        (["token.{}", "telcall.v2"], "telcall.v2"),
        (["token", "token.{}"], "token"),
        (["token.{}"], "token.{}"),
    ],
)
async def test_the_first_value_that_is_no_token_is_selected(
    server: Any, protocols: list[str], selected: str
) -> None:
    user = await server.user("Anna")
    call_id = await server.call(user)
    token = f"t{user.id}"
    client = await server.connect(call_id, protocols=[value.format(token) for value in protocols])
    assert client.socket.protocol == selected.format(token)
    first = await client.hear()
    assert first["type"] == ("welcome" if selected == "telcall.v2" else "call_metadata")


async def test_a_token_in_the_authorization_header_will_do(server: Any) -> None:
    user = await server.user("Anna")
    call_id = await server.call(user)
    client = await server.connect(call_id, protocols=[], headers={"Authorization": f"Bearer t{user.id}"})
    assert client.socket.protocol is None
    assert (await client.hear())["type"] == "call_metadata"


async def test_compression_is_not_agreed_on(server: Any) -> None:
    user = await server.user("Anna")
    client = await server.connect(await server.call(user), user, compress=15)
    assert client.socket.compress == 0


async def test_a_v2_client_hears_welcome_metadata_snapshot(server: Any) -> None:
    user = await server.user("Anna")
    client = await server.connect(await server.call(user), user)
    welcome, metadata, snapshot = [await client.hear() for _ in range(3)]
    assert welcome["self"] == {
        "user": {"id": user.id, "username": None, "first_name": "Anna", "last_name": None, "photo_url": None},
        "role": "host",
    }
    assert (welcome["topology"], welcome["resumed"], welcome["ice_servers"]) == ("p2p", False, [])
    assert welcome["limits"] == {"max_participants": 30, "max_message_bytes": 1_048_576}
    assert metadata["type"] == "call_metadata"
    assert metadata["room_start_time"].endswith(("Z", "+00:00"))
    assert snapshot == {"type": "participants_snapshot", "participants": []}
