"""Defects that the first Tel Call had, by their number in its audit; those of the bot stand with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from sqlalchemy import func, inspect, select

from api.config import Rates
from api.init_data import sign
from signaling.config import IceConfig
from store.config import StoreConfig
from store.database import Database
from store.queries.calls import find_call
from store.queries.friend_links import link_friends
from store.queries.participants import Stay, write_stays
from store.retention import Retention
from store.tables import CallStats
from tests.api.conftest import BOT_TOKEN

if TYPE_CHECKING:
    from aiohttp import web
    from sqlalchemy import Connection

    from tests.api.conftest import Client, StartApi

TURN = "turn:turn.example:3478?transport=udp"
MET = datetime(2026, 1, 1, tzinfo=UTC)


async def own_id(client: Client) -> int:
    return int((await client.get("/api/me")).json["id"])


async def test_s12_4_turn_is_told_to_people_alone_and_for_a_while(start_api: StartApi) -> None:
    api = await start_api(ice=IceConfig(turn_servers=(TURN,), turn_secret="s", turn_ttl_s=600))
    assert (await api.get("/api/config/webrtc")).status == 401
    answer = await (await api.signed_in()).get("/api/config/webrtc")
    (turn,) = answer.json["turn_servers"]
    assert turn["url"] == TURN
    assert int(turn["username"].split(":")[0]) == api.time.unix_s + 600


@pytest.mark.parametrize(
    ("auth_date", "status", "detail"),
    [
        (None, 400, "Missing auth_date in initData"),
        ("soon", 400, "Invalid auth_date in initData"),
        ("1e9", 400, "Invalid auth_date in initData"),
        ("9" * 400, 400, "Invalid auth_date in initData"),
        ("+3600", 401, "initData is from the future"),
        ("-86500", 401, "initData is too old"),
    ],
)
async def test_s12_5_time_of_a_sign_in_counts(
    api: Client, auth_date: str | None, status: int, detail: str
) -> None:
    fields = {"user": json.dumps({"id": 77, "first_name": "Мышь"})}
    if auth_date is not None:
        is_shift = auth_date[0] in "+-"
        fields["auth_date"] = str(api.time.unix_s + int(auth_date)) if is_shift else auth_date
    answer = await api.post("/auth/telegram", {"initData": sign(fields, BOT_TOKEN)})
    assert (answer.status, answer.json) == (status, {"detail": detail})


async def test_s12_5_what_was_sent_is_not_said_again(api: Client) -> None:
    answer = await api.post("/auth/telegram", {"init_data": "a-secret-signature"})
    assert answer.status == 422
    assert "a-secret-signature" not in answer.text


async def test_s12_6_a_foreign_page_writes_nothing_by_cookie(api: Client) -> None:
    anna = await api.signed_in()
    headers = {"Cookie": f"access_token={anna.bearer}", "Content-Type": "text/plain"}
    by_cookie = replace(anna, bearer=None)
    for origin in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
        assert (await by_cookie.post("/api/calls", {}, headers=headers | origin)).status == 403


async def test_s12_7_a_script_gets_no_token_that_signs_requests_in(api: Client) -> None:
    anna = await api.signed_in()
    by_cookie = replace(anna, bearer=None)
    answer = await by_cookie.get("/auth/ws-token", headers={"Cookie": f"access_token={anna.bearer}"})
    token = answer.json["token"]
    assert token != anna.bearer
    assert "Set-Cookie" not in answer.headers
    assert (await replace(api, bearer=token).get("/api/me")).status == 401
    assert (await api.get("/auth/ws-token", headers={"Cookie": "access_token=bad"})).status == 401


async def test_s12_8_signing_out_counts(start_api: StartApi) -> None:
    api, other_process = await start_api(), await start_api()
    anna = await api.signed_in()
    assert anna.bearer is not None
    assert "fp" not in jwt.decode(anna.bearer, options={"verify_signature": False})
    assert (await anna.post("/auth/logout")).status == 200
    assert (await replace(other_process, bearer=anna.bearer).get("/api/me")).status == 401


async def test_s12_9_people_behind_one_proxy_have_limits_of_their_own(start_api: StartApi) -> None:
    api = await start_api(trusted_proxies=(ip_network("127.0.0.0/8"),), rates=Rates(sign_in_per_minute=1))
    body = {"initData": api.init_data()}
    statuses = [
        (await api.post("/auth/telegram", body, headers={"X-Forwarded-For": address})).status
        for address in ("198.51.100.1", "198.51.100.2", "198.51.100.1")
    ]
    assert statuses == [200, 200, 429]


async def test_s12_10_statistics_are_for_those_who_were_there(api: Client, database: Database) -> None:
    anna, boris = await api.signed_in(1), await api.signed_in(2)
    call_id = (await anna.post("/api/calls", {})).json["call_id"]
    async with database.transaction() as session:
        found = await find_call(session, call_id)
        assert found is not None
        await write_stays(session, [Stay("a", found.call.id, await own_id(anna), api.time.utc)])
    body = {"call_id": call_id, "rtt_ms": 5}
    assert (await anna.post("/api/call-stats", body)).status == 201
    assert (await boris.post("/api/call-stats", body)).status == 403
    assert (await boris.get(f"/api/call-stats/{call_id}")).status == 403
    assert (await boris.get("/api/call-stats")).json == []
    assert (await anna.get("/api/call-stats?limit=1000000")).status == 422
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(CallStats)) == 1


async def test_s12_11_the_description_is_not_public_by_itself(api: Client) -> None:
    assert [(await api.get(path)).status for path in ("/docs", "/redoc", "/openapi.json")] == [404] * 3


async def test_s12_12_no_inline_script_runs(api: Client) -> None:
    policy = (await api.get("/health")).headers["Content-Security-Policy"]
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy
    assert "default-src 'self'" in policy


async def test_s12_17_faults_reach_the_page(start_api: StartApi) -> None:
    async def broken(_request: web.Request) -> web.Response:
        raise RuntimeError("a secret of the server")

    origin = "https://app.example"
    api = await start_api(cors_origins=(origin,), routes=lambda app: app.router.add_get("/broken", broken))
    answer = await api.get("/broken", headers={"Origin": origin})
    assert (answer.status, answer.json) == (500, {"detail": "Internal Server Error"})
    assert answer.headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/calls", {"title": "x" * 300}),
        ("/api/calls/join_by_code", {"call_code": "x" * 300}),
        ("/api/call-stats", {"call_id": "x", "video_resolution": "x" * 300}),
    ],
)
async def test_s12_17_long_texts_are_a_422(api: Client, path: str, body: Any) -> None:
    assert (await (await api.signed_in()).post(path, body)).status == 422


async def test_s12_17_wildcards_are_letters_and_cleared_names_go(api: Client, database: Database) -> None:
    anna = await api.signed_in(1)
    boris = await api.signed_in(2, first_name="борис", last_name="Ким", username="boris_k")
    async with database.transaction() as session:
        await link_friends(session, {(await own_id(anna), await own_id(boris)): MET})
    for query in ("%25", "_______", "%5C"):
        assert (await anna.get(f"/api/friends?query={query}")).json["total"] == 0
    await api.signed_in(2, first_name="Борис")
    (friend,) = (await anna.get("/api/friends")).json["friends"]
    assert (friend["first_name"], friend["last_name"], friend["username"]) == ("Борис", None, None)


async def test_s12_19_a_developers_page_is_answered_with_credentials(start_api: StartApi) -> None:
    origin = "http://localhost:5173"
    api = await start_api(allow_localhost_origins=True)
    anna = await api.signed_in()
    answer = await anna.get("/api/me", headers={"Origin": origin})
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


async def test_s12_20_keys_are_indexed_and_the_pool_is_bounded(database: Database) -> None:
    def first_columns(connection: Connection) -> set[tuple[str, str | None]]:
        found = inspect(connection)
        return {
            (table, index["column_names"][0])
            for table in ("calls", "participants")
            for index in found.get_indexes(table)
        }

    async with database.engine.connect() as connection:
        indexed = await connection.run_sync(first_columns)
    assert {("calls", "creator_user_id"), ("participants", "call_id"), ("participants", "user_id")} <= indexed
    config = StoreConfig(url="postgresql://nowhere")
    assert 0 < config.pool_size + config.max_overflow < 100
    assert config.statement_timeout_s > 0


async def test_s12_20_calls_that_are_over_go_and_others_stay(api: Client, database: Database) -> None:
    anna = await api.signed_in()
    ended, active = [(await anna.post("/api/calls", {})).json["call_id"] for _ in range(2)]
    assert (await anna.post(f"/api/calls/{ended}/end")).status == 200
    later = api.time.utc + timedelta(days=31)
    assert await Retention(database, 30, utc=lambda: later).purge() == 1
    assert [call["call_id"] for call in (await anna.get("/api/me/export")).json["calls"]] == [active]


def test_s12_20_no_database_is_taken_that_the_upsert_does_not_know() -> None:
    for url in ("sqlite:///app.db", "mysql://localhost/telcall"):
        with pytest.raises(ValueError, match="must be PostgreSQL"):
            Database(StoreConfig(url=url))
