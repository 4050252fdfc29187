"""Counting requests in memory."""

from __future__ import annotations

from api.limit_storage import BoundedMemoryStorage


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def test_window_begins_with_its_first_hit_and_starts_anew_after_its_time() -> None:
    clock = Clock()
    storage = BoundedMemoryStorage(clock_s=clock)
    clock.now_s = 59
    assert [await storage.incr("a", 60) for _ in range(3)] == [1, 2, 3]
    assert await storage.get_expiry("a") == 119
    clock.now_s = 118
    assert await storage.incr("a", 60) == 4
    assert await storage.get("a") == 4
    clock.now_s = 119
    assert await storage.get("a") == 0
    assert await storage.incr("a", 60) == 1


async def test_expired_windows_are_forgotten() -> None:
    clock = Clock()
    storage = BoundedMemoryStorage(clock_s=clock)
    for n in range(100):
        await storage.incr(str(n), 60)
    clock.now_s = 60
    await storage.incr("new", 60)
    assert len(storage) == 1


async def test_oldest_goes_when_there_are_too_many() -> None:
    storage = BoundedMemoryStorage(max_keys=2, clock_s=Clock())
    for key in ("a", "b", "a", "c"):
        await storage.incr(key, 60)
    assert [await storage.get(key) for key in ("a", "b", "c")] == [0, 1, 1]


async def test_reset_and_clear() -> None:
    storage = BoundedMemoryStorage(clock_s=Clock())
    for key in ("a", "b"):
        await storage.incr(key, 60)
    await storage.clear("a")
    assert await storage.get("a") == 0
    assert await storage.reset() == 1
    assert await storage.check()
    assert len(storage) == 0
