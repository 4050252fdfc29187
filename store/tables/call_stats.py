"""What a participant's client measured in a call."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base, RowId, UtcNow
from store.tables.call import Call
from store.tables.user import User


class CallStats(Base):
    __tablename__ = "call_stats"
    __table_args__ = (Index("idx_call_stats_call", "call_id"), Index("idx_call_stats_user", "user_id"))

    id: Mapped[RowId]
    call_id: Mapped[str] = mapped_column(ForeignKey(Call.call_id, ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey(User.id, ondelete="CASCADE"))
    duration_seconds: Mapped[int | None]
    audio_bitrate_kbps: Mapped[float | None]
    audio_packets_lost: Mapped[int | None]
    audio_packets_sent: Mapped[int | None]
    audio_jitter_ms: Mapped[float | None]
    video_bitrate_kbps: Mapped[float | None]
    video_packets_lost: Mapped[int | None]
    video_packets_sent: Mapped[int | None]
    video_frame_rate: Mapped[float | None]
    video_resolution: Mapped[str | None] = mapped_column(String(20))
    rtt_ms: Mapped[float | None]
    quality_score: Mapped[float | None]
    """1 (bad) to 5 (excellent), as a listener would say (ITU-T P.800)."""
    created_at: Mapped[UtcNow]
