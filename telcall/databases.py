"""Which database the server has, and what `telcall db` does with it: that alone loads Alembic."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from store.database import asyncpg_url, migrate
from store.errors import (
    NO_SUCH_DATABASE,
    DatabaseUnavailable,
    ForeignSchema,
    UnknownRevision,
    is_unavailable,
    not_let_in,
)
from telcall.embedded_postgres import EmbeddedPostgres
from telcall.errors import StartFailed
from telcall.running_postgres import require_cluster, running_url
from telcall.settings import Settings
from telcall.settings_report import without_password


@asynccontextmanager
async def running_database(settings: Settings) -> AsyncIterator[tuple[str, str]]:
    """The URL, and what to tell people about where the data is. The embedded one runs while the block lasts,
    and is started anew when it dies."""
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        yield url, without_password(url)
        return
    async with EmbeddedPostgres(settings.effective_data_dir) as postgres:
        watch = asyncio.create_task(postgres.keep_running(), name="embedded_postgres")
        try:
            yield postgres.url(), f"{settings.effective_data_dir} (embedded PostgreSQL)"
        finally:
            watch.cancel()
            await asyncio.wait([watch])


async def migrate_or_fail(url: str) -> None:
    """Brings the database to the newest schema. Raises `StartFailed`."""
    try:
        await migrate(url)
    except DatabaseUnavailable as error:
        raise _does_not_answer(url) from error
    except UnknownRevision as error:
        raise StartFailed(f"the database is newer than this server ({error}): run the newer one") from error
    except ForeignSchema as error:
        raise StartFailed(f"{error} (or name an empty database by DATABASE_URL)") from error
    except Exception as error:
        if (why := _why(url, error)) is not None:
            raise why from error
        raise


async def upgrade_only(settings: Settings) -> str:
    """For `telcall db upgrade`; gives the line to print. Raises `StartFailed`, as all of these. Makes the
    embedded database, as a start does; where it runs already, that one is upgraded."""
    async with _database(settings) as url:
        await migrate_or_fail(url)
        return await _current(url)


async def downgrade_only(settings: Settings, revision: str) -> str:
    """For `telcall db downgrade`. An embedded database that runs is refused: its server needs
    what would go."""
    from store.migrations.run import downgrade

    if settings.database_url is None:
        require_cluster(settings.effective_data_dir)
    async with running_database(settings) as (url, _):
        try:
            await downgrade(asyncpg_url(url), revision)
        except (UnknownRevision, ForeignSchema) as error:
            raise StartFailed(str(error)) from error
        except Exception as error:
            if (why := _why(url, error)) is not None:
                raise why from error
            raise
        return await _current(url)


async def current_only(settings: Settings) -> str:
    """For `telcall db current`. Makes no database."""
    if settings.database_url is None:
        require_cluster(settings.effective_data_dir)
    async with _database(settings) as url:
        return await _current(url)


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[str]:
    """The URL of the database, beside a server that runs the embedded one too."""
    running = None if settings.database_url is not None else running_url(settings.effective_data_dir)
    if running is not None:
        yield running
        return
    async with running_database(settings) as (url, _):
        yield url


async def _current(url: str) -> str:
    from store.migrations.run import current

    try:
        found, newest = await current(asyncpg_url(url))
    except Exception as error:
        if (why := _why(url, error)) is not None:
            raise why from error
        raise
    return f"{found or 'base'} ({'newest' if found == newest else f'newest: {newest}'})"


def _why(url: str, error: Exception) -> StartFailed | None:
    """What to do about an error of connecting; None: it is another one."""
    if is_unavailable(error):
        return _does_not_answer(url)
    state = not_let_in(error)
    if state is None:
        return None
    if state == NO_SUCH_DATABASE:
        return StartFailed(f"there is no database {without_password(url)}: make it, or correct DATABASE_URL")
    return StartFailed(
        f"the database {without_password(url)} does not let us in: correct DATABASE_URL, or without it run"
        " this as the user who runs the server"
    )


def _does_not_answer(url: str) -> StartFailed:
    return StartFailed(
        f"the database {without_password(url)} does not answer: start it, or correct DATABASE_URL"
    )
