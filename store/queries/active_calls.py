"""Calls that somebody has made and that can be joined."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import Call
from store.tables.call import ACTIVE


async def active_call_ids(
    session: AsyncSession, creator_user_id: int, now: datetime, limit: int
) -> Sequence[str]:
    """Public ids of a person's active calls, the newest first."""
    statement = (
        select(Call.call_id)
        .where(
            Call.creator_user_id == creator_user_id,
            Call.status == ACTIVE,
            or_(Call.expires_at.is_(None), Call.expires_at > now),
        )
        .order_by(Call.created_at.desc(), Call.id.desc())
        .limit(limit)
    )
    return (await session.scalars(statement)).all()
