"""How people found their calls, and whether somebody may still say so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import Call, CallRating, Participant, ParticipantSession


@dataclass(frozen=True, slots=True)
class Rating:
    """`call_row_id` is `calls.id`, `stars` 1 to 5; `reasons` at most 8, of at most 32 characters, no NUL."""

    call_row_id: int
    user_id: int
    stars: int
    reasons: tuple[str, ...]
    at: datetime


async def write_ratings(session: AsyncSession, ratings: Sequence[Rating]) -> None:
    """Write ratings, one a person and call; whoever has rated the call before has done so for good."""
    rows = [
        {
            "call_id": rating.call_row_id,
            "user_id": rating.user_id,
            "stars": rating.stars,
            "reasons": list(rating.reasons),
            "rated_at": rating.at,
        }
        for rating in ratings
    ]
    await session.execute(insert(CallRating).values(rows).on_conflict_do_nothing())


@dataclass(frozen=True, slots=True)
class Attendance:
    """`has_been_there`: the person has been in the call; `left_at` None: and still is."""

    call_row_id: int
    has_been_there: bool
    left_at: datetime | None


async def find_attendance(session: AsyncSession, call_id: str, user_id: int) -> Attendance | None:
    """Of a person in the call of a public id; None when there is no such call. Who was called and never came
    was not in it."""
    came = (
        select(ParticipantSession.id)
        .where(ParticipantSession.call_id == Call.id, ParticipantSession.user_id == user_id)
        .exists()
    )
    statement = (
        select(Call.id, came, Participant.left_at)
        .outerjoin(Participant, (Participant.call_id == Call.id) & (Participant.user_id == user_id))
        .where(Call.call_id == call_id)
    )
    row = (await session.execute(statement)).one_or_none()
    return None if row is None else Attendance(row[0], row[1], row[2])
