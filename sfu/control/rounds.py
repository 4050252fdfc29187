"""What happens in every room by the clock: who speaks, how everybody fares, whose picture nobody is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

import structlog

from sfu.control.quality import INTERVAL_US
from sfu.control.room import Room
from sfu.core.speakers.dominance import DECISION_US
from sfu.dataplane.engine import Engine

log = structlog.get_logger(__name__)


class Rounds:
    """rooms: those that are there, whenever a round begins. Runs from its making until `close`."""

    def __init__(self, engine: Engine, rooms: Mapping[str, Room]) -> None:
        self._engine, self._rooms = engine, rooms
        self._tasks = [
            asyncio.create_task(self._listen(), name="speakers"),
            asyncio.create_task(self._measure(), name="quality"),
        ]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks)

    async def _listen(self) -> None:
        while True:
            await asyncio.sleep(DECISION_US / 1_000_000)
            try:
                levels = self._engine.take_audio_levels()
            except Exception:
                log.exception("levels_not_taken")
                continue
            for room in list(self._rooms.values()):
                self._attempt("speakers_failed", partial(room.hear, levels))
                self._attempt("watching_failed", room.look_by_the_clock)

    async def _measure(self) -> None:
        """Room by room: the packets of the others need not wait for all of them."""
        while True:
            await asyncio.sleep(INTERVAL_US / 1_000_000)
            for room in list(self._rooms.values()):
                self._attempt("quality_failed", partial(room.measure, self._engine.participant_stats))
                await asyncio.sleep(0)

    @staticmethod
    def _attempt(failed: str, act: Callable[[], None]) -> None:
        """One room's failure is not the others'."""
        try:
            act()
        except Exception:
            log.exception(failed)
