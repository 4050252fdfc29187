"""Messages of the bot that have yet to be brought to an end."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bot_messages",
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("caller_user_id", sa.Integer(), nullable=True),
        sa.Column("friend_user_id", sa.Integer(), nullable=True),
        sa.Column("chat_id", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("inline_message_id", sa.String(255), nullable=True),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind IN ('ring', 'card')", name="ck_bot_messages_kind"),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name="fk_bot_messages_call_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["caller_user_id"], ["users.id"], name="fk_bot_messages_caller_user_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["friend_user_id"], ["users.id"], name="fk_bot_messages_friend_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("key", name="pk_bot_messages"),
    )
    op.create_index("idx_bot_messages_call", "bot_messages", ["call_id"], unique=False)
    op.create_index("idx_bot_messages_caller", "bot_messages", ["caller_user_id"], unique=False)
    op.create_index("idx_bot_messages_friend", "bot_messages", ["friend_user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("bot_messages")
