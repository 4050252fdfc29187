"""Tasks that somebody holds, and ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)

_CANCEL_AGAIN_S = 5.0  # longer than tidying up takes


class Tasks:
    """Starts tasks and keeps them until they end. One that fails is logged; the others go on."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=f"telcall-{name}")
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    async def close(self) -> None:
        """Ends all of them, except the caller's own.

        Once is not always enough: before Python 3.12 `asyncio.wait_for`, by which aiortc and aioice wait, can
        swallow a cancellation.
        """
        ending = {task for task in self._running if task is not asyncio.current_task()}
        while ending:
            for task in ending:
                task.cancel()
            _, ending = await asyncio.wait(ending, timeout=_CANCEL_AGAIN_S)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("participant_task_failed", task=task.get_name(), exc_info=error)
