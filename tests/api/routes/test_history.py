"""One's own calls, page by page."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from store.queries.calls import find_call
from store.queries.friend_links import link_friends
from store.queries.participants import Stay, write_stays

if TYPE_CHECKING:
    from store.database import Database
    from tests.api.conftest import Client


async def user_id(client: Client) -> int:
    return int((await client.get("/api/me")).json["id"])


async def new_call(client: Client, **body: Any) -> str:
    return str((await client.post("/api/calls", body)).json["call_id"])


async def stay(
    database: Database, client: Client, call_id: str, who: int, *, after_s: int, lasts_s: int | None
) -> None:
    joined = client.time.utc + timedelta(seconds=after_s)
    left = None if lasts_s is None else joined + timedelta(seconds=lasts_s)
    async with database.transaction() as session:
        found = await find_call(session, call_id)
        assert found is not None
        await write_stays(session, [Stay(f"{call_id} {who} {after_s}", found.call.id, who, joined, left)])


async def test_a_call_tells_when_with_whom_and_for_how_long(api: Client, database: Database) -> None:
    anna, boris = await api.signed_in(1), await api.signed_in(2, first_name="Борис", username="boris_b")
    me, other = await user_id(anna), await user_id(boris)
    call_id = await new_call(anna, title="Планёрка")
    await stay(database, api, call_id, me, after_s=0, lasts_s=60)
    await stay(database, api, call_id, other, after_s=10, lasts_s=20)
    await stay(database, api, call_id, me, after_s=100, lasts_s=30)
    api.time.pass_s(200)
    await anna.post(f"/api/calls/{call_id}/end")
    answer = await anna.get("/api/calls")
    assert answer.status == 200
    (call,) = answer.json["calls"]
    created = call["created_at"]
    assert call == {
        "call_id": call_id,
        "title": "Планёрка",
        "is_video_enabled": False,
        "status": "ended",
        "created_at": created,
        "is_creator": True,
        "is_missed": False,
        "joined_at": created,
        "left_at": call["left_at"],
        "duration_seconds": 90,
        "others": [
            {
                "id": other,
                "username": "boris_b",
                "first_name": "Борис",
                "last_name": None,
                "photo_url": None,
            }
        ],
        "others_count": 1,
    }
    assert call["left_at"] > created
    (his,) = (await boris.get("/api/calls/")).json["calls"]
    assert (his["is_creator"], his["duration_seconds"], his["others"][0]["id"]) == (False, 20, me)


async def test_an_open_stay_counts_until_now(api: Client, database: Database) -> None:
    anna = await api.signed_in()
    call_id = await new_call(anna)
    await stay(database, api, call_id, await user_id(anna), after_s=0, lasts_s=None)
    api.time.pass_s(75)
    (call,) = (await anna.get("/api/calls")).json["calls"]
    assert (call["status"], call["left_at"], call["duration_seconds"]) == ("active", None, 75)


async def test_who_was_called_and_did_not_come_has_missed_it(api: Client, database: Database) -> None:
    anna, boris = await api.signed_in(1), await api.signed_in(2)
    me, other = await user_id(anna), await user_id(boris)
    async with database.transaction() as session:
        await link_friends(session, {(me, other): api.time.utc})
    call_id = (await anna.post("/api/calls/friend", {"friend_id": other})).json["call_id"]
    await stay(database, api, call_id, me, after_s=0, lasts_s=5)
    (missed,) = (await boris.get("/api/calls")).json["calls"]
    assert (missed["is_missed"], missed["joined_at"], missed["duration_seconds"]) == (True, None, None)
    assert [person["id"] for person in missed["others"]] == [me]
    (made,) = (await anna.get("/api/calls")).json["calls"]
    assert (made["is_missed"], made["others"], made["others_count"]) == (False, [], 0)


async def test_pages_meet_without_a_gap_while_calls_are_added(api: Client, database: Database) -> None:
    anna = await api.signed_in()
    me = await user_id(anna)
    ids = [await new_call(anna) for _ in range(7)]
    for call_id in ids:
        await stay(database, api, call_id, me, after_s=0, lasts_s=1)
    seen, cursor = [], ""
    while True:
        page = (await anna.get(f"/api/calls?limit=3{cursor}")).json
        seen += [call["call_id"] for call in page["calls"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
        newer = await new_call(anna)
        await stay(database, api, newer, me, after_s=0, lasts_s=1)
    assert seen == ids[::-1]


async def test_at_most_ten_others_are_shown_and_all_are_counted(api: Client, database: Database) -> None:
    anna = await api.signed_in()
    call_id = await new_call(anna)
    await stay(database, api, call_id, await user_id(anna), after_s=0, lasts_s=100)
    others = []
    for number in range(12):
        others.append(await user_id(await api.signed_in(100 + number)))
        await stay(database, api, call_id, others[-1], after_s=number, lasts_s=10)
    (call,) = (await anna.get("/api/calls")).json["calls"]
    assert [person["id"] for person in call["others"]] == others[:10]
    assert call["others_count"] == 12


async def test_calls_of_others_and_calls_nobody_came_to_are_not_in_it(
    api: Client, database: Database
) -> None:
    anna, boris = await api.signed_in(1), await api.signed_in(2)
    call_id = await new_call(boris)
    await stay(database, api, call_id, await user_id(boris), after_s=0, lasts_s=10)
    await new_call(anna)
    assert (await anna.get("/api/calls")).json == {"calls": [], "next_cursor": None}


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "cursor=0", "cursor=-1", "cursor=x", "cursor=99999999999"]
)
async def test_wrong_pages_are_a_422(api: Client, query: str) -> None:
    anna = await api.signed_in()
    assert (await anna.get(f"/api/calls?{query}")).status == 422


async def test_strangers_see_nothing(api: Client) -> None:
    assert (await api.get("/api/calls")).status == 401


async def test_nobody_misses_a_call_of_their_own(api: Client, database: Database) -> None:
    anna, boris = await api.signed_in(1), await api.signed_in(2)
    me, other = await user_id(anna), await user_id(boris)
    async with database.transaction() as session:
        await link_friends(session, {(me, other): api.time.utc})
    await anna.post("/api/calls/friend", {"friend_id": other})
    (call,) = (await anna.get("/api/calls")).json["calls"]
    assert (call["is_creator"], call["is_missed"]) == (True, False)
    assert (call["joined_at"], call["duration_seconds"]) == (None, None)
    (missed,) = (await boris.get("/api/calls")).json["calls"]
    assert (missed["is_creator"], missed["is_missed"]) == (False, True)
