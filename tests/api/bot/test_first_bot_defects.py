"""Defects of the first Tel Call's bot that ours does not have."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from sqlalchemy import select

from store.tables import User
from tests.api.bot.conftest import message, user

if TYPE_CHECKING:
    from tests.api.bot.conftest import MakeWorld, World


async def test_s12_1_nobody_forges_updates(make_world: MakeWorld) -> None:
    world = await make_world(mode="webhook")
    await world.person(1001, "Анна")
    await world.until(lambda: bool(world.telegram.webhook))
    assert len(world.telegram.webhook["secret_token"]) >= 32
    world.telegram.private.add(1001)
    renamed = message(user(1001, "Mallory"), "/start")
    assert await world.webhook(renamed, secret=None) == 401
    assert await world.webhook(renamed, secret="0" * 64) == 403
    async with world.database.transaction() as session:
        assert (await session.scalars(select(User.first_name))).all() == ["Анна"]
    assert world.telegram.sent("sendMessage") == []


async def test_s12_2_start_does_not_overwrite_a_username_by_none(world: World) -> None:
    await world.person(1001, "Анна", username="anna_k")
    await world.webhook(message(user(1001, "Анна", username="no such name!"), "/start"))
    async with world.database.transaction() as session:
        assert (await session.scalars(select(User.username))).all() == ["anna_k"]


async def test_s12_3_strangers_do_not_ring_and_friends_not_without_end(world: World) -> None:
    anna, _, boris = await world.friends()
    _, vera = await world.person(1003, "Вера")
    world.telegram.private.add(1003)
    for stranger in (vera.id, vera.id + 1, 2**31 - 1):  # equal answers: ids tell nothing
        answer = await anna.post("/api/calls/friend", {"friend_id": stranger})
        assert (answer.status, answer.detail) == (404, "Friend not found")
    statuses = [(await anna.post("/api/calls/friend", {"friend_id": boris.id})).status for _ in range(5)]
    assert statuses == [201, 201, 201, 429, 429]
    assert all(each["chat_id"] == 1002 for each in world.telegram.sent("sendMessage"))


async def test_s12_18_nobody_waits_for_telegram(world: World) -> None:
    world.telegram.delay_s = 1.5
    anna, _, boris = await world.friends()
    began_s = time.monotonic()
    async with asyncio.timeout(20):
        assert (await anna.post("/api/calls/friend", {"friend_id": boris.id})).status == 201
    answered_s = time.monotonic()
    await world.until(lambda: len(world.telegram.messages) == 1)
    # The message was out later than the answer, which has not waited for it.
    assert time.monotonic() - began_s >= 1.5
    assert world.telegram.calls[-1].at_s + 1.5 > answered_s
