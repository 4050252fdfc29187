"""How often one person may ring another one: a few times in ten minutes."""

from __future__ import annotations

from collections.abc import Callable

from limits import RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter

from api.exceeded import exceeded

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
        raise await exceeded(self._limiter, self._item, *pair)
