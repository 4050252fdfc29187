"""What each route may answer, as OpenAPI describes it: statuses, bodies, headers.

What every answer has in common stands under `components` once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from api.routes.table import Route
from api.schemas.errors import Problem, RateLimitProblem, ValidationProblem

UNAUTHORIZED = (
    "Not authenticated",
    "Invalid token",
    "Token has expired",
    "Invalid token payload",
    "User not found",
)
FORGED = ("Origin not allowed",)
NO_ADMIN = ("Not authenticated", "Invalid token")
NO_ADMIN_ROUTES = ("Not Found",)
AWAY = ("Database unavailable",)
MALFORMED = ("Bad Request",)
FAULT = ("Internal Server Error",)
COMES_BACK = frozenset((*AWAY, "Call unreachable", "Telegram is not reachable"))
"""What is said with `Retry-After`."""

HEADERS: Mapping[str, Mapping[str, Any]] = {
    "X-Request-ID": {
        "description": "The one that the request brought, or one of the server's; it stands in the log.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"},
    },
    "Cache-Control": {"required": True, "schema": {"type": "string", "const": "no-store"}},
    "Retry-After": {
        "description": "Seconds.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimit-Limit": {
        "description": "Requests in a window.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimit-Remaining": {"required": True, "schema": {"type": "integer", "minimum": 0}},
    "RateLimit-Reset": {
        "description": "Seconds until the next window.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "Set-Cookie": {
        "description": "`access_token`, HttpOnly.",
        "required": True,
        "schema": {"type": "string", "pattern": "^access_token="},
    },
    "Content-Disposition": {"required": True, "schema": {"type": "string", "pattern": "^attachment;"}},
}
PROBLEMS: tuple[type[BaseModel], ...] = (Problem, RateLimitProblem, ValidationProblem)


def responses(route: Route, answer: Mapping[str, Any], problems: Mapping[str, Any]) -> dict[str, Any]:
    """Status -> response. `answer`: the schema of success; `problems`: those of `PROBLEMS` by name."""
    done = ("X-Request-ID", "Cache-Control", *route.headers)
    return {
        str(route.status): {"description": "Done", "headers": _headers(done), "content": content(answer)},
        **{
            str(status): {
                "description": " | ".join(texts),
                "headers": _headers(_problem_headers(status, texts)),
                "content": content(problems[_problem(status).__name__]),
            }
            for status, texts in sorted(_errors(route).items())
        },
    }


def content(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _headers(names: tuple[str, ...]) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _problem_headers(status: int, texts: tuple[str, ...]) -> tuple[str, ...]:
    if status == 429:
        return ("X-Request-ID", "Retry-After", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    if status == 503 and COMES_BACK.issuperset(texts):
        return ("X-Request-ID", "Retry-After")
    return ("X-Request-ID",)


def _problem(status: int) -> type[BaseModel]:
    if status == 422:
        return ValidationProblem
    return RateLimitProblem if status == 429 else Problem


def _errors(route: Route) -> dict[int, tuple[str, ...]]:
    errors = {500: FAULT} | dict(route.errors)
    errors[400] = (*errors.get(400, ()), *MALFORMED)
    if route.is_admin:
        errors = {401: NO_ADMIN} | errors
        errors[404] = (*errors.get(404, ()), *NO_ADMIN_ROUTES)
    elif not route.is_public:
        errors = {401: UNAUTHORIZED, 503: AWAY} | errors
        errors[503] = tuple(dict.fromkeys((*AWAY, *errors[503])))
        if route.method != "GET":
            errors[403] = (*errors.get(403, ()), *FORGED)
    if route.body is not None:
        errors |= {
            408: ("Request Timeout",),
            413: ("Request Entity Too Large",),
            415: ("Unsupported Media Type",),
            422: ("Invalid input",),
        }
    if route.query is not None:
        errors[422] = ("Invalid input",)
    if route.path.startswith(("/api", "/auth")):
        errors[429] = ("Rate limit exceeded: <limit>",)
    return errors
