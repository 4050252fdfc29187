"""Friendships: people who have met in a call. Two rows each, one in either direction."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, UtcNow, UtcTime
from store.tables.user import User


class FriendLink(Base):
    __tablename__ = "friend_links"
    __table_args__ = (
        Index("idx_friend_links_user", "user_id"),
        Index("idx_friend_links_updated", "user_id", text("updated_at DESC")),
        Index("idx_friend_links_friend", "friend_id"),
    )

    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    friend_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[UtcNow]
    updated_at: Mapped[UtcNow]
    """When they last met."""
    favourite_at: Mapped[UtcTime | None]
    """Since when the friend is a favourite of `user_id`; null: is none."""
