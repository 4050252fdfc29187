"""What is answered to whoever has reached a limit: a 429 that says when to come again."""

from __future__ import annotations

import time

from limits import RateLimitItemPerMinute
from limits.aio.strategies import FixedWindowRateLimiter

from api.errors import RateLimited


async def exceeded(
    limiter: FixedWindowRateLimiter, item: RateLimitItemPerMinute, name: str, who: str
) -> RateLimited:
    """The answer to who has reached the limit `name`."""
    stats = await limiter.get_window_stats(item, name, who)
    reset_s = max(1, round(stats.reset_time - time.time()))
    headers = {
        "Retry-After": str(reset_s),
        "RateLimit-Limit": str(item.amount),
        "RateLimit-Remaining": str(stats.remaining),
        "RateLimit-Reset": str(reset_s),
    }
    return RateLimited(f"{item.amount} per {item.multiples or 1} minute", headers)
