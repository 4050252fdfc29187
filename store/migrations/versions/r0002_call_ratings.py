"""How people found their calls."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call_ratings",
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("stars", sa.SmallInteger(), nullable=False),
        sa.Column("reasons", postgresql.ARRAY(sa.String(length=32)), nullable=False),
        sa.Column("rated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name="ck_call_ratings_stars"),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name="fk_call_ratings_call_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_call_ratings_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", "user_id", name="pk_call_ratings"),
    )
    op.create_index("idx_call_ratings_user", "call_ratings", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("call_ratings")
