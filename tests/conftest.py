"""A real PostgreSQL for every test that asks for one: one server a run, no row left from the test before."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from store.config import StoreConfig
from store.database import Database, migrate
from telcall.embedded_postgres import EmbeddedPostgres, temporary_postgres

MIGRATED = "telcall_migrated"
DISCONNECT_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def plain_url(url: str) -> str:
    """The URL as asyncpg itself takes it."""
    return url.replace("postgresql+asyncpg://", "postgresql://")


def run_sql(url: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(plain_url(url))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    asyncio.run(run())


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """A running server that flushes nothing to disk, with a migrated database."""
    with temporary_postgres() as server:
        run_sql(server.url(), f"CREATE DATABASE {MIGRATED}")
        asyncio.run(migrate(server.url(MIGRATED)))
        yield server


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A migrated database without a row. Emptied after the test: that is far quicker than a new one."""
    yield postgres.url(MIGRATED)
    # Whoever still holds a connection would make this wait; all other tables hang on these by cascade.
    run_sql(postgres.url(MIGRATED), f"{DISCONNECT_OTHERS}; DELETE FROM users")


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database of this test's own without any table."""
    name = f"test_{uuid.uuid4().hex}"
    run_sql(postgres.url(), f"CREATE DATABASE {name}")
    yield postgres.url(name)
    run_sql(postgres.url(), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool on a migrated database without a row."""
    async with Database(StoreConfig(url=database_url)) as opened:
        yield opened
