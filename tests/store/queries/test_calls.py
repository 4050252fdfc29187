"""Calls: their status changes once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import InvalidRequestError

from store.database import Database
from store.queries import calls
from store.queries.participants import Stay, write_stays
from store.queries.users import TelegramProfile, upsert_telegram_user
from store.tables import Call

T0 = datetime(2026, 1, 1, tzinfo=UTC)


async def person(database: Database, telegram_user_id: int = 1) -> int:
    async with database.transaction() as session:
        return (await upsert_telegram_user(session, TelegramProfile(telegram_user_id, first_name="Anna"))).id


async def new_call(
    database: Database, creator: int, call_id: str = "call", minute: int = 0, keep: int = 5
) -> calls.CallFacts:
    created = T0 + timedelta(minutes=minute)
    async with database.transaction() as session:
        call = await calls.create_call(
            session,
            call_id=call_id,
            creator_user_id=creator,
            title="Планёрка",
            is_video_enabled=True,
            created_at=created,
            expires_at=created + timedelta(hours=24),
        )
        await calls.end_calls_over_limit(session, creator, keep)
        return call


async def status(database: Database, call_id: str) -> str:
    async with database.transaction() as session:
        found = await calls.find_call(session, call_id)
        assert found is not None
        return found.call.status


async def test_found_call_has_its_creator_and_the_people_in_it(database: Database) -> None:
    anna, boris = await person(database), await person(database, 2)
    call = await new_call(database, anna)
    async with database.transaction() as session:
        later = T0 + timedelta(minutes=1)
        await write_stays(
            session,
            [
                Stay("1", call.id, anna, T0),
                Stay("2", call.id, anna, T0),
                Stay("3", call.id, boris, T0, later),
            ],
        )
        found = await calls.find_call(session, "call")
    assert found is not None
    assert (found.creator.first_name, found.participants_count, found.call.title) == ("Anna", 1, "Планёрка")


async def test_relations_are_never_loaded_behind_our_back(database: Database) -> None:
    call = await new_call(database, await person(database))
    async with database.transaction() as session:
        row = await session.get_one(Call, call.id)
        with pytest.raises(InvalidRequestError):
            _ = row.creator


async def test_of_two_ends_one_wins(database: Database) -> None:
    call = await new_call(database, await person(database))

    async def end() -> bool:
        async with database.transaction() as session:
            return await calls.end_call(session, call.id, T0)

    assert sorted(await asyncio.gather(end(), end())) == [False, True]
    assert await status(database, "call") == "ended"


async def test_call_past_its_time_cannot_be_ended(database: Database) -> None:
    call = await new_call(database, await person(database))
    async with database.transaction() as session:
        assert not await calls.end_call(session, call.id, T0 + timedelta(hours=24))


async def test_due_calls_expire_and_the_next_one_is_known(database: Database) -> None:
    anna = await person(database)
    await new_call(database, anna, "early")
    await new_call(database, anna, "late", minute=10)
    async with database.transaction() as session:
        assert await calls.next_expiry(session) == T0 + timedelta(hours=24)
        assert await calls.expire_due_calls(session, T0 + timedelta(hours=24, minutes=5)) == ["early"]
        assert await calls.next_expiry(session) == T0 + timedelta(hours=24, minutes=10)
    assert await status(database, "early") == "expired"
    assert await status(database, "late") == "active"


async def test_oldest_call_over_the_limit_ends(database: Database) -> None:
    anna = await person(database)
    for n in range(4):
        await new_call(database, anna, f"call{n}", minute=n, keep=3)
    assert [await status(database, f"call{n}") for n in range(4)] == ["ended", "active", "active", "active"]


async def test_limit_holds_for_calls_made_at_once(database: Database) -> None:
    anna = await person(database)
    await asyncio.gather(*(new_call(database, anna, f"call{n}", keep=2) for n in range(6)))
    statuses = [await status(database, f"call{n}") for n in range(6)]
    assert statuses.count("active") == 2
