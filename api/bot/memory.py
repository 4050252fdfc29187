"""Remembers which messages have yet to be brought to an end, over restarts. Nobody waits for it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

import structlog
from sqlalchemy.exc import DBAPIError

from store.database import Database
from store.errors import DatabaseUnavailable
from store.queries.bot_messages import (
    KeptMessage,
    OpenMessage,
    forget_bot_messages,
    keep_bot_message,
    open_bot_messages,
)

log = structlog.get_logger(__name__)

MAX_WAITING = 20_000
MAX_RESTORED = 20_000
BATCH = 200
RETRY_S = 2.0
FLUSH_S = 2.0


class Memory:
    """`async with` writes; leaving it writes what is left, within `FLUSH_S`.

    At most `MAX_WAITING` changes wait for the database, the newest of each message; beyond, the oldest is
    given up: after a restart that message stays as it is.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changes: OrderedDict[str, KeptMessage | None] = OrderedDict()
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._task: asyncio.Task[None] | None = None
        self.dropped = 0

    def keep(self, message: KeptMessage) -> None:
        self._change(message.key, message)

    def forget(self, key: str) -> None:
        self._change(key, None)

    async def restore(self) -> list[OpenMessage]:
        """Messages that an earlier process has left, the oldest first. Raises `DatabaseUnavailable`."""
        async with self._database.transaction() as session:
            return await open_bot_messages(session, MAX_RESTORED)

    async def __aenter__(self) -> Memory:
        self._task = asyncio.create_task(self._run(), name="bot_memory")
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            async with asyncio.timeout(FLUSH_S):
                await self._idle.wait()
        except TimeoutError:
            log.warning("bot_memory_lost", messages=len(self._changes))
        finally:
            if self._task is not None:
                self._task.cancel()
                await asyncio.wait([self._task])

    def _change(self, key: str, change: KeptMessage | None) -> None:
        self._changes.pop(key, None)
        self._changes[key] = change
        if len(self._changes) > MAX_WAITING:
            self._changes.popitem(last=False)
            self.dropped += 1
        self._idle.clear()
        self._work.set()

    async def _run(self) -> None:
        while True:
            await self._work.wait()
            batch = [self._changes.popitem(last=False) for _ in range(min(BATCH, len(self._changes)))]
            if not batch:
                self._work.clear()
                self._idle.set()
                continue
            try:
                await self._write(batch)
            except DatabaseUnavailable:
                for key, change in reversed(batch):
                    if key not in self._changes:
                        self._changes[key] = change
                        self._changes.move_to_end(key, last=False)
                await asyncio.sleep(RETRY_S)
            except Exception:
                # A defect of ours must not stop all writes after it.
                log.exception("bot_memory_failed", messages=len(batch))

    async def _write(self, batch: list[tuple[str, KeptMessage | None]]) -> None:
        try:
            async with self._database.transaction() as session:
                for _, change in batch:
                    if change is not None:
                        await keep_bot_message(session, change)
                if forgotten := [key for key, change in batch if change is None]:
                    await forget_bot_messages(session, forgotten)
        except DBAPIError as error:
            if len(batch) == 1:  # as of a person who has gone meanwhile
                log.info("bot_message_not_kept", error=type(error).__name__)
                return
            for single in batch:
                await self._write([single])
