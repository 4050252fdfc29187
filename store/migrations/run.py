"""Runs the migrations from inside a program, wherever the package is installed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from store.errors import ForeignSchema, UnknownRevision
from store.migrations import VERSION_TABLE
from store.migrations.deployed import COLUMNS, hangers_on, recognise
from store.migrations.newest import newest_revision
from store.tables import Base

_LOCK = 0x7E1CA11  # any constant will do; the lock is per database


def alembic_config() -> Config:
    """Alembic's configuration without a file."""
    config = Config()
    config.set_main_option("script_location", "store:migrations")
    return config


def refuse_foreign_schema(connection: Connection) -> None:
    """Raise `ForeignSchema` when tables of our names exist that neither our migrations nor the first Tel Call
    made."""
    present = set(inspect(connection).get_table_names())
    # Without a row everything was taken back, and others may have made tables since.
    if VERSION_TABLE in present and connection.scalar(text(f"SELECT 1 FROM {VERSION_TABLE} LIMIT 1")):
        return
    ours = present & set(Base.metadata.tables)
    if not ours:
        return
    if ours != set(COLUMNS) or recognise(connection) is None:
        raise ForeignSchema(sorted(ours))
    if others := hangers_on(connection):
        raise ForeignSchema(others, "remove first what refers to the tables of the first Tel Call")


def lock(connection: Connection) -> None:
    """Of two processes that migrate at once, one waits for the other's transaction to end."""
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})


async def upgrade(url: URL) -> None:
    """Upgrade the database at `url` (an asyncpg one) in one transaction."""
    await _run(url, lambda config: command.upgrade(config, "head"))


async def downgrade(url: URL, revision: str) -> None:
    """Go back to `revision`, such as `0001`, `-1` or `base`, in one transaction. Raises `UnknownRevision`."""
    await _run(url, lambda config: command.downgrade(config, revision))


async def current(url: URL) -> tuple[str | None, str]:
    """The revision that the database is at, and the newest one."""

    def read(connection: Connection) -> str | None:
        options = {"version_table": VERSION_TABLE}
        return MigrationContext.configure(connection, opts=options).get_current_revision()

    async with _connected(url) as connection:
        return await connection.run_sync(read), newest_revision()


async def _run(url: URL, work: Callable[[Config], None]) -> None:
    def migrate(connection: Connection) -> None:
        lock(connection)
        refuse_foreign_schema(connection)
        config = alembic_config()
        config.attributes["connection"] = connection
        try:
            work(config)
        except CommandError as error:
            raise UnknownRevision(str(error)) from error

    async with _connected(url) as connection:
        await connection.run_sync(migrate)


@asynccontextmanager
async def _connected(url: URL) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()
