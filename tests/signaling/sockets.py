"""What tests over real sockets share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from signaling.config import Rate, RateLimits

MakeServer = Callable[..., Awaitable[Any]]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
ENDLESS = Rate(1e12, 1e12)
UNLIMITED = RateLimits(sdp=ENDLESS, candidates=ENDLESS, other=ENDLESS, bytes=ENDLESS)


async def refused(client: Any) -> tuple[int, str]:
    """Close code and the code of the only `error` before it."""
    close_code, messages = await client.close_code()
    assert [message["type"] for message in messages] == ["error"]
    return close_code, messages[0]["code"]
