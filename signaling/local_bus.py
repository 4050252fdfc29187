"""The bus of a process that owns all its rooms."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import structlog

from signaling.bus import RoomUnreachable
from signaling.edge import Peer, RoomCall
from signaling.identity import Identity
from signaling.messages import AnyClientMessage, IceServer, Ring
from signaling.registry import Registry, RegistryUnavailable
from signaling.room_state import RoomList, RoomPosition, RoomState
from signaling.rooms import Rooms

log = structlog.get_logger(__name__)


class LocalBus:
    """Claims a room for this process before its first participant, gives it up after its last.

    A claim and the release before it never cross: who joins while a release is under way waits for its end,
    and nothing is released while somebody joins. `node`: how the registry calls this process.
    """

    def __init__(self, registry: Registry, rooms: Rooms, node: str) -> None:
        self._registry, self._rooms, self._node = registry, rooms, node
        self._joining: Counter[str] = Counter()
        self._epochs: dict[str, int] = {}  # of what is claimed
        self._releases: dict[str, asyncio.Task[None]] = {}
        self.on_call_over: Callable[[str], None] = lambda _call_id: None
        rooms.on_call_over = lambda call_id: self.on_call_over(call_id)
        rooms.on_room_closed = self._release_unused

    async def join(
        self,
        peer: Peer,
        call: RoomCall,
        identity: Identity,
        ice_servers: list[IceServer],
        resume_token: str | None = None,
    ) -> bool:
        call_id = call.call_id
        self._joining[call_id] += 1
        try:
            if (release := self._releases.get(call_id)) is not None:
                await asyncio.wait([release])
            self._epochs[call_id] = await self._claim(call_id)
            return self._rooms.join(peer, call, identity, ice_servers, resume_token)
        finally:
            self._joining[call_id] -= 1
            if not self._joining[call_id]:
                del self._joining[call_id]
            self._release_unused(call_id)

    def receive(self, session: str, message: AnyClientMessage) -> None:
        self._rooms.receive(session, message)

    def disconnect(self, session: str) -> None:
        self._rooms.disconnect(session)

    def end(self, call_id: str, reason: str) -> None:
        self._rooms.end(call_id, reason)

    def ring(self, call_id: str, ring: Ring) -> None:
        self._rooms.ring(call_id, ring)

    async def rooms(self, after: RoomPosition | None, limit: int) -> RoomList:
        return self._rooms.presence.rooms(after, limit)

    async def room(self, call_id: str) -> RoomState | None:
        return self._rooms.presence.room(call_id)

    async def remove(self, call_id: str, user_id: int) -> bool:
        return self._rooms.remove(call_id, user_id)

    async def close(self) -> None:
        """Wait until all rooms that have closed are given up."""
        while self._releases:
            await asyncio.wait(list(self._releases.values()))

    async def _claim(self, call_id: str) -> int:
        try:
            claim = await self._registry.claim(call_id)
        except RegistryUnavailable as error:
            raise RoomUnreachable from error
        if claim.node != self._node:
            raise RoomUnreachable
        return claim.epoch

    def _release_unused(self, call_id: str) -> None:
        if call_id in self._epochs and call_id not in self._joining and not self._rooms.has_room(call_id):
            release = self._release(call_id, self._epochs.pop(call_id))
            self._releases[call_id] = asyncio.create_task(release, name="room_release")

    async def _release(self, call_id: str, epoch: int) -> None:
        try:
            await self._registry.release(call_id, epoch)
        except RegistryUnavailable:
            log.warning("room_not_released")
        except Exception:
            log.exception("room_release_failed")
        finally:
            del self._releases[call_id]
