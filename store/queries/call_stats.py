"""What clients measured in calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from store.tables import Call, CallStats, ParticipantSession


@dataclass(frozen=True, slots=True)
class Measures:
    """Of one stay in a call; None was not measured. Packets are counts of the whole stay."""

    duration_seconds: int | None = None
    audio_bitrate_kbps: float | None = None
    audio_packets_lost: int | None = None
    audio_packets_sent: int | None = None
    audio_jitter_ms: float | None = None
    video_bitrate_kbps: float | None = None
    video_packets_lost: int | None = None
    video_packets_sent: int | None = None
    video_frame_rate: float | None = None
    video_resolution: str | None = None
    rtt_ms: float | None = None
    quality_score: float | None = None


@dataclass(frozen=True, slots=True)
class CallSummary:
    """Of everybody who reported. What nobody measured is None; losses that nobody measured are 0."""

    participant_count: int
    avg_duration_seconds: float | None
    avg_audio_bitrate_kbps: float | None
    total_audio_packets_lost: int
    avg_audio_jitter_ms: float | None
    avg_rtt_ms: float | None
    avg_quality_score: float | None


async def took_part(session: AsyncSession, call_id: str, user_id: int) -> bool | None:
    """Whether the person has been in the call of a public id; None when there is no such call.

    Who was called and never came was not in it.
    """
    stay = (
        select(ParticipantSession.id)
        .where(ParticipantSession.call_id == Call.id, ParticipantSession.user_id == user_id)
        .exists()
    )
    return (await session.scalars(select(stay).where(Call.call_id == call_id))).one_or_none()


async def count_reports(session: AsyncSession, call_id: str, user_id: int) -> int:
    """How often somebody has reported of a call."""
    reports = select(func.count()).where(CallStats.call_id == call_id, CallStats.user_id == user_id)
    return (await session.scalar(reports)) or 0


async def add_call_stats(session: AsyncSession, call_id: str, user_id: int, measures: Measures) -> CallStats:
    """Write what somebody measured in a call."""
    row = CallStats(call_id=call_id, user_id=user_id, **asdict(measures))
    session.add(row)
    await session.flush()
    return row


async def list_call_stats(session: AsyncSession, user_id: int, limit: int) -> Sequence[CallStats]:
    """What the person has reported of their calls, the newest first."""
    statement = select(CallStats).where(CallStats.user_id == user_id)
    return (await session.scalars(statement.order_by(CallStats.id.desc()).limit(limit))).all()


async def summarize_call(session: AsyncSession, call_id: str) -> CallSummary:
    """Every person counts once, however many stays they reported: their times and losses add up, of the rest
    the mean counts."""
    person = (
        select(
            func.sum(CallStats.duration_seconds).label("duration_seconds"),
            func.avg(CallStats.audio_bitrate_kbps).label("audio_bitrate_kbps"),
            func.sum(CallStats.audio_packets_lost).label("audio_packets_lost"),
            func.avg(CallStats.audio_jitter_ms).label("audio_jitter_ms"),
            func.avg(CallStats.rtt_ms).label("rtt_ms"),
            func.avg(CallStats.quality_score).label("quality_score"),
        )
        .where(CallStats.call_id == call_id)
        .group_by(CallStats.user_id)
        .subquery()
    )
    row = (
        await session.execute(
            select(
                func.count(),
                func.avg(person.c.duration_seconds),
                func.avg(person.c.audio_bitrate_kbps),
                func.coalesce(func.sum(person.c.audio_packets_lost), 0),
                func.avg(person.c.audio_jitter_ms),
                func.avg(person.c.rtt_ms),
                func.avg(person.c.quality_score),
            ).select_from(person)
        )
    ).one()
    return CallSummary(
        participant_count=row[0],
        avg_duration_seconds=None if row[1] is None else float(row[1]),
        avg_audio_bitrate_kbps=row[2],
        total_audio_packets_lost=int(row[3]),
        avg_audio_jitter_ms=row[4],
        avg_rtt_ms=row[5],
        avg_quality_score=row[6],
    )
