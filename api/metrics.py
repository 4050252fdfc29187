"""What the REST part counts."""

from __future__ import annotations

import time

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Histogram

from api.errors import Handler, route_name

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class RequestMetrics:
    """Requests by route and status, and how long they took. Sockets are not requests in this sense."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "telcall_http_requests", "HTTP requests", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "telcall_http_request_seconds", "Time to answer a request", ("method", "route"), registry=registry
        )

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        started_s = time.perf_counter()
        response = await handler(request)
        if isinstance(response, web.WebSocketResponse):
            return response
        method = request.method if request.method in METHODS else "other"
        route = route_name(request)
        self._requests.labels(method, route, str(response.status)).inc()
        self._seconds.labels(method, route).observe(time.perf_counter() - started_s)
        return response
