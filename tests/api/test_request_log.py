from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import structlog
from aiohttp import web
from structlog.testing import capture_logs

from api.config import Rates
from api.credentials import signed_in

if TYPE_CHECKING:
    from tests.api.conftest import StartApi


def lines(logs: list) -> list[dict]:
    return [line for line in logs if line["event"] == "request_answered"]


async def test_every_request_is_one_line_without_what_it_asks_for(start_api: StartApi) -> None:
    anna = await (await start_api(dev_sign_in="always")).signed_in()
    call_id = (await anna.post("/api/calls", {"title": "Secret plans"})).json["call_id"]
    with capture_logs() as logs:
        await anna.get(f"/api/calls/{call_id}?why=curious")
        await anna.get("/api/calls/unknown-call")
    first, second = lines(logs)
    assert (first["method"], first["route"], first["status"]) == ("GET", "/api/calls/{call_id}", 200)
    assert first["ms"] >= 0
    assert (second["log_level"], second["status"]) == ("info", 404)
    assert all(word not in str(logs) for word in (call_id, "curious", "Secret"))


async def test_what_is_polled_is_no_news_while_it_is_well(start_api: StartApi) -> None:
    api = await start_api()
    with capture_logs() as logs:
        for path in ("/health", "/health/", "/nowhere"):
            await api.get(path)
    told = [(line["log_level"], line["route"], line["status"]) for line in lines(logs)]
    assert told == [("debug", "/health", 200)] * 2 + [("info", "other", 404)]


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("0af7651916cd43dd8448eb211c80319c", True),
        ("short", False),
        ("with space and", False),
        ("x" * 65, False),
    ],
)
async def test_proxy_gives_an_id_of_its_own_where_it_is_one(
    start_api: StartApi, given: str, is_kept: bool
) -> None:
    answer = await (await start_api()).request("GET", "/health", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is is_kept
    assert len(answer.headers["X-Request-ID"]) >= 8


async def test_lines_of_a_request_say_whose_it_is(start_api: StartApi) -> None:
    async def failing(request: web.Request) -> web.Response:
        await signed_in(request)
        raise RuntimeError("on purpose")

    def with_failure(app: web.Application) -> None:
        app.router.add_get("/api/failing", failing)

    api = await start_api(rates=Rates(3, 3, 3), routes=with_failure)
    with capture_logs([structlog.contextvars.merge_contextvars]) as logs:
        anna = await api.signed_in()
        await api.get("/api/friends")  # on the same connection
        await anna.get("/api/failing", headers={"X-Request-ID": "anna-asks-this"})
        await anna.get("/api/friends")
        await anna.get("/api/friends")
        await anna.get("/api/friends")
    me = logs[0]["user_id"]
    assert [(line["event"], line.get("status"), line.get("user_id")) for line in logs] == [
        ("signed_in", None, me),
        ("request_answered", 200, me),
        ("request_answered", 401, None),
        ("request_failed", None, me),
        ("request_answered", 500, me),
        ("request_answered", 200, me),
        ("request_answered", 200, me),
        ("request_answered", 429, me),
    ]
    assert [line["request_id"] for line in logs[3:5]] == ["anna-asks-this"] * 2
    assert len({line["request_id"] for line in logs}) == 6
