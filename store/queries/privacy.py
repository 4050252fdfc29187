"""All that is stored of a person: told to them, and taken away.

Of who is gone a row without facts stays, so that other people's calls keep their number of participants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import (
    Base,
    BotMessage,
    Call,
    CallRating,
    CallStats,
    FriendLink,
    Participant,
    ParticipantSession,
    RevokedToken,
    User,
    UserBlock,
)

Row = Mapping[str, Any]


async def export_person(session: AsyncSession, user_id: int) -> Mapping[str, Sequence[Row]]:
    """Every row about the person, by the name of its table; the columns by theirs.

    Blocks of others are theirs alone; of calls it is those the person has made.
    """
    exported: dict[str, Sequence[Row]] = {}
    for table, belongs in _ROWS.items():
        columns = table.__table__.columns
        found = await session.execute(
            select(*columns).where(belongs(user_id)).order_by(*table.__table__.primary_key)
        )
        exported[table.__tablename__] = [dict(row) for row in found.mappings()]
    return exported


async def erase_person(session: AsyncSession, user_id: int) -> bool:
    """Take away every fact about the person; false when there is nobody, or nobody any more."""
    statement = (
        update(User)
        .where(User.id == user_id, User.telegram_user_id > 0)
        .values(
            # Telegram's ids are positive: who signs in again is somebody new.
            telegram_user_id=-User.id,
            username=None,
            first_name=None,
            last_name=None,
            photo_url=None,
            language_code=None,
            language_chosen=False,
            updated_at=func.now(),
        )
        .returning(User.id)
        .execution_options(synchronize_session=False)
    )
    if (await session.scalar(statement)) is None:
        return False
    await session.execute(
        update(Call)
        .where(Call.creator_user_id == user_id, Call.title.is_not(None))
        .values(title=None)
        .execution_options(synchronize_session=False)
    )
    for gone in (
        delete(FriendLink).where(or_(FriendLink.user_id == user_id, FriendLink.friend_id == user_id)),
        delete(UserBlock).where(or_(UserBlock.user_id == user_id, UserBlock.blocked_id == user_id)),
        delete(CallStats).where(CallStats.user_id == user_id),
        delete(CallRating).where(CallRating.user_id == user_id),
        delete(BotMessage).where(
            or_(BotMessage.caller_user_id == user_id, BotMessage.friend_user_id == user_id)
        ),
        delete(RevokedToken).where(RevokedToken.user_id == user_id),
    ):
        await session.execute(gone.execution_options(synchronize_session=False))
    return True


def _blocked_by_the_friend() -> ColumnElement[bool]:
    return (
        select(UserBlock.user_id)
        .where(UserBlock.user_id == FriendLink.friend_id, UserBlock.blocked_id == FriendLink.user_id)
        .correlate(FriendLink)
        .exists()
    )


_ROWS: Mapping[type[Base], Callable[[int], ColumnElement[bool]]] = {
    User: lambda user_id: User.id == user_id,
    Call: lambda user_id: Call.creator_user_id == user_id,
    Participant: lambda user_id: Participant.user_id == user_id,
    ParticipantSession: lambda user_id: ParticipantSession.user_id == user_id,
    # A block looks like a deletion to who is blocked, here too.
    FriendLink: lambda user_id: and_(FriendLink.user_id == user_id, ~_blocked_by_the_friend()),
    UserBlock: lambda user_id: UserBlock.user_id == user_id,
    CallStats: lambda user_id: CallStats.user_id == user_id,
    CallRating: lambda user_id: CallRating.user_id == user_id,
    BotMessage: lambda user_id: or_(
        BotMessage.caller_user_id == user_id, BotMessage.friend_user_id == user_id
    ),
    RevokedToken: lambda user_id: RevokedToken.user_id == user_id,
}
