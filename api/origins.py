"""Which pages may call us: CORS (Fetch standard) and the `Origin` check against forged requests.

CORS answers exact origins only, with credentials. The same list, and our own origin, is what an unsafe
request must come from when a cookie alone signs it in.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

from api.client_address import client_scheme
from api.config import ApiConfig
from api.errors import ApiError, Handler

METHODS = "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
PREFLIGHT_MAX_AGE_S = 600
EXPOSED = "Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-Request-ID"
LOCALHOST_NAMES = ("localhost", "127.0.0.1", "::1")


class Origins:
    """The origins that may call the API."""

    def __init__(self, config: ApiConfig) -> None:
        self._cors = frozenset(origin.rstrip("/").lower() for origin in config.cors_origins)
        self._own = _origin_of(config.public_url)
        self._localhost = config.allow_localhost_origins
        self._trusted_proxies = config.trusted_proxies

    def is_cors(self, origin: str) -> bool:
        """True for another site's page that may call us."""
        return origin.lower() in self._cors or (self._localhost and _is_localhost(origin))

    def is_allowed(self, request: web.Request, origin: str) -> bool:
        """True for our own pages and for those of `is_cors`."""
        own = f"{client_scheme(request, self._trusted_proxies)}://{request.headers.get('Host', '')}"
        return origin.lower() in (self._own, own.lower()) or self.is_cors(origin)

    def require_allowed(self, request: web.Request, *, absent_is_allowed: bool) -> None:
        """Raise 403 unless the request comes from an allowed page.

        Absent: not from a browser's page, which cannot leave it out of an unsafe request.
        """
        origin = request.headers.get("Origin")
        if origin is None and absent_is_allowed:
            return
        if origin is None or not self.is_allowed(request, origin):
            raise ApiError(403, "Origin not allowed")

    async def add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        """Signal `on_response_prepare`: every response, errors too."""
        vary = response.headers.get("Vary")
        response.headers["Vary"] = f"{vary}, Origin" if vary else "Origin"
        origin = request.headers.get("Origin")
        if origin is not None and self.is_cors(origin):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Credentials"] = "true"
            response.headers["Access-Control-Expose-Headers"] = EXPOSED

    @web.middleware
    async def preflight(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answers preflight requests, for every path."""
        if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
            return await handler(request)
        origin = request.headers.get("Origin", "")
        if not self.is_cors(origin):
            return web.Response(status=400, text="Disallowed CORS origin")
        headers = {
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Max-Age": str(PREFLIGHT_MAX_AGE_S),
        }
        if (wanted := request.headers.get("Access-Control-Request-Headers")) is not None:
            headers["Access-Control-Allow-Headers"] = wanted
        return web.Response(text="OK", headers=headers)


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _is_localhost(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        return parts.scheme in ("http", "https") and parts.hostname in LOCALHOST_NAMES
    except ValueError:
        return False
