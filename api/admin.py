"""Who may use the operator's routes: whoever brings the admin token as a bearer, and nobody by a cookie.

Without a token in the settings there are no such routes. Wrong tokens are counted for the client's address;
when too many have come, the right one is not listened to either, for the rest of the minute.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256

import structlog
from aiohttp import web
from limits import RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter

from api.client_address import client_address, client_key
from api.config import ApiConfig
from api.errors import ApiError, Handler, Unauthorized
from api.exceeded import exceeded

log = structlog.get_logger(__name__)

LIMIT = "rate_admin"


class AdminGuard:
    """Counts wrong tokens in `storage`. `on_limit` is told when there were too many."""

    def __init__(self, config: ApiConfig, storage: Storage, on_limit: Callable[[str], None]) -> None:
        self._digest = None if config.admin_token is None else _digest(config.admin_token)
        self._trusted_proxies = config.trusted_proxies
        self._limiter = FixedWindowRateLimiter(storage)
        self._wrong = RateLimitItemPerMinute(config.rates.admin_failures_per_minute)
        self._on_limit = on_limit

    def guarded(self, handler: Handler) -> Handler:
        """`handler` for the operator alone."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            await self._require(request)
            return await handler(request)

        return guarded

    async def _require(self, request: web.Request) -> None:
        if self._digest is None:
            raise ApiError(404, "Not Found")
        who = f"address:{client_key(client_address(request, self._trusted_proxies))}"
        if not await self._limiter.test(self._wrong, LIMIT, who):
            self._on_limit(LIMIT)
            raise await exceeded(self._limiter, self._wrong, LIMIT, who)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and hmac.compare_digest(_digest(token.strip()), self._digest):
            return
        await self._limiter.hit(self._wrong, LIMIT, who)
        log.warning("admin_refused", address=who)
        raise Unauthorized("Invalid token" if scheme else "Not authenticated")


def _digest(token: str) -> bytes:
    """All of one length, so that comparing them does not tell how long the token is."""
    return sha256(token.encode("utf-8", "surrogateescape")).digest()
