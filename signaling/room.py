"""One call's room: who is here, who hears what. A state machine; `rooms.py` gives it sockets and a clock.

Inputs are the public methods: `join`, `receive`, `disconnect`, `seats_changed`, `peer_described`,
`peer_misled`, `advance`, `end`. Each returns what follows from it, in order. A person is in a room once, by
the newest of their sessions; a session is one connection. `now_us` is monotonic.

Clients of the documented protocol know nothing of modes. In mode `p2p` their descriptions are relayed; in
mode `sfu` the SFU's virtual peers speak to them in the others' names. A connection that cannot go on is made
anew by telling them that the other left and joined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import combinations

from sfu.client import Description, SeatAssignment
from signaling.config import SignalingConfig
from signaling.member import Member
from signaling.messages import (
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
    ParticipantsSnapshot,
    Ping,
    Pong,
    RelayedAnswer,
    RelayedIceCandidate,
    RelayedOffer,
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
    Describe,
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
from signaling.pairs import Pairs, read_origin
from signaling.refusals import ENDED, EXPIRED, NORMAL_CLOSURE, REPLACED, ROOM_FULL, Refusal
from signaling.sfu_values import from_description, from_seat, to_description, to_flags, to_wishes
from signaling.topology import Change, Topology

TARGET_OFFLINE = "Target user is offline"
_MAX_DEPARTED = 1_000


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
        self._pairs = Pairs()
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

    def refusal(self, user_id: int) -> Refusal | None:
        """Why this person may not come in now. Their own earlier session is not counted."""
        if self._over is not None:
            return self._over
        others = len(self._members) - (user_id in self._members)
        return ROOM_FULL if others >= self._config.max_participants else None

    def join(
        self, session: str, user: User, *, v2: bool, ice_servers: list[IceServer], now_us: int
    ) -> list[Output]:
        """A new connection of `user`. It is refused, or takes over from an earlier one, or comes in anew."""
        if (refusal := self.refusal(user.id)) is not None:
            return [Send(session, refusal.error), Close(session, refusal.close_code)]
        replaced = self._members.get(user.id)
        outputs: list[Output] = []
        if replaced is not None:
            outputs += self._dismiss(replaced)
            if replaced.v2 != v2:  # the others have to treat the new client differently
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
            change = self._topology.session_replaced(now_us)
        outputs += self._greet(member, ice_servers)
        if replaced is None:
            outputs += self._tell_others(member, lambda other: UserJoined(user=member.seen_by(other)))
        else:
            outputs += self._take_over(member)
        outputs += self._follow(change, except_user=user.id)
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
                    locked=False,
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

    def _take_over(self, member: Member) -> list[Output]:
        """The new session knows no direct connection; whoever had one to the old session needs a new one."""
        outputs: list[Output] = []
        if self.mode == "p2p":
            for other in self._others(member):
                outputs += self._renew(member, other, told=(other,))
        return outputs

    # --- somebody goes ----------------------------------------------------------------------------------

    def disconnect(self, session: str, now_us: int) -> list[Output]:
        """A connection is gone. Unknown or replaced sessions change nothing."""
        member = self._member(session)
        if member is None:
            return []
        return [Left(session), *self._remove(member, now_us)]

    def _remove(self, member: Member, now_us: int) -> list[Output]:
        del self._members[member.user.id]
        self._pairs.leave(member.user.id)
        self._note_departure(member.user.id, now_us)
        outputs: list[Output] = [LeaveSfu(member.user.id, member.session)] if member.in_sfu else []
        outputs += [Send(other.session, UserLeft(user=member.user)) for other in self._members.values()]
        return outputs + self._follow(self._topology.members_changed(self._v2_by_user(), now_us))

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
                return self._speak(member, message, now_us)
            case Ping():
                return [Send(session, Pong(t=message.t))]
            case SfuOffer():
                return self._sfu_offer(member, message)
            case SeatsWanted():
                return [SetWishes(member.user.id, session, to_wishes(message))]
            case MediaStateUpdate():
                return self._media_state(member, message)
            case P2pState():
                return self._follow(self._topology.p2p_state(member.user.id, message.user_id, message.state))
            case Leave():
                return [Close(session, NORMAL_CLOSURE), *self.disconnect(session, now_us)]
            case _:
                refused = Error(detail="Unsupported message type", code="unsupported", ref=message.id)
                return [Send(session, refused)]

    def _speak(self, sender: Member, message: Offer | Answer | IceCandidate, now_us: int) -> list[Output]:
        """One participant's word to another one, by way of whoever speaks to them."""
        if message.to_user_id == sender.user.id:
            return []
        target = self._members.get(message.to_user_id)
        if target is None:
            if self._has_just_left(message.to_user_id, now_us):
                return []  # the sender could not know yet, and a documented client would show the error
            refused = Error(detail=TARGET_OFFLINE, code="target_offline", ref=message.id)
            return [Send(sender.session, refused)]
        if sender.v2 and target.v2:
            return [Send(target.session, _relayed(message, sender.user))]
        if self.mode == "sfu":
            return self._speak_to_virtual_peer(sender, target, message)
        return self._speak_directly(sender, target, message)

    def _speak_directly(
        self, sender: Member, target: Member, message: Offer | Answer | IceCandidate
    ) -> list[Output]:
        """Mode `p2p`, at least one of them documented."""
        if not isinstance(message, IceCandidate):
            origin = read_origin(message.payload)
            if self._pairs.is_past(sender.user.id, target.user.id, origin):
                return []
            has_restarted = self._pairs.said(sender.user.id, target.user.id, origin)
            if has_restarted and isinstance(message, Offer) and not (sender.v2 or target.v2):
                return self._follow(self._topology.ice_restarted())
        return [Send(target.session, _relayed(message, sender.user))]

    def _speak_to_virtual_peer(
        self, sender: Member, target: Member, message: Offer | Answer | IceCandidate
    ) -> list[Output]:
        """Mode `sfu`, which has no use for candidates, nor for what v2 clients still say directly."""
        if sender.v2 or isinstance(message, IceCandidate):
            return []
        description = to_description(message)
        if description is None:
            refused = Error(detail="Invalid or missing payload", code="invalid", ref=message.id)
            return [Send(sender.session, refused)]
        speaker, hearer, origin = sender.user.id, target.user.id, read_origin(message.payload)
        if self._pairs.is_past(speaker, hearer, origin):
            return []
        if isinstance(message, Answer) and self._pairs.answers_nothing(speaker, hearer, origin):
            return []
        self._pairs.said(speaker, hearer, origin)
        return [Describe(speaker, sender.session, hearer, description, message.id)]

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
            SetMedia(member.user.id, member.session, to_flags(state)),
            *(Send(other.session, changed) for other in self._others(member) if other.v2),
        ]

    # --- the SFU and time say something -----------------------------------------------------------------

    def seats_changed(self, session: str, revision: int, seats: tuple[SeatAssignment, ...]) -> list[Output]:
        """The SFU has seated the others anew for this session."""
        member = self._member(session)
        if member is None or not member.v2:
            return []
        return [Send(session, Seats(revision=revision, seats=[from_seat(seat) for seat in seats]))]

    def peer_described(self, session: str, peer_id: int, description: Description) -> list[Output]:
        """The virtual peer that stands in for `peer_id` has something to say to this documented client."""
        member, peer = self._member(session), self._members.get(peer_id)
        if member is None or member.v2 or not member.in_sfu or peer is None or peer is member:
            return []
        outputs: list[Output] = []
        if description.type == "offer":
            if self._pairs.is_astray(member.user.id, peer_id):
                outputs += self.peer_misled(session, peer_id)
            self._pairs.offered(peer_id, member.user.id)
        return [*outputs, Send(session, from_description(description, peer.user))]

    def peer_misled(self, session: str, peer_id: int) -> list[Output]:
        """This documented client has taken up what was said to it before the switch, and was not heard of
        since: its microphone was late. It has to make its connection to `peer_id` once more."""
        member, peer = self._member(session), self._members.get(peer_id)
        if member is None or member.v2 or not member.in_sfu or peer is None or peer is member:
            return []
        self._pairs.begin_anew(member.user.id, peer_id)
        return [
            Send(session, UserLeft(user=peer.user)),
            Send(session, UserJoined(user=peer.seen_by(member))),
        ]

    def advance(self, now_us: int) -> list[Output]:
        """Time has passed."""
        if self.is_over or not self._members:
            return []
        if now_us >= self._duration_deadline_us:
            hours = self._config.max_call_duration_s / 3_600
            return [*self.end(f"Maximum call duration ({hours:g} hours) exceeded"), CallOver()]
        return self._follow(self._topology.advance(now_us))

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
            if member.in_sfu:
                outputs.append(LeaveSfu(member.user.id, member.session))
        self._members.clear()
        return outputs

    # --- direct or through the SFU ----------------------------------------------------------------------

    def _follow(self, change: Change | None, *, except_user: int | None = None) -> list[Output]:
        """What comes of the topology's decision, and of who is here now. A newcomer has it from `welcome`."""
        outputs: list[Output] = []
        if change is not None:
            message = TopologyChanged(mode=change.mode, reason=change.reason)
            told = [member for member in self._members.values() if member.v2]
            outputs += [Send(member.session, message) for member in told if member.user.id != except_user]
            outputs.append(ModeChanged(change.mode, change.reason))
        if change is not None and change.mode == "sfu":
            for one, other in combinations(self._members.values(), 2):
                documented = tuple(member for member in (one, other) if not member.v2)
                outputs += self._renew(one, other, told=documented)
        return outputs + self._sync_sfu()

    def _renew(self, one: Member, other: Member, *, told: tuple[Member, ...]) -> list[Output]:
        """Their direct connection is of no more use: those of them in `told` close it, and wait for another.

        Where nothing has been described yet there is no connection.
        """
        if not self._pairs.have_spoken(one.user.id, other.user.id):
            return []
        self._pairs.part(one.user.id, other.user.id)
        outputs: list[Output] = []
        for member in told:
            lost = other if member is one else one
            outputs.append(Send(member.session, UserLeft(user=lost.user)))
            outputs.append(Send(member.session, UserJoined(user=lost.seen_by(member))))
        return outputs

    def _sync_sfu(self) -> list[Output]:
        """v2 clients keep their connection to the SFU warm; documented ones have none in mode `p2p`."""
        outputs: list[Output] = []
        for member in self._members.values():
            needed = member.v2 or self.mode == "sfu"
            if needed and not member.in_sfu:
                outputs.append(JoinSfu(member.user.id, member.session, mesh=not member.v2))
                if member.v2:  # of a documented client only its descriptions tell what it sends
                    outputs.append(SetMedia(member.user.id, member.session, to_flags(member.media)))
            elif member.in_sfu and not needed:
                outputs.append(LeaveSfu(member.user.id, member.session))
            member.in_sfu = needed
        is_known = any(member.in_sfu for member in self._members.values())
        forwarding = self._topology.forwarding if is_known else None
        if forwarding != self._forwarding and forwarding is not None:
            outputs.append(SetForwarding(forwarding))
        self._forwarding = forwarding
        return outputs

    # --- pieces -----------------------------------------------------------------------------------------

    def _member(self, session: str) -> Member | None:
        return next((member for member in self._members.values() if member.session == session), None)

    def _others(self, member: Member) -> list[Member]:
        return [other for other in self._members.values() if other.user.id != member.user.id]

    def _v2_by_user(self) -> dict[int, bool]:
        return {user_id: member.v2 for user_id, member in self._members.items()}

    def _tell_others(self, member: Member, message_for: Callable[[Member], ServerMessage]) -> list[Output]:
        return [Send(other.session, message_for(other)) for other in self._others(member)]


def _relayed(message: Offer | Answer | IceCandidate, sender: User) -> ServerMessage:
    match message:
        case Offer():
            return RelayedOffer(from_user=sender, payload=message.payload)
        case Answer():
            return RelayedAnswer(from_user=sender, payload=message.payload)
        case IceCandidate():
            return RelayedIceCandidate(from_user=sender, payload=message.payload)
