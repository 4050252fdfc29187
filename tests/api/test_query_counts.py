"""How many statements each endpoint sends to the database: a new one must be meant.

Whose token it is comes from memory here, as for everybody who has asked within the last seconds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from api.routes.table import ROUTES
from benchmarks.store.plans import recorded
from store.queries.calls import find_call
from store.queries.friend_links import link_friends
from store.queries.participants import Stay, write_stays

if TYPE_CHECKING:
    from store.database import Database
    from tests.api.conftest import Client, StartApi

ADMIN_TOKEN = "an admin token of 32 characters."
NEEDS_A_BOT = ("/share", "/webhook")

COUNTS = {
    ("POST", "/auth/telegram"): 1,
    ("GET", "/auth/ws-token"): 0,
    ("POST", "/auth/browser-link"): 0,
    ("POST", "/auth/browser"): 1,
    ("POST", "/auth/logout"): 2,  # the token, and those that are out of date anyway
    ("GET", "/auth/dev"): 0,
    ("POST", "/auth/dev"): 0,
    ("GET", "/api/me"): 0,
    ("PATCH", "/api/me"): 1,
    ("DELETE", "/api/me"): 10,  # the running calls, then one a table
    ("GET", "/api/me/export"): 10,  # one a table
    ("POST", "/api/calls"): 3,  # the call, the creator's lock, what is beyond their limit
    ("GET", "/api/calls"): 2,  # the page, and who else was in its calls
    ("POST", "/api/calls/join_by_code"): 1,
    ("POST", "/api/calls/friend"): 5,  # the friend, and both are participants
    ("GET", "/api/calls/{call_id}"): 1,
    ("POST", "/api/calls/{call_id}/invite"): 2,
    ("POST", "/api/calls/{call_id}/end"): 3,  # found, ended, told
    ("GET", "/api/friends"): 1,
    ("POST", "/api/friends/delete"): 1,
    ("GET", "/api/friends/blocked"): 1,
    ("PUT", "/api/friends/{user_id}/favourite"): 1,
    ("DELETE", "/api/friends/{user_id}/favourite"): 1,
    ("PUT", "/api/friends/{user_id}/block"): 1,
    ("DELETE", "/api/friends/{user_id}/block"): 1,
    ("POST", "/api/calls/{call_id}/rating"): 1,  # may they; it is written behind
    ("POST", "/api/call-stats"): 3,  # were they in the call, and how often have they reported
    ("GET", "/api/call-stats"): 1,
    ("GET", "/api/call-stats/{call_id}"): 2,
    ("GET", "/api/config/webrtc"): 0,
    ("GET", "/api/admin/rooms"): 0,
    ("GET", "/api/admin/rooms/{call_id}"): 0,
    ("POST", "/api/admin/rooms/{call_id}/end"): 3,
    ("DELETE", "/api/admin/rooms/{call_id}/participants/{user_id}"): 0,
    ("GET", "/health"): 0,
}


async def test_endpoints_send_as_many_statements_as_they_need(
    start_api: StartApi, database: Database
) -> None:
    api = await start_api(dev_sign_in="always", admin_token=ADMIN_TOKEN)
    leaving = await api.signed_in(3003)
    anna, boris = await api.signed_in(), await api.signed_in(2002)
    operator = replace(api, bearer=ADMIN_TOKEN)
    me, friend, _ = [(await client.get("/api/me")).json["id"] for client in (anna, boris, leaving)]
    call_id, watched = [(await anna.post("/api/calls", {})).json["call_id"] for _ in range(2)]
    async with database.transaction() as session:
        await link_friends(session, {(me, friend): api.time.utc})
        found = await find_call(session, call_id)
        assert found is not None
        await write_stays(session, [Stay("a stay", found.call.id, me, api.time.utc)])
    api.rooms.open(watched, me, friend, at=api.time.utc)
    link = (await anna.post("/auth/browser-link")).json["url"]
    bodies: dict[tuple[str, str], Any] = {
        ("POST", "/auth/telegram"): {"initData": api.init_data()},
        ("POST", "/auth/dev"): {"name": "Anna"},
        ("POST", "/auth/browser"): {"token": link.partition("#browser=")[2]},
        ("PATCH", "/api/me"): {"language_code": "ru"},
        ("POST", "/api/calls"): {},
        ("DELETE", "/api/me"): {"confirm": "delete"},
        ("POST", "/api/calls/join_by_code"): {"call_code": call_id},
        ("POST", "/api/friends/delete"): {"friend_ids": [friend]},
        ("POST", "/api/call-stats"): {"call_id": call_id},
        ("POST", "/api/calls/{call_id}/rating"): {"stars": 5},
        ("POST", "/api/calls/friend"): {"friend_id": friend},
        ("POST", "/api/calls/{call_id}/invite"): {"friend_id": friend},
    }
    ends = ("/end", "/logout", "/friends/delete", "/participants/{user_id}")
    routes = [route for route in ROUTES if not route.path.endswith(NEEDS_A_BOT)]
    counts: dict[tuple[str, str], int] = {}

    for route in sorted(routes, key=lambda route: (route.path.endswith(ends), route.path == "/auth/logout")):
        asked, its_call = (operator, watched) if route.is_admin else (anna, call_id)
        if (route.method, route.path) == ("DELETE", "/api/me"):
            asked = leaving
        path = route.path.replace("{call_id}", its_call).replace("{user_id}", str(friend))
        async with recorded(database.engine) as statements:
            answer = await asked.request(route.method, path, bodies.get((route.method, route.path)))
        assert answer.status == route.status, (path, answer.text)
        # The queue writes ratings whenever it comes to it.
        own = [statement for statement in statements if "INSERT INTO call_ratings" not in statement.sql]
        counts[route.method, route.path] = len(own)
    assert counts == COUNTS


async def test_a_token_is_looked_up_once(start_api: StartApi, database: Database) -> None:
    api = await start_api()
    anna: Client = await api.signed_in()
    api.time.pass_s(20)
    async with recorded(database.engine) as statements:
        assert [(await anna.get("/api/me")).status for _ in range(5)] == [200] * 5
    assert len(statements) == 1
