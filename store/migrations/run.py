"""Runs the migrations from inside a program, wherever the package is installed."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import URL, Connection, inspect, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from store.errors import ForeignSchema
from store.migrations import VERSION_TABLE
from store.tables import Base

_LOCK = 0x7E1CA11  # any constant will do; the lock is per database


def alembic_config() -> Config:
    """Alembic's configuration without a file."""
    config = Config()
    config.set_main_option("script_location", "store:migrations")
    return config


def refuse_foreign_schema(connection: Connection) -> None:
    """Raise `ForeignSchema` when tables of our names exist that our migrations did not make."""
    present = set(inspect(connection).get_table_names())
    if VERSION_TABLE not in present and (ours := present & set(Base.metadata.tables)):
        raise ForeignSchema(sorted(ours))


def _upgrade(connection: Connection) -> None:
    # Held to the end of the transaction: of two processes that start at once, one waits for the other.
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    refuse_foreign_schema(connection)
    config = alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def upgrade(url: URL) -> None:
    """Upgrade the database at `url` (an asyncpg one) in one transaction."""
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()
