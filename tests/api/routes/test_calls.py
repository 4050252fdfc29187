"""Calls over REST: shapes, texts and who may do what."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from store.tables import Call

if TYPE_CHECKING:
    from store.database import Database
    from tests.api.conftest import Answer, Client, StartApi


async def new_call(client: Client, **body: Any) -> str:
    answer = await client.post("/api/calls", body)
    assert answer.status == 201, answer.text
    call_id: str = answer.json["call_id"]
    return call_id


def outcome(answer: Answer) -> tuple[int, Any]:
    return answer.status, answer.json.get("detail")


async def test_new_call_has_the_documented_shape_and_ours(api: Client) -> None:
    anna = await api.signed_in(username="anna_k", photo_url="https://t.me/i/a.svg")
    answer = await anna.post("/api/calls", {"title": "Планёрка", "is_video_enabled": True})
    assert answer.status == 201
    call = answer.json
    assert re.fullmatch(r"[A-Za-z0-9_-]{16}", call["call_id"])
    created = api.time.utc.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    assert call == {
        "call_id": call["call_id"],
        "title": "Планёрка",
        "is_video_enabled": True,
        "status": "active",
        "created_at": created,
        "expires_at": call["expires_at"],
        "join_url": f"https://t.me/telcall_bot?startapp={call['call_id']}",
        "creator": {
            "id": call["creator"]["id"],
            "first_name": "Анна",
            "username": "anna_k",
            "photo_url": "https://t.me/i/a.svg",
        },
        "is_creator": True,
        "participants_count": 0,
        "max_participants": 30,
    }
    assert call["expires_at"][:10] > created[:10]


async def test_both_forms_of_the_path_create_without_redirect(api: Client) -> None:
    anna = await api.signed_in()
    for path in ("/api/calls", "/api/calls/"):
        answer = await anna.post(path, {})
        assert answer.status == 201
        assert (answer.json["title"], answer.json["is_video_enabled"]) == (None, False)


async def test_nothing_has_to_be_said_of_a_new_call(api: Client) -> None:
    anna = await api.signed_in()
    call = await anna.post("/api/calls")
    assert call.status == 201
    assert (call.json["title"], call.json["is_video_enabled"]) == (None, False)
    assert (await anna.post("/api/calls", b" ")).status == 422


async def test_somebody_else_finds_the_call_by_id_and_by_code(api: Client) -> None:
    call_id = await new_call(await api.signed_in(1), title="x")
    boris = await api.signed_in(2)
    by_id = await boris.get(f"/api/calls/{call_id}")
    by_code = await boris.post("/api/calls/join_by_code", {"call_code": f"  {call_id} "})
    assert by_id.json == by_code.json
    assert (by_id.status, by_code.status) == (200, 200)
    assert by_id.json["is_creator"] is False


async def test_without_a_bot_the_link_is_our_own_page(start_api: StartApi) -> None:
    api = await start_api(bot_username=None)
    answer = await (await api.signed_in()).post("/api/calls", {})
    assert answer.json["join_url"] == f"https://tel.example/call/{answer.json['call_id']}"


NOT_FOUND = (404, "Call not found")


@pytest.mark.parametrize(
    "call_id",
    ["AAAABBBBCCCCDDDD", "x", "x" * 200, "%00", "%D0%B0", "%FF%FE", "a%20b", "' OR 1=1", "..%2F..", "%25"],
)
async def test_unknown_id_is_not_found(api: Client, call_id: str) -> None:
    anna = await api.signed_in()
    assert outcome(await anna.get(f"/api/calls/{call_id}")) == NOT_FOUND
    assert outcome(await anna.post(f"/api/calls/{call_id}/end")) == NOT_FOUND
    assert outcome(await anna.post("/api/calls/join_by_code", {"call_code": call_id})) == NOT_FOUND


@pytest.mark.parametrize("code", ["\0", "\U0001f600", "' OR 1=1 --", "%_"])
async def test_odd_codes_are_not_found(api: Client, code: str) -> None:
    anna = await api.signed_in()
    assert outcome(await anna.post("/api/calls/join_by_code", {"call_code": code})) == NOT_FOUND


async def test_blank_code_is_asked_for(api: Client) -> None:
    anna = await api.signed_in()
    answer = await anna.post("/api/calls/join_by_code", {"call_code": " \t "})
    assert outcome(answer) == (400, "Call code is required")


async def test_ended_call_is_gone_and_its_room_was_told(api: Client) -> None:
    anna, boris = await api.signed_in(1), await api.signed_in(2)
    call_id = await new_call(anna)
    assert outcome(await boris.post(f"/api/calls/{call_id}/end")) == (
        403,
        "Only the organizer can end the call",
    )
    assert api.rooms.told == []
    ended = await anna.post(f"/api/calls/{call_id}/end/")
    assert (ended.status, ended.json["status"], ended.json["call_id"]) == (200, "ended", call_id)
    assert api.rooms.told == [(call_id, "ended")]
    again = await anna.post(f"/api/calls/{call_id}/end")
    assert outcome(again) == (400, "Call is no longer active. Please create a new call.")
    gone = (404, "Call is not available")
    assert outcome(await boris.get(f"/api/calls/{call_id}")) == gone
    assert outcome(await boris.post("/api/calls/join_by_code", {"call_code": call_id})) == gone


async def test_expired_call_is_gone_on_time(api: Client) -> None:
    anna = await api.signed_in()
    call_id = await new_call(anna)
    api.time.pass_s(86_399)
    assert (await anna.get(f"/api/calls/{call_id}")).status == 200
    api.time.pass_s(1)
    expired = (404, "Call has expired")
    assert outcome(await anna.get(f"/api/calls/{call_id}")) == expired
    assert outcome(await anna.post("/api/calls/join_by_code", {"call_code": call_id})) == expired
    end = await anna.post(f"/api/calls/{call_id}/end")
    assert outcome(end) == (400, "Call is no longer active. Please create a new call.")


async def test_sixth_active_call_ends_the_oldest(api: Client) -> None:
    anna = await api.signed_in()
    ids = []
    for _ in range(6):
        ids.append(await new_call(anna))
        api.time.pass_s(1)
    assert api.rooms.told == [(ids[0], "Maximum active calls limit reached - oldest call auto-ended")]
    assert [(await anna.get(f"/api/calls/{call_id}")).status for call_id in ids] == [404] + [200] * 5


@pytest.mark.parametrize(
    ("body", "loc"),
    [
        ({"title": "x" * 256}, ["body", "title"]),
        ({"title": 5}, ["body", "title"]),
        ({"title": "a\0b"}, ["body", "title"]),
        ({"is_video_enabled": "perhaps"}, ["body", "is_video_enabled"]),
        ([], ["body"]),
        (b"nonsense", ["body"]),
        (b'{"title": "\\udc00"}', ["body"]),
    ],
)
async def test_wrong_form_of_a_new_call_is_a_422(api: Client, body: Any, loc: list[str]) -> None:
    answer = await (await api.signed_in()).post("/api/calls", body)
    assert answer.status == 422
    assert [error["loc"] for error in answer.detail] == [loc]


async def test_longest_title_and_unknown_keys_are_taken(api: Client, database: Database) -> None:
    title = "я" * 255
    call_id = await new_call(await api.signed_in(), title=title, color="red")
    async with database.transaction() as session:
        assert await session.scalar(select(Call.title).where(Call.call_id == call_id)) == title
