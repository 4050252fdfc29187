"""How people found a call."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, UtcTime
from store.tables.call import Call
from store.tables.user import User


class CallRating(Base):
    """One a person and call: the first that they gave."""

    __tablename__ = "call_ratings"
    __table_args__ = (
        CheckConstraint("stars BETWEEN 1 AND 5", name="stars"),
        Index("idx_call_ratings_user", "user_id"),
    )

    call_id: Mapped[int] = mapped_column(ForeignKey(Call.id, ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"), primary_key=True)
    stars: Mapped[int] = mapped_column(SmallInteger)
    reasons: Mapped[list[str]] = mapped_column(ARRAY(String(32)))
    rated_at: Mapped[UtcTime]
