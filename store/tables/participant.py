"""Who was in which call: a row a person and call, and a row for every single stay."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, RowId, UtcNow, UtcTime
from store.tables.call import Call
from store.tables.user import User


class Participant(Base):
    """First `joined_at` and last `left_at` of a person in a call; `left_at` is null while they are in it."""

    __tablename__ = "participants"
    __table_args__ = (
        UniqueConstraint("call_id", "user_id"),
        Index("idx_participants_call", "call_id"),
        Index("idx_participants_user", "user_id"),
        Index("idx_participants_user_call", "user_id", "call_id"),
    )

    id: Mapped[RowId]
    call_id: Mapped[int] = mapped_column(ForeignKey(Call.id, ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    joined_at: Mapped[UtcNow]
    left_at: Mapped[UtcTime | None]


class ParticipantSession(Base):
    """One stay. `session_id` comes from signaling; `seen_at`: when the stay was last known open."""

    __tablename__ = "participant_sessions"
    __table_args__ = (
        UniqueConstraint("session_id"),
        Index("idx_participant_sessions_call_user", "call_id", "user_id"),
        Index("idx_participant_sessions_user", "user_id"),
        Index("idx_participant_sessions_open", "call_id", postgresql_where=text("left_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    session_id: Mapped[str] = mapped_column(String(64))
    call_id: Mapped[int] = mapped_column(ForeignKey(Call.id, ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    joined_at: Mapped[UtcNow]
    seen_at: Mapped[UtcNow]
    left_at: Mapped[UtcTime | None]
