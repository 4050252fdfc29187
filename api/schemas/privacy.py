"""What is stored of a person, and its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from api.schemas.calls import Time

Row = dict[str, Any]
"""A row as the database holds it; times in ISO 8601."""


class Export(BaseModel):
    """Every row about the person, by table (docs/database.md)."""

    exported_at: Time
    users: list[Row]
    calls: list[Row]
    participants: list[Row]
    participant_sessions: list[Row]
    friend_links: list[Row]
    user_blocks: list[Row]
    call_stats: list[Row]
    call_ratings: list[Row]
    bot_messages: list[Row]
    revoked_tokens: list[Row]

    @classmethod
    def of(cls, rows: Mapping[str, Sequence[Mapping[str, Any]]], at: datetime) -> Export:
        return cls.model_validate({"exported_at": at, **rows})


class Deletion(BaseModel):
    """Said by who really means it."""

    confirm: Literal["delete"]
