from __future__ import annotations

import asyncio

import pytest

from telcall.client import tasks
from telcall.client.tasks import Tasks


async def test_all_are_ended_but_the_one_that_ends_them() -> None:
    held, closed = Tasks(), asyncio.Event()

    async def close() -> None:
        await held.close()
        closed.set()

    sleeping = held.start(asyncio.sleep(3_600), "sleeping")
    held.start(close(), "closing")
    await asyncio.wait_for(closed.wait(), 5)
    assert sleeping.cancelled()


async def test_one_that_swallows_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_CANCEL_AGAIN_S", 0.01)

    async def deaf() -> None:
        try:
            await asyncio.sleep(3_600)
        except asyncio.CancelledError:
            await asyncio.sleep(3_600)

    held = Tasks()
    held.start(deaf(), "deaf")
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await held.close()


async def test_one_that_fails_leaves_the_others_alone() -> None:
    async def fail() -> None:
        raise ValueError("wrong")

    held = Tasks()
    other = held.start(asyncio.sleep(3_600), "other")
    await asyncio.wait([held.start(fail(), "failing")])
    assert not other.done()
    await held.close()
