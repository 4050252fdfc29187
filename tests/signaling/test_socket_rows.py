"""What calls leave in the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from store.tables import FriendLink, Participant, ParticipantSession
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
