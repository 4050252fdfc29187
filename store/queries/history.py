"""The calls of a person: those they were in, and those they were called to and did not come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from store.tables import Call, Participant, ParticipantSession, User


@dataclass(frozen=True, slots=True)
class PastCall:
    """`duration_s`: of all the person's stays together, of an open one until now; None: they never came.

    `joined_at`, `left_at`: first and last; of who never came `joined_at` is when they were called.
    `others`: the first of those who really were in it, `others_count`: all of them; both without the person.
    """

    call: Call
    joined_at: datetime
    left_at: datetime | None
    duration_s: float | None
    others: Sequence[User]
    others_count: int


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """`next_before` goes into `before` for the next page; None: this is the last one."""

    calls: Sequence[PastCall]
    next_before: int | None


async def list_own_calls(
    session: AsyncSession, user_id: int, now: datetime, *, before: int | None, limit: int, people: int
) -> HistoryPage:
    """A page of the person's calls, the newest first. `before`: below this `calls.id`; `people`: at most so
    many others of each call."""
    stay = ParticipantSession
    duration = (
        select(func.sum(func.extract("epoch", func.coalesce(stay.left_at, now) - stay.joined_at)))
        .where(stay.call_id == Participant.call_id, stay.user_id == user_id)
        .correlate(Participant)
        .scalar_subquery()
    )
    statement = (
        select(Call, Participant.joined_at, Participant.left_at, duration)
        .join(Call, Call.id == Participant.call_id)
        .where(Participant.user_id == user_id)
        .order_by(Participant.call_id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(Participant.call_id < before)
    rows = (await session.execute(statement)).all()
    page = rows[:limit]
    others = await _others(session, user_id, [row[0].id for row in page], people) if page else {}
    calls = []
    for call, joined_at, left_at, duration_s in page:
        there, count = others.get(call.id, ([], 0))
        spent_s = None if duration_s is None else max(0.0, float(duration_s))
        calls.append(PastCall(call, joined_at, left_at, spent_s, there, count))
    return HistoryPage(calls, page[-1][0].id if len(rows) > limit else None)


async def _others(
    session: AsyncSession, user_id: int, call_row_ids: Sequence[int], people: int
) -> Mapping[int, tuple[list[User], int]]:
    """By `calls.id`: the first of the others who were in it, and how many they are."""
    stay = ParticipantSession
    came = (
        select(stay.id)
        .where(stay.call_id == Participant.call_id, stay.user_id == Participant.user_id)
        .correlate(Participant)
        .exists()
    )
    call = Participant.call_id
    ranked = (
        select(
            Participant.call_id,
            Participant.user_id,
            func.row_number()
            .over(partition_by=call, order_by=(Participant.joined_at, Participant.id))
            .label("place"),
            func.count().over(partition_by=call).label("total"),
        )
        .where(Participant.call_id.in_(call_row_ids), Participant.user_id != user_id, came)
        .subquery("ranked")
    )
    person = aliased(User)
    statement = (
        select(ranked.c.call_id, ranked.c.total, person)
        .join(person, person.id == ranked.c.user_id)
        .where(ranked.c.place <= people)
        .order_by(ranked.c.call_id, ranked.c.place)
    )
    found: dict[int, tuple[list[User], int]] = {}
    for call_row_id, total, user in await session.execute(statement):
        found.setdefault(call_row_id, ([], total))[0].append(user)
    return found
