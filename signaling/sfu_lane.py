"""Commands of one room to the SFU: one after the other, in the room's order, the newest of a kind only."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

import structlog

from sfu.client import Offer, SeatOffer, Sfu, SfuEvent
from sfu.errors import EngineUnavailable, SdpRejected, SfuError
from signaling.messages import Error, ErrorCode, ServerMessage, SessionDescription, SfuAnswer
from signaling.outputs import AnswerOffer, JoinSfu, LeaveSfu, SetForwarding, SetMedia, SetWishes, SfuCommand

log = structlog.get_logger(__name__)


class LaneEvents(Protocol):
    """What comes back. Called on the event loop."""

    def reply(self, session: str, message: ServerMessage) -> None:
        """A message for the session whose offer it was."""

    def sfu_event(self, session: str, event: SfuEvent) -> None:
        """The SFU tells something about a session."""

    def sfu_refused(self, session: str) -> None:
        """The SFU has no place for the session."""


class SfuLane:
    """Bounded: of each session at most a join, an offer, wishes and media wait, or a join and a leave.

    A join is never given up, because it may have replaced an earlier session of the same person.
    """

    def __init__(self, call_id: str, sfu: Sfu, events: LaneEvents, on_idle: Callable[[], None]) -> None:
        self._call_id, self._sfu, self._events, self._on_idle = call_id, sfu, events, on_idle
        self._pending: OrderedDict[tuple[type[SfuCommand], str], SfuCommand] = OrderedDict()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        return self._task is None

    def put(self, command: SfuCommand) -> None:
        session = "" if isinstance(command, SetForwarding) else command.session
        if isinstance(command, LeaveSfu):
            for kind in (AnswerOffer, SetWishes, SetMedia):
                self._pending.pop((kind, session), None)
        key = (type(command), session)
        self._pending.pop(key, None)
        self._pending[key] = command
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"sfu_lane {self._call_id}")

    async def close(self) -> None:
        """Wait until everything has been carried out."""
        while self._task is not None:
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        try:
            while self._pending:
                _, command = self._pending.popitem(last=False)
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
            self._task = None
            self._on_idle()

    async def _execute(self, command: SfuCommand) -> None:
        room = self._call_id
        match command:
            case JoinSfu():
                await self._join(command)
            case LeaveSfu():
                await self._sfu.leave(room, command.user_id, command.session)
            case AnswerOffer():
                await self._answer(command)
            case SetForwarding():
                self._sfu.set_forwarding(room, command.on)
            case SetWishes():
                self._sfu.set_wishes(room, command.user_id, command.wishes)
            case SetMedia():
                self._sfu.set_media(room, command.user_id, command.media)

    async def _join(self, command: JoinSfu) -> None:
        def listener(event: SfuEvent) -> None:
            self._events.sfu_event(command.session, event)

        try:
            await self._sfu.join(self._call_id, command.user_id, command.session, listener)
        except EngineUnavailable as error:
            log.error("engine_unavailable", detail=error.detail)
            self._events.sfu_refused(command.session)

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
            code: ErrorCode = "unsupported" if error.code == "unsupported" else "invalid_sdp"
            self._events.reply(command.session, Error(detail=error.detail, code=code, ref=offer.id))
            return
        payload = SessionDescription(type="answer", sdp=sdp)
        self._events.reply(command.session, SfuAnswer(offer_id=offer.offer_id, payload=payload))
