"""Calls."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import quote

from pydantic import BaseModel, Field, PlainSerializer

from api.config import ApiConfig
from api.fields import Flag, Text
from signaling.lifecycle import CallRecord


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


Time = Annotated[datetime, PlainSerializer(_iso, return_type=str)]
"""ISO 8601, UTC, with microseconds and Z."""


class NewCall(BaseModel):
    title: Annotated[Text | None, Field(max_length=255)] = None
    is_video_enabled: Flag = False


class CallCode(BaseModel):
    call_code: Annotated[str, Field(min_length=1, max_length=255)]


class Creator(BaseModel):
    id: int
    first_name: str | None
    username: str | None
    photo_url: str | None


class CallAnswer(BaseModel):
    """A call. From `creator` on: ours, beyond the documented fields."""

    call_id: str
    title: str | None
    is_video_enabled: bool
    status: Literal["active", "ended", "expired"]
    created_at: Time
    expires_at: Time | None
    join_url: str
    creator: Creator
    is_creator: bool
    participants_count: int
    max_participants: int

    @classmethod
    def of(cls, call: CallRecord, viewer_id: int, config: ApiConfig) -> CallAnswer:
        return cls(
            call_id=call.call_id,
            title=call.title,
            is_video_enabled=call.is_video_enabled,
            status=call.status,
            created_at=call.created_at,
            expires_at=call.expires_at,
            join_url=join_url(call.call_id, config),
            creator=Creator(
                id=call.creator.id,
                first_name=call.creator.first_name,
                username=call.creator.username,
                photo_url=call.creator.photo_url,
            ),
            is_creator=call.creator.id == viewer_id,
            participants_count=call.participants_count,
            max_participants=config.max_participants,
        )


def join_url(call_id: str, config: ApiConfig) -> str:
    """Where others join: in Telegram, or without a bot on our own page."""
    if config.bot_username:
        return f"https://t.me/{quote(config.bot_username.lstrip('@'))}?startapp={call_id}"
    return f"{config.public_url}/call/{call_id}"
