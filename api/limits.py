"""Rate limits: so many requests in the minute that begins with the first. They count before they are parsed.

Signed-in requests count for the person, others for the client's address (IPv6 by /64): an office behind one
address does not share one person's share. Files of the Mini App, health checks and sockets are not counted
here.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from limits import RateLimitItemPerMinute
from limits.aio.storage import Storage
from limits.aio.strategies import FixedWindowRateLimiter

from api.client_address import client_address, client_key
from api.config import ApiConfig
from api.creation_limit import CreationLimit
from api.credentials import counted_claims
from api.errors import Handler
from api.exceeded import exceeded
from api.request_log import comes_from

COUNTED = ("/api/", "/auth/")
SIGN_IN = ("/auth/telegram", "/auth/browser")
CREATE = (("POST", "/api/calls"), ("POST", "/api/calls/friend"))
EXPORT = "/api/me/export"
NOT_COUNTED = "/api/telegram/"
"""Telegram's updates of everybody come from a few addresses, with a secret."""


class RateLimits:
    """Counts requests in `storage`. `on_limit` is told the name of each limit that was hit."""

    def __init__(
        self,
        config: ApiConfig,
        storage: Storage,
        on_limit: Callable[[str], None],
        is_exempt: Callable[[web.Request], bool],
    ) -> None:
        """`is_exempt`: requests that the sign-in limit need not stop."""
        self._limiter = FixedWindowRateLimiter(storage)
        self._trusted_proxies = config.trusted_proxies
        self._on_limit, self._is_exempt = on_limit, is_exempt
        rates = config.rates
        self._all = ("rate_all", RateLimitItemPerMinute(rates.all_per_minute))
        self._sign_in = ("rate_auth", RateLimitItemPerMinute(rates.sign_in_per_minute))
        self._create = CreationLimit(rates.create_per_minute, storage, on_limit)
        self._export = ("rate_export", RateLimitItemPerMinute(rates.exports_per_minute))

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        path = request.path.rstrip("/")
        is_counted = f"{path}/".startswith(COUNTED) and not path.startswith(NOT_COUNTED)
        if request.method == "OPTIONS" or not is_counted:
            return await handler(request)
        who = self._who(request)
        await self._hit(*self._all, who)
        if request.method == "POST" and path in SIGN_IN and not self._is_exempt(request):
            await self._hit(*self._sign_in, who)
        elif (request.method, path) in CREATE:
            await self._create.hit(who)
        elif path == EXPORT:  # HEAD reads as much as GET
            await self._hit(*self._export, who)
        return await handler(request)

    def _who(self, request: web.Request) -> str:
        if request.path.rstrip("/") not in SIGN_IN and (claims := counted_claims(request)) is not None:
            comes_from(claims.user_id)  # whoever is refused here is not asked for again
            return f"user:{claims.user_id}"
        return f"address:{client_key(client_address(request, self._trusted_proxies))}"

    async def _hit(self, name: str, item: RateLimitItemPerMinute, who: str) -> None:
        if await self._limiter.hit(item, name, who):
            return
        self._on_limit(name)
        raise await exceeded(self._limiter, item, name, who)
