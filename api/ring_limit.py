"""How often one person may ring another one: a few times in ten minutes."""

from __future__ import annotations

import time
from collections.abc import Callable

from limits import RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter

from api.errors import RateLimited

NAME = "ring_per_pair"
MINUTES = 10


class RingLimit:
    """Counts in `storage`, whose windows should all be of one length. `on_limit` is told of each hit."""

    def __init__(self, per_pair: int, storage: Storage, on_limit: Callable[[str], None]) -> None:
        self._limiter = FixedWindowRateLimiter(storage)
        self._item = RateLimitItemPerMinute(per_pair, MINUTES)
        self._on_limit = on_limit

    async def hit(self, caller_id: int, friend_id: int) -> None:
        """Raises `RateLimited`."""
        pair = (NAME, f"{caller_id}:{friend_id}")
        if await self._limiter.hit(self._item, *pair):
            return
        self._on_limit(NAME)
        stats = await self._limiter.get_window_stats(self._item, *pair)
        reset_s = max(1, round(stats.reset_time - time.time()))
        headers = {
            "Retry-After": str(reset_s),
            "RateLimit-Limit": str(self._item.amount),
            "RateLimit-Remaining": str(stats.remaining),
            "RateLimit-Reset": str(reset_s),
        }
        raise RateLimited(f"{self._item.amount} per {MINUTES} minute", headers)
