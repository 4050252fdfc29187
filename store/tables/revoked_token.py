"""Tokens that were signed out before their time."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, UtcNow, UtcTime
from store.tables.user import User


class RevokedToken(Base):
    __tablename__ = "revoked_tokens"
    __table_args__ = (
        Index("idx_revoked_tokens_expires", "expires_at"),
        Index("idx_revoked_tokens_user", "user_id"),
    )

    jti: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    expires_at: Mapped[UtcTime]
    """The token's own end: after it the row is of no use."""
    revoked_at: Mapped[UtcNow]
