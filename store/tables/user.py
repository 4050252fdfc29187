"""People, as Telegram describes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, RowId, UtcNow


class User(Base):
    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("telegram_user_id"),
        Index("idx_users_telegram_id", "telegram_user_id"),
    )

    id: Mapped[RowId]
    telegram_user_id: Mapped[int] = mapped_column(BigInteger)
    username: Mapped[str | None] = mapped_column(String(255))
    first_name: Mapped[str | None] = mapped_column(String(255))
    last_name: Mapped[str | None] = mapped_column(String(255))
    photo_url: Mapped[str | None] = mapped_column(Text)
    language_code: Mapped[str | None] = mapped_column(String(35))  # the longest tag of RFC 5646, 4.4.1
    language_chosen: Mapped[bool] = mapped_column(server_default=false())
    """True once the person picked the language here: then Telegram's no longer replaces it."""
    created_at: Mapped[UtcNow]
    updated_at: Mapped[UtcNow]
