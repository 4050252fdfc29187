"""Commands of one room to the SFU: one after the other, in the room's order, the newest of a kind only."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

import structlog

from sfu.client import Offer, PeerDescribed, PeerMisled, SeatOffer, Sfu, SfuEvent
from sfu.errors import EngineUnavailable, SdpRejected, SfuError
from signaling.messages import ServerMessage, SessionDescription, SfuAnswer
from signaling.outputs import (
    AnswerOffer,
    Describe,
    JoinSfu,
    LeaveSfu,
    SetForwarding,
    SetMedia,
    SetWishes,
    SfuCommand,
)
from signaling.sfu_values import from_rejection

log = structlog.get_logger(__name__)


class LaneEvents(Protocol):
    """What comes back. Called on the event loop."""

    def reply(self, stay: str, message: ServerMessage) -> None:
        """A message for the stay whose description it was."""

    def sfu_event(self, stay: str, event: SfuEvent) -> None:
        """The SFU tells something about a stay, which is its session."""

    def sfu_refused(self, stay: str) -> None:
        """The SFU has no place for the stay."""


class SfuLane:
    """Bounded: of each stay at most a join, a leave, an offer, wishes and media wait; of a mesh client's
    descriptions the newest offer and the newest answer to each other participant.

    A join is never given up, because it may have replaced an earlier session of the same person. With a leave
    goes what was to be said by and to whoever leaves.
    """

    def __init__(self, call_id: str, sfu: Sfu, events: LaneEvents, on_idle: Callable[[], None]) -> None:
        self._call_id, self._sfu, self._events, self._on_idle = call_id, sfu, events, on_idle
        self._pending: OrderedDict[tuple[Any, ...], SfuCommand] = OrderedDict()
        self._current: SfuCommand | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        return self._task is None

    def put(self, command: SfuCommand) -> None:
        if isinstance(command, LeaveSfu):
            self._give_up(command)
        key = _superseding_key(command)
        self._pending.pop(key, None)
        self._pending[key] = command
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"sfu_lane {self._call_id}")

    def is_past(self, stay: str, event: SfuEvent) -> bool:
        """An event for or about somebody whose leave the SFU does not know of; they may be back already."""
        waiting = list(self._pending.values())
        if self._current is not None:
            waiting.append(self._current)
        peer = event.peer if isinstance(event, PeerDescribed | PeerMisled) else None
        return any(
            isinstance(command, LeaveSfu) and (command.stay == stay or command.user_id == peer)
            for command in waiting
        )

    def _give_up(self, leave: LeaveSfu) -> None:
        for key, command in list(self._pending.items()):
            match command:
                case AnswerOffer() | SetWishes() | SetMedia():
                    is_void = command.stay == leave.stay
                case Describe():
                    is_void = command.stay == leave.stay or command.peer_id == leave.user_id
                case _:
                    is_void = False
            if is_void:
                del self._pending[key]

    async def close(self) -> None:
        """Wait until everything has been carried out."""
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            while self._pending:
                _, command = self._pending.popitem(last=False)
                self._current = command
                try:
                    await self._execute(command)
                except SfuError as error:
                    # As of a participant whom the SFU has just lost: nothing to repair here.
                    log.info(
                        "sfu_command_refused", command=type(command).__name__, error=type(error).__name__
                    )
                except Exception:
                    log.exception("sfu_command_failed", command=type(command).__name__)
                finally:
                    self._current = None
                await asyncio.sleep(0)  # most commands wait for nothing: the other rooms have their turn
        finally:
            self._task = None
            self._on_idle()

    async def _execute(self, command: SfuCommand) -> None:
        room = self._call_id
        match command:
            case JoinSfu():
                await self._join(command)
            case LeaveSfu():
                await self._sfu.leave(room, command.user_id, command.stay)
            case AnswerOffer():
                await self._answer(command)
            case Describe():
                await self._describe(command)
            case SetForwarding():
                self._sfu.set_forwarding(room, command.on)
            case SetWishes():
                self._sfu.set_wishes(room, command.user_id, command.wishes)
            case SetMedia():
                self._sfu.set_media(room, command.user_id, command.media)

    async def _join(self, command: JoinSfu) -> None:
        def listener(event: SfuEvent) -> None:
            self._events.sfu_event(command.stay, event)

        try:
            await self._sfu.join(self._call_id, command.user_id, command.stay, listener, mesh=command.mesh)
        except EngineUnavailable as error:
            log.error("engine_unavailable", detail=error.detail)
            self._events.sfu_refused(command.stay)

    async def _answer(self, command: AnswerOffer) -> None:
        offer = command.offer
        seats = tuple(SeatOffer(seat.seat, seat.audio_mid, seat.video_mid) for seat in offer.seats)
        try:
            sdp = await self._sfu.answer(
                self._call_id,
                command.user_id,
                Offer(offer.offer_id, offer.payload.sdp, dict(offer.tracks), seats),
            )
        except SdpRejected as error:
            self._events.reply(command.stay, from_rejection(error, offer.id))
            return
        payload = SessionDescription(type="answer", sdp=sdp)
        self._events.reply(command.stay, SfuAnswer(offer_id=offer.offer_id, payload=payload))

    async def _describe(self, command: Describe) -> None:
        try:
            await self._sfu.describe(self._call_id, command.user_id, command.peer_id, command.description)
        except SdpRejected as error:
            self._events.reply(command.stay, from_rejection(error, command.ref))


def _superseding_key(command: SfuCommand) -> tuple[Any, ...]:
    """Of commands with the same key only the newest matters."""
    match command:
        case SetForwarding():
            return (SetForwarding,)
        case Describe():
            return (Describe, command.stay, command.peer_id, command.description.type)
        case _:
            return (type(command), command.stay)
