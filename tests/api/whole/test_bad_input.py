"""Bad input to every endpoint: a 4xx of the one shape that repeats nothing, and not a row is written.

What is sent is worked out from the table of routes, so that a new one is tested as it is.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from api.routes.table import ROUTES, SECRET_HEADER, Route
from api.tokens import MAX_USER_ID, Tokens
from store.queries.calls import find_call
from store.queries.participants import Stay, write_stays
from tests.api.bot.conftest import SECRET
from tests.api.conftest import SECRET_KEY
from tests.api.whole.conftest import ADMIN_TOKEN, ENDLESS, SERVER
from tests.api.whole.hostile import BAD_IDS, MARK, bad_bodies, bad_query_values, bad_tokens, valid_body
from tests.api.whole.rows import contents

if TYPE_CHECKING:
    from tests.api.bot.conftest import MakeWorld, World
    from tests.api.conftest import Client

HAS = {
    "body": lambda route: route.body is not None,
    "query": lambda route: route.query is not None,
    "id": lambda route: "{" in route.path,
    "call": lambda route: "{call_id}" in route.path,
    "user": lambda route: "{user_id}" in route.path,
    "owner": lambda route: not route.is_public,
}


def named(route: Route) -> str:
    return f"{route.method} {route.path}"


def every_route_with(what: str) -> Any:
    found = [pytest.param(route, id=named(route)) for route in ROUTES if HAS[what](route)]
    return pytest.mark.parametrize("route", found)


@dataclass
class Target:
    """A server, who asks it, and what is there to be named."""

    world: World
    anna: Client
    friend_id: int
    stranger_id: int
    call_id: str
    """Anna has made it, and is in it."""
    ended_id: str
    """Anna has made it; nobody came."""
    others_id: str
    """Of somebody else, who is in it."""
    revoked: str
    """Anna's token that she has signed out."""

    def path(self, route: Route, **ids: object) -> str:
        return route.path.format(**({"call_id": self.call_id, "user_id": self.friend_id} | ids))

    async def refused(
        self, route: Route, path: str, body: bytes | dict[str, Any] | None = None, **headers: str
    ) -> int:
        """The status of a refusal; what all of them have in common is checked."""
        client = replace(self.anna, bearer=ADMIN_TOKEN) if route.is_admin else self.anna
        if route.secret_header is not None:
            headers[SECRET_HEADER] = SECRET
        answer = await client.request(route.method, path, body, headers=headers)
        check_refusal(answer.status, answer.headers["Content-Type"], answer.text)
        return answer.status


def check_refusal(status: int, content_type: str, body: str) -> None:
    assert 400 <= status < 500, (status, body)
    assert content_type == "application/json; charset=utf-8"
    assert MARK not in body
    problem = json.loads(body)
    assert set(problem) == {"detail"}
    if status == 422:
        assert problem["detail"]
        assert all(set(each) == {"type", "loc", "msg"} for each in problem["detail"])
    else:
        assert isinstance(problem["detail"], str)


@pytest.fixture
async def target(make_world: MakeWorld) -> AsyncIterator[Target]:
    """After the test every table holds what it has held before, and nobody was told anything."""
    world = await make_world(may_create=ENDLESS, api=SERVER)
    anna, seen, boris = await world.friends()
    vera, stranger = await world.person(1003, "Вера")
    call_id, ended_id = [(await anna.post("/api/calls", {})).json["call_id"] for _ in range(2)]
    others_id = (await vera.post("/api/calls", {})).json["call_id"]
    assert (await anna.post(f"/api/calls/{ended_id}/end")).status == 200
    async with world.database.transaction() as session:
        for each, person in ((call_id, seen), (others_id, stranger)):
            world.rooms.open(each, person.id, at=world.api.time.utc)
            found = await find_call(session, each)
            assert found is not None
            await write_stays(session, [Stay(each, found.call.id, person.id, world.api.time.utc)])
    signed_out = await world.api.signed_in(1001, first_name="Анна")
    assert (await signed_out.post("/auth/logout")).status == 200
    before, told = await contents(world.database), list(world.rooms.told)
    assert len(before) > 8
    yield Target(world, anna, boris.id, stranger.id, call_id, ended_id, others_id, str(signed_out.bearer))
    assert await contents(world.database) == before
    assert (world.rooms.told, world.rooms.rings, world.telegram.calls) == (told, [], [])


@every_route_with("body")
async def test_a_body_that_the_model_does_not_take_does_nothing(target: Target, route: Route) -> None:
    assert route.body is not None
    path = target.path(route)
    for body in bad_bodies(route.body):
        assert await target.refused(route, path, body) in (400, 401, 404, 413, 422), body[:200]
    for encoding in ("gzip", "deflate", "br", MARK):
        assert await target.refused(route, path, b"{}", **{"Content-Encoding": encoding}) == 415


@every_route_with("id")
async def test_an_id_that_is_none_is_not_found(target: Target, route: Route) -> None:
    body = None if route.body is None else valid_body(route.body)
    for name in re.findall(r"\{(\w+)\}", route.path):
        for value in BAD_IDS[name]:
            assert await target.refused(route, target.path(route, **{name: value}), body) in (400, 404), value


@every_route_with("query")
async def test_a_query_out_of_bounds_is_refused(target: Target, route: Route) -> None:
    assert route.query is not None
    for name, schema in route.query.model_json_schema()["properties"].items():
        for value in bad_query_values(schema):
            path = f"{target.path(route)}?{name}={value}"
            assert await target.refused(route, path) in (400, 422), (name, value)


# --- what is somebody else's, or over -------------------------------------------------------------------

OTHERS = {
    "POST /api/calls/{call_id}/invite": 403,
    "POST /api/calls/{call_id}/share": 403,
    "POST /api/calls/{call_id}/end": 403,
    "POST /api/calls/{call_id}/rating": 403,
    "GET /api/call-stats/{call_id}": 403,
}
NOBODYS = "GET /api/calls/{call_id}"
"""Whoever has the id may see the call: it is what an invitation is made of."""
ENDED = {
    "GET /api/calls/{call_id}": 404,
    "POST /api/calls/{call_id}/invite": 404,
    "POST /api/calls/{call_id}/share": 404,
    "POST /api/calls/{call_id}/end": 400,
    "POST /api/calls/{call_id}/rating": 403,  # one was not in it
    "GET /api/call-stats/{call_id}": 403,
    "GET /api/admin/rooms/{call_id}": 404,
    "POST /api/admin/rooms/{call_id}/end": 400,
    "DELETE /api/admin/rooms/{call_id}/participants/{user_id}": 404,
}


@every_route_with("call")
async def test_calls_of_others_and_ended_ones_are_not_to_be_had(target: Target, route: Route) -> None:
    body = None if route.body is None else valid_body(route.body)
    ended = await target.refused(route, target.path(route, call_id=target.ended_id), body)
    assert ended == ENDED[named(route)]
    if not route.is_admin and named(route) != NOBODYS:
        others = await target.refused(route, target.path(route, call_id=target.others_id), body)
        assert others == OTHERS[named(route)]


@pytest.mark.parametrize(
    ("path", "field", "which", "status"),
    [
        ("/api/calls/join_by_code", "call_code", "ended_id", 404),
        ("/api/call-stats", "call_id", "ended_id", 403),
        ("/api/call-stats", "call_id", "others_id", 403),
        ("/api/calls/friend", "friend_id", "stranger_id", 404),
        ("/api/calls/{call_id}/invite", "friend_id", "stranger_id", 404),
    ],
)
async def test_nor_by_a_body(target: Target, path: str, field: str, which: str, status: int) -> None:
    route = next(each for each in ROUTES if (each.method, each.path) == ("POST", path))
    assert await target.refused(route, target.path(route), {field: getattr(target, which)}) == status


@every_route_with("user")
async def test_strangers_are_not_to_be_had(target: Target, route: Route) -> None:
    assert await target.refused(route, target.path(route, user_id=target.stranger_id)) == 404


# --- tokens ---------------------------------------------------------------------------------------------


@every_route_with("owner")
async def test_no_token_but_a_good_one_signs_in(target: Target, route: Route) -> None:
    good, now_s = str(target.anna.bearer), target.world.api.time.unix_s
    me = int((await target.anna.get("/api/me")).json["id"])
    ours = Tokens(SECRET_KEY)
    others = [
        ours.issue(me, "ws", now_s, 600),
        ours.issue(me, "browser", now_s, 600),
        ours.issue(me, "api", now_s - 7_200, 3_600),
        ours.issue(me, "api", now_s + 3_600, 3_600),
        ours.issue(MAX_USER_ID, "api", now_s, 600),  # nobody's
        target.revoked,
        good if route.is_admin else ADMIN_TOKEN,
    ]
    body = b"" if route.body is None else json.dumps(valid_body(route.body)).encode()
    for value in bad_tokens(good, now_s, *others):
        for header in (b"Authorization: " + value, b"Cookie: access_token=" + value.removeprefix(b"Bearer ")):
            if header.startswith(b"Cookie") and good.encode() in value:
                continue  # a good one, by the cookie
            assert await raw_status(target, route, header, body) == 401, header
    assert await raw_status(target, route, b"X-Nothing: at all", body) == 401


async def raw_status(target: Target, route: Route, header: bytes, body: bytes) -> int:
    """Of a request with bytes that no client library would send."""
    host, port = target.anna.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        line = f"{route.method} {target.path(route)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode()
        writer.write(line + b"Content-Length: %d\r\n%b\r\n\r\n%b" % (len(body), header, body))
        async with asyncio.timeout(10):
            head, _, rest = (await reader.read()).partition(b"\r\n\r\n")
    finally:
        writer.close()
    status, content_type = int(head.split()[1]), re.search(rb"Content-Type: ([^\r]+)", head)
    assert content_type is not None
    check_refusal(status, content_type[1].decode(), rest.decode())
    return status
