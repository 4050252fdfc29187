"""Friends over REST: search, pages, both shapes, deleting, favourites, blocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from store.queries.friend_links import link_friends
from store.queries.friends import find_friend
from store.tables import FriendLink, UserBlock

if TYPE_CHECKING:
    from store.database import Database
    from tests.api.conftest import Client, StartApi

START = datetime(2026, 11, 1, 12, tzinfo=UTC)


async def own_id(client: Client) -> int:
    user_id: int = (await client.get("/api/me")).json["id"]
    return user_id


async def meet(database: Database, one: int, other: int, minutes: float = 0) -> None:
    async with database.transaction() as session:
        await link_friends(session, {(one, other): START + timedelta(minutes=minutes)})


async def names(client: Client, query: str = "") -> list[Any]:
    answer = await client.get(f"/api/friends{query}")
    assert answer.status == 200, answer.text
    return [friend["first_name"] for friend in answer.json["friends"]]


async def person(api: Client, telegram_id: int, **names: Any) -> tuple[Client, int]:
    client = await api.signed_in(telegram_id, **names)
    return client, await own_id(client)


async def test_friends_have_the_documented_shape_and_ours(api: Client, database: Database) -> None:
    anna, anna_id = await person(api, 1)
    _, boris_id = await person(
        api, 2, first_name="Борис", last_name="Ким", username="boris_k", photo_url="https://t.me/i/b.svg"
    )
    await meet(database, anna_id, boris_id)
    for form in ("/api/friends", "/api/friends/"):
        assert (await anna.get(form)).json == {
            "friends": [
                {
                    "id": boris_id,
                    "telegram_user_id": 2,
                    "username": "boris_k",
                    "first_name": "Борис",
                    "last_name": "Ким",
                    "display_name": "Борис Ким",
                    "photo_url": "https://t.me/i/b.svg",
                    "last_call_at": "2026-11-01T12:00:00.000000Z",
                    "is_favourite": False,
                }
            ],
            "total": 1,
        }


async def test_operator_may_choose_the_list_alone(start_api: StartApi, database: Database) -> None:
    api = await start_api(friends_shape="deployed")
    anna, anna_id = await person(api, 1)
    _, boris_id = await person(api, 2, first_name="", username="boris_k")
    assert (await anna.get("/api/friends")).json == []
    await meet(database, anna_id, boris_id)
    assert (await anna.get("/api/friends?limit=100")).json == [
        {
            "id": boris_id,
            "telegram_user_id": 2,
            "display_name": None,
            "username": "boris_k",
            "photo_url": None,
            "last_call_at": "2026-11-01T12:00:00.000000Z",
        }
    ]


async def test_search_knows_cyrillic_joined_names_and_no_wildcards(api: Client, database: Database) -> None:
    anna, anna_id = await person(api, 1)
    people = [
        {"first_name": "Ёлка", "last_name": "Петрова", "username": "yolka_p"},
        {"first_name": "Ann", "last_name": "100%"},
        {"first_name": "back\\slash", "username": "under_score"},
        {"first_name": "Пётр"},
    ]
    for place, names_of in enumerate(people):
        _, other_id = await person(api, 10 + place, **names_of)
        await meet(database, anna_id, other_id, -place)
    cases = {
        "ёлка": ["Ёлка"],
        "ПЕТРОВ": ["Ёлка"],
        "лка петр": ["Ёлка"],
        "YOLKA": ["Ёлка"],
        "%25": ["Ann"],
        "_": ["Ёлка", "back\\slash"],
        "k\\s": ["back\\slash"],
        "\\": ["back\\slash"],
        "/": [],
        "'": [],
        "нет таких": [],
        "": ["Ёлка", "Ann", "back\\slash", "Пётр"],
    }
    for query, found in cases.items():
        assert await names(anna, f"?query={query}") == found, query


async def test_pages_begin_with_who_was_met_last_and_know_the_total(api: Client, database: Database) -> None:
    anna, anna_id = await person(api, 1)
    for place in range(5):
        _, other_id = await person(api, 10 + place, first_name=f"F{place}")
        await meet(database, anna_id, other_id, place)
    assert await names(anna) == ["F4", "F3", "F2", "F1", "F0"]
    assert await names(anna, "?limit=2&offset=2") == ["F2", "F1"]
    beyond = (await anna.get("/api/friends?offset=9")).json
    assert beyond == {"friends": [], "total": 5}
    assert (await anna.get("/api/friends?query=F3")).json["total"] == 1


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=101",
        "limit=x",
        "limit=-1",
        "limit=9" + "9" * 30,
        "offset=-1",
        "offset=99999999999",
        "query=%00",
        "query=" + "x" * 256,
        "favourites=maybe",
    ],
)
async def test_wrong_query_is_a_422(api: Client, query: str) -> None:
    anna = await api.signed_in()
    answer = await anna.get(f"/api/friends?{query}")
    assert answer.status == 422
    assert answer.detail[0]["loc"] == ["query", query.partition("=")[0]]


async def test_delete_takes_both_shapes_and_both_directions(api: Client, database: Database) -> None:
    anna, anna_id = await person(api, 1)
    others = [await person(api, 10 + place) for place in range(3)]
    for _, other_id in others:
        await meet(database, anna_id, other_id)
    (boris, boris_id), (_, vera_id), (_, gleb_id) = others
    answer = await anna.post("/api/friends/delete", {"friend_id": boris_id})
    assert (answer.status, answer.json) == (
        200,
        {"message": "Friend deleted successfully", "deleted_ids": [boris_id], "not_found_ids": []},
    )
    assert await names(boris) == []
    asked = [gleb_id, 999_999, vera_id, gleb_id, boris_id, anna_id]
    answer = await anna.post("/api/friends/delete/", {"friend_ids": asked})
    assert answer.json["deleted_ids"] == [gleb_id, vera_id, gleb_id]
    assert answer.json["not_found_ids"] == [999_999, boris_id, anna_id]
    empty = await anna.post("/api/friends/delete", {"friend_ids": []})
    assert (empty.json["deleted_ids"], empty.json["not_found_ids"]) == ([], [])
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(FriendLink)) == 0


async def test_nobody_deletes_other_peoples_friends(api: Client, database: Database) -> None:
    anna, anna_id = await person(api, 1)
    _, boris_id = await person(api, 2)
    eve, _ = await person(api, 3)
    await meet(database, anna_id, boris_id)
    answer = await eve.post("/api/friends/delete", {"friend_ids": [anna_id, boris_id]})
    assert answer.json["deleted_ids"] == []
    assert len(await names(anna)) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"friend_id": None},
        {"friend_id": "1"},
        {"friend_id": True},
        {"friend_id": 1.5},
        {"friend_id": 0},
        {"friend_id": 2**31},
        {"friend_id": 10**400},
        {"friend_ids": 1},
        {"friend_ids": [1, "x"]},
        {"friend_ids": [[]]},
        {"friend_ids": [1] * 1001},
        b"[]",
        b'{"friend_ids": [' + b"[" * 5000,
    ],
)
async def test_wrong_body_deletes_nothing(api: Client, database: Database, body: Any) -> None:
    anna, anna_id = await person(api, 1)
    _, boris_id = await person(api, 2)
    await meet(database, anna_id, boris_id)
    assert (await anna.post("/api/friends/delete", body)).status == 422
    assert len(await names(anna)) == 1


async def test_favourites_are_ones_own(api: Client, database: Database) -> None:
    anna, anna_id = await person(api, 1)
    boris, boris_id = await person(api, 2, first_name="Boris")
    _, vera_id = await person(api, 3, first_name="Vera")
    for other_id in (boris_id, vera_id):
        await meet(database, anna_id, other_id)
    for _ in range(2):
        answer = await anna.request("PUT", f"/api/friends/{vera_id}/favourite")
        assert (answer.status, answer.json) == (200, {"friend_id": vera_id, "is_favourite": True})
    assert await names(anna, "?favourites=true") == ["Vera"]
    await meet(database, anna_id, vera_id, 5)
    assert await names(anna, "?favourites=true") == ["Vera"]
    assert await names(boris, "?favourites=true") == []
    assert (await anna.request("DELETE", f"/api/friends/{vera_id}/favourite")).json["is_favourite"] is False
    assert await names(anna, "?favourites=true") == []


@pytest.mark.parametrize("user_id", ["999999", "0", "-1", "x", "9" * 40, "%D9%A1", "1.0", "%00"])
async def test_nobody_else_is_marked_or_blocked(api: Client, database: Database, user_id: str) -> None:
    anna = await api.signed_in()
    for action, detail in (("favourite", "Friend not found"), ("block", "Friend not found")):
        answer = await anna.request("PUT", f"/api/friends/{user_id}/{action}")
        assert (answer.status, answer.detail) == (404, detail)
    assert (await anna.request("DELETE", f"/api/friends/{user_id}/block")).status == 404
    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(UserBlock)) == 0


async def test_a_stranger_cannot_be_blocked_so_that_ids_tell_nothing(api: Client) -> None:
    anna = await api.signed_in(1)
    _, stranger_id = await person(api, 2)
    answer = await anna.request("PUT", f"/api/friends/{stranger_id}/block")
    assert (answer.status, answer.detail) == (404, "Friend not found")


async def test_a_block_looks_like_a_deleted_link_and_outlives_meetings(
    api: Client, database: Database
) -> None:
    anna, anna_id = await person(api, 1, first_name="Anna")
    boris, boris_id = await person(api, 2, first_name="Boris", username="boris_k")
    await meet(database, anna_id, boris_id)
    for _ in range(2):
        answer = await anna.request("PUT", f"/api/friends/{boris_id}/block")
        assert (answer.status, answer.json) == (200, {"user_id": boris_id, "is_blocked": True})

    async def are_friends(one: int, other: int) -> bool:
        async with database.transaction() as session:
            return await find_friend(session, one, other) is not None

    for minutes in (0, 10):
        await meet(database, anna_id, boris_id, minutes)  # as in a call of many
        assert await names(anna) == []
        assert await names(boris) == []
        assert not await are_friends(boris_id, anna_id)
        assert not await are_friends(anna_id, boris_id)
        assert (await boris.request("PUT", f"/api/friends/{anna_id}/favourite")).status == 404
        assert (await boris.request("PUT", f"/api/friends/{anna_id}/block")).status == 404
        deleted = (await boris.post("/api/friends/delete", {"friend_id": anna_id})).json
        assert (deleted["deleted_ids"], deleted["not_found_ids"]) == ([], [anna_id])
        assert (await boris.get("/api/me/export")).json["friend_links"] == []
    listed = (await anna.get("/api/friends/blocked")).json
    assert listed["total"] == 1
    assert (listed["blocked"][0]["id"], listed["blocked"][0]["username"]) == (boris_id, "boris_k")
    assert (await boris.get("/api/friends/blocked")).json == {"blocked": [], "total": 0}
    assert (await boris.request("DELETE", f"/api/friends/{anna_id}/block")).detail == "Not blocked"
    assert (await anna.request("DELETE", f"/api/friends/{boris_id}/block")).json["is_blocked"] is False
    assert await names(boris) == ["Anna"]
    assert await are_friends(boris_id, anna_id)
