"""Alembic's entry: on the connection that `run.py` hands over, or from the `alembic` command.

The command takes the database from `-x url=postgresql://...`, else from the variable DATABASE_URL.
"""

from __future__ import annotations

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from store.migrations import VERSION_TABLE
from store.migrations.run import lock, refuse_foreign_schema
from store.tables import Base


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        version_table=VERSION_TABLE,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def _checked_migrate(connection: Connection) -> None:
    lock(connection)
    refuse_foreign_schema(connection)
    _migrate(connection)


async def _from_command_line() -> None:
    url = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("DATABASE_URL")
    if not url:
        raise SystemExit("Name the database: alembic -x url=postgresql://... or set DATABASE_URL.")
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"), poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(_checked_migrate)
    await engine.dispose()


if (given := context.config.attributes.get("connection")) is not None:
    _migrate(given)
else:
    asyncio.run(_from_command_line())
