"""Find a person's calls in their order, and their revoked tokens."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("idx_participants_user_call", "participants", ["user_id", "call_id"], unique=False)
    op.create_index("idx_revoked_tokens_user", "revoked_tokens", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_index("idx_revoked_tokens_user", table_name="revoked_tokens")
    op.drop_index("idx_participants_user_call", table_name="participants")
