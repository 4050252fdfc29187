"""One line per request; its id, and whose it is, stand in everything that is logged meanwhile."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from aiohttp import web

from api.errors import Handler, route_name

log = structlog.get_logger(__name__)

REQUEST_ID = "X-Request-ID"
_KEY = web.RequestKey("request_id", str)
_USER = "user_id"
_GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
"""What a proxy's own id may be; anything else is not taken into the log."""
_POLLED = ("/health", "/health/", "/metrics", "/metrics/", "other")
"""Asked every few seconds, or files of the page: only failures are news."""


@web.middleware
async def request_log(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Outermost of those that answer errors: it sees the status that the client sees."""
    given = request.headers.get(REQUEST_ID, "")
    request_id = request[_KEY] = given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
    structlog.contextvars.bind_contextvars(request_id=request_id)
    try:
        return await _logged(request, handler)
    finally:
        structlog.contextvars.unbind_contextvars("request_id", _USER)


def comes_from(user_id: int) -> None:
    """The request is this person's (`users.id`): all further lines of it say so."""
    structlog.contextvars.bind_contextvars(**{_USER: user_id})


async def _logged(request: web.Request, handler: Handler) -> web.StreamResponse:
    started_s = time.perf_counter()
    response = await handler(request)
    if isinstance(response, web.WebSocketResponse):
        return response  # its own events tell of it
    route = route_name(request)
    is_news = response.status >= 400 or route not in _POLLED
    (log.info if is_news else log.debug)(
        "request_answered",
        method=request.method,
        route=route,
        status=response.status,
        ms=round((time.perf_counter() - started_s) * 1_000, 1),
    )
    return response


async def add_request_id(request: web.Request, response: web.StreamResponse) -> None:
    """Signal `on_response_prepare`."""
    if (request_id := request.get(_KEY)) is not None:
        response.headers[REQUEST_ID] = request_id
