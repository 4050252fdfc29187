"""A server that is killed in the middle of a call leaves rows that the next one sets right."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import aiohttp
from sqlalchemy import select

from store.database import Database
from store.tables import FriendLink, Participant, ParticipantSession

if TYPE_CHECKING:
    from tests.telcall.conftest import Serving

Serve = Callable[..., "Serving"]


async def joined(http: aiohttp.ClientSession, serving: Serving, call_id: str, token: str) -> Any:
    """A documented client that has heard its first messages."""
    url = f"ws://127.0.0.1:{serving.port}/ws/calls/{call_id}"
    socket = await http.ws_connect(url, protocols=["token", f"token.{token}"])
    for kind in ("call_metadata", "participants_snapshot"):
        assert (await socket.receive_json(timeout=20))["type"] == kind
    return socket


async def rows(database: Database) -> tuple[list[Any], dict[int, Any], set[tuple[int, int]]]:
    """Stays in their order, people by user id, friend links."""
    async with database.transaction() as session:
        stays = list(await session.scalars(select(ParticipantSession).order_by(ParticipantSession.joined_at)))
        people = {row.user_id: row for row in await session.scalars(select(Participant))}
        links = {(link.user_id, link.friend_id) for link in await session.scalars(select(FriendLink))}
    return stays, people, links


async def eventually(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(30):
        while not await condition():  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_stays_end_people_have_left_and_friends_are_those_who_met(
    serve: Serve, database_url: str, database: Database
) -> None:
    first = serve(DATABASE_URL=database_url)
    await asyncio.to_thread(first.wait_ready)
    anna, anna_id = await asyncio.to_thread(first.sign_in, "Anna")
    boris, boris_id = await asyncio.to_thread(first.sign_in, "Boris")
    clara, _ = await asyncio.to_thread(first.sign_in, "Clara")
    call = await asyncio.to_thread(first.post, "/api/calls", {"title": None}, anna)
    call_id = call["call_id"]

    async with aiohttp.ClientSession() as http:
        gone = await joined(http, first, call_id, clara)
        await gone.close()

        async def has_left() -> bool:
            return [stay.left_at is None for stay in (await rows(database))[0]] == [False]

        await eventually(has_left)
        sockets = [await joined(http, first, call_id, token) for token in (anna, boris)]

        async def all_written() -> bool:
            stays, _, links = await rows(database)
            return [stay.left_at is None for stay in stays] == [False, True, True] and len(links) == 2

        await eventually(all_written)
        first.process.kill()
        await asyncio.to_thread(first.process.wait)
        for socket in sockets:
            while (await socket.receive(timeout=20)).type is aiohttp.WSMsgType.TEXT:
                pass
            assert socket.close_code == 1006

    second = serve(DATABASE_URL=database_url)
    await asyncio.to_thread(second.wait_ready)
    stays, people, links = await rows(database)
    assert len(stays) == 3
    assert all(stay.left_at is not None and stay.left_at >= stay.joined_at for stay in stays)
    assert all(person.left_at is not None for person in people.values())
    assert links == {(anna_id, boris_id), (boris_id, anna_id)}

    async with aiohttp.ClientSession() as http:
        socket = await joined(http, second, call_id, boris)

        async def boris_is_back() -> bool:
            _, people, _ = await rows(database)
            return people[boris_id].left_at is None

        await eventually(boris_is_back)
        stays, people, _ = await rows(database)
        assert [stay.user_id for stay in stays if stay.left_at is None] == [boris_id]
        assert people[anna_id].left_at is not None
        await socket.close()
