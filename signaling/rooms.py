"""All rooms of this process: gives them a clock, sockets and the SFU, and carries out what they decide."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import structlog

from sfu.client import (
    ConnectionChanged,
    LayersWanted,
    PeerDescribed,
    PeerMisled,
    QualityChanged,
    SeatsChanged,
    Sfu,
    SfuEvent,
    SpeakersChanged,
)
from signaling.config import SignalingConfig
from signaling.edge import Peer, RoomCall
from signaling.identity import Identity
from signaling.journal import Journal
from signaling.messages import Answer, AnyClientMessage, IceCandidate, IceServer, Offer, Ring, ServerMessage
from signaling.messages import Topology as Mode
from signaling.metrics import SignalingMetrics
from signaling.outputs import (
    CallOver,
    Close,
    Forget,
    Joined,
    Left,
    Met,
    ModeChanged,
    Output,
    Rated,
    Resumed,
    Send,
    SfuCommand,
)
from signaling.presence import Presence
from signaling.refusals import ENDED, ENGINE_UNAVAILABLE, EXPIRED, ROOM_FULL, Refusal
from signaling.resume import ResumeClaim, ResumeTokens
from signaling.ring_board import RingBoard
from signaling.room import Room
from signaling.room_state import OnEvent
from signaling.sfu_lane import SfuLane

log = structlog.get_logger(__name__)

_RELAYED = (Offer, Answer, IceCandidate)
_REMEMBERED_ENDS = 10_000


@dataclass(slots=True)
class _OpenRoom:
    call: RoomCall
    room: Room
    timer: asyncio.TimerHandle | None = None
    deadline_us: int | None = None
    """What the timer is set to."""


class Rooms:
    """Rooms by call id. Everything but `close` returns at once and runs on the event loop.

    `on_call_over` is told of a call whose room has ended by itself, `on_room_closed` of one whose room has
    become empty; set by the bus.
    """

    def __init__(
        self,
        config: SignalingConfig,
        sfu: Sfu,
        journal: Journal,
        metrics: SignalingMetrics,
        tokens: ResumeTokens,
        *,
        on_event: OnEvent = lambda _event: None,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._config, self._sfu, self._journal, self._metrics = config, sfu, journal, metrics
        self._tokens, self._utc = tokens, utc
        self.presence = Presence(on_event)
        self._rooms: dict[str, _OpenRoom] = {}
        self._peers: dict[str, Peer] = {}  # by session, of those in rooms or in front of them
        self._call_ids: dict[str, str] = {}  # session -> call id
        self._stays: dict[str, str] = {}  # stay -> call id
        self._lanes: dict[str, SfuLane] = {}
        self._ended: OrderedDict[str, Refusal] = OrderedDict()
        self._board = RingBoard()
        self.on_call_over: Callable[[str], None] = lambda _call_id: None
        self.on_room_closed: Callable[[str], None] = lambda _call_id: None
        metrics.calls.labels("p2p").set_function(lambda: self.calls("p2p"))
        metrics.calls.labels("sfu").set_function(lambda: self.calls("sfu"))
        metrics.participants.set_function(self.participants)

    # --- numbers for whoever watches ---------------------------------------------------------------------

    def calls(self, mode: Mode) -> int:
        """Rooms of that mode with somebody in them."""
        return sum(entry.room.mode == mode for entry in self._rooms.values())

    def participants(self) -> int:
        """People in rooms."""
        return len(self._stays)

    def has_room(self, call_id: str) -> bool:
        """Whether somebody is in the call's room, or waits in front of it."""
        return call_id in self._rooms

    # --- what connections do ------------------------------------------------------------------------------

    def join(
        self,
        peer: Peer,
        call: RoomCall,
        identity: Identity,
        ice_servers: list[IceServer],
        resume_token: str | None = None,
    ) -> bool:
        """Bring a connection into its call's room, or in front of it.

        False when it was refused and is being closed.
        """
        if peer.is_closing:
            return False
        if (over := self._ended.get(call.call_id)) is not None:
            # The call has ended since it was looked up.
            self._count_refusal(over)
            peer.refuse(over)
            return False
        now_us = self._now_us()
        claim = self._claim(resume_token, call, identity)
        entry = self._rooms.get(call.call_id) or self._open(call, claim, now_us)
        if (refusal := entry.room.refusal(identity.user_id, v2=peer.v2, claim=claim)) is not None:
            self._count_refusal(refusal)
            peer.refuse(refusal)
            return False
        self._rooms[call.call_id] = entry
        self._peers[peer.session] = peer
        self._call_ids[peer.session] = call.call_id
        self._apply(
            entry,
            entry.room.join(
                peer.session,
                identity.user,
                v2=peer.v2,
                ice_servers=ice_servers,
                now_us=now_us,
                claim=claim,
            ),
        )
        return True

    def _claim(self, resume_token: str | None, call: RoomCall, identity: Identity) -> ResumeClaim | None:
        if resume_token is None:
            return None
        now_s = int(self._utc().timestamp())
        return self._tokens.read(resume_token, call_id=call.call_id, user_id=identity.user_id, now_s=now_s)

    def _open(self, call: RoomCall, claim: ResumeClaim | None, now_us: int) -> _OpenRoom:
        """A room for its first participant. After the server was killed it goes on as old as it was."""
        started_at = self._utc()
        if claim is not None and self._tokens.is_of_an_earlier_process(claim):
            age = max(started_at - claim.started_at, timedelta(0))
            started_at, now_us = started_at - age, now_us - age // timedelta(microseconds=1)
        room = Room(
            self._config,
            self._tokens,
            call_id=call.call_id,
            creator_user_id=call.creator_user_id,
            started_at=started_at,
            now_us=now_us,
            rings=lambda: self._board.rings(call.call_id),
        )
        return _OpenRoom(call, room)

    def receive(self, session: str, message: AnyClientMessage) -> None:
        """A valid message of a connection."""
        if (entry := self._entry(session)) is None:
            return
        outputs = entry.room.receive(session, message, self._now_us())
        if len(outputs) == 1 and isinstance(message, _RELAYED) and isinstance(outputs[0], Send):
            # Nearly all messages: what is only handed on moves no deadline.
            if self._send(outputs[0]):
                return
            outputs = entry.room.disconnect(outputs[0].session, self._now_us())
        self._apply(entry, outputs)

    def disconnect(self, session: str) -> None:
        """A connection is gone, or is of no more use. Doing so twice is no error."""
        if (entry := self._entry(session)) is not None:
            self._apply(entry, entry.room.disconnect(session, self._now_us()))

    # --- what happens to calls ----------------------------------------------------------------------------

    def end(self, call_id: str, reason: str) -> None:
        """The call is over: tell its room, close its sockets, let nobody in any more."""
        self._remember_end(call_id, EXPIRED if reason == "expired" else ENDED)
        if (entry := self._rooms.get(call_id)) is not None:
            self._apply(entry, entry.room.end(reason, self._now_us()))

    def ring(self, call_id: str, ring: Ring) -> None:
        """Somebody is being called into the call, or what has come of it."""
        entry = self._rooms.get(call_id)
        if call_id in self._ended or (entry is not None and ring.user_id in entry.room.members):
            return
        self._board.note(call_id, ring)
        if entry is not None:
            self._apply(entry, entry.room.ring(ring))

    def remove(self, call_id: str, user_id: int) -> bool:
        """The operator takes somebody out of their call; false when they are not in it."""
        entry = self._rooms.get(call_id)
        if entry is None or user_id not in entry.room.members:
            return False
        self._apply(entry, entry.room.remove(user_id, self._now_us()))
        log.info("participant_removed", call=entry.call.log_id, user_id=user_id)
        return True

    def _remember_end(self, call_id: str, refusal: Refusal) -> None:
        """A connection that has looked up its call before the end must not come in after it."""
        self._ended[call_id] = refusal
        self._board.forget(call_id)
        while len(self._ended) > _REMEMBERED_ENDS:
            self._ended.popitem(last=False)

    async def close(self) -> None:
        """Take everybody out of their rooms, and wait until the SFU has heard of it."""
        for entry in list(self._rooms.values()):
            self._apply(entry, entry.room.disband(self._now_us()))
        while self._lanes:
            await asyncio.gather(*(lane.close() for lane in list(self._lanes.values())))

    # --- what the SFU says: signaling.sfu_lane.LaneEvents ---------------------------------------------------

    def reply(self, stay: str, message: ServerMessage) -> None:
        if (entry := self._entry_of_stay(stay)) is not None:
            self._apply(entry, entry.room.sfu_said(stay, message))

    def sfu_event(self, stay: str, event: SfuEvent) -> None:
        entry = self._entry_of_stay(stay)
        if entry is None:
            return
        lane = self._lanes.get(entry.call.call_id)
        if lane is not None and lane.is_past(stay, event):
            return
        match event:
            case SeatsChanged() | SpeakersChanged() | QualityChanged() | LayersWanted():
                self._apply(entry, entry.room.seated_event(stay, event))
            case PeerDescribed():
                self._apply(entry, entry.room.peer_described(stay, event.peer, event.description))
            case PeerMisled():
                self._apply(entry, entry.room.peer_misled(stay, event.peer))
            case ConnectionChanged():
                self._metrics.sfu_connections.labels(event.state).inc()
                log.info("sfu_connection_changed", call=entry.call.log_id, state=event.state)

    def sfu_refused(self, stay: str) -> None:
        if (entry := self._entry_of_stay(stay)) is not None:
            self._count_refusal(ENGINE_UNAVAILABLE)
            self._apply(entry, entry.room.expel(stay, ENGINE_UNAVAILABLE, self._now_us()))

    # --- carrying out ---------------------------------------------------------------------------------------

    def _entry(self, session: str) -> _OpenRoom | None:
        call_id = self._call_ids.get(session)
        return None if call_id is None else self._rooms.get(call_id)

    def _entry_of_stay(self, stay: str) -> _OpenRoom | None:
        call_id = self._stays.get(stay)
        return None if call_id is None else self._rooms.get(call_id)

    def _apply(self, entry: _OpenRoom, outputs: list[Output]) -> None:
        """Carry out what a room has decided, and what follows when a peer cannot be told."""
        waiting = deque(outputs)
        while waiting:
            output = waiting.popleft()
            if not isinstance(output, Send):
                self._carry_out(entry, output)
            elif not self._send(output):
                waiting.extend(entry.room.disconnect(output.session, self._now_us()))
        self._schedule(entry)

    def _send(self, output: Send) -> bool:
        """False: the client reads too slowly, and is out."""
        peer = self._peers.get(output.session)
        if peer is None or peer.send(output.message):
            return True
        self._metrics.count_limit("ws_queue")
        return False

    def _carry_out(self, entry: _OpenRoom, output: Output) -> None:
        call = entry.call
        match output:
            case Close():
                if (peer := self._peers.get(output.session)) is not None:
                    peer.close(output.close_code)
            case Joined():
                self._stays[output.stay] = call.call_id
                self._board.answered(call.call_id, output.user_id)
                self._journal.joined(output.stay, call.row_id, output.user_id, self._utc())
                self.presence.changed(call.call_id, call.creator_user_id, entry.room, self._utc())
                log.info("participant_joined", call=call.log_id, user_id=output.user_id)
            case Left():
                self._stays.pop(output.stay, None)
                self._journal.left(output.stay, self._utc() - timedelta(microseconds=output.ago_us))
                self.presence.changed(call.call_id, call.creator_user_id, entry.room, self._utc())
                log.info("participant_left", call=call.log_id, user_id=output.user_id)
            case Forget():
                self._peers.pop(output.session, None)
                self._call_ids.pop(output.session, None)
            case Resumed():
                self._metrics.resumes.labels("rebuilt" if output.rebuilt else "resumed").inc()
                log.info("participant_resumed", call=call.log_id, rebuilt=output.rebuilt)
            case Met():
                self._journal.met(output.user_id, output.others, self._utc())
            case Rated():
                self._journal.rated(call.row_id, output.user_id, output.stars, output.reasons, self._utc())
            case ModeChanged():
                self._metrics.topology_changes.labels(output.mode, output.reason).inc()
                log.info("topology_changed", call=call.log_id, mode=output.mode, reason=output.reason)
            case CallOver():
                if output.by is None:
                    self._metrics.count_limit("max_call_duration_hours")
                else:
                    log.info("call_ended", call=call.log_id, reason="host", user_id=output.by)
                self._remember_end(call.call_id, ENDED)
                self.on_call_over(call.call_id)
            case Send():
                raise AssertionError("sent by _apply")
            case _:
                self._command(call.call_id, output)

    def _command(self, call_id: str, command: SfuCommand) -> None:
        lane = self._lanes.get(call_id)
        if lane is None:

            def forget() -> None:
                del self._lanes[call_id]

            lane = self._lanes[call_id] = SfuLane(call_id, self._sfu, self, forget)
        lane.put(command)

    def _schedule(self, entry: _OpenRoom) -> None:
        """Set the room's one timer to its next deadline; forget a room that is empty."""
        deadline_us = entry.room.next_deadline_us()
        if deadline_us is not None and deadline_us == entry.deadline_us:
            return  # as after most messages
        if entry.timer is not None:
            entry.timer.cancel()
        entry.timer, entry.deadline_us = None, deadline_us
        if entry.room.is_empty:
            if self._rooms.get(entry.call.call_id) is entry:
                del self._rooms[entry.call.call_id]
                self.on_room_closed(entry.call.call_id)
            return
        if deadline_us is not None:
            entry.timer = self._loop.call_at(deadline_us / 1e6, self._advance, entry, deadline_us)

    def _advance(self, entry: _OpenRoom, deadline_us: int) -> None:
        entry.timer = entry.deadline_us = None
        # A timer that fires early by a rounding must not spin.
        self._apply(entry, entry.room.advance(max(deadline_us, self._now_us())))

    def _count_refusal(self, refusal: Refusal) -> None:
        self._metrics.joins_refused.labels(refusal.code).inc()
        if refusal is ROOM_FULL:
            self._metrics.count_limit("max_participants_per_call")

    def _now_us(self) -> int:
        return round(self._loop.time() * 1e6)

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()  # asks the kernel for the process id, each time
