"""Stays in calls, and the row a person and call that sums them up.

Everything here may be done twice: the write-behind queue repeats what it does not know to be committed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, bindparam, case, column, func, select, update
from sqlalchemy import values as sql_values
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, insert
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import Participant, ParticipantSession


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay of a person in a call. `call_row_id` is `calls.id`; `left_at` None: still there."""

    session_id: str
    call_row_id: int
    user_id: int
    joined_at: datetime
    left_at: datetime | None = None


async def write_stays(session: AsyncSession, stays: Sequence[Stay]) -> None:
    """Write stays (each `session_id` once) and bring their people's `participants` rows up to date."""
    new = insert(ParticipantSession).values(
        [
            {
                "session_id": stay.session_id,
                "call_id": stay.call_row_id,
                "user_id": stay.user_id,
                "joined_at": stay.joined_at,
                "seen_at": stay.left_at or stay.joined_at,
                "left_at": stay.left_at,
            }
            for stay in stays
        ]
    )
    await session.execute(
        new.on_conflict_do_update(
            index_elements=[ParticipantSession.session_id],
            set_={
                # What has ended stays ended when an older 'joined' is repeated.
                "left_at": func.coalesce(new.excluded.left_at, ParticipantSession.left_at),
                "seen_at": func.greatest(new.excluded.seen_at, ParticipantSession.seen_at),
            },
        )
    )
    await _sum_up(session, {(stay.call_row_id, stay.user_id) for stay in stays})


async def _sum_up(session: AsyncSession, people: Iterable[tuple[int, int]]) -> None:
    """Recompute the `participants` rows of (calls.id, users.id) pairs from their stays."""
    wanted = sql_values(column("call_id", Integer), column("user_id", Integer), name="wanted").data(
        sorted(people)
    )
    stay = ParticipantSession
    summary = (
        select(
            stay.call_id,
            stay.user_id,
            func.min(stay.joined_at),
            case((func.bool_or(stay.left_at.is_(None)), None), else_=func.max(stay.left_at)),
        )
        .join(wanted, (wanted.c.call_id == stay.call_id) & (wanted.c.user_id == stay.user_id))
        .group_by(stay.call_id, stay.user_id)
    )
    new = insert(Participant).from_select(["call_id", "user_id", "joined_at", "left_at"], summary)
    await session.execute(
        new.on_conflict_do_update(
            index_elements=[Participant.call_id, Participant.user_id],
            set_={
                "joined_at": func.least(new.excluded.joined_at, Participant.joined_at),
                "left_at": new.excluded.left_at,
            },
        )
    )


async def add_participants(
    session: AsyncSession, call_row_id: int, user_ids: Iterable[int], joined_at: datetime
) -> None:
    """Rows of people a call is made for, before anybody is in it. Who never comes has no stay."""
    rows = [{"call_id": call_row_id, "user_id": user_id, "joined_at": joined_at} for user_id in user_ids]
    await session.execute(insert(Participant).values(rows).on_conflict_do_nothing())


async def mark_seen(session: AsyncSession, session_ids: Sequence[str], now: datetime) -> None:
    """Note that these stays are still open."""
    await session.execute(
        update(ParticipantSession)
        .where(
            ParticipantSession.session_id == func.any(bindparam("ids", list(session_ids), ARRAY(TEXT))),
            ParticipantSession.left_at.is_(None),
        )
        .values(seen_at=now)
        .execution_options(synchronize_session=False)
    )


async def close_open_sessions(session: AsyncSession, now: datetime) -> int:
    """End the stays that a dead process left open, at the time they were last seen; gives their number.

    To be called before the first join, by the one process that holds the rooms.
    """
    stay = ParticipantSession
    statement = (
        update(stay)
        .where(stay.left_at.is_(None))
        .values(left_at=func.greatest(stay.joined_at, func.least(stay.seen_at, now)))
        .returning(stay.call_id, stay.user_id)
        .execution_options(synchronize_session=False)
    )
    people = [(row.call_id, row.user_id) for row in await session.execute(statement)]
    distinct_people = sorted(set(people))
    for start in range(0, len(distinct_people), 1000):
        await _sum_up(session, distinct_people[start : start + 1000])
    return len(people)
