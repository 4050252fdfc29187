"""Old calls go with all that hangs on them; nothing else does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, update

from store.queries.call_ratings import Rating, write_ratings
from store.queries.call_stats import Measures, add_call_stats
from store.queries.calls import create_call
from store.queries.friend_links import link_friends
from store.queries.participants import Stay, write_stays
from store.queries.users import TelegramProfile, upsert_telegram_user
from store.retention import Retention
from store.tables import (
    Call,
    CallRating,
    CallStats,
    FriendLink,
    Participant,
    ParticipantSession,
    User,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from store.database import Database
    from store.tables import Base

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
KEEP_DAYS = 30


async def old_and_new(session: AsyncSession, ages: dict[str, tuple[float, str]]) -> None:
    """Calls by id, each so many days old and of that status, with a row in every table that calls have."""
    people = [(await upsert_telegram_user(session, TelegramProfile(number))).id for number in (1, 2)]
    await link_friends(session, {(people[0], people[1]): NOW - timedelta(days=400)})
    for call_id, (days, status) in ages.items():
        made = NOW - timedelta(days=days)
        call = await create_call(
            session,
            call_id=call_id,
            creator_user_id=people[0],
            title=None,
            is_video_enabled=False,
            created_at=made,
            expires_at=made + timedelta(days=1),
        )
        await session.execute(update(Call).where(Call.id == call.id).values(status=status))
        await write_stays(session, [Stay(f"{call_id} {who}", call.id, who, made, made) for who in people])
        await write_ratings(session, [Rating(call.id, people[0], 5, (), made)])
        await add_call_stats(session, call_id, people[0], Measures(rtt_ms=5))


async def count(session: AsyncSession, table: type[Base]) -> int:
    return (await session.scalar(select(func.count()).select_from(table))) or 0


async def test_what_is_older_goes_and_the_rest_stays(database: Database) -> None:
    async with database.transaction() as session:
        await old_and_new(
            session,
            {
                "ended": (31, "ended"),
                "expired": (400, "expired"),
                "running": (31, "active"),
                "young": (29.9, "ended"),
            },
        )
    retention = Retention(database, KEEP_DAYS, utc=lambda: NOW)
    assert await retention.purge() == 2
    assert await retention.purge() == 0
    async with database.transaction() as session:
        assert set((await session.scalars(select(Call.call_id))).all()) == {"running", "young"}
        counts = [
            await count(session, table)
            for table in (Participant, ParticipantSession, CallRating, CallStats, User, FriendLink)
        ]
    assert counts == [4, 4, 2, 2, 2, 2]


async def test_more_than_a_batch_goes_in_one_pass(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.retention.BATCH", 2)
    async with database.transaction() as session:
        await old_and_new(session, {f"call {number}": (40, "ended") for number in range(5)})
    assert await Retention(database, KEEP_DAYS, utc=lambda: NOW).purge() == 5
