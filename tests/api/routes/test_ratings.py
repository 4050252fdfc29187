"""Ratings over REST: who may, until when, and that the first one counts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from store.queries.calls import find_call
from store.queries.participants import add_participants
from store.tables import CallRating
from tests.api.routes.test_call_stats import call_of

if TYPE_CHECKING:
    from store.database import Database
    from tests.api.conftest import Client


async def kept(client: Client, database: Database) -> list[tuple[int, list[str]]]:
    """Written behind: not before the journal has had its turn."""
    assert await client.journal.flush(10)
    async with database.transaction() as session:
        rows = await session.scalars(select(CallRating).order_by(CallRating.user_id))
        return [(row.stars, list(row.reasons)) for row in rows]


async def rate(client: Client, call_id: str, stars: Any = 4, reasons: Any = ()) -> tuple[int, Any]:
    answer = await client.post(f"/api/calls/{call_id}/rating", {"stars": stars, "reasons": list(reasons)})
    return answer.status, answer.json.get("detail", answer.json)


async def test_the_first_rating_of_everybody_who_was_there_counts(api: Client, database: Database) -> None:
    anna, boris = await api.signed_in(1), await api.signed_in(2)
    call_id = await call_of(database, anna, anna, boris)
    assert await rate(anna, call_id, 2, ["echo", "dropped"]) == (202, {"message": "Thank you"})
    assert await rate(anna, call_id, 5) == (202, {"message": "Thank you"})
    assert await rate(boris, call_id, 5) == (202, {"message": "Thank you"})
    assert await kept(api, database) == [(2, ["echo", "dropped"]), (5, [])]


async def test_who_was_not_in_it_may_not(api: Client, database: Database) -> None:
    anna, stranger, called = [await api.signed_in(number) for number in (1, 2, 3)]
    call_id = await call_of(database, anna)
    async with database.transaction() as session:
        found = await find_call(session, call_id)
        assert found is not None
        ids = [(await client.get("/api/me")).json["id"] for client in (anna, called)]
        await add_participants(session, found.call.id, ids, api.time.utc)
    for client in (anna, stranger, called):  # Anna and whom she called have rows, and never came
        assert await rate(client, call_id) == (403, "Only participants can rate the call")
    assert (await rate(anna, "no-such-call"))[0] == 404
    assert (await rate(anna, "%00"))[0] == 404
    assert (await api.post(f"/api/calls/{call_id}/rating", {"stars": 5})).status == 401
    assert await kept(api, database) == []


async def test_half_a_day_later_nobody_remembers(api: Client, database: Database) -> None:
    anna = await api.signed_in(1)
    call_id = await call_of(database, anna, anna)
    api.time.utc += timedelta(hours=12)
    assert (await rate(anna, call_id))[0] == 202
    api.time.utc += timedelta(seconds=1)
    assert await rate(anna, call_id) == (400, "It is too late to rate the call")


@pytest.mark.parametrize(
    ("stars", "reasons"),
    [
        *[(stars, []) for stars in (0, 6, -1, 2**70, 3.5, "many", None, True, [3])],
        *[(3, reasons) for reasons in (["No Sound"], ["a" * 33], [""], [1], ["echo"] * 9, ["x\0y"])],
    ],
)
async def test_nonsense_is_refused_and_not_kept(
    api: Client, database: Database, stars: Any, reasons: Any
) -> None:
    anna = await api.signed_in(1)
    call_id = await call_of(database, anna, anna)
    assert (await rate(anna, call_id, stars, reasons))[0] == 422
    assert await kept(api, database) == []
