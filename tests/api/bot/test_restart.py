"""Messages outlive the process that wrote them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from signaling.messages import User
from store.queries.bot_messages import KeptMessage
from store.queries.calls import find_call
from store.queries.participants import Stay, write_stays
from store.tables import BotMessage, Call
from tests.api.bot.conftest import message, user
from tests.api.bot.test_ringing import call

if TYPE_CHECKING:
    from tests.api.bot.conftest import MakeWorld, World

GROUP = -100_500


async def kept(world: World) -> int:
    async with world.database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(BotMessage)) or 0


async def die(world: World) -> None:
    """As by kill -9: nothing more is said, nothing more is written."""
    tasks = [*world.bot._tasks, *world.bot._sender._tasks]
    await world.bot._memory.__aexit__(None, None, None)  # rows are written within milliseconds anyway
    for task in tasks:
        task.cancel()
    world.bot._sender.ready.clear()


async def ringing(world: World) -> tuple[str, User]:
    anna, _, boris = await world.friends()
    call_id = await call(anna, boris.id)
    await world.until(lambda: len(world.telegram.messages) == 1)
    await die(world)
    assert await kept(world) == 1
    return call_id, boris


async def test_ring_goes_on_after_a_restart_and_ends(make_world: MakeWorld) -> None:
    call_id, boris = await ringing(await make_world())
    world = await make_world(ring_s=45)
    await world.until(lambda: world.rooms.rings == [(call_id, boris.id, "ringing")])
    assert world.telegram.sent("editMessageText") == []
    world.happen("call.ended", call_id, reason="empty")
    await world.until(lambda: len(world.telegram.sent("editMessageText")) == 1)
    assert "Пропущенный" in world.telegram.sent("editMessageText")[0]["text"]
    await world.bot._memory._idle.wait()
    assert await kept(world) == 0


async def test_ring_that_ran_out_meanwhile_is_a_missed_call(make_world: MakeWorld) -> None:
    call_id, boris = await ringing(await make_world(ring_s=600))
    world = await make_world(ring_s=0.01)
    await world.until(lambda: len(world.telegram.sent("editMessageText")) == 1)
    assert world.rooms.rings[-1] == (call_id, boris.id, "missed")


async def test_friend_who_has_come_meanwhile_has_not_missed_the_call(make_world: MakeWorld) -> None:
    before = await make_world()
    call_id, boris = await ringing(before)
    async with before.database.transaction() as session:
        found = await find_call(session, call_id)
        assert found is not None
        at = before.bot._utc() + timedelta(seconds=1)
        await write_stays(session, [Stay("stay", found.call.id, boris.id, at)])
    world = await make_world()
    await world.until(lambda: len(world.telegram.sent("editMessageText")) == 1)
    assert world.telegram.sent("editMessageText")[0]["text"] == "Звонок от Анна"


@pytest.mark.parametrize("ends", ["meanwhile", "later", "by time"])
async def test_card_ends_with_its_call_though_the_server_was_restarted(
    make_world: MakeWorld, ends: str
) -> None:
    world = await make_world()
    world.telegram.groups.add(GROUP)
    await world.webhook(message(user(1001, "Анна"), "/call", GROUP))
    await world.until(lambda: len(world.telegram.messages) == 1)
    async with world.database.transaction() as session:
        call_id = (await session.scalars(select(Call.call_id))).one()
    await die(world)
    if ends == "meanwhile":
        world.lifecycle.on_ended = lambda _call_id: None
        await world.lifecycle.end_call(call_id, None)
    if ends == "by time":  # and nobody has noted it yet
        async with world.database.transaction() as session:
            await session.execute(update(Call).values(expires_at=world.bot._utc() - timedelta(seconds=1)))
    again = await make_world()
    if ends == "later":
        await again.until(lambda: len(again.bot._cards) == 1)
        await again.lifecycle.end_call(call_id, None)
    [key] = world.telegram.messages
    await again.until(lambda: again.telegram.messages[key]["text"] == "Звонок от Анна завершён")
    await again.bot._memory._idle.wait()
    assert await kept(again) == 0


async def test_deleted_card_is_forgotten(world: World) -> None:
    world.telegram.groups.add(GROUP)
    await world.webhook(message(user(1001, "Анна"), "/call", GROUP))
    await world.until(lambda: len(world.telegram.messages) == 1)
    async with world.database.transaction() as session:
        call_id = (await session.scalars(select(Call.call_id))).one()
    world.telegram.messages.clear()  # by an administrator of the group
    world.happen("participant.joined", call_id, User(id=5))
    await world.until(lambda: len(world.bot._cards) == 0)
    await world.bot._memory._idle.wait()
    assert await kept(world) == 0


async def test_people_who_are_gone_are_not_remembered(world: World) -> None:
    anna, _, boris = await world.friends()
    await call(anna, boris.id)
    await world.until(lambda: len(world.telegram.messages) == 1)
    await world.bot._memory._idle.wait()
    async with world.database.transaction() as session:
        await session.execute(Call.__table__.delete())  # type: ignore[attr-defined]
    assert await kept(world) == 0


async def test_one_message_that_cannot_be_kept_costs_no_other(world: World) -> None:
    anna, _, _ = await world.friends()
    call_id = (await anna.post("/api/calls", {})).json["call_id"]
    now = world.api.time.utc
    for key, of in (("lost", "no-such-call"), ("good", call_id)):
        world.bot._memory.keep(KeptMessage(key, "card", of, "ru", now, chat_id=1, message_id=1))
    await world.bot._memory._idle.wait()
    async with world.database.transaction() as session:
        assert (await session.scalars(select(BotMessage.key))).all() == ["good"]
