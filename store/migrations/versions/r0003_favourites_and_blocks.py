"""Favourites, blocks, a score for quality, and indexes for removing people and old calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("friend_links", sa.Column("favourite_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("idx_friend_links_friend", "friend_links", ["friend_id"], unique=False)
    op.add_column("call_stats", sa.Column("quality_score", sa.Double(), nullable=True))
    op.create_index("idx_calls_created", "calls", ["created_at"], unique=False)
    op.create_table(
        "user_blocks",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("blocked_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["blocked_id"], ["users.id"], name="fk_user_blocks_blocked_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_blocks_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "blocked_id", name="pk_user_blocks"),
    )
    op.create_index("idx_user_blocks_blocked", "user_blocks", ["blocked_id"], unique=False)


def downgrade() -> None:
    op.drop_table("user_blocks")
    op.drop_index("idx_calls_created", table_name="calls")
    op.drop_column("call_stats", "quality_score")
    op.drop_index("idx_friend_links_friend", table_name="friend_links")
    op.drop_column("friend_links", "favourite_at")
