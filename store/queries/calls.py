"""Calls. Changes of status are conditional updates, so that two requests cannot both win."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, delete, distinct, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from store.queries.executor import Executor
from store.queries.people import PERSON, Person
from store.tables import Call, ParticipantSession, User
from store.tables.call import ACTIVE, ENDED, EXPIRED


@dataclass(frozen=True, slots=True)
class CallFacts:
    """A call's own columns."""

    id: int
    call_id: str
    title: str | None
    is_video_enabled: bool
    status: str
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class FoundCall:
    """A call, who made it, and how many people are in it by its open stays."""

    call: CallFacts
    creator: Person
    participants_count: int


_PRESENT = (
    select(func.count(distinct(ParticipantSession.user_id)))
    .where(ParticipantSession.call_id == Call.id, ParticipantSession.left_at.is_(None))
    .scalar_subquery()
)
_FACTS = (
    Call.id,
    Call.call_id,
    Call.title,
    Call.is_video_enabled,
    Call.status,
    Call.created_at,
    Call.expires_at,
)
_CALLS = cast(Table, Call.__table__)  # of the entity an insert would be one of many rows
_CREATE = insert(_CALLS).returning(*_FACTS)
_FIND = select(_PRESENT, *_FACTS, *PERSON).join(Call.creator).where(Call.call_id == bindparam("public_id"))


_LOCK_CREATOR = select(User.id).where(User.id == bindparam("creator")).with_for_update(key_share=True)
_BEYOND = (
    select(Call.id)
    .where(Call.creator_user_id == bindparam("creator"), Call.status == ACTIVE)
    .order_by(Call.created_at.desc(), Call.id.desc())
    .offset(bindparam("keep"))
)
_END_BEYOND = update(_CALLS).where(Call.id.in_(_BEYOND)).values(status=ENDED).returning(Call.call_id)


async def create_call(
    executor: Executor,
    *,
    call_id: str,
    creator_user_id: int,
    title: str | None,
    is_video_enabled: bool,
    created_at: datetime,
    expires_at: datetime,
) -> CallFacts:
    """Add an active call. Raises `IntegrityError` when `call_id` is taken."""
    given = {
        "call_id": call_id,
        "creator_user_id": creator_user_id,
        "title": title,
        "is_video_enabled": is_video_enabled,
        "status": ACTIVE,
        "created_at": created_at,
        "expires_at": expires_at,
    }
    return CallFacts(*(await executor.execute(_CREATE, given)).one())


async def find_call(executor: Executor, call_id: str) -> FoundCall | None:
    """The call of a public id, whatever its status."""
    row = (await executor.execute(_FIND, {"public_id": call_id})).one_or_none()
    if row is None:
        return None
    facts, person = row[1 : 1 + len(_FACTS)], row[1 + len(_FACTS) :]
    return FoundCall(CallFacts(*facts), Person(*person), row[0])


async def end_call(session: AsyncSession, call_row_id: int, now: datetime) -> bool:
    """End a call that is active and not past its time; false when it is not."""
    statement = (
        update(Call)
        .where(
            Call.id == call_row_id, Call.status == ACTIVE, (Call.expires_at > now) | Call.expires_at.is_(None)
        )
        .values(status=ENDED)
        .returning(Call.id)
    )
    return (await session.execute(statement)).scalar_one_or_none() is not None


async def end_calls_over_limit(executor: Executor, creator_user_id: int, keep: int) -> Sequence[str]:
    """End the oldest active calls of a creator beyond the newest `keep`; gives their public ids.

    The creator's row is locked for the rest of the transaction, so that calls made at once are all counted.
    """
    await executor.execute(_LOCK_CREATOR, {"creator": creator_user_id})
    ended = await executor.execute(_END_BEYOND, {"creator": creator_user_id, "keep": keep})
    return ended.scalars().all()


async def expire_due_calls(session: AsyncSession, now: datetime, limit: int = 500) -> Sequence[str]:
    """Expire at most `limit` active calls whose time has come; gives their public ids."""
    due = (
        select(Call.id)
        .where(Call.status == ACTIVE, Call.expires_at <= now)
        .order_by(Call.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = update(Call).where(Call.id.in_(due)).values(status=EXPIRED).returning(Call.call_id)
    return (await session.scalars(statement, execution_options={"synchronize_session": False})).all()


async def over_among(session: AsyncSession, call_ids: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Of these calls, by their public ids, those that are over, with their status."""
    statement = select(Call.call_id, Call.status).where(Call.call_id.in_(call_ids), Call.status != ACTIVE)
    return [(call_id, status) for call_id, status in await session.execute(statement)]


async def purge_calls(session: AsyncSession, before: datetime, limit: int) -> int:
    """Delete at most `limit` calls that are over and were made before; gives their number.

    With them goes whatever refers to them.
    """
    old = (
        select(Call.id)
        .where(Call.created_at < before, Call.status != ACTIVE)
        .order_by(Call.created_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = delete(Call).where(Call.id.in_(old)).returning(Call.id)
    return len((await session.scalars(statement, execution_options={"synchronize_session": False})).all())


async def next_expiry(session: AsyncSession) -> datetime | None:
    """When the next active call expires; None when there is none."""
    return await session.scalar(select(func.min(Call.expires_at)).where(Call.status == ACTIVE))
