"""The person's own calls."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.schemas.calls import Time
from store.queries.history import HistoryPage, PastCall
from store.tables import User

MAX_ROW_ID = 2**31 - 1  # calls.id is an integer


class HistoryQuery(BaseModel):
    """`cursor`: the `next_cursor` of the page before."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[int, Field(ge=1, le=MAX_ROW_ID)] | None = None


class Other(BaseModel):
    """All but `id` is null of somebody who has deleted their data."""

    id: int
    username: str | None
    first_name: str | None
    last_name: str | None
    photo_url: str | None

    @classmethod
    def of(cls, row: User) -> Other:
        return cls(
            id=row.id,
            username=row.username,
            first_name=row.first_name,
            last_name=row.last_name,
            photo_url=row.photo_url,
        )


class HistoryCall(BaseModel):
    """`duration_seconds`: of the person's own stays together; null: they never came.

    `is_missed`: they did not come to a call of somebody else's.

    `others`: the first of the others who were in it, `others_count`: all of them.
    """

    call_id: str
    title: str | None
    is_video_enabled: bool
    status: Literal["active", "ended", "expired"]
    created_at: Time
    is_creator: bool
    is_missed: bool
    joined_at: Time | None
    left_at: Time | None
    duration_seconds: int | None
    others: list[Other]
    others_count: int

    @classmethod
    def of(cls, past: PastCall, viewer_id: int) -> HistoryCall:
        call, never_came = past.call, past.duration_s is None
        is_creator = call.creator_user_id == viewer_id
        return cls.model_validate(
            {
                "call_id": call.call_id,
                "title": call.title,
                "is_video_enabled": call.is_video_enabled,
                "status": call.status,
                "created_at": call.created_at,
                "is_creator": is_creator,
                "is_missed": never_came and not is_creator,
                "joined_at": None if never_came else past.joined_at,
                "left_at": None if never_came else past.left_at,
                "duration_seconds": None if past.duration_s is None else int(past.duration_s),
                "others": [Other.of(row) for row in past.others],
                "others_count": past.others_count,
            }
        )


class HistoryAnswer(BaseModel):
    """The newest call first. `next_cursor` null: this is the last page."""

    calls: list[HistoryCall]
    next_cursor: str | None

    @classmethod
    def of(cls, page: HistoryPage, viewer_id: int) -> HistoryAnswer:
        return cls(
            calls=[HistoryCall.of(past, viewer_id) for past in page.calls],
            next_cursor=None if page.next_before is None else str(page.next_before),
        )
