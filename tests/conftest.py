"""A real PostgreSQL for every test that asks for one: one server a run, a fresh database a test."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator

import asyncpg
import pytest

from store.config import StoreConfig
from store.database import Database, migrate
from telcall.embedded_postgres import EmbeddedPostgres, temporary_postgres

TEMPLATE = "telcall_template"


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
    """A running server that flushes nothing to disk, with a migrated template database."""
    with temporary_postgres() as server:
        run_sql(server.url(), f"CREATE DATABASE {TEMPLATE}")
        asyncio.run(migrate(server.url(TEMPLATE)))
        yield server


@pytest.fixture
def database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A migrated, empty database of this test's own."""
    name = f"test_{uuid.uuid4().hex}"
    run_sql(postgres.url(), f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield postgres.url(name)
    run_sql(postgres.url(), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A database of this test's own without any table."""
    name = f"test_{uuid.uuid4().hex}"
    run_sql(postgres.url(), f"CREATE DATABASE {name}")
    yield postgres.url(name)
    run_sql(postgres.url(), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool on this test's own database."""
    async with Database(StoreConfig(url=database_url)) as opened:
        yield opened
