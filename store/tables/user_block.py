"""Who does not want to be called by whom."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, UtcNow
from store.tables.user import User


class UserBlock(Base):
    """While it stands, a link between the two counts for neither; it outlives the link."""

    __tablename__ = "user_blocks"
    __table_args__ = (Index("idx_user_blocks_blocked", "blocked_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    blocked_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    created_at: Mapped[UtcNow]
