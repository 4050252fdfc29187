"""CORS: exact origins, with credentials, on errors too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from aiohttp import web

    from tests.api.conftest import Answer, Client, StartApi

ORIGIN = "https://app.example"


@pytest.fixture
async def cors(start_api: StartApi) -> Client:
    def fail(app: web.Application) -> None:
        async def handler(_request: web.Request) -> web.Response:
            raise ZeroDivisionError("secret")

        app.router.add_get("/api/fail", handler)

    return await start_api(cors_origins=(ORIGIN,), routes=fail)


async def preflight(client: Client, origin: str, path: str = "/api/calls") -> Answer:
    return await client.request(
        "OPTIONS",
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )


@pytest.mark.parametrize("path", ["/api/calls", "/api/calls/", "/auth/telegram", "/nowhere"])
async def test_preflight_of_an_allowed_origin(cors: Client, path: str) -> None:
    answer = await preflight(cors, ORIGIN, path)
    assert (answer.status, answer.text) == (200, "OK")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["Access-Control-Allow-Methods"] == "DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization,content-type"
    assert answer.headers["Access-Control-Max-Age"] == "600"
    assert "Origin" in answer.headers["Vary"]


FOREIGN = [
    "https://evil.example",
    "http://app.example",
    "https://app.example:444",
    "https://app.example.evil.example",
    "https://sub.app.example",
    "http://localhost:5173",
    "null",
    "",
    "*",
]


@pytest.mark.parametrize("origin", FOREIGN)
async def test_other_origins_get_nothing(cors: Client, origin: str) -> None:
    refused = await preflight(cors, origin)
    assert (refused.status, refused.text) == (400, "Disallowed CORS origin")
    simple = await cors.get("/health", headers={"Origin": origin})
    for answer in (refused, simple):
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/api/me", 401),
        ("GET", "/nowhere", 404),
        ("DELETE", "/api/calls", 405),
        ("POST", "/auth/telegram", 422),
        ("GET", "/api/fail", 500),
    ],
)
async def test_every_answer_has_cors_and_security_headers(
    cors: Client, method: str, path: str, status: int
) -> None:
    answer = await cors.request(method, path, headers={"Origin": ORIGIN})
    assert answer.status == status
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self' https://telegram.org;" in policy
    for frame in ("web", "k.web", "a.web", "z.web"):
        assert f"https://{frame}.telegram.org" in policy.partition("frame-ancestors")[2]
    assert "camera=(self)" in answer.headers["Permissions-Policy"]
    assert "aiohttp" not in answer.headers["Server"]


async def test_unexpected_error_is_json_and_says_nothing(cors: Client) -> None:
    answer: Any = await cors.get("/api/fail")
    assert (answer.status, answer.json) == (500, {"detail": "Internal Server Error"})


async def test_pages_of_this_machine_may_call_where_developers_asked_for_it(start_api: StartApi) -> None:
    api = await start_api(allow_localhost_origins=True)
    for origin in ("http://localhost:5173", "http://127.0.0.1:3000", "http://[::1]:3000"):
        assert (await preflight(api, origin)).status == 200
    for origin in ("http://localhost.evil.example", "http://[::1", "http://127.0.0.1.evil.example"):
        assert (await preflight(api, origin)).status == 400
