"""The pool: its limits turn into one error."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from store.config import StoreConfig
from store.database import Database
from store.errors import DatabaseUnavailable


async def test_slow_statement_is_cut_off(database_url: str) -> None:
    async with Database(StoreConfig(url=database_url, statement_timeout_s=0.1)) as database:
        with pytest.raises(DatabaseUnavailable):
            async with database.transaction() as session:
                await session.execute(text("SELECT pg_sleep(30)"))
        await database.ping()


async def test_full_pool_is_waited_for_only_so_long(database_url: str) -> None:
    config = StoreConfig(url=database_url, pool_size=1, max_overflow=0, pool_wait_s=0.05)
    async with Database(config) as database, database.transaction() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(DatabaseUnavailable):
            await database.ping()


async def test_nobody_who_waits_is_overtaken(database_url: str) -> None:
    people, came = 12, 0
    came_meanwhile: list[int] = []

    async with Database(StoreConfig(url=database_url, pool_size=2, max_overflow=0)) as database:
        async with (
            database.transaction() as one,
            database.transaction() as other,
        ):  # both are open from now on
            await asyncio.gather(one.execute(text("SELECT 1")), other.execute(text("SELECT 1")))

        async def come_often() -> None:
            nonlocal came
            for _ in range(20):
                before = came
                async with database.transaction() as session:
                    await session.execute(text("SELECT 1"))
                    came_meanwhile.append(came - before)
                    came += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(people):
                group.create_task(come_often())
    assert max(came_meanwhile) < 2 * people


async def test_what_is_only_read_has_no_transaction_and_leaves_none_out(database_url: str) -> None:
    async with Database(StoreConfig(url=database_url, pool_size=1, max_overflow=0)) as database:
        async with database.statement() as executor:
            moments = [await executor.scalar(text("SELECT transaction_timestamp()")) for _ in range(2)]
        assert moments[0] != moments[1]
        async with database.transaction() as session:
            moments = [await session.scalar(text("SELECT transaction_timestamp()")) for _ in range(2)]
        assert moments[0] == moments[1]


async def test_unreachable_database_is_unavailable() -> None:
    async with Database(StoreConfig(url="postgresql://telcall@127.0.0.1:1/telcall")) as database:
        with pytest.raises(DatabaseUnavailable):
            await database.ping()


async def test_our_own_mistakes_are_not_taken_for_absence(database: Database) -> None:
    with pytest.raises(ProgrammingError):
        async with database.transaction() as session:
            await session.execute(text("SELECT nonsense"))


async def test_error_rolls_back(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            await session.execute(text("INSERT INTO users (telegram_user_id) VALUES (5)"))
            raise asyncio.InvalidStateError

    with pytest.raises(asyncio.InvalidStateError):
        await fail()
    async with database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM users")) == 0
