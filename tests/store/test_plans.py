"""No query reads a big table from end to end, on a set large enough for the planner to have the choice."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from benchmarks.store.cases import Case, cases, queries
from benchmarks.store.plans import big_tables, driver_of, explain, read_whole, recorded
from benchmarks.store.population import Population, populate
from store.config import StoreConfig
from store.database import Database, migrate

POPULATION = Population(users=10_000, participants=50_000, popular_friends=100)


def test_every_query_has_a_case() -> None:
    tried = {case.query for case in cases(POPULATION)}
    assert [name for name, query in queries().items() if query not in tried] == []


@pytest.fixture
async def engine(empty_database_url: str) -> AsyncIterator[AsyncEngine]:
    await migrate(empty_database_url)
    async with Database(StoreConfig(url=empty_database_url, statement_timeout_s=120)) as database:
        async with database.transaction() as session:
            await populate(await driver_of(session), POPULATION)
        yield database.engine


async def test_no_query_reads_a_big_table_whole(engine: AsyncEngine) -> None:
    async with AsyncSession(engine) as session:
        big = await big_tables(session)
    assert {"users", "calls", "participants", "participant_sessions", "friend_links"} <= big
    wrong = {}
    for case in cases(POPULATION):
        if found := await whole_reads(engine, case, big - case.may_read_whole):
            wrong[case.name] = found
    assert wrong == {}


async def whole_reads(engine: AsyncEngine, case: Case, big: frozenset[str]) -> list[str]:
    async with AsyncSession(engine) as session, recorded(engine) as statements:
        await case.use(session)
        done = list(statements)
        assert done, case.name
        found = [table for statement in done for table in read_whole(await explain(session, statement), big)]
        await session.rollback()
    return found
