"""Where one process counts requests: bounded, and of the same cost however many clients there are.

`limits` has a storage in memory too; at each hit it looks through all keys, and it has no bound, so that
whoever owns many addresses could slow everybody down.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from limits.aio.storage import Storage

MAX_KEYS = 100_000


class BoundedMemoryStorage(Storage):
    """At most `max_keys` windows; beyond, the one that began longest ago is forgotten.

    Meant for windows of one length: then the oldest is the next to expire.
    """

    STORAGE_SCHEME = None

    def __init__(self, max_keys: int = MAX_KEYS, clock_s: Callable[[], float] = time.time) -> None:
        super().__init__()
        self._max_keys, self._clock_s = max_keys, clock_s
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()  # key -> its end, hits

    def __len__(self) -> int:
        return len(self._windows)

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    async def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now_s = self._clock_s()
        self._expire(now_s)
        ends_s, hits = self._windows.get(key, (now_s + expiry, 0))
        if ends_s <= now_s:
            del self._windows[key]
            ends_s, hits = now_s + expiry, 0
        self._windows[key] = (ends_s, hits + amount)
        if len(self._windows) > self._max_keys:
            self._windows.popitem(last=False)
        return hits + amount

    async def get(self, key: str) -> int:
        ends_s, hits = self._windows.get(key, (0.0, 0))
        return hits if ends_s > self._clock_s() else 0

    async def get_expiry(self, key: str) -> float:
        return max(self._windows.get(key, (0.0, 0))[0], self._clock_s())

    async def check(self) -> bool:
        return True

    async def reset(self) -> int:
        count = len(self._windows)
        self._windows.clear()
        return count

    async def clear(self, key: str) -> None:
        self._windows.pop(key, None)

    def _expire(self, now_s: float) -> None:
        while self._windows and next(iter(self._windows.values()))[0] <= now_s:
            self._windows.popitem(last=False)
