"""One mapping from what went wrong to the status and body that say so."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import structlog
from aiohttp import web
from pydantic import ValidationError

from signaling.bus import RoomUnreachable
from signaling.lifecycle import (
    CallExpired,
    CallNotActive,
    CallNotAvailable,
    CallNotFound,
    LifecycleError,
    NotOrganizer,
)
from signaling.ratings import NotAParticipant, TooLateToRate
from store.errors import DatabaseUnavailable

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

VALIDATION_ERRORS = 20  # more are of no use to anybody
PHRASES = {413: "Request Entity Too Large"}
"""Python 3.13 has taken over another phrase from RFC 9110; clients get the same one everywhere."""


class ApiError(Exception):
    """An answer that is not a success. `detail` is shown to people as it is."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


class Unauthorized(ApiError):
    """Nobody is signed in, or the token is no good."""

    def __init__(self, detail: str = "Not authenticated") -> None:
        super().__init__(401, detail)


class RateLimited(ApiError):
    """Too many requests. `limit` is the documented text, such as `5 per 1 minute`."""

    def __init__(self, limit: str, headers: Mapping[str, str]) -> None:
        super().__init__(429, f"Rate limit exceeded: {limit}", headers)


class Invalid(ApiError):
    """Input of the wrong form. `errors` as pydantic gives them; what was sent is never repeated."""

    def __init__(self, errors: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(422, "Invalid input")
        self.errors = errors


CALL_ERRORS: dict[type[LifecycleError], tuple[int, str]] = {
    CallNotFound: (404, "Call not found"),
    CallExpired: (404, "Call has expired"),
    CallNotAvailable: (404, "Call is not available"),
    NotOrganizer: (403, "Only the organizer can end the call"),
    CallNotActive: (400, "Call is no longer active. Please create a new call."),
    NotAParticipant: (403, "Only participants can rate the call"),
    TooLateToRate: (400, "It is too late to rate the call"),
}


def invalid(error: ValidationError, place: str) -> Invalid:
    """A pydantic error about `place` (`body`, `query`) as our 422."""
    return Invalid(
        [
            {
                "type": found["type"],
                "loc": [place, *found["loc"]],
                # Messages of validators may quote the input: of these the type must do.
                "msg": "Invalid value" if found["type"] == "value_error" else found["msg"],
            }
            for found in error.errors(include_url=False, include_context=False, include_input=False)
        ][:VALIDATION_ERRORS]
    )


def response(error: ApiError) -> web.Response:
    body: dict[str, Any] = {"detail": error.detail}
    if isinstance(error, Invalid):
        body["detail"] = error.errors
    elif isinstance(error, RateLimited):
        body["error"] = error.detail
    return web.json_response(body, status=error.status, headers=error.headers)


def api_error(error: Exception) -> ApiError | None:
    """The answer to a known error, or None when it is nobody's fault but ours."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, LifecycleError) and (known := CALL_ERRORS.get(type(error))):
        return ApiError(*known)
    if isinstance(error, DatabaseUnavailable):
        return ApiError(503, "Database unavailable", {"Retry-After": "2"})
    if isinstance(error, RoomUnreachable):
        return ApiError(503, "Call unreachable", {"Retry-After": "2"})
    if isinstance(error, web.HTTPException) and error.status >= 400:
        kept = {name: error.headers[name] for name in ("Allow",) if name in error.headers}
        return ApiError(error.status, PHRASES.get(error.status, error.reason), kept)
    return None


@web.middleware
async def errors_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Exception as error:
        if isinstance(error, web.HTTPException) and error.status < 400:
            raise
        if (known := api_error(error)) is not None:
            return response(known)
        log.exception("request_failed", method=request.method, route=route_name(request))
        return response(ApiError(500, "Internal Server Error"))


def route_name(request: web.Request) -> str:
    """The route's pattern, never the path itself: paths are without bound and hold ids. One for both forms of
    a path, with a slash at its end and without."""
    resource = request.match_info.route.resource
    return "other" if resource is None else resource.canonical.rstrip("/") or "/"
