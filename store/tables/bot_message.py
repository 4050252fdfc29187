"""Messages of the bot that have yet to be brought to an end: rings and cards of calls."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, UtcNow
from store.tables.call import Call
from store.tables.user import User

RING = "ring"
CARD = "card"


class BotMessage(Base):
    """A row stands from the message's being written until it tells its end, over restarts of the server.

    `chat_id` and `message_id` are Telegram's, or `inline_message_id`. The people are there for a ring.
    """

    __tablename__ = "bot_messages"
    __table_args__ = (
        CheckConstraint("kind IN ('ring', 'card')", name="kind"),
        Index("idx_bot_messages_call", "call_id"),
        Index("idx_bot_messages_caller", "caller_user_id"),
        Index("idx_bot_messages_friend", "friend_user_id"),
    )

    key: Mapped[str] = mapped_column(String(300), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    call_id: Mapped[int] = mapped_column(ForeignKey(Call.id, ondelete="CASCADE"))
    caller_user_id: Mapped[int | None] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    friend_user_id: Mapped[int | None] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    chat_id: Mapped[int | None] = mapped_column(BigInteger)
    message_id: Mapped[int | None] = mapped_column(BigInteger)
    inline_message_id: Mapped[str | None] = mapped_column(String(255))
    language: Mapped[str] = mapped_column(String(2))
    started_at: Mapped[UtcNow]
