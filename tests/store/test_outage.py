"""PostgreSQL stops, starts, freezes, and loses single connections."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

import pytest
from sqlalchemy import text

from store.config import StoreConfig
from store.database import Database
from store.errors import DatabaseUnavailable
from telcall.embedded_postgres import EmbeddedPostgres, temporary_postgres
from telcall.postgres_orphans import processes_in

NEVER_S = 1e9


@pytest.fixture
def server() -> Iterator[EmbeddedPostgres]:
    with temporary_postgres() as started:
        yield started


async def open_connections(database: Database, count: int) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(count):
            session = await stack.enter_async_context(database.transaction())
            await session.execute(text("SELECT 1"))


async def ping_until_back(database: Database) -> int:
    """How often it was refused before."""
    for refused in range(1_000):
        try:
            await database.ping()
        except DatabaseUnavailable:
            await asyncio.sleep(0.05)
        else:
            return refused
    raise AssertionError("it does not come back")


@contextmanager
def frozen(server: EmbeddedPostgres) -> Iterator[None]:
    stopped = processes_in(server.cluster)
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


async def test_restart_is_not_noticed_when_nobody_asks_meanwhile(server: EmbeddedPostgres) -> None:
    async with Database(StoreConfig(url=server.url())) as database:
        await open_connections(database, 5)
        await asyncio.to_thread(server.stop)
        server.start()  # here: it ends with the thread that started it
        for _ in range(5):
            await database.ping()
        await open_connections(database, 5)


async def test_stopped_database_is_tried_by_few_and_comes_back(server: EmbeddedPostgres) -> None:
    clock_s = 0.0
    async with Database(StoreConfig(url=server.url(), retry_s=10), lambda: clock_s) as database:
        await open_connections(database, 3)
        await asyncio.to_thread(server.stop)
        assert database.is_up
        with pytest.raises(DatabaseUnavailable):
            await database.ping()
        assert not database.is_up
        server.start()
        # It would answer by now: so these did not ask.
        for _ in range(3):
            with pytest.raises(DatabaseUnavailable, match="just now"):
                await database.ping()
        clock_s = 11.0
        await database.ping()
        assert database.is_up
        await open_connections(database, 3)


async def test_transaction_cut_short_by_a_stop_leaves_nothing(server: EmbeddedPostgres) -> None:
    config = StoreConfig(url=server.url(), retry_s=0.05)
    async with Database(config) as database:
        async with database.transaction() as session:
            await session.execute(text("CREATE TABLE notes (note text)"))

        async def cut_short() -> None:
            async with database.transaction() as session:
                await session.execute(text("INSERT INTO notes VALUES ('half')"))
                await asyncio.to_thread(server.stop)
                await session.execute(text("INSERT INTO notes VALUES ('whole')"))

        with pytest.raises(DatabaseUnavailable):
            await cut_short()
        server.start()
        await ping_until_back(database)
        async with database.transaction() as session:
            assert await session.scalar(text("SELECT count(*) FROM notes")) == 0


async def test_frozen_database_holds_nobody_up_for_long(server: EmbeddedPostgres) -> None:
    config = StoreConfig(url=server.url(), statement_timeout_s=0.1, answer_grace_s=0.1, connect_timeout_s=0.3)
    async with Database(config) as database:
        await open_connections(database, 2)
        with frozen(server):
            async with asyncio.timeout(30):
                for _ in range(20):
                    with pytest.raises(DatabaseUnavailable):
                        await database.ping()
        await ping_until_back(database)


async def test_one_lost_connection_is_no_outage(server: EmbeddedPostgres) -> None:
    config = StoreConfig(url=server.url(), retry_s=NEVER_S)
    async with Database(config) as database:
        with pytest.raises(DatabaseUnavailable):
            async with database.transaction() as session:
                await session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        await database.ping()


async def test_slow_statement_is_no_outage(server: EmbeddedPostgres) -> None:
    config = StoreConfig(url=server.url(), retry_s=NEVER_S, statement_timeout_s=0.1)
    async with Database(config) as database:
        with pytest.raises(DatabaseUnavailable):
            async with database.transaction() as session:
                await session.execute(text("SELECT pg_sleep(30)"))
        await database.ping()
