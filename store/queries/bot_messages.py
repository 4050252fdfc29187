"""Messages of the bot that have yet to be brought to an end. Everything here may be done twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from store.tables import BotMessage, Call, ParticipantSession, User


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """`call_id` is the call's public id. `caller_id`, `friend_id`: of a ring."""

    key: str
    kind: str
    call_id: str
    language: str
    started_at: datetime
    chat_id: int | None = None
    message_id: int | None = None
    inline_message_id: str | None = None
    caller_id: int | None = None
    friend_id: int | None = None


@dataclass(frozen=True, slots=True)
class OpenMessage:
    """A kept message with what it is about. `has_come`: the friend has been in the call since."""

    message: KeptMessage
    call: Call
    creator: User
    caller: User | None
    friend: User | None
    has_come: bool


async def keep_bot_message(session: AsyncSession, kept: KeptMessage) -> None:
    """Raises `IntegrityError` when the call, or somebody, is gone."""
    new = insert(BotMessage).values(
        key=kept.key,
        kind=kept.kind,
        call_id=select(Call.id).where(Call.call_id == kept.call_id).scalar_subquery(),
        caller_user_id=kept.caller_id,
        friend_user_id=kept.friend_id,
        chat_id=kept.chat_id,
        message_id=kept.message_id,
        inline_message_id=kept.inline_message_id,
        language=kept.language,
        started_at=kept.started_at,
    )
    await session.execute(new.on_conflict_do_nothing())


async def forget_bot_messages(session: AsyncSession, keys: Sequence[str]) -> None:
    await session.execute(delete(BotMessage).where(BotMessage.key.in_(keys)))


async def open_bot_messages(session: AsyncSession, limit: int) -> list[OpenMessage]:
    """The newest ones, the oldest of them first."""
    creator, caller, friend = aliased(User), aliased(User), aliased(User)
    has_come = (
        select(ParticipantSession.id)
        .where(
            ParticipantSession.call_id == BotMessage.call_id,
            ParticipantSession.user_id == BotMessage.friend_user_id,
            ParticipantSession.joined_at >= BotMessage.started_at,
        )
        .exists()
    )
    statement = (
        select(BotMessage, Call, creator, caller, friend, has_come)
        .join(Call, Call.id == BotMessage.call_id)
        .join(creator, creator.id == Call.creator_user_id)
        .outerjoin(caller, caller.id == BotMessage.caller_user_id)
        .outerjoin(friend, friend.id == BotMessage.friend_user_id)
        .order_by(BotMessage.started_at.desc())
        .limit(limit)
    )
    found = [
        OpenMessage(_kept(row[0], row[1].call_id), row[1], row[2], row[3], row[4], row[5])
        for row in await session.execute(statement)
    ]
    return found[::-1]


def _kept(row: BotMessage, call_id: str) -> KeptMessage:
    return KeptMessage(
        key=row.key,
        kind=row.kind,
        call_id=call_id,
        language=row.language,
        started_at=row.started_at,
        chat_id=row.chat_id,
        message_id=row.message_id,
        inline_message_id=row.inline_message_id,
        caller_id=row.caller_user_id,
        friend_id=row.friend_user_id,
    )
