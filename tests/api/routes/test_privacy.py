"""What is stored of a person is told to them, and goes when they want it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text

from store.queries.call_ratings import Rating, write_ratings
from store.queries.calls import find_call
from store.queries.friend_links import link_friends
from store.queries.participants import Stay, write_stays
from store.tables import Base, Participant, User

if TYPE_CHECKING:
    from store.database import Database
    from tests.api.conftest import Client

SURE = {"confirm": "delete"}
SECRETS = ("Анастасия", "Великанова", "nastya_v", "userpic", "987654321", "Тайный совет")


async def user_id(client: Client) -> int:
    return int((await client.get("/api/me")).json["id"])


async def a_life(api: Client, database: Database) -> tuple[Client, Client, str]:
    """Somebody with a row in nearly every table, a friend of theirs, and the friend's call."""
    anna = await api.signed_in(
        987654321,
        first_name="Анастасия",
        last_name="Великанова",
        username="nastya_v",
        photo_url="https://t.me/i/userpic/a.svg",
    )
    boris, vera = await api.signed_in(2, first_name="Борис"), await api.signed_in(3)
    me, friend, blocked = [await user_id(client) for client in (anna, boris, vera)]
    own = (await anna.post("/api/calls", {"title": "Тайный совет"})).json["call_id"]
    his = str((await boris.post("/api/calls", {})).json["call_id"])
    async with database.transaction() as session:
        await link_friends(session, {(me, friend): api.time.utc, (me, blocked): api.time.utc})
        for call_id in (own, his):
            found = await find_call(session, call_id)
            assert found is not None
            await write_stays(
                session,
                [
                    Stay(f"{call_id} {who}", found.call.id, who, api.time.utc, api.time.utc)
                    for who in (me, friend)
                ],
            )
            await write_ratings(session, [Rating(found.call.id, me, 5, (), api.time.utc)])
    assert (await anna.request("PUT", f"/api/friends/{blocked}/block")).status == 200
    assert (await anna.post("/api/call-stats", {"call_id": his, "rtt_ms": 50})).status == 201
    return anna, boris, his


async def database_text(database: Database) -> str:
    """Every row there is, as text."""
    found = []
    async with database.transaction() as session:
        for table in Base.metadata.tables:
            found += (await session.scalars(text(f"SELECT t::text FROM {table} t"))).all()
    return "\n".join(found)


async def test_export_tells_all_and_is_a_file(api: Client, database: Database) -> None:
    anna, _, his = await a_life(api, database)
    answer = await anna.get("/api/me/export")
    assert answer.status == 200
    assert answer.headers["Content-Disposition"] == 'attachment; filename="telcall-export.json"'
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.json
    for secret in SECRETS:
        assert secret in answer.text
    counts = {name: len(rows) for name, rows in told.items() if name != "exported_at"}
    assert counts == {
        "users": 1,
        "calls": 1,
        "participants": 2,
        "participant_sessions": 2,
        "friend_links": 2,
        "user_blocks": 1,
        "call_stats": 1,
        "call_ratings": 2,
        "bot_messages": 0,
        "revoked_tokens": 0,
    }
    assert told["call_stats"][0]["call_id"] == his
    assert "Борис" not in answer.text


def test_every_table_about_people_is_exported() -> None:
    from api.schemas.privacy import Export

    about = {
        table.name
        for table in Base.metadata.tables.values()
        if table.name == "users" or any(key.column.table.name == "users" for key in table.foreign_keys)
    }
    assert about == set(Export.model_fields) - {"exported_at"}


async def test_deleting_leaves_no_fact_and_no_sign_in(api: Client, database: Database) -> None:
    anna, boris, his = await a_life(api, database)
    elsewhere = await api.signed_in(987654321, first_name="Анастасия")
    me = await user_id(anna)
    before = await database_text(database)
    assert all(secret in before for secret in SECRETS if secret not in ("Великанова", "nastya_v", "userpic"))
    forgotten: list[Any] = []
    api.authenticator.on_revoked = lambda *who: forgotten.append(who)
    answer = await anna.request("DELETE", "/api/me", SURE)
    assert (answer.status, answer.json) == (200, {"message": "Deleted"})
    assert answer.headers["Set-Cookie"].startswith("access_token=; ")
    after = await database_text(database)
    assert [secret for secret in SECRETS if secret in after] == []
    assert forgotten == [(me, None)]
    assert [(await client.get("/api/me")).status for client in (anna, elsewhere)] == [401, 401]
    assert elsewhere.bearer is not None
    assert await api.authenticator.authenticate_socket(elsewhere.bearer) is None
    assert (await boris.get("/api/friends")).json["total"] == 0
    # The friend's call is as it was, with somebody in it whose name nobody knows.
    (kept,) = [call for call in (await boris.get("/api/calls")).json["calls"] if call["call_id"] == his]
    assert kept["others"] == [
        {"id": me, "username": None, "first_name": None, "last_name": None, "photo_url": None}
    ]
    async with database.transaction() as session:
        assert len((await session.scalars(select(Participant).where(Participant.user_id == me))).all()) == 2


async def test_running_calls_of_who_is_deleted_end(api: Client) -> None:
    anna, boris = await api.signed_in(1), await api.signed_in(2)
    mine = (await anna.post("/api/calls", {})).json["call_id"]
    his = (await boris.post("/api/calls", {})).json["call_id"]
    await anna.request("DELETE", "/api/me", SURE)
    assert api.rooms.told == [(mine, "ended")]
    assert (await boris.get(f"/api/calls/{mine}")).status == 404
    assert (await boris.get(f"/api/calls/{his}")).status == 200


async def test_who_comes_back_is_somebody_new(api: Client, database: Database) -> None:
    anna, boris, _ = await a_life(api, database)
    before = await user_id(anna)
    await anna.request("DELETE", "/api/me", SURE)
    again = await api.signed_in(987654321, first_name="Анна")
    assert await user_id(again) != before
    assert (await again.get("/api/calls")).json["calls"] == []
    async with database.transaction() as session:
        # A meeting of before the end that is written after it brings nobody back.
        await link_friends(session, {(before, await user_id(boris)): api.time.utc})
    assert (await boris.get("/api/friends")).json["total"] == 0


@pytest.mark.parametrize("body", [None, {}, {"confirm": True}, {"confirm": "yes"}, [], b"x"])
async def test_deleting_needs_the_word(api: Client, database: Database, body: Any) -> None:
    anna = await api.signed_in()
    assert (await anna.request("DELETE", "/api/me", body)).status == 422
    assert (await anna.get("/api/me")).status == 200


async def test_a_foreign_page_deletes_nobody(api: Client, database: Database) -> None:
    anna = await api.signed_in()
    headers = {"Cookie": f"access_token={anna.bearer}", "Origin": "https://evil.example"}
    by_cookie = replace(anna, bearer=None)
    assert (await by_cookie.request("DELETE", "/api/me", SURE, headers=headers)).status == 403
    async with database.transaction() as session:
        assert (await session.scalars(select(User.telegram_user_id))).all() == [1001]
