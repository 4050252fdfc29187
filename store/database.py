"""The connection pool and its transactions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog
from sqlalchemy import URL, event, make_url, text
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import QueuePool

from store.breaker import Breaker
from store.config import StoreConfig
from store.errors import DatabaseUnavailable, is_outage, is_unavailable
from store.migrations.newest import is_newest

log = structlog.get_logger(__name__)

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
    """Sessions on one PostgreSQL database. `async with` closes the pool at the end.

    While the database is away, whoever asks hears so at once; it is tried every `retry_s`.
    """

    def __init__(self, config: StoreConfig, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._breaker, self._clock_s = Breaker(config.retry_s), clock_s
        self._engine: AsyncEngine = create_async_engine(
            asyncpg_url(config.url),
            pool_size=config.pool_size,
            max_overflow=config.max_overflow,
            pool_timeout=config.pool_wait_s,
            pool_use_lifo=True,
            hide_parameters=True,  # errors are logged, people's data is not
            connect_args={
                "timeout": config.connect_timeout_s,
                # For a server that does not even say that the statement took too long.
                "command_timeout": config.statement_timeout_s + config.answer_grace_s,
                "server_settings": {
                    "application_name": "telcall",
                    "timezone": "UTC",
                    # Of solid state disks and of what is in memory: the default is that of turning ones, for
                    # which going through all people is cheaper than looking up a thousand of them.
                    "random_page_cost": "1.1",
                    "statement_timeout": str(int(config.statement_timeout_s * 1000)),
                },
            },
        )
        self._autocommit = self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._places = asyncio.Semaphore(config.pool_size + config.max_overflow)
        self._pool_wait_s = config.pool_wait_s
        event.listen(self._engine.sync_engine, "checkout", _refuse_closed)
        event.listen(self._engine.sync_engine, "handle_error", _drop_silent)

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
        async with (
            self._attempt(),
            AsyncSession(self._engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    @asynccontextmanager
    async def statement(self) -> AsyncIterator[AsyncConnection]:
        """For one statement, a transaction by itself: without BEGIN and COMMIT, two more round trips. Raises
        as `transaction`."""
        async with self._attempt(), self._autocommit.connect() as connection:
            yield connection

    @asynccontextmanager
    async def _attempt(self) -> AsyncIterator[None]:
        """Asks the breaker, tells it what came of it, and waits for a place in the pool."""
        if not self._breaker.admits(self._clock_s()):
            raise DatabaseUnavailable("it did not answer just now")
        await self._take_place()
        try:
            yield
        except Exception as error:
            if is_outage(error):
                self._is_away(error)
            if is_unavailable(error):
                raise DatabaseUnavailable(type(error).__name__) from error
            raise
        finally:
            self._places.release()
        if self._breaker.is_open:
            log.info("database_back")
            self._breaker.succeeded()

    async def _take_place(self) -> None:
        """First come, first served. The pool alone gives a connection to who asks at the right moment,
        however long others have waited."""
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(self._pool_wait_s):
                await self._places.acquire()
        except TimeoutError as error:
            raise DatabaseUnavailable("all connections are in use") from error

    def _is_away(self, error: Exception) -> None:
        if not self._breaker.is_open:
            log.warning("database_away", error=type(error).__name__)
        self._breaker.failed(self._clock_s())

    @property
    def engine(self) -> AsyncEngine:
        """For those who watch what is executed."""
        return self._engine

    @property
    def is_up(self) -> bool:
        """False from a failure to reach it until the next success."""
        return not self._breaker.is_open

    @property
    def connections_used(self) -> int:
        pool = self._engine.pool
        return pool.checkedout() if isinstance(pool, QueuePool) else 0

    async def ping(self) -> None:
        """Return when the database answers; raise `DatabaseUnavailable` otherwise."""
        async with self.transaction() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._engine.dispose()


def _refuse_closed(connection: Any, _record: object, _proxy: object) -> None:
    """Of a connection that the server has closed the driver knows without asking: take a new one."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


def _drop_silent(context: ExceptionContext) -> None:
    """A connection on which no answer came is not asked to roll back: it would not answer that either."""
    if isinstance(context.original_exception, TimeoutError):
        context.is_disconnect = True


async def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema. Several processes may do so at once.

    Raises `DatabaseUnavailable`, or `ForeignSchema` when somebody else's tables are in the way.
    """
    try:
        if await is_newest(asyncpg_url(url)):
            return
        from store.migrations.run import upgrade  # with Alembic, which nobody needs afterwards

        await upgrade(asyncpg_url(url))
    except Exception as error:
        if is_unavailable(error):
            raise DatabaseUnavailable(type(error).__name__) from error
        raise
