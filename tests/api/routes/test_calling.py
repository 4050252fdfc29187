"""Calling friends, inviting them, sharing calls: who may, and what it writes. Without a bot."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from api.config import Rates
from store.queries.friend_links import link_friends
from store.tables import Call, FriendLink, Participant, ParticipantSession

if TYPE_CHECKING:
    from store.database import Database
    from tests.api.conftest import Answer, Client, StartApi

MET = datetime(2026, 11, 1, 12, tzinfo=UTC)


def outcome(answer: Answer) -> tuple[int, Any]:
    return answer.status, answer.json.get("detail")


async def friends(api: Client, database: Database) -> tuple[Client, Client, int, int]:
    """Anna and Boris, who have met, and their ids."""
    anna = await api.signed_in(1001, first_name="Анна")
    boris = await api.signed_in(1002, first_name="Борис")
    ids = [(await each.get("/api/me")).json["id"] for each in (anna, boris)]
    async with database.transaction() as session:
        await link_friends(session, {(ids[0], ids[1]): MET})
    return anna, boris, ids[0], ids[1]


@pytest.mark.parametrize("path", ["/api/calls/friend", "/api/calls/friend/"])
async def test_friend_is_called_by_a_call_of_its_own(api: Client, database: Database, path: str) -> None:
    anna, _, _, boris_id = await friends(api, database)
    answer = await anna.post(path, {"friend_id": boris_id, "is_video_enabled": True})
    assert answer.status == 201, answer.text
    call = answer.json
    assert call["title"] is None
    assert call["is_video_enabled"] is True
    assert call["is_creator"] is True
    assert call["participants_count"] == 0
    # Nobody can ring without a bot, and the caller hears so.
    assert api.rooms.rings == [(call["call_id"], boris_id, "unreachable")]


async def test_call_to_a_friend_writes_rows_of_both_and_no_stay(api: Client, database: Database) -> None:
    anna, _, anna_id, boris_id = await friends(api, database)
    call_id = (await anna.post("/api/calls/friend", {"friend_id": boris_id})).json["call_id"]
    async with database.transaction() as session:
        rows = (
            await session.execute(
                select(Participant.user_id, Participant.left_at)
                .join(Call, Call.id == Participant.call_id)
                .where(Call.call_id == call_id)
                .order_by(Participant.user_id)
            )
        ).all()
        assert [tuple(row) for row in rows] == [(anna_id, None), (boris_id, None)]
        assert (await session.scalars(select(ParticipantSession))).all() == []
        met = (await session.scalars(select(FriendLink.updated_at))).all()
        assert set(met) == {MET}  # the one who never comes has not met them again


async def test_only_a_friend_can_be_called(api: Client, database: Database) -> None:
    anna, boris, anna_id, boris_id = await friends(api, database)
    vera = await api.signed_in(1003, first_name="Вера")
    vera_id = (await vera.get("/api/me")).json["id"]
    for stranger in (vera_id, 2**31 - 1):
        assert outcome(await anna.post("/api/calls/friend", {"friend_id": stranger})) == (
            404,
            "Friend not found",
        )
    assert outcome(await anna.post("/api/calls/friend", {"friend_id": anna_id})) == (
        400,
        "You cannot call yourself",
    )
    await boris.post("/api/friends/delete", {"friend_id": anna_id})
    assert outcome(await anna.post("/api/calls/friend", {"friend_id": boris_id})) == (404, "Friend not found")
    assert api.rooms.rings == []


async def test_who_is_blocked_cannot_ring_either_way(api: Client, database: Database) -> None:
    anna, boris, anna_id, boris_id = await friends(api, database)
    assert (await boris.request("PUT", f"/api/friends/{anna_id}/block")).status == 200
    assert outcome(await anna.post("/api/calls/friend", {"friend_id": boris_id})) == (404, "Friend not found")
    assert outcome(await boris.post("/api/calls/friend", {"friend_id": anna_id})) == (404, "Friend not found")


@pytest.mark.parametrize(
    "body", [{}, {"friend_id": "1"}, {"friend_id": True}, {"friend_id": 0}, {"friend_id": 2**31}, []]
)
async def test_wrong_bodies_are_refused(api: Client, body: Any) -> None:
    anna = await api.signed_in()
    call_id = (await anna.post("/api/calls", {})).json["call_id"]
    assert (await anna.post("/api/calls/friend", body)).status == 422
    assert (await anna.post(f"/api/calls/{call_id}/invite", body)).status == 422


async def test_a_friend_is_rung_three_times_in_ten_minutes(start_api: StartApi, database: Database) -> None:
    api = await start_api()
    anna, boris, anna_id, boris_id = await friends(api, database)
    for _ in range(3):
        assert (await anna.post("/api/calls/friend", {"friend_id": boris_id})).status == 201
    refused = await anna.post("/api/calls/friend", {"friend_id": boris_id})
    assert outcome(refused) == (429, "Rate limit exceeded: 3 per 10 minute")
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert "ring_per_pair" in api.limits_hit
    call_id = (await anna.post("/api/calls", {})).json["call_id"]
    assert (await anna.post(f"/api/calls/{call_id}/invite", {"friend_id": boris_id})).status == 429
    # The other way round is another pair.
    assert (await boris.post("/api/calls/friend", {"friend_id": anna_id})).status == 201


async def test_participants_invite_others_do_not(api: Client, database: Database) -> None:
    anna, boris, anna_id, boris_id = await friends(api, database)
    vera = await api.signed_in(1003)
    vera_id = (await vera.get("/api/me")).json["id"]
    async with database.transaction() as session:
        await link_friends(session, {(vera_id, boris_id): MET})
    call_id = (await anna.post("/api/calls", {})).json["call_id"]
    path = f"/api/calls/{call_id}/invite"
    answer = await anna.post(path, {"friend_id": boris_id})
    assert (answer.status, answer.json) == (200, {"friend_id": boris_id, "state": "ringing"})
    refused = (403, "Only participants of the call can do this")
    assert outcome(await vera.post(path, {"friend_id": boris_id})) == refused
    assert outcome(await vera.post(f"/api/calls/{call_id}/share")) == refused
    api.rooms.open(call_id, anna_id, vera_id, boris_id, at=MET)
    answer = await vera.post(path, {"friend_id": boris_id})
    assert answer.json["state"] == "in_call"
    assert api.rooms.rings == [(call_id, boris_id, "unreachable")]
    assert (await boris.post("/api/calls/friend", {"friend_id": anna_id})).status == 201


async def test_a_call_that_is_over_is_neither_shared_nor_rung_into(api: Client, database: Database) -> None:
    anna, _, _, boris_id = await friends(api, database)
    call_id = (await anna.post("/api/calls", {})).json["call_id"]
    await anna.post(f"/api/calls/{call_id}/end")
    for path, body in (("invite", {"friend_id": boris_id}), ("share", None)):
        answer = await anna.post(f"/api/calls/{call_id}/{path}", body)
        assert outcome(answer) == (404, "Call is not available")


async def test_without_a_bot_there_is_no_share_and_no_webhook(api: Client) -> None:
    anna = await api.signed_in()
    call_id = (await anna.post("/api/calls", {})).json["call_id"]
    assert outcome(await anna.post(f"/api/calls/{call_id}/share")) == (503, "Bot is not configured")
    assert outcome(await api.post("/api/telegram/webhook", {"update_id": 1})) == (404, "Not Found")


async def test_signed_out_nobody_calls(api: Client) -> None:
    for path in (
        "/api/calls/friend",
        "/api/calls/AAAAAAAAAAAAAAAA/invite",
        "/api/calls/AAAAAAAAAAAAAAAA/share",
    ):
        assert (await api.post(path, {"friend_id": 1})).status == 401


def test_the_api_alone_loads_no_bot() -> None:
    code = (
        "import sys, api.app, api.routes.table; "
        "print([name for name in sys.modules if name.startswith(('aiogram', 'api.bot.'))])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


async def test_calls_to_friends_count_as_new_calls(start_api: StartApi, database: Database) -> None:
    api = await start_api(rates=Rates(all_per_minute=100, create_per_minute=2))
    anna, _, _, boris_id = await friends(api, database)
    assert (await anna.post("/api/calls", {})).status == 201
    assert (await anna.post("/api/calls/friend/", {"friend_id": boris_id})).status == 201
    refused = await anna.post("/api/calls/friend", {"friend_id": boris_id})
    assert outcome(refused) == (429, "Rate limit exceeded: 2 per 1 minute")
