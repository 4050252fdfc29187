"""Friendships."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import FriendLink


async def link_friends(session: AsyncSession, meetings: Mapping[tuple[int, int], datetime]) -> None:
    """Link people who met, both ways, or renew their links. Keys: pairs of user ids, in any order, no self.

    May be done twice; an older meeting never overwrites a newer one.
    """
    latest: dict[tuple[int, int], datetime] = {}
    for (one, other), at in meetings.items():
        for pair in ((one, other), (other, one)):
            latest[pair] = max(at, latest.get(pair, at))
    # Sorted, so that two writers lock the rows in one order.
    rows = [
        {"user_id": user_id, "friend_id": friend_id, "created_at": at, "updated_at": at}
        for (user_id, friend_id), at in sorted(latest.items())
    ]
    new = insert(FriendLink).values(rows)
    await session.execute(
        new.on_conflict_do_update(
            index_elements=[FriendLink.user_id, FriendLink.friend_id],
            set_={"updated_at": func.greatest(new.excluded.updated_at, FriendLink.updated_at)},
        )
    )
