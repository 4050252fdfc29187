"""Calls that are over long enough go, with all that hangs on them: who was in them, statistics, ratings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from store.database import Database
from store.errors import DatabaseUnavailable
from store.queries.calls import purge_calls

log = structlog.get_logger(__name__)

BATCH = 200
"""Calls of one transaction: as many as go long before a statement's time is over."""
EVERY_S = 3_600.0
RETRY_S = 60.0


class Retention:
    """`keep_days`: how long calls are kept after they were made; more than 0."""

    def __init__(
        self,
        database: Database,
        keep_days: int,
        *,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database, self._keep, self._utc = database, timedelta(days=keep_days), utc

    async def purge(self) -> int:
        """Take away what is too old, some at a time; gives the number of calls. Raises
        `DatabaseUnavailable`."""
        before, purged = self._utc() - self._keep, 0
        while True:
            async with self._database.transaction() as session:
                gone = await purge_calls(session, before, BATCH)
            purged += gone
            if gone < BATCH:
                return purged

    async def run(self) -> None:
        """Purge for as long as the task lives."""
        while True:
            wait_s = EVERY_S
            try:
                if purged := await self.purge():
                    log.info("calls_purged", calls=purged)
            except DatabaseUnavailable:
                wait_s = RETRY_S
            except Exception:
                log.exception("purge_failed")
            await asyncio.sleep(wait_s)
