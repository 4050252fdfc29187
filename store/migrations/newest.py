"""Whether there is anything to migrate, found out without Alembic.

At most starts there is not, and Alembic with what it brings along is a tenth of the process's memory.
"""

from __future__ import annotations

from importlib.resources import files

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from store.migrations import VERSION_TABLE


def newest_revision() -> str:
    """By the names of the files: `r0001_...py` is revision 0001."""
    names = [file.name for file in files("store.migrations.versions").iterdir()]
    return max(name[1:5] for name in names if name.startswith("r") and name.endswith(".py"))


async def is_newest(url: URL) -> bool:
    """Whether the database at `url` (an asyncpg one) has the newest schema."""
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            if not await connection.scalar(text(f"SELECT to_regclass('{VERSION_TABLE}') IS NOT NULL")):
                return False
            revisions = await connection.scalars(text(f"SELECT version_num FROM {VERSION_TABLE}"))
            return revisions.all() == [newest_revision()]
    finally:
        await engine.dispose()
