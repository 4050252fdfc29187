"""One line per request; its id, and whose it is, stand in everything that is logged meanwhile."""

from __future__ import annotations

import re
import time
from random import getrandbits

import structlog
from aiohttp import web

from api.errors import Handler, route_name
from api.metrics import RequestMetrics

log = structlog.get_logger(__name__)

REQUEST_ID = "X-Request-ID"
_KEY = web.RequestKey("request_id", str)
_GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
"""What a proxy's own id may be; anything else is not taken into the log."""
_POLLED = ("/health", "/metrics", "other")
"""Asked every few seconds, or files of the page: only failures are news."""


class RequestLog:
    """Logs and counts what was answered: outside of what answers errors, it sees the status of the client."""

    def __init__(self, metrics: RequestMetrics) -> None:
        self._metrics = metrics

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get(REQUEST_ID, "")
        request_id = request[_KEY] = given if _GIVEN.fullmatch(given) else f"{getrandbits(64):016x}"
        # Nobody else's lines: aiohttp answers each request in a task, and so in a context, of its own.
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started_s = time.perf_counter()
        response = await handler(request)
        if isinstance(response, web.WebSocketResponse):
            return response  # its own events tell of it
        took_s, route = time.perf_counter() - started_s, route_name(request)
        self._metrics.answered(request.method, route, response.status, took_s)
        is_news = response.status >= 400 or route not in _POLLED
        (log.info if is_news else log.debug)(
            "request_answered",
            method=request.method,
            route=route,
            status=response.status,
            ms=round(took_s * 1_000, 1),
        )
        return response


def comes_from(user_id: int) -> None:
    """The request is this person's (`users.id`): all further lines of it say so."""
    structlog.contextvars.bind_contextvars(user_id=user_id)


async def add_request_id(request: web.Request, response: web.StreamResponse) -> None:
    """Signal `on_response_prepare`."""
    if (request_id := request.get(_KEY)) is not None:
        response.headers[REQUEST_ID] = request_id
