"""What is revoked closes what it has opened: sign-out, against real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from signaling.config import SignalingConfig
from signaling.connection import Connection
from signaling.entrance import Entrance
from signaling.identity import Identity
from signaling.metrics import SignalingMetrics

if TYPE_CHECKING:
    from tests.api.conftest import Client, StartApi


class Door:
    """Sockets that let in whom `authenticate` knows, and then only listen."""

    def __init__(self) -> None:
        self.entrance: Entrance | None = None
        self.inside: list[Connection] = []
        self._changed = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        assert self.entrance is not None
        async with self.entrance.accepted(request) as accepted, self.entrance.admitted(accepted):
            self.inside.append(accepted.connection)
            self._changed.set()
            async with accepted.connection.reading():
                await accepted.socket.receive()
        return accepted.socket

    async def wait_for(self, count: int) -> None:
        while len(self.inside) < count:
            self._changed.clear()
            await self._changed.wait()


@pytest.fixture
async def door(start_api: StartApi) -> AsyncIterator[tuple[Client, Door, AsyncExitStack]]:
    door = Door()
    api = await start_api(routes=lambda app: app.router.add_get("/ws", door.handle))
    metrics = SignalingMetrics(CollectorRegistry(), lambda _name: None)

    async def authenticate(token: str) -> Identity | None:
        return await api.authenticator.authenticate_socket(token)

    door.entrance = Entrance(SignalingConfig(), authenticate, metrics, lambda _request: None)
    api.authenticator.on_revoked = door.entrance.revoked
    async with AsyncExitStack() as stack:
        yield api, door, stack


async def opened(api: Client, stack: AsyncExitStack, token: str | None) -> aiohttp.ClientWebSocketResponse:
    return await stack.enter_async_context(
        api.session.ws_connect(f"{api.url}/ws", protocols=["token", f"token.{token}"])
    )


async def end_of(socket: aiohttp.ClientWebSocketResponse) -> tuple[str | None, int | None]:
    """The code of the error before the close, and the close code."""
    code = None
    async for message in socket:
        code = message.json().get("code")
    return code, socket.close_code


async def test_sign_out_closes_what_the_token_and_its_socket_token_opened(
    door: tuple[Client, Door, AsyncExitStack],
) -> None:
    api, inside, stack = door
    anna, elsewhere = await api.signed_in(1), await api.signed_in(1)
    boris = await api.signed_in(2)
    short = (await anna.get("/auth/ws-token")).json["token"]
    mine = [await opened(api, stack, token) for token in (anna.bearer, short)]
    others = [await opened(api, stack, client.bearer) for client in (elsewhere, boris)]
    await inside.wait_for(4)
    assert (await anna.post("/auth/logout")).status == 200
    assert [await end_of(socket) for socket in mine] == [("unauthorized", 4401)] * 2
    assert not any(connection.is_closing for connection in inside.inside[2:])
    assert await end_of(await opened(api, stack, short)) == ("unauthorized", 4401)
    assert [socket.closed for socket in others] == [False, False]


async def test_who_is_gone_has_no_socket_left(door: tuple[Client, Door, AsyncExitStack]) -> None:
    api, inside, stack = door
    anna, elsewhere, boris = await api.signed_in(1), await api.signed_in(1), await api.signed_in(2)
    user_id = (await anna.get("/api/me")).json["id"]
    sockets = [await opened(api, stack, client.bearer) for client in (anna, elsewhere, boris)]
    await inside.wait_for(3)
    api.authenticator.forget(user_id)
    assert [await end_of(socket) for socket in sockets[:2]] == [("unauthorized", 4401)] * 2
    assert not inside.inside[2].is_closing
