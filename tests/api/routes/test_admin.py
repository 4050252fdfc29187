"""The operator's routes: who may use them, and what they do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web

from api.config import Rates
from telcall.admin_client import AdminClient, AdminRefused

if TYPE_CHECKING:
    from tests.api.conftest import Client, StartApi

ADMIN_TOKEN = "an-admin-token-of-at-least-32-characters"
ROUTES = (
    ("GET", "/api/admin/rooms"),
    ("HEAD", "/api/admin/rooms"),
    ("GET", "/api/admin/rooms/x"),
    ("POST", "/api/admin/rooms/x/end"),
    ("DELETE", "/api/admin/rooms/x/participants/1"),
)


@pytest.fixture
async def operator(start_api: StartApi) -> Client:
    return replace(await start_api(admin_token=ADMIN_TOKEN), bearer=ADMIN_TOKEN)


async def statuses(client: Client, **options: Any) -> set[int]:
    """Of every route, in both forms of its path."""
    return {
        (await client.request(method, path + slash, **options)).status
        for method, path in ROUTES
        for slash in ("", "/")
    }


# --- who --------------------------------------------------------------------------------------------------


async def test_without_a_token_in_the_settings_there_is_nothing(api: Client) -> None:
    nothing = await api.get("/api/admin/rooms")
    assert (nothing.status, nothing.detail) == (404, (await api.get("/api/no/such/route")).detail)
    assert await statuses(api) == {404}
    assert await statuses(replace(api, bearer="")) == {404}
    assert await statuses(replace(api, bearer="None")) == {404}
    assert await statuses(await api.signed_in()) == {404}


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {ADMIN_TOKEN}x",
        f"Bearer {ADMIN_TOKEN[:-1]}",
        f"Bearer {ADMIN_TOKEN.upper()}",
        f"Basic {ADMIN_TOKEN}",
        ADMIN_TOKEN,
        "Bearer \u043a\u043b\u044e\u0447",
    ],
)
async def test_nobody_else_comes_in(start_api: StartApi, authorization: str | None) -> None:
    api = await start_api(admin_token=ADMIN_TOKEN, rates=Rates(10_000, 10_000, 10_000, 10_000))
    headers = {} if authorization is None else {"Authorization": authorization}
    assert await statuses(api, headers=headers) == {401}


async def test_neither_a_cookie_nor_a_signed_in_person_is_the_operator(start_api: StartApi) -> None:
    api = await start_api(admin_token=ADMIN_TOKEN, rates=Rates(10_000, 10_000, 10_000, 10_000))
    anna = await api.signed_in()
    assert await statuses(anna) == {401}
    assert await statuses(api, headers={"Cookie": f"access_token={ADMIN_TOKEN}"}) == {401}
    assert await statuses(api, headers={"Cookie": f"access_token={anna.bearer}"}) == {401}


async def test_admin_token_signs_nobody_in(operator: Client) -> None:
    assert (await operator.get("/api/me")).status == 401


async def test_scheme_may_be_in_any_case(operator: Client) -> None:
    for scheme in ("bearer", "BEARER"):
        answer = await operator.get("/api/admin/rooms", headers={"Authorization": f"{scheme} {ADMIN_TOKEN}"})
        assert answer.status == 200


async def test_too_many_wrong_tokens_shut_the_address_out(start_api: StartApi) -> None:
    proxies = (ip_network("127.0.0.0/8"),)
    api = await start_api(admin_token=ADMIN_TOKEN, rates=Rates(), trusted_proxies=proxies)
    operator = replace(api, bearer=ADMIN_TOKEN)
    for _ in range(20):
        assert (await operator.get("/api/admin/rooms")).status == 200
    wrong = replace(api, bearer="wrong")
    assert [(await wrong.get("/api/admin/rooms")).status for _ in range(12)] == [401] * 10 + [429] * 2
    answer = await operator.get("/api/admin/rooms")
    text = "Rate limit exceeded: 10 per 1 minute"
    assert (answer.status, answer.json) == (429, {"detail": text, "error": text})
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    assert (await operator.get("/api/admin/rooms", headers=elsewhere)).status == 200
    assert (await api.get("/health")).status == 200
    assert api.limits_hit == ["rate_admin"] * 3


# --- what -------------------------------------------------------------------------------------------------


async def test_no_calls_are_an_empty_page(operator: Client) -> None:
    answer = await operator.get("/api/admin/rooms")
    assert (answer.status, answer.json) == (200, {"rooms": [], "total": 0, "next_cursor": None})
    assert answer.headers["Cache-Control"] == "no-store"


async def test_pages_lead_through_all_rooms_once(operator: Client) -> None:
    names = [f"room-{number}" for number in (3, 1, 4, 0, 2)]
    for number, name in enumerate(names):
        operator.rooms.open(name, 1, 2, 3, at=operator.time.utc + timedelta(seconds=number // 2))
    seen, cursor = [], ""
    while True:
        page = (await operator.get(f"/api/admin/rooms?limit=2{cursor}")).json
        assert page["total"] == 5
        seen += page["rooms"]
        if page["next_cursor"] is None:
            break
        assert len(page["rooms"]) == 2
        cursor = f"&cursor={page['next_cursor']}"
    assert [room["call_id"] for room in seen] == ["room-1", "room-3", "room-0", "room-4", "room-2"]
    started_at = operator.time.utc.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    assert seen[0] == {
        "call_id": "room-1",
        "topology": "sfu",
        "started_at": started_at,
        "creator_user_id": 1,
        "participants_count": 3,
    }


async def test_the_command_lines_client_reads_all_pages(operator: Client) -> None:
    for number in range(201):
        operator.rooms.open(f"room {number}/?", 1, at=operator.time.utc + timedelta(seconds=number))
    async with AdminClient.to(operator.url + "/", ADMIN_TOKEN) as client:
        answer = await client.rooms()
        assert answer["total"] == 201
        assert [room["call_id"] for room in answer["rooms"]] == [f"room {n}/?" for n in range(201)]
        assert (await client.room("room 7/?"))["call_id"] == "room 7/?"
        assert await client.remove("room 7/?", 1) == {"call_id": "room 7/?", "user_id": 1}
        with pytest.raises(AdminRefused, match="404 Call not found"):
            await client.end("room 7/?")
    async with AdminClient.to(operator.url, "x" * 40) as client:
        with pytest.raises(AdminRefused, match="401 Invalid token"):
            await client.rooms()


async def test_the_token_is_not_carried_to_where_a_redirect_leads(start_api: StartApi) -> None:
    async def redirect(_request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect("/elsewhere")

    async def elsewhere(request: web.Request) -> web.Response:
        raise AssertionError(request.headers)

    def routes(app: web.Application) -> None:
        app.router.add_get("/behind/api/admin/rooms", redirect)
        app.router.add_get("/elsewhere", elsewhere)

    api = await start_api(routes=routes)
    async with AdminClient.to(f"{api.url}/behind", ADMIN_TOKEN) as client:
        with pytest.raises(AdminRefused) as refused:
            await client.rooms()
    assert refused.value.status == 307


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("cursor=", "cursor"),
        ("cursor=x", "cursor"),
        ("cursor=%FF%00", "cursor"),
        ("cursor=MjAyNi0xMS0yNCBhYWFh", "cursor"),  # a day without a zone
        (f"cursor={'A' * 1000}", "cursor"),
    ],
)
async def test_wrong_queries_are_named(operator: Client, query: str, name: str) -> None:
    answer = await operator.get(f"/api/admin/rooms?{query}")
    assert answer.status == 422
    assert [problem["loc"] for problem in answer.detail] == [["query", name]]
    assert "Traceback" not in answer.text


async def test_room_tells_who_is_in_it(operator: Client) -> None:
    operator.rooms.open("x", 1, 2, at=operator.time.utc)
    answer = await operator.get("/api/admin/rooms/x/")
    assert (answer.status, answer.json["topology"], answer.json["participants_count"]) == (200, "p2p", 2)
    host, guest = answer.json["participants"]
    assert host == {
        "user_id": 1,
        "username": None,
        "first_name": "User 1",
        "last_name": None,
        "protocol": "telcall.v2",
        "role": "host",
        "media": {"audio": False, "video": False, "screen": False},
        "joined_at": answer.json["started_at"],
    }
    assert (guest["user_id"], guest["protocol"], guest["role"]) == (2, "documented", "participant")
    assert (await operator.get("/api/admin/rooms/y")).detail == "Nobody is in this call"


async def test_operator_ends_a_call_of_somebody_else(operator: Client) -> None:
    anna = await operator.signed_in()
    call_id = (await anna.post("/api/calls", {})).json["call_id"]
    answer = await operator.post(f"/api/admin/rooms/{call_id}/end")
    assert (answer.status, answer.json) == (200, {"call_id": call_id, "status": "ended"})
    assert operator.rooms.told == [(call_id, "ended")]
    again = await operator.post(f"/api/admin/rooms/{call_id}/end/")
    assert (again.status, again.detail) == (400, "Call is no longer active. Please create a new call.")
    for unknown in ("AAAABBBBCCCCDDDD", "%00"):
        answer = await operator.post(f"/api/admin/rooms/{unknown}/end")
        assert (answer.status, answer.detail) == (404, "Call not found")


async def test_operator_takes_somebody_out(operator: Client) -> None:
    operator.rooms.open("x", 1, 2, at=operator.time.utc)
    answer = await operator.request("DELETE", "/api/admin/rooms/x/participants/2")
    assert (answer.status, answer.json) == (200, {"call_id": "x", "user_id": 2})
    assert operator.rooms.told == [("x", "remove 2")]
    for path in ("x/participants/3", "y/participants/2", "x/participants/-2", "x/participants/\u0662"):
        answer = await operator.request("DELETE", f"/api/admin/rooms/{path}")
        assert (answer.status, answer.detail) == (404, "They are not in this call"), path
    huge = await operator.request("DELETE", f"/api/admin/rooms/x/participants/{'9' * 5000}")
    assert huge.status == 404


async def test_rooms_out_of_reach_are_a_503(operator: Client) -> None:
    operator.rooms.is_unreachable = True
    answer = await operator.get("/api/admin/rooms")
    assert (answer.status, answer.detail, answer.headers["Retry-After"]) == (503, "Call unreachable", "2")
