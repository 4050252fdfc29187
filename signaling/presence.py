"""Who is in which call, and since when: for those outside of signaling who only look.

Told the members of a room whenever somebody may have come or gone, it works out what has changed. So a person
who comes back by another connection has neither left nor joined.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from datetime import datetime

from signaling.messages import User
from signaling.room import Room
from signaling.room_state import (
    CallEvent,
    EndReason,
    OnEvent,
    ParticipantState,
    RoomList,
    RoomPosition,
    RoomState,
)


@dataclass(slots=True)
class _Call:
    creator_user_id: int
    room: Room
    started_at: datetime
    present: dict[int, tuple[User, datetime]]


class Presence:
    """Bounded by the people in calls."""

    def __init__(self, on_event: OnEvent) -> None:
        self._on_event = on_event
        self._calls: dict[str, _Call] = {}

    def changed(self, call_id: str, creator_user_id: int, room: Room, at: datetime) -> None:
        """Somebody may have come to the room or left it."""
        call = self._calls.get(call_id)
        if call is None:
            if not room.members:
                return
            call = self._calls[call_id] = _Call(creator_user_id, room, at, {})
            self._on_event(CallEvent("call.started", call_id, at))
        for user_id in [user_id for user_id in call.present if user_id not in room.members]:
            user, _ = call.present.pop(user_id)
            self._on_event(CallEvent("participant.left", call_id, at, user))
        for user_id, member in room.members.items():
            if user_id not in call.present:
                call.present[user_id] = (member.user, at)
                self._on_event(CallEvent("participant.joined", call_id, at, member.user))
        if not call.present:
            del self._calls[call_id]
            reason: EndReason = "ended" if room.is_over else "empty"
            self._on_event(CallEvent("call.ended", call_id, at, reason=reason))

    def room(self, call_id: str) -> RoomState | None:
        """The call's room; None when nobody is in it."""
        call = self._calls.get(call_id)
        return None if call is None else _state(call_id, call)

    def rooms(self, after: RoomPosition | None, limit: int) -> RoomList:
        """At most `limit` rooms, the first ones that stand after the position."""
        places = ((call.started_at, call_id) for call_id, call in self._calls.items())
        wanted = heapq.nsmallest(limit + 1, (place for place in places if after is None or place > after))
        rooms = tuple(_state(call_id, self._calls[call_id]) for _, call_id in wanted[:limit])
        return RoomList(rooms, len(self._calls), len(wanted) > limit)


def _state(call_id: str, call: _Call) -> RoomState:
    participants = tuple(
        ParticipantState(
            user=member.user,
            protocol=member.participant.protocol,
            role=member.role,
            media=member.media,
            joined_at=call.present[user_id][1],
        )
        for user_id, member in call.room.members.items()
        if user_id in call.present
    )
    return RoomState(call_id, call.creator_user_id, call.room.mode, call.started_at, participants)
