"""Ratings: the first one of a person and call counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from store.database import Database
from store.queries.call_ratings import Attendance, Rating, find_attendance, write_ratings
from store.queries.calls import create_call
from store.queries.participants import Stay, write_stays
from store.queries.users import TelegramProfile, upsert_telegram_user
from store.tables import CallRating

T0 = datetime(2026, 1, 1, tzinfo=UTC)


async def a_call(database: Database) -> tuple[int, int]:
    """`calls.id`, and its creator."""
    async with database.transaction() as session:
        anna = (await upsert_telegram_user(session, TelegramProfile(1001, first_name="Anna"))).id
        call = await create_call(
            session,
            call_id="call",
            creator_user_id=anna,
            title=None,
            is_video_enabled=False,
            created_at=T0,
            expires_at=T0 + timedelta(days=1),
        )
        return call.id, anna


async def kept(database: Database) -> list[tuple[int, list[str], datetime]]:
    async with database.transaction() as session:
        rows = await session.scalars(select(CallRating))
        return [(row.stars, row.reasons, row.rated_at) for row in rows]


async def test_the_first_rating_stays(database: Database) -> None:
    call, anna = await a_call(database)
    first = Rating(call, anna, 2, ("echo", "other"), T0)
    async with database.transaction() as session:
        await write_ratings(session, [first, Rating(call, anna, 5, (), T0)])
    async with database.transaction() as session:
        await write_ratings(session, [Rating(call, anna, 4, (), T0)])
    assert await kept(database) == [(2, ["echo", "other"], T0)]


@pytest.mark.parametrize("stars", [0, 6])
async def test_there_are_one_to_five_stars(database: Database, stars: int) -> None:
    call, anna = await a_call(database)
    with pytest.raises(IntegrityError, match="ck_call_ratings_stars"):
        async with database.transaction() as session:
            await write_ratings(session, [Rating(call, anna, stars, (), T0)])


async def test_attendance_says_who_was_in_a_call_and_until_when(database: Database) -> None:
    call, anna = await a_call(database)
    left_at = T0 + timedelta(minutes=3)
    async with database.transaction() as session:
        assert await find_attendance(session, "call", anna) == Attendance(call, False, None)
        await write_stays(session, [Stay("s", call, anna, T0)])
        assert await find_attendance(session, "call", anna) == Attendance(call, True, None)
        await write_stays(session, [Stay("s", call, anna, T0, left_at)])
        assert await find_attendance(session, "call", anna) == Attendance(call, True, left_at)
        assert await find_attendance(session, "another", anna) is None
