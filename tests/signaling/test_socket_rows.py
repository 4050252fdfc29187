"""What calls leave in the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from store.tables import CallRating, FriendLink, Participant, ParticipantSession
from tests.signaling.sockets import Until


async def test_stays_and_meetings_are_written_down(server: Any, until: Until) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    first, second = await server.join(call_id, anna), await server.join(call_id, boris)
    await second.leave()
    await until(lambda: server.rooms.participants() == 1)
    second = await server.join(call_id, boris)
    await until(lambda: server.rooms.participants() == 2)
    await first.leave()
    await until(lambda: server.rooms.participants() == 1)
    assert await server.journal.flush(20)
    async with server.database.transaction() as session:
        stays = (await session.scalars(select(ParticipantSession))).all()
        rows = {row.user_id: row for row in (await session.scalars(select(Participant))).all()}
        links = {(link.user_id, link.friend_id) for link in (await session.scalars(select(FriendLink))).all()}
    assert sorted(stay.user_id for stay in stays) == [anna.id, boris.id, boris.id]
    assert rows[anna.id].left_at is not None
    assert rows[boris.id].left_at is None
    assert links == {(anna.id, boris.id), (boris.id, anna.id)}
    assert second.socket.closed is False


async def test_the_first_rating_of_a_participant_is_written_down(server: Any) -> None:
    anna, boris = await server.user("Anna"), await server.user("Boris")
    call_id = await server.call(anna)
    first, second = await server.join(call_id, anna), await server.join(call_id, boris, v2=False)
    await first.send(type="rating", stars=3, reasons=["bad_picture"])
    await first.send(type="rating", stars=5)
    for wrong in ({"stars": 6}, {"stars": True}, {"stars": 1, "reasons": ["Boris was late"]}):
        await first.send(type="rating", **wrong)
        assert (await first.hear("error"))["code"] == "invalid"
    await second.send(type="rating", stars=1)
    assert (await second.hear("error"))["code"] == "unsupported"
    assert await server.journal.flush(20)
    async with server.database.transaction() as session:
        rows = (await session.scalars(select(CallRating))).all()
    assert [(row.user_id, row.stars, row.reasons) for row in rows] == [(anna.id, 3, ["bad_picture"])]
