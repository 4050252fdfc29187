"""The documented tables, stays in calls, and revoked tokens: from an empty database, or with the rows of a
database of the first Tel Call."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from store.migrations.adoption import give_back, put_aside, take_over

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    found = put_aside(op.get_bind())
    _create()
    if found is not None:
        take_over(op.get_bind(), found)


def _create() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("telegram_user_id", sa.BigInteger(), nullable=False),
        sa.Column("username", sa.String(length=255), nullable=True),
        sa.Column("first_name", sa.String(length=255), nullable=True),
        sa.Column("last_name", sa.String(length=255), nullable=True),
        sa.Column("photo_url", sa.Text(), nullable=True),
        sa.Column("language_code", sa.String(length=35), nullable=True),
        sa.Column("language_chosen", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("telegram_user_id", name="uq_users_telegram_user_id"),
    )
    op.create_index("idx_users_telegram_id", "users", ["telegram_user_id"], unique=False)
    op.create_table(
        "calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=20), nullable=False),
        sa.Column("creator_user_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=True),
        sa.Column("is_video_enabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="active", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("status IN ('active', 'ended', 'expired')", name="ck_calls_status"),
        sa.ForeignKeyConstraint(
            ["creator_user_id"], ["users.id"], name="fk_calls_creator_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
        sa.UniqueConstraint("call_id", name="uq_calls_call_id"),
    )
    op.create_index(
        "idx_calls_active_expires",
        "calls",
        ["expires_at"],
        unique=False,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index("idx_calls_call_id", "calls", ["call_id"], unique=False)
    op.create_index("idx_calls_creator", "calls", ["creator_user_id"], unique=False)
    op.create_table(
        "friend_links",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("friend_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["friend_id"], ["users.id"], name="fk_friend_links_friend_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_friend_links_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "friend_id", name="pk_friend_links"),
    )
    op.create_index(
        "idx_friend_links_updated",
        "friend_links",
        ["user_id", sa.literal_column("updated_at DESC")],
        unique=False,
    )
    op.create_index("idx_friend_links_user", "friend_links", ["user_id"], unique=False)
    op.create_table(
        "revoked_tokens",
        sa.Column("jti", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_revoked_tokens_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("jti", name="pk_revoked_tokens"),
    )
    op.create_index("idx_revoked_tokens_expires", "revoked_tokens", ["expires_at"], unique=False)
    op.create_table(
        "call_stats",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(length=20), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("duration_seconds", sa.Integer(), nullable=True),
        sa.Column("audio_bitrate_kbps", sa.Double(), nullable=True),
        sa.Column("audio_packets_lost", sa.Integer(), nullable=True),
        sa.Column("audio_packets_sent", sa.Integer(), nullable=True),
        sa.Column("audio_jitter_ms", sa.Double(), nullable=True),
        sa.Column("video_bitrate_kbps", sa.Double(), nullable=True),
        sa.Column("video_packets_lost", sa.Integer(), nullable=True),
        sa.Column("video_packets_sent", sa.Integer(), nullable=True),
        sa.Column("video_frame_rate", sa.Double(), nullable=True),
        sa.Column("video_resolution", sa.String(length=20), nullable=True),
        sa.Column("rtt_ms", sa.Double(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.call_id"], name="fk_call_stats_call_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_call_stats_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_call_stats"),
    )
    op.create_index("idx_call_stats_call", "call_stats", ["call_id"], unique=False)
    op.create_index("idx_call_stats_user", "call_stats", ["user_id"], unique=False)
    op.create_table(
        "participant_sessions",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.String(length=64), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name="fk_participant_sessions_call_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_participant_sessions_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_participant_sessions"),
        sa.UniqueConstraint("session_id", name="uq_participant_sessions_session_id"),
    )
    op.create_index(
        "idx_participant_sessions_call_user", "participant_sessions", ["call_id", "user_id"], unique=False
    )
    op.create_index(
        "idx_participant_sessions_open",
        "participant_sessions",
        ["call_id"],
        unique=False,
        postgresql_where=sa.text("left_at IS NULL"),
    )
    op.create_index("idx_participant_sessions_user", "participant_sessions", ["user_id"], unique=False)
    op.create_table(
        "participants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name="fk_participants_call_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_participants_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_participants"),
        sa.UniqueConstraint("call_id", "user_id", name="uq_participants_call_id_user_id"),
    )
    op.create_index("idx_participants_call", "participants", ["call_id"], unique=False)
    op.create_index("idx_participants_user", "participants", ["user_id"], unique=False)


TABLES = (
    "participants",
    "participant_sessions",
    "call_stats",
    "revoked_tokens",
    "friend_links",
    "calls",
    "users",
)


def downgrade() -> None:
    if not give_back(op.get_bind(), TABLES):
        for table in TABLES:
            op.drop_table(table)
