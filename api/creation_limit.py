"""How many calls one person may create in a minute: over REST and by the bot together."""

from __future__ import annotations

from collections.abc import Callable

from limits import RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter

from api.errors import RateLimited
from api.exceeded import exceeded

NAME = "rate_create"


class CreationLimit:
    """Counts in `storage`: those that share it and `per_minute` count together. `on_limit` is told of each
    hit."""

    def __init__(self, per_minute: int, storage: Storage, on_limit: Callable[[str], None]) -> None:
        self._limiter = FixedWindowRateLimiter(storage)
        self._item = RateLimitItemPerMinute(per_minute)
        self._on_limit = on_limit

    async def hit(self, who: str) -> None:
        """`who`: `user:<users.id>`, or an address while nobody is signed in. Raises `RateLimited`."""
        if await self._limiter.hit(self._item, NAME, who):
            return
        self._on_limit(NAME)
        raise await exceeded(self._limiter, self._item, NAME, who)

    async def allows(self, user_id: int) -> bool:
        """Counts one more call of this person; False when that is too many."""
        try:
            await self.hit(f"user:{user_id}")
        except RateLimited:
            return False
        return True
