"""One call's room: who is here, who hears what. A state machine; `rooms.py` gives it sockets and a clock.

Inputs are the public methods: `join`, `receive`, `disconnect`, `seats_changed`, `advance`, `end`. Each
returns what follows from it, in order. A person is in a room once, by the newest of their sessions; a
session is one connection. `now_us` is monotonic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sfu.client import MediaFlags, SeatAssignment, SeatWishes, Wanted
from signaling.config import SignalingConfig
from signaling.messages import (
    V2_SUBPROTOCOL,
    Answer,
    AnyClientMessage,
    CallEnded,
    CallMetadata,
    Error,
    IceCandidate,
    IceServer,
    Leave,
    Limits,
    MediaState,
    MediaStateChanged,
    MediaStateUpdate,
    Offer,
    P2pState,
    Participant,
    ParticipantsSnapshot,
    Ping,
    Pong,
    RelayedAnswer,
    RelayedIceCandidate,
    RelayedOffer,
    Role,
    Seat,
    Seats,
    SeatsWanted,
    Self,
    ServerMessage,
    SfuOffer,
    TopologyChanged,
    User,
    UserJoined,
    UserLeft,
    Welcome,
)
from signaling.messages import Topology as Mode
from signaling.outputs import (
    AnswerOffer,
    CallOver,
    Close,
    Joined,
    JoinSfu,
    LeaveSfu,
    Left,
    Met,
    ModeChanged,
    Output,
    Send,
    SetForwarding,
    SetMedia,
    SetWishes,
)
from signaling.refusals import ENDED, EXPIRED, NEEDS_V2, NORMAL_CLOSURE, REPLACED, ROOM_FULL, Refusal
from signaling.topology import Change, Topology

TARGET_OFFLINE = "Target user is offline"
_MAX_DEPARTED = 1_000


@dataclass(slots=True)
class Member:
    """Somebody in the room. `newest_offer_id` is that of this session's last `sfu_offer`."""

    user: User
    session: str
    v2: bool
    role: Role
    media: MediaState
    newest_offer_id: int = -1

    @property
    def participant(self) -> Participant:
        """As v2 clients see them."""
        return Participant(
            **self.user.model_dump(),
            media=self.media,
            role=self.role,
            protocol=V2_SUBPROTOCOL if self.v2 else "documented",
        )

    def seen_by(self, viewer: Member) -> Participant | User:
        return self.participant if viewer.v2 else self.user


class Room:
    """From its first participant to its last, or to the end of the call, after which it refuses all."""

    def __init__(
        self, config: SignalingConfig, *, creator_user_id: int, started_at: datetime, now_us: int
    ) -> None:
        self._config = config
        self._creator_user_id = creator_user_id
        self._started_at = started_at
        self._duration_deadline_us = now_us + round(config.max_call_duration_s * 1e6)
        self._members: dict[int, Member] = {}  # by user id, in the order of joining
        self._departed_us: dict[int, int] = {}  # user id -> when they left
        self._topology = Topology(
            p2p_timeout_us=round(config.p2p_timeout_s * 1e6),
            back_to_p2p_us=round(config.back_to_p2p_s * 1e6),
        )
        self._forwarding: bool | None = None  # what the SFU was told; None: it knows no such room
        self._over: Refusal | None = None

    # --- what can be seen from outside ----------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        return self._over is not None

    @property
    def mode(self) -> Mode:
        return self._topology.mode

    @property
    def members(self) -> Mapping[int, Member]:
        """By user id, in the order of joining."""
        return self._members

    def next_deadline_us(self) -> int | None:
        """When `advance` has to be called next."""
        if self.is_over or not self._members:
            return None
        topology_us = self._topology.next_deadline_us()
        return (
            self._duration_deadline_us
            if topology_us is None
            else min(self._duration_deadline_us, topology_us)
        )

    # --- somebody comes ---------------------------------------------------------------------------------

    def refusal(self, user_id: int, *, v2: bool) -> Refusal | None:
        """Why this person may not come in now. Their own earlier session is not counted."""
        if self._over is not None:
            return self._over
        others = [member for member in self._members.values() if member.user.id != user_id]
        if len(others) >= self._config.max_participants:
            return ROOM_FULL
        if len(others) >= 2 and not (v2 and all(member.v2 for member in others)):
            return NEEDS_V2
        return None

    def join(
        self, session: str, user: User, *, v2: bool, ice_servers: list[IceServer], now_us: int
    ) -> list[Output]:
        """A new connection of `user`. It is refused, or takes over from an earlier one, or comes in anew."""
        if (refusal := self.refusal(user.id, v2=v2)) is not None:
            return [Send(session, refusal.error), Close(session, refusal.close_code)]
        replaced = self._members.get(user.id)
        outputs: list[Output] = []
        if replaced is not None:
            outputs += self._dismiss(replaced)
            if replaced.v2 != v2:  # the others have to treat the new client differently
                if replaced.v2:
                    outputs.append(LeaveSfu(user.id, replaced.session))
                outputs += self._remove(replaced, now_us)
                replaced = None
        member = Member(
            user=user,
            session=session,
            v2=v2,
            role="host" if user.id == self._creator_user_id else "participant",
            media=replaced.media if replaced else MediaState(audio=not v2),
        )
        self._members[user.id] = member
        self._departed_us.pop(user.id, None)
        if replaced is None:
            change = self._topology.members_changed(self._v2_by_user(), now_us)
        else:
            change = self._topology.session_replaced()
        outputs += self._greet(member, ice_servers)
        if replaced is None:
            outputs += self._tell_others(member, lambda other: UserJoined(user=member.seen_by(other)))
        outputs += self._announce(change, except_user=user.id)
        if v2:
            outputs.append(JoinSfu(user.id, session))  # replaces an earlier session there too
            outputs.append(SetMedia(user.id, session, _flags(member.media)))
        outputs += self._sync_forwarding()
        outputs.append(Joined(session, user.id))
        if others := tuple(other for other in self._members if other != user.id):
            outputs.append(Met(user.id, others))
        return outputs

    def _greet(self, member: Member, ice_servers: list[IceServer]) -> list[Output]:
        """The first messages of a session, in their order."""
        greeting: list[ServerMessage] = []
        if member.v2:
            greeting.append(
                Welcome(
                    self=Self(user=member.user, role=member.role),
                    session_id=member.session,
                    resume_token="",
                    resumed=False,
                    topology=self.mode,
                    ice_servers=ice_servers,
                    limits=Limits(
                        max_participants=self._config.max_participants,
                        max_message_bytes=self._config.messages.max_message_bytes,
                    ),
                    ping_interval_s=self._config.ping_interval_s,
                )
            )
        greeting.append(CallMetadata(room_start_time=self._started_at))
        greeting.append(
            ParticipantsSnapshot(participants=[other.seen_by(member) for other in self._others(member)])
        )
        return [Send(member.session, message) for message in greeting]

    def _dismiss(self, replaced: Member) -> list[Output]:
        """The earlier session of somebody who has come by another connection."""
        return [
            Send(replaced.session, REPLACED.error),
            Close(replaced.session, REPLACED.close_code),
            Left(replaced.session),
        ]

    # --- somebody goes ----------------------------------------------------------------------------------

    def disconnect(self, session: str, now_us: int) -> list[Output]:
        """A connection is gone. Unknown or replaced sessions change nothing."""
        member = self._member(session)
        if member is None:
            return []
        outputs: list[Output] = [Left(session)]
        if member.v2:
            outputs.append(LeaveSfu(member.user.id, session))
        return outputs + self._remove(member, now_us)

    def _remove(self, member: Member, now_us: int) -> list[Output]:
        del self._members[member.user.id]
        self._note_departure(member.user.id, now_us)
        outputs = self._tell_all(lambda _: UserLeft(user=member.user))
        outputs += self._announce(self._topology.members_changed(self._v2_by_user(), now_us))
        return outputs + self._sync_forwarding()

    def _note_departure(self, user_id: int, now_us: int) -> None:
        self._departed_us.pop(user_id, None)
        self._departed_us[user_id] = now_us
        while len(self._departed_us) > _MAX_DEPARTED:
            del self._departed_us[next(iter(self._departed_us))]

    def _has_just_left(self, user_id: int, now_us: int) -> bool:
        left_us = self._departed_us.get(user_id)
        return left_us is not None and now_us - left_us <= self._config.departed_grace_s * 1e6

    # --- somebody says something ------------------------------------------------------------------------

    def receive(self, session: str, message: AnyClientMessage, now_us: int) -> list[Output]:
        """A valid message of a session. From a session that is not (any more) in the room: nothing."""
        member = self._member(session)
        if member is None:
            return []
        match message:
            case Offer() | Answer() | IceCandidate():
                return self._relay(member, message, now_us)
            case Ping():
                return [Send(session, Pong(t=message.t))]
            case SfuOffer():
                return self._sfu_offer(member, message)
            case SeatsWanted():
                return [SetWishes(member.user.id, session, _wishes(message))]
            case MediaStateUpdate():
                return self._media_state(member, message)
            case P2pState():
                change = self._topology.p2p_state(member.user.id, message.user_id, message.state)
                return self._announce(change) + self._sync_forwarding()
            case Leave():
                return [Close(session, NORMAL_CLOSURE), *self.disconnect(session, now_us)]

    def _relay(self, sender: Member, message: Offer | Answer | IceCandidate, now_us: int) -> list[Output]:
        if message.to_user_id == sender.user.id:
            return []
        target = self._members.get(message.to_user_id)
        if target is not None:
            return [Send(target.session, _relayed(message, sender.user))]
        if self._has_just_left(message.to_user_id, now_us):
            return []  # the sender could not know yet, and a documented client would show the error
        return [Send(sender.session, Error(detail=TARGET_OFFLINE, code="target_offline", ref=message.id))]

    def _sfu_offer(self, member: Member, message: SfuOffer) -> list[Output]:
        if message.offer_id <= member.newest_offer_id:
            return []
        member.newest_offer_id = message.offer_id
        return [AnswerOffer(member.user.id, member.session, message)]

    def _media_state(self, member: Member, message: MediaStateUpdate) -> list[Output]:
        state = MediaState(audio=message.audio, video=message.video, screen=message.screen)
        if state == member.media:
            return []
        member.media = state
        changed = MediaStateChanged(
            user_id=member.user.id, audio=state.audio, video=state.video, screen=state.screen
        )
        return [
            SetMedia(member.user.id, member.session, _flags(state)),
            *(Send(other.session, changed) for other in self._others(member) if other.v2),
        ]

    # --- the SFU and time say something -----------------------------------------------------------------

    def seats_changed(self, session: str, revision: int, seats: tuple[SeatAssignment, ...]) -> list[Output]:
        """The SFU has seated the others anew for this session."""
        member = self._member(session)
        if member is None or not member.v2:
            return []
        return [Send(session, Seats(revision=revision, seats=[_seat(seat) for seat in seats]))]

    def advance(self, now_us: int) -> list[Output]:
        """Time has passed."""
        if self.is_over or not self._members:
            return []
        if now_us >= self._duration_deadline_us:
            hours = self._config.max_call_duration_s / 3_600
            return [*self.end(f"Maximum call duration ({hours:g} hours) exceeded"), CallOver()]
        return self._announce(self._topology.advance(now_us)) + self._sync_forwarding()

    def end(self, reason: str) -> list[Output]:
        """The call is over: everybody is told and closed, nobody comes in any more."""
        if self.is_over:
            return []
        self._over = EXPIRED if reason == "expired" else ENDED
        outputs: list[Output] = []
        for member in self._members.values():
            outputs.append(Send(member.session, CallEnded(reason=reason)))
            outputs.append(Close(member.session, NORMAL_CLOSURE))
            outputs.append(Left(member.session))
            if member.v2:
                outputs.append(LeaveSfu(member.user.id, member.session))
        self._members.clear()
        return outputs

    # --- pieces -----------------------------------------------------------------------------------------

    def _member(self, session: str) -> Member | None:
        return next((member for member in self._members.values() if member.session == session), None)

    def _others(self, member: Member) -> list[Member]:
        return [other for other in self._members.values() if other.user.id != member.user.id]

    def _v2_by_user(self) -> dict[int, bool]:
        return {user_id: member.v2 for user_id, member in self._members.items()}

    def _tell_all(self, message_for: Callable[[Member], ServerMessage]) -> list[Output]:
        return [Send(member.session, message_for(member)) for member in self._members.values()]

    def _tell_others(self, member: Member, message_for: Callable[[Member], ServerMessage]) -> list[Output]:
        return [Send(other.session, message_for(other)) for other in self._others(member)]

    def _announce(self, change: Change | None, *, except_user: int | None = None) -> list[Output]:
        """Tell v2 clients of a new mode; a newcomer has it from `welcome`."""
        if change is None:
            return []
        message = TopologyChanged(mode=change.mode, reason=change.reason)
        told = [member for member in self._members.values() if member.v2 and member.user.id != except_user]
        return [*(Send(member.session, message) for member in told), ModeChanged(change.mode, change.reason)]

    def _sync_forwarding(self) -> list[Output]:
        """Tell the SFU whether to forward. It knows the room while a v2 client is in it."""
        if not any(member.v2 for member in self._members.values()):
            self._forwarding = None
            return []
        if self._forwarding == self._topology.forwarding:
            return []
        self._forwarding = self._topology.forwarding
        return [SetForwarding(self._forwarding)]


def _relayed(message: Offer | Answer | IceCandidate, sender: User) -> ServerMessage:
    payload: Any = message.payload
    match message:
        case Offer():
            return RelayedOffer(from_user=sender, payload=payload)
        case Answer():
            return RelayedAnswer(from_user=sender, payload=payload)
        case IceCandidate():
            return RelayedIceCandidate(from_user=sender, payload=payload)


def _wishes(message: SeatsWanted) -> SeatWishes:
    return SeatWishes(
        visible=tuple(Wanted(want.user_id, want.source, want.max_height) for want in message.visible),
        pinned=message.pinned,
        audio_only=message.audio_only,
    )


def _flags(media: MediaState) -> MediaFlags:
    return MediaFlags(media.audio, media.video, media.screen)


def _seat(seat: SeatAssignment) -> Seat:
    return Seat(
        seat=seat.seat,
        audio_mid=seat.audio_mid,
        video_mid=seat.video_mid,
        user_id=seat.participant,
        source=seat.source,
        video=seat.video,
    )
