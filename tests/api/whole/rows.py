"""What the tables hold."""

from __future__ import annotations

from sqlalchemy import text

from store.database import Database
from store.tables import Base


async def contents(database: Database) -> dict[str, str]:
    """Of every table a digest of its rows."""
    found = {}
    async with database.transaction() as session:
        for name in Base.metadata.tables:
            rows = f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {name} t"
            found[name] = str(await session.scalar(text(rows)))
    return found
