"""What clients measured in calls."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field, RootModel

from api.fields import WHOLE, Number
from store.queries.call_stats import CallSummary, Measures
from store.tables import CallStats

# Beyond these something was not measured but made up.
Seconds = Annotated[int, Field(ge=0, le=31 * 86_400), WHOLE]
Packets = Annotated[int, Field(ge=0, le=2**31 - 1), WHOLE]
Kbps = Annotated[Number, Field(ge=0, le=1_000_000, allow_inf_nan=False)]
Milliseconds = Annotated[Number, Field(ge=0, le=60_000, allow_inf_nan=False)]
FrameRate = Annotated[Number, Field(ge=0, le=1_000, allow_inf_nan=False)]
Resolution = Annotated[str, Field(pattern=r"^[0-9]{1,5}x[0-9]{1,5}$", examples=["1280x720"])]
Score = Annotated[Number, Field(ge=1, le=5, allow_inf_nan=False)]


class MeasuresBody(BaseModel):
    """`quality_score`: 1 (bad) to 5 (excellent)."""

    duration_seconds: Seconds | None = None
    audio_bitrate_kbps: Kbps | None = None
    audio_packets_lost: Packets | None = None
    audio_packets_sent: Packets | None = None
    audio_jitter_ms: Milliseconds | None = None
    video_bitrate_kbps: Kbps | None = None
    video_packets_lost: Packets | None = None
    video_packets_sent: Packets | None = None
    video_frame_rate: FrameRate | None = None
    video_resolution: Resolution | None = None
    rtt_ms: Milliseconds | None = None
    quality_score: Score | None = None


class NewCallStats(MeasuresBody):
    """Of one stay in a call, sent at its end."""

    call_id: Annotated[str, Field(min_length=1, max_length=255)]

    @property
    def measures(self) -> Measures:
        return Measures(**self.model_dump(exclude={"call_id"}))


class CallStatsAnswer(NewCallStats):
    id: int
    user_id: int

    @classmethod
    def of(cls, row: CallStats) -> CallStatsAnswer:
        return cls.model_construct(**{name: getattr(row, name) for name in cls.model_fields})


class CallStatsList(RootModel[list[CallStatsAnswer]]):
    """One's own, the newest first."""


class CallStatsQuery(BaseModel):
    limit: Annotated[int, Field(ge=1, le=100)] = 50


class CallSummaryAnswer(BaseModel):
    """Every person counts once, however many stays they reported."""

    call_id: str
    participant_count: int
    avg_duration_seconds: float | None
    avg_audio_bitrate_kbps: float | None
    total_audio_packets_lost: int
    avg_audio_jitter_ms: float | None
    avg_rtt_ms: float | None
    avg_quality_score: float | None

    @classmethod
    def of(cls, call_id: str, summary: CallSummary) -> CallSummaryAnswer:
        return cls(
            call_id=call_id,
            participant_count=summary.participant_count,
            avg_duration_seconds=summary.avg_duration_seconds,
            avg_audio_bitrate_kbps=summary.avg_audio_bitrate_kbps,
            total_audio_packets_lost=summary.total_audio_packets_lost,
            avg_audio_jitter_ms=summary.avg_audio_jitter_ms,
            avg_rtt_ms=summary.avg_rtt_ms,
            avg_quality_score=summary.avg_quality_score,
        )
