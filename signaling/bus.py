"""The way from the edges (sockets, the life of calls) to whoever owns a call's room, and back.

In one process this is `signaling.local_bus.LocalBus`. Over a network it can be the same calls as messages:
all arguments are plain values but the `Peer`, which stays at its edge and is called for what comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from signaling.edge import Peer, RoomCall
from signaling.identity import Identity
from signaling.messages import AnyClientMessage, IceServer, Ring
from signaling.room_state import RoomList, RoomPosition, RoomState


class RoomUnreachable(Exception):
    """Nobody can say who owns the call's room, or they cannot be reached. Later it may be otherwise."""


class Bus(Protocol):
    """What is no coroutine returns at once. What is said for a session arrives in the order it was said."""

    on_call_over: Callable[[str], None]
    """Told the id of a call whose room has ended by itself, so that the call ends too; set by `Lifecycle`."""

    async def join(
        self,
        peer: Peer,
        call: RoomCall,
        identity: Identity,
        ice_servers: list[IceServer],
        resume_token: str | None = None,
    ) -> bool:
        """Bring a connection into its call's room, which is made with the first one, or in front of it.

        False: it was refused, or is being closed anyway. Raises `RoomUnreachable` within a bounded time; the
        peer has heard nothing then. Whatever comes of it, `disconnect` is to follow.
        """

    def receive(self, session: str, message: AnyClientMessage) -> None:
        """A valid message of a connection. Of a session that is in no room: nothing happens."""

    def disconnect(self, session: str) -> None:
        """A connection is gone, or is of no more use. Doing so twice is no error."""

    def end(self, call_id: str, reason: str) -> None:
        """The call is over: its room is told, wherever it is, and closes; nobody comes in any more."""

    def ring(self, call_id: str, ring: Ring) -> None:
        """Somebody is being called into the call, or what has come of it: those in its room are told, and who
        joins until they have come. May be said before anybody is in the room."""

    async def rooms(self, after: RoomPosition | None, limit: int) -> RoomList:
        """At most `limit` of all rooms, the first ones after the position. Raises `RoomUnreachable`."""

    async def room(self, call_id: str) -> RoomState | None:
        """The call's room; None when nobody is in it. Raises `RoomUnreachable`."""

    async def remove(self, call_id: str, user_id: int) -> bool:
        """Take somebody out of their call, who hears `removed` and is closed with 4403.

        False: they are not in it. Raises `RoomUnreachable`.
        """
