"""What those outside of signaling may know of rooms: plain values, as they are at a moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from signaling.messages import MediaState, Protocol, Role, User
from signaling.messages import Topology as Mode

EventKind = Literal["call.started", "call.ended", "participant.joined", "participant.left"]
EndReason = Literal["ended", "empty"]
"""`ended`: by its creator, the operator or time. `empty`: the last one has left; others may still come."""


@dataclass(frozen=True, slots=True)
class CallEvent:
    """Something that has happened. `at` is aware UTC; `user` is there if it is about somebody."""

    kind: EventKind
    call_id: str
    at: datetime
    user: User | None = None
    reason: EndReason | None = None


OnEvent = Callable[[CallEvent], None]
"""Told of every event, in order for each call. Must neither wait nor fail."""


@dataclass(frozen=True, slots=True)
class ParticipantState:
    user: User
    protocol: Protocol
    role: Role
    media: MediaState
    joined_at: datetime


@dataclass(frozen=True, slots=True)
class RoomState:
    """A call that somebody is in. `participants` in the order of joining."""

    call_id: str
    creator_user_id: int
    topology: Mode
    started_at: datetime
    participants: tuple[ParticipantState, ...]


RoomPosition = tuple[datetime, str]
"""`started_at` and call id: rooms are listed in this order, so that new ones come last."""


@dataclass(frozen=True, slots=True)
class RoomList:
    """A part of all rooms. `total`: of how many; `more`: some come after these."""

    rooms: tuple[RoomState, ...]
    total: int
    more: bool
