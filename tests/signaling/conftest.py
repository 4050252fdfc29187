"""Rooms driven by hand, and a whole signaling server on a real database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from signaling.config import SignalingConfig
from signaling.messages import AnyClientMessage, IceServer, ServerMessage, User
from signaling.outputs import Close, Output, Send
from signaling.room import Room

S = 1_000_000
CREATOR = 1


@dataclass
class RoomDriver:
    """A room with a clock of its own; keeps what each session was told, in order, and how it was closed."""

    room: Room
    now_us: int = S
    inbox: dict[str, list[ServerMessage]] = field(default_factory=dict)
    closed: dict[str, int] = field(default_factory=dict)
    outputs: list[Output] = field(default_factory=list)
    sessions: int = 0

    def take(self, outputs: list[Output]) -> list[Output]:
        for output in outputs:
            if isinstance(output, Send):
                assert output.session not in self.closed, "told after its close"
                self.inbox.setdefault(output.session, []).append(output.message)
            elif isinstance(output, Close):
                self.closed[output.session] = output.close_code
        self.outputs += outputs
        return outputs

    def join(self, user_id: int, *, v2: bool = True) -> str:
        self.sessions += 1
        session = f"{user_id}#{self.sessions}"
        self.take(
            self.room.join(
                session,
                User(id=user_id, first_name=f"User {user_id}"),
                v2=v2,
                ice_servers=[IceServer(urls=["stun:stun.example.org"])],
                now_us=self.now_us,
            )
        )
        return session

    def say(self, session: str, message: AnyClientMessage) -> list[Output]:
        return self.take(self.room.receive(session, message, self.now_us))

    def drop(self, session: str) -> list[Output]:
        return self.take(self.room.disconnect(session, self.now_us))

    def wait(self, us: int) -> None:
        """Time passes; deadlines on the way are met."""
        end_us = self.now_us + us
        while (deadline_us := self.room.next_deadline_us()) is not None and deadline_us <= end_us:
            self.now_us = deadline_us
            self.take(self.room.advance(deadline_us))
        self.now_us = end_us

    def heard(self, session: str) -> list[ServerMessage]:
        """What the session was told since the last time."""
        return self.inbox.pop(session, [])

    def types(self, session: str) -> list[str]:
        return [message.type for message in self.heard(session)]

    def clear(self) -> None:
        self.inbox.clear()
        self.outputs.clear()


@pytest.fixture
def make_room() -> Callable[..., RoomDriver]:
    def make(config: SignalingConfig | None = None) -> RoomDriver:
        started_at = datetime(2026, 11, 24, 12, tzinfo=UTC)
        room = Room(config or SignalingConfig(), creator_user_id=CREATOR, started_at=started_at, now_us=S)
        return RoomDriver(room)

    return make


@pytest.fixture
def driver(make_room: Callable[..., RoomDriver]) -> RoomDriver:
    return make_room()
