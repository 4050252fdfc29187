"""What a room and the edge, where its people's connections end, know of each other."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

from signaling.messages import ServerMessage
from signaling.refusals import Refusal


@dataclass(frozen=True, slots=True)
class RoomCall:
    """What a room knows of its call. `row_id` is `calls.id`."""

    call_id: str
    row_id: int
    creator_user_id: int

    @property
    def log_id(self) -> str:
        """Tells calls apart in logs; the call's own id would let a reader of the log join."""
        return hashlib.sha256(self.call_id.encode()).hexdigest()[:12]


class Peer(Protocol):
    """A client's end of a session, as rooms see it: `signaling.connection.Connection`. Nothing here waits."""

    session: str
    v2: bool

    @property
    def is_closing(self) -> bool:
        """It is too late for it to join."""

    def send(self, message: ServerMessage) -> bool:
        """False: it cannot be told any more, and is being closed."""

    def refuse(self, refusal: Refusal) -> None:
        """Say why, then close."""

    def close(self, close_code: int) -> None:
        """Close after what was sent."""
