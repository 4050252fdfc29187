"""The connection pool and its transactions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from store.config import StoreConfig
from store.errors import DatabaseUnavailable, is_unavailable
from store.migrations.run import upgrade

_DRIVER = "postgresql+asyncpg"


def asyncpg_url(url: str) -> URL:
    """`url` with our driver. Raises `ValueError` when it is not a PostgreSQL URL."""
    try:
        parsed = make_url(url)
    except Exception as error:
        raise ValueError("not a database URL") from error
    if parsed.get_backend_name() not in ("postgresql", "postgres"):
        raise ValueError("the database must be PostgreSQL: postgresql://user:password@host/name")
    return parsed.set(drivername=_DRIVER)


class Database:
    """Sessions on one PostgreSQL database. `async with` closes the pool at the end."""

    def __init__(self, config: StoreConfig) -> None:
        self._engine: AsyncEngine = create_async_engine(
            asyncpg_url(config.url),
            pool_size=config.pool_size,
            max_overflow=config.max_overflow,
            pool_timeout=config.pool_wait_s,
            pool_use_lifo=True,
            hide_parameters=True,  # errors are logged, people's data is not
            connect_args={
                "timeout": config.connect_timeout_s,
                "server_settings": {
                    "application_name": "telcall",
                    "timezone": "UTC",
                    "statement_timeout": str(int(config.statement_timeout_s * 1000)),
                },
            },
        )

    async def __aenter__(self) -> Database:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """A session whose work is committed at the end of the block, or rolled back on an error.

        Raises `DatabaseUnavailable` when the database cannot be reached or is too slow. Then it is open
        whether the commit took place.
        """
        try:
            async with AsyncSession(self._engine, expire_on_commit=False) as session, session.begin():
                yield session
        except Exception as error:
            if is_unavailable(error):
                raise DatabaseUnavailable(type(error).__name__) from error
            raise

    async def ping(self) -> None:
        """Return when the database answers; raise `DatabaseUnavailable` otherwise."""
        async with self.transaction() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._engine.dispose()


async def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema. Several processes may do so at once.

    Raises `DatabaseUnavailable`, or `ForeignSchema` when somebody else's tables are in the way.
    """
    try:
        await upgrade(asyncpg_url(url))
    except Exception as error:
        if is_unavailable(error):
            raise DatabaseUnavailable(type(error).__name__) from error
        raise
