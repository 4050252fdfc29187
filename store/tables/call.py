"""Calls. `call_id` is the public id of links, `id` the key other tables refer to."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from store.tables.base import Base, RowId, UtcNow, UtcTime
from store.tables.user import User

ACTIVE = "active"
ENDED = "ended"
EXPIRED = "expired"


class Call(Base):
    __tablename__ = "calls"
    __table_args__ = (
        UniqueConstraint("call_id"),
        CheckConstraint("status IN ('active', 'ended', 'expired')", name="status"),
        Index("idx_calls_call_id", "call_id"),
        Index("idx_calls_creator", "creator_user_id"),
        Index("idx_calls_created", "created_at"),
        Index("idx_calls_active_expires", "expires_at", postgresql_where=text("status = 'active'")),
    )

    id: Mapped[RowId]
    call_id: Mapped[str] = mapped_column(String(20))
    creator_user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    title: Mapped[str | None] = mapped_column(String(255))
    is_video_enabled: Mapped[bool] = mapped_column(server_default=false())
    status: Mapped[str] = mapped_column(String(20), server_default=ACTIVE)
    created_at: Mapped[UtcNow]
    expires_at: Mapped[UtcTime | None]

    creator: Mapped[User] = relationship(lazy="raise")
