"""What the operator sees of calls."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from api.schemas.calls import Time
from signaling.lifecycle import CallRecord
from signaling.room_state import ParticipantState, RoomList, RoomPosition, RoomState


def cursor_of(position: RoomPosition) -> str:
    """The position as it goes into a URL. Clients are not meant to read it."""
    started_at, call_id = position
    return urlsafe_b64encode(f"{started_at.isoformat()} {call_id}".encode()).decode().rstrip("=")


def read_cursor(text: str) -> RoomPosition:
    """Raises `PydanticCustomError` for what `cursor_of` has not made."""
    try:
        plain = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        moment, _, call_id = plain.partition(" ")
        started_at = datetime.fromisoformat(moment)
        if started_at.tzinfo is not None:
            return started_at, call_id
    except ValueError:
        pass
    raise PydanticCustomError("cursor", "Not a cursor that an earlier answer has given")


def _checked(text: str) -> str:
    read_cursor(text)
    return text


class RoomsQuery(BaseModel):
    """`cursor`: the `next_cursor` of the page before."""

    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: Annotated[str, Field(max_length=255), AfterValidator(_checked)] | None = None

    @property
    def after(self) -> RoomPosition | None:
        return None if self.cursor is None else read_cursor(self.cursor)


class RoomSummary(BaseModel):
    """A call that somebody is in."""

    call_id: str
    topology: Literal["p2p", "sfu"]
    started_at: Time
    creator_user_id: int
    participants_count: int

    @classmethod
    def of(cls, room: RoomState) -> RoomSummary:
        return cls(
            call_id=room.call_id,
            topology=room.topology,
            started_at=room.started_at,
            creator_user_id=room.creator_user_id,
            participants_count=len(room.participants),
        )


class RoomsAnswer(BaseModel):
    """Running calls, the oldest first. `total`: on all pages. `next_cursor` None: this is the last page."""

    rooms: list[RoomSummary]
    total: int
    next_cursor: str | None

    @classmethod
    def of(cls, page: RoomList) -> RoomsAnswer:
        last = page.rooms[-1] if page.more and page.rooms else None
        return cls(
            rooms=[RoomSummary.of(room) for room in page.rooms],
            total=page.total,
            next_cursor=None if last is None else cursor_of((last.started_at, last.call_id)),
        )


class SentMedia(BaseModel):
    """What a participant sends, as they say themselves."""

    audio: bool
    video: bool
    screen: bool


class RoomParticipant(BaseModel):
    user_id: int
    username: str | None
    first_name: str | None
    last_name: str | None
    protocol: Literal["telcall.v2", "documented"]
    role: Literal["host", "participant"]
    media: SentMedia
    joined_at: Time

    @classmethod
    def of(cls, person: ParticipantState) -> RoomParticipant:
        return cls(
            user_id=person.user.id,
            username=person.user.username,
            first_name=person.user.first_name,
            last_name=person.user.last_name,
            protocol=person.protocol,
            role=person.role,
            media=SentMedia(**person.media.model_dump()),
            joined_at=person.joined_at,
        )


class RoomAnswer(RoomSummary):
    """`participants` in the order of joining."""

    participants: list[RoomParticipant]

    @classmethod
    def of(cls, room: RoomState) -> RoomAnswer:
        return cls(
            **RoomSummary.of(room).model_dump(),
            participants=[RoomParticipant.of(person) for person in room.participants],
        )


class EndedCall(BaseModel):
    call_id: str
    status: Literal["active", "ended", "expired"]

    @classmethod
    def of(cls, call: CallRecord) -> EndedCall:
        return cls(call_id=call.call_id, status=call.status)


class RemovedParticipant(BaseModel):
    call_id: str
    user_id: int
