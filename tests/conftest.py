"""A real PostgreSQL for every test that asks for one: one server a run, no row left from the test before.

It is the embedded one, or with `--database-url` an external one, whose role may create databases.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Protocol

import asyncpg
import pytest
from sqlalchemy import make_url

from store.config import StoreConfig
from store.database import Database, migrate
from telcall.embedded_postgres import temporary_postgres

# Of this process: several may run their tests on one external server.
MIGRATED = f"test_migrated_{uuid.uuid4().hex}"
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


class Postgres(Protocol):
    """A running server."""

    def url(self, database: str = ...) -> str: ...


@dataclass(frozen=True, slots=True)
class ExternalPostgres:
    """Somebody else's server; `given` names a database on it that is there."""

    given: str

    def url(self, database: str = "") -> str:
        url = make_url(self.given).set(drivername="postgresql+asyncpg")
        return (url.set(database=database) if database else url).render_as_string(hide_password=False)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-url",
        help="run on this PostgreSQL (15 or newer, its role may create databases), not on the embedded one",
    )


def create_database(server: Postgres, name: str) -> None:
    utf8 = "TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C.UTF-8'"  # the embedded server has it anyway
    run_sql(server.url(), f"CREATE DATABASE {name} {utf8 if isinstance(server, ExternalPostgres) else ''}")


def drop_database(server: Postgres, name: str) -> None:
    run_sql(server.url(), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[Postgres]:
    """A server with a migrated database; the embedded one flushes nothing to disk."""
    external = pytestconfig.getoption("--database-url")
    with nullcontext(ExternalPostgres(external)) if external else temporary_postgres() as server:
        create_database(server, MIGRATED)
        asyncio.run(migrate(server.url(MIGRATED)))
        yield server
        drop_database(server, MIGRATED)


@pytest.fixture
def database_url(postgres: Postgres) -> Iterator[str]:
    """A migrated database without a row. Emptied after the test: that is far quicker than a new one."""
    yield postgres.url(MIGRATED)
    # Whoever still holds a connection would make this wait; all other tables hang on these by cascade.
    run_sql(postgres.url(MIGRATED), f"{DISCONNECT_OTHERS}; DELETE FROM users")


@pytest.fixture
def empty_database_url(postgres: Postgres) -> Iterator[str]:
    """A database of this test's own without any table."""
    name = f"test_{uuid.uuid4().hex}"
    create_database(postgres, name)
    yield postgres.url(name)
    drop_database(postgres, name)


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool on a migrated database without a row."""
    async with Database(StoreConfig(url=database_url)) as opened:
        yield opened
