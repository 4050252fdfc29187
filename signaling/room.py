"""One call's room: who is here, who hears what. A state machine; `rooms.py` gives it sockets and a clock.

Inputs are the public methods: `join`, `receive`, `disconnect`, what the SFU says, `advance`, `end`. Each
returns what follows from it, in order. `now_us` is monotonic.

A person is in a room once, by the newest of their connections. Their *stay* begins with joining and ends with
leaving. A *session* is one connection; that of a v2 client may be lost and another one resume the stay within
the resume window, of which the others notice nothing.

Clients of the documented protocol know nothing of modes. In mode `p2p` their descriptions are relayed; in
mode `sfu` the SFU's virtual peers speak to them in the others' names. A connection that cannot go on is made
anew by telling them that the other left and joined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import combinations

from sfu.client import Description, QualityChanged, SeatedEvent
from signaling.chat import ChatLog
from signaling.config import SignalingConfig
from signaling.door import Door, refuse
from signaling.greeting import greeting, welcome
from signaling.lobby import Knocker
from signaling.member import Member
from signaling.messages import (
    Admit,
    Answer,
    AnyClientMessage,
    CallEnded,
    Chat,
    ChatText,
    Error,
    Hand,
    IceCandidate,
    IceServer,
    Leave,
    MediaState,
    MediaStateChanged,
    MediaStateUpdate,
    Moderate,
    Moderation,
    Offer,
    P2pState,
    Ping,
    Pong,
    RaiseHand,
    RateCall,
    React,
    Reaction,
    ResumeTokenChanged,
    Ring,
    SeatsWanted,
    ServerMessage,
    SfuOffer,
    TopologyChanged,
    TopologyWanted,
    User,
    UserJoined,
    UserLeft,
)
from signaling.messages import Topology as Mode
from signaling.moderation import Succession, forbidden, heir, hosts, objection
from signaling.outputs import (
    AnswerOffer,
    CallOver,
    Close,
    Forget,
    Joined,
    LeaveSfu,
    Met,
    ModeChanged,
    Output,
    Rated,
    Resumed,
    Send,
    SetMedia,
    SetWishes,
)
from signaling.pairs import Pairs
from signaling.people import People
from signaling.refusals import ENDED, EXPIRED, LOCKED, NORMAL_CLOSURE, REMOVED, REPLACED, ROOM_FULL, Refusal
from signaling.relay import (
    Word,
    begin_anew,
    reappear,
    relay,
    renew,
    speak_directly,
    speak_to_virtual_peer,
    virtual_peer_speaks,
)
from signaling.resume import MAX_REMOVED, ResumeClaim, ResumeTokens, RoomTokens
from signaling.sfu_presence import SfuPresence
from signaling.sfu_values import messages_of, to_flags, to_wishes
from signaling.topology import Change, Topology

TARGET_OFFLINE = "Target user is offline"


class Room:
    """From its first participant to its last, or to the end of the call, after which it refuses all."""

    def __init__(
        self,
        config: SignalingConfig,
        tokens: ResumeTokens,
        *,
        call_id: str,
        creator_user_id: int,
        started_at: datetime,
        now_us: int,
        rings: Callable[[], Sequence[Ring]] = tuple,
    ) -> None:
        """`rings`: who is being called into this call."""
        self._config, self._rings = config, rings
        self._tokens = RoomTokens(tokens, call_id, started_at, now_us)
        self._creator_user_id = creator_user_id
        self._started_at = started_at
        self._duration_deadline_us = now_us + round(config.max_call_duration_s * 1e6)
        self._window_us = round(config.resume_window_s * 1e6)
        self._members = People()
        self._door = Door(config, creator_user_id, self._members)
        self._lobby = self._door.lobby
        self._succession = Succession(self._window_us)
        self._chat = ChatLog()
        self._pairs = Pairs()
        self._topology = Topology(
            p2p_timeout_us=round(config.p2p_timeout_s * 1e6),
            back_to_p2p_us=round(config.back_to_p2p_s * 1e6),
        )
        self._sfu = SfuPresence()
        self._over: Refusal | None = None

    # --- what can be seen from outside ----------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        return self._over is not None

    @property
    def is_empty(self) -> bool:
        """Nobody is in it and nobody waits in front of it."""
        return not self._members and not len(self._lobby)

    @property
    def is_locked(self) -> bool:
        return self._door.is_locked

    @property
    def waiting(self) -> list[int]:
        """User ids of those in front of it, in the order of knocking."""
        return [knocker.user.id for knocker in self._lobby]

    @property
    def mode(self) -> Mode:
        return self._topology.mode

    @property
    def members(self) -> Mapping[int, Member]:
        """By user id, in the order of joining."""
        return self._members

    def next_deadline_us(self) -> int | None:
        """When `advance` has to be called next."""
        if self.is_over or self.is_empty:
            return None
        deadlines = (
            self._duration_deadline_us,
            self._topology.next_deadline_us(),
            self._lobby.next_deadline_us(),
            self._succession.deadline_us,
            *[m.away.since_us + self._window_us for m in self._members.values() if m.away is not None],
        )
        return min((at_us for at_us in deadlines if at_us is not None), default=None)

    # --- somebody comes ---------------------------------------------------------------------------------

    def refusal(self, user_id: int, *, v2: bool, claim: ResumeClaim | None = None) -> Refusal | None:
        """Why this person may not come in now, nor wait. Their own earlier stay is not counted."""
        if self._over is not None:
            return self._over
        is_known = user_id in self._members or self._tokens.is_of_before(claim)
        refusal = self._door.refusal(user_id, v2=v2, is_known=is_known)
        others = len(self._members) - (user_id in self._members)
        is_full = others >= self._config.max_participants
        return ROOM_FULL if is_full and refusal is not REMOVED else refusal

    def join(
        self,
        session: str,
        user: User,
        *,
        v2: bool,
        ice_servers: list[IceServer],
        now_us: int,
        claim: ResumeClaim | None = None,
    ) -> list[Output]:
        """A new connection of `user` is refused, resumes a stay, takes it over, has to knock, or comes in.

        `claim`: of a good resume token that it has shown.
        """
        claim = claim if v2 else None
        if (refusal := self.refusal(user.id, v2=v2, claim=claim)) is not None:
            return refuse(session, refusal)
        shown_out = self._restore_removed(claim, now_us)
        here = self._members.get(user.id)
        if claim is not None and here is not None and here.stay == claim.stay:
            return self._resume(here, session, ice_servers, now_us)
        if here is not None or not self._tokens.is_of_before(claim):
            claim = None  # it is of a stay that is over
        if self._door.has_to_knock(user.id, is_known=here is not None or claim is not None):
            return self._door.knock(session, user, ice_servers, now_us)
        return shown_out + self._enter(
            session, user, v2=v2, ice_servers=ice_servers, now_us=now_us, claim=claim
        )

    def _restore_removed(self, claim: ResumeClaim | None, now_us: int) -> list[Output]:
        """A host comes from before the server was killed and knows whom hosts had removed. Who has come back
        meanwhile has to go."""
        if claim is None or claim.role != "host" or not self._tokens.is_of_before(claim):
            return []
        new = self._door.restore_removed(claim.removed, now_us)
        outputs = [output for user_id in new for output in self._show_out(user_id, now_us)]
        return outputs + self._renew_tokens_of_hosts(now_us) if new else []

    def _enter(
        self,
        session: str,
        user: User,
        *,
        v2: bool,
        ice_servers: list[IceServer],
        now_us: int,
        claim: ResumeClaim | None = None,
    ) -> list[Output]:
        """A stay begins: anew, in place of an earlier one, or with what `claim` says of the room before."""
        outputs: list[Output] = []
        here = self._members.get(user.id)
        member = Member(
            user=user,
            stay=session,
            session=session,
            v2=v2,
            role="host" if user.id == self._creator_user_id else "participant",
            media=MediaState(audio=not v2),
            heard_us=now_us,
        )
        if here is not None:
            member.role, member.media = here.role, here.media
            outputs += self._replace(here)
            if here.v2 != v2:  # the others have to treat the new client differently
                outputs += self._remove(here, now_us)
                here = None
            else:
                member.hand = here.hand
                outputs += here.end_stay(now_us)
        elif claim is not None:
            member.role = "host" if claim.role == "host" else member.role
            member.hand = claim.hand
            self._door.restore_lock(claim.locked)
        self._members[user.id] = member
        self._door.departed.forget(user.id)
        if here is None:
            change = self._topology.members_changed(self._members.v2_by_user(), now_us)
        else:
            change = self._topology.session_replaced(now_us)
        outputs += self._greet(member, ice_servers, now_us)
        if here is None:
            for other in self._members.others(member):
                outputs += other.tell(UserJoined(user=member.seen_by(other)))
        else:
            outputs += self._take_over(member)
        outputs += self._follow(change, except_user=user.id)
        outputs.append(Joined(member.stay, user.id))
        if claim is not None:
            outputs.append(Resumed(member.stay, rebuilt=True))
        if others := tuple(other for other in self._members if other != user.id):
            outputs.append(Met(user.id, others))
        self._succession.members_changed(self._members.values(), now_us)
        return outputs

    def _greet(
        self,
        member: Member,
        ice_servers: list[IceServer],
        now_us: int,
        *,
        resumed: bool = False,
        mode: Mode | None = None,
    ) -> list[Output]:
        """The first messages of a session. `mode`: the one that it has to begin with, if not that of now."""
        outputs: list[Output] = []
        if member.v2:
            first = welcome(
                member,
                self._config,
                ice_servers,
                token=self._token(member, now_us),
                resumed=resumed,
                topology=mode or self.mode,
                locked=self.is_locked,
            )
            outputs += member.tell(first)
        for message in greeting(member, self._members.others(member), self._started_at):
            outputs += member.tell(message)
        if member.v2:
            for ring in self._rings():
                outputs += [] if ring.user_id in self._members else member.tell(ring)
        return outputs + (self._door.show_lobby(member) if hosts([member]) else [])

    def _replace(self, here: Member) -> list[Output]:
        """Their connection gives way to a newer one."""
        if here.session is None:
            return []
        return [Send(here.session, REPLACED.error), Close(here.session, REPLACED.close_code)]

    def _take_over(self, member: Member) -> list[Output]:
        """The new session knows no direct connection; whoever had one to the old session needs a new one."""
        outputs: list[Output] = []
        if self.mode == "p2p":
            for other in self._members.others(member):
                outputs += renew(self._pairs, member, other, told=(other,))
        return outputs

    def _resume(
        self, member: Member, session: str, ice_servers: list[IceServer], now_us: int
    ) -> list[Output]:
        """The stay goes on. What was sent shortly before the loss may not have arrived: chat may repeat."""
        outputs = self._replace(member)
        if member.session is not None:
            outputs.append(Forget(member.session))
        away, heard_us = member.away, member.heard_us
        member.resume(session, now_us)
        before = away.mode_before if away is not None else None
        outputs += self._greet(member, ice_servers, now_us, resumed=True, mode=before)
        if away is not None and self.mode == "p2p":  # whoever has come back meanwhile has no connection to it
            for other in self._members.others(member):
                if away.has_come_back(other.user.id, other.stay):
                    outputs += reappear(member, other)
        missed = away.missed if away is not None else ()
        for message in (*missed, *member.states, *self._chat.since(heard_us)):
            outputs += member.tell(message)
        return [*outputs, Resumed(member.stay)]

    # --- a locked room ----------------------------------------------------------------------------------

    def _let_in(self, knocker: Knocker, now_us: int) -> list[Output]:
        if (refusal := self.refusal(knocker.user.id, v2=True)) is not None:
            return self._door.turn_away(knocker, refusal)
        outputs = self._door.stop_waiting(knocker)
        return outputs + self._enter(
            knocker.session, knocker.user, v2=True, ice_servers=knocker.ice_servers, now_us=now_us
        )

    def _admit(self, host: Member, message: Admit, now_us: int) -> list[Output]:
        if host.role != "host":
            return host.tell(forbidden(message.id))
        knocker = self._lobby.by_user(message.user_id)
        if knocker is None:
            return host.tell(Error(detail=TARGET_OFFLINE, code="target_offline", ref=message.id))
        if not message.admit:
            return self._door.turn_away(knocker, LOCKED)
        if self.refusal(knocker.user.id, v2=True) is ROOM_FULL:  # they go on waiting
            return host.tell(Error(detail=ROOM_FULL.detail, code="room_full", ref=message.id))
        return self._let_in(knocker, now_us)

    # --- somebody goes ----------------------------------------------------------------------------------

    def disconnect(self, session: str, now_us: int) -> list[Output]:
        """A connection is gone. Unknown or replaced sessions change nothing."""
        if (knocker := self._lobby.by_session(session)) is not None:
            return [Forget(session), *self._door.stop_waiting(knocker)]
        member = self._members.by_session(session)
        if member is None:
            return []
        if not member.v2 or self._window_us == 0:
            return self._remove(member, now_us)
        member.lose(now_us, {other.user.id: other.stay for other in self._members.others(member)})
        return [Forget(session)]

    def expel(self, stay: str, refusal: Refusal, now_us: int) -> list[Output]:
        """They cannot stay, whatever they want. Unknown stays change nothing."""
        member = self._members.by_stay(stay)
        if member is None:
            return []
        told = member.tell(refusal.error)
        if member.session is not None:
            told.append(Close(member.session, refusal.close_code))
        return told + self._remove(member, now_us)

    def remove(self, user_id: int, now_us: int) -> list[Output]:
        """A host or the operator takes them out, and while this room lasts they do not come back."""
        if user_id not in self._members:
            return []
        self._door.removed.note(user_id, now_us)
        return self._show_out(user_id, now_us) + self._renew_tokens_of_hosts(now_us)

    def _show_out(self, user_id: int, now_us: int) -> list[Output]:
        if (knocker := self._lobby.by_user(user_id)) is not None:
            return self._door.turn_away(knocker, REMOVED)
        member = self._members.get(user_id)
        return [] if member is None else self.expel(member.stay, REMOVED, now_us)

    def _remove(self, member: Member, now_us: int) -> list[Output]:
        del self._members[member.user.id]
        self._pairs.leave(member.user.id)
        self._door.departed.note(member.user.id, now_us)
        outputs = member.end_stay(now_us)
        if member.in_sfu:
            outputs.append(LeaveSfu(member.user.id, member.stay))
        for other in self._members.values():
            outputs += other.tell(UserLeft(user=member.user))
            if other.away is not None:
                other.away.forget(member.user.id)
        outputs += self._follow(self._topology.members_changed(self._members.v2_by_user(), now_us))
        if (successor := heir(self._members.values())) is not None and hosts([member]):
            outputs += self._make_host(successor, by=None, now_us=now_us)
        self._succession.members_changed(self._members.values(), now_us)
        return outputs

    def disband(self, now_us: int) -> list[Output]:
        """The server stops: everybody's stay ends here, without a word."""
        outputs: list[Output] = []
        for knocker in self._lobby:
            self._lobby.remove(knocker)
            outputs.append(Forget(knocker.session))
        return outputs + self._clear(now_us)

    def _clear(self, now_us: int) -> list[Output]:
        outputs: list[Output] = []
        for member in self._members.values():
            outputs += member.end_stay(now_us)
            if member.in_sfu:
                outputs.append(LeaveSfu(member.user.id, member.stay))
        self._members.clear()
        return outputs

    # --- somebody says something ------------------------------------------------------------------------

    def receive(self, session: str, message: AnyClientMessage, now_us: int) -> list[Output]:
        """A valid message of a session. From a session that is not (any more) in the room: nothing."""
        member = self._members.by_session(session)
        if member is None:
            if isinstance(message, Leave) and self._lobby.by_session(session) is not None:
                return [Close(session, NORMAL_CLOSURE), *self.disconnect(session, now_us)]
            return []
        member.heard_us = now_us
        match message:
            case Offer() | Answer() | IceCandidate():
                return self._speak(member, message, now_us)
            case Ping():
                return member.tell(Pong(t=message.t))
            case SfuOffer():
                return self._sfu_offer(member, message)
            case SeatsWanted():
                return [SetWishes(member.user.id, member.stay, to_wishes(message))]
            case MediaStateUpdate():
                return self._media_state(member, message)
            case P2pState():
                return self._follow(self._topology.p2p_state(member.user.id, message.user_id, message.state))
            case TopologyWanted():
                return self._follow(self._topology.topology_wanted(member.user.id, message.mode, now_us))
            case ChatText():
                said = Chat(user_id=member.user.id, text=message.text, at=self._tokens.utc(now_us))
                return self._members.tell_v2(self._chat.add(said, now_us))
            case React():
                return self._members.tell_v2(Reaction(user_id=member.user.id, emoji=message.emoji))
            case RaiseHand():
                return self._raise_hand(member, message.raised, now_us)
            case Moderate():
                return self._moderate(member, message, now_us)
            case Admit():
                return self._admit(member, message, now_us)
            case RateCall():
                return self._rate(member, message)
            case Leave():
                return [Close(session, NORMAL_CLOSURE), *self._remove(member, now_us)]

    def _speak(self, sender: Member, message: Word, now_us: int) -> list[Output]:
        if message.to_user_id == sender.user.id:
            return []
        target = self._members.get(message.to_user_id)
        if target is None:
            grace_us = round(self._config.departed_grace_s * 1e6)
            if self._door.departed.since(message.to_user_id, now_us - grace_us):
                return []  # the sender could not know yet, and a documented client would show the error
            return sender.tell(Error(detail=TARGET_OFFLINE, code="target_offline", ref=message.id))
        if sender.v2 and target.v2:
            return relay(sender, target, message)
        if self.mode == "sfu":
            return speak_to_virtual_peer(self._pairs, sender, target, message)
        outputs = speak_directly(self._pairs, sender, target, message)
        return self._follow(self._topology.ice_restarted()) if outputs is None else outputs

    def _sfu_offer(self, member: Member, message: SfuOffer) -> list[Output]:
        if message.offer_id <= member.newest_offer_id:
            return []
        member.newest_offer_id = message.offer_id
        return [AnswerOffer(member.user.id, member.stay, message)]

    def _media_state(self, member: Member, message: MediaStateUpdate) -> list[Output]:
        state = MediaState(audio=message.audio, video=message.video, screen=message.screen)
        if state == member.media:
            return []
        member.media = state
        changed = MediaStateChanged(
            user_id=member.user.id, audio=state.audio, video=state.video, screen=state.screen
        )
        command = SetMedia(member.user.id, member.stay, to_flags(state))
        return [command, *self._members.tell_v2(changed, except_user=member.user.id)]

    def _raise_hand(self, member: Member, raised: bool, now_us: int) -> list[Output]:
        if raised == member.hand:
            return []
        member.hand = raised
        told = self._members.tell_v2(Hand(user_id=member.user.id, raised=raised))
        return told + self._renew_token(member, now_us)

    def _rate(self, member: Member, message: RateCall) -> list[Output]:
        if member.has_rated:
            return []
        member.has_rated = True
        return [Rated(member.user.id, message.stars, tuple(message.reasons))]

    # --- what hosts do ----------------------------------------------------------------------------------

    def _moderate(self, host: Member, wish: Moderate, now_us: int) -> list[Output]:
        target = None if wish.user_id is None else self._members.get(wish.user_id)
        if (refused := objection(host, wish, target, self._creator_user_id)) is not None:
            return host.tell(refused)
        if wish.action in ("lock", "unlock"):
            return self._set_lock(host, wish.action == "lock", now_us)
        if wish.action == "end":
            return [*self.end("ended", now_us), CallOver(by=host.user.id)]
        assert target is not None
        told = Moderation(action=wish.action, user_id=target.user.id, by=host.user.id)
        if wish.action == "make_host":
            if target.role == "host":
                return []
            return self._make_host(target, by=host.user.id, now_us=now_us)
        if wish.action == "remove":
            outputs = self._members.tell_v2(told, except_user=target.user.id)
            return outputs + self.remove(target.user.id, now_us)
        return self._members.tell_v2(told)

    def _set_lock(self, host: Member, locked: bool, now_us: int) -> list[Output]:
        if not self._door.set_lock(locked):
            return []
        action = Moderation(action="lock" if locked else "unlock", user_id=None, by=host.user.id)
        outputs = self._members.tell_v2(action)
        for member in self._members.values():
            outputs += self._renew_token(member, now_us)
        if not locked:
            for knocker in self._lobby:
                outputs += self._let_in(knocker, now_us)
        return outputs

    def _make_host(self, member: Member, *, by: int | None, now_us: int) -> list[Output]:
        member.role = "host"
        self._succession.members_changed(self._members.values(), now_us)
        told = self._members.tell_v2(Moderation(action="make_host", user_id=member.user.id, by=by))
        return [*told, *self._renew_token(member, now_us), *self._door.show_lobby(member)]

    def ring(self, message: Ring) -> list[Output]:
        """Somebody is being called in, or what has come of it. When they are here, it is over."""
        return [] if message.user_id in self._members else self._members.tell_v2(message)

    # --- the SFU and time say something -----------------------------------------------------------------

    def sfu_said(self, stay: str, message: ServerMessage) -> list[Output]:
        """What came of a description."""
        member = self._members.by_stay(stay)
        return [] if member is None else member.tell(message)

    def seated_event(self, stay: str, event: SeatedEvent) -> list[Output]:
        """The SFU has something for their client alone."""
        member = self._members.by_stay(stay)
        if member is None or not member.v2:
            return []
        if isinstance(event, QualityChanged) and self.mode == "p2p":
            return []  # the SFU forwards a moment longer; its judgement would stand while it says no more
        return [output for message in messages_of(event) for output in member.tell(message)]

    def peer_described(self, stay: str, peer_id: int, description: Description) -> list[Output]:
        """The virtual peer that stands in for `peer_id` has something to say to this documented client."""
        pair = self._members.mesh_pair(stay, peer_id)
        return [] if pair is None else virtual_peer_speaks(self._pairs, *pair, description)

    def peer_misled(self, stay: str, peer_id: int) -> list[Output]:
        """This documented client's connection to `peer_id` is of no use: it took up what was said before the
        switch, or has lost its voice. It has to make it once more."""
        pair = self._members.mesh_pair(stay, peer_id)
        return [] if pair is None else begin_anew(self._pairs, *pair)

    def advance(self, now_us: int) -> list[Output]:
        """Time has passed."""
        if self.is_over or self.is_empty:
            return []
        if now_us >= self._duration_deadline_us:
            hours = self._config.max_call_duration_s / 3_600
            reason = f"Maximum call duration ({hours:g} hours) exceeded"
            return [*self.end(reason, now_us), CallOver()]
        outputs: list[Output] = []
        for member in list(self._members.values()):
            if member.away is not None and member.away.since_us + self._window_us <= now_us:
                outputs += self._remove(member, now_us)
        for knocker in self._lobby.due(now_us):
            outputs += self._door.turn_away(knocker, LOCKED)
        if (successor := self._succession.due(self._members.values(), now_us)) is not None:
            outputs += self._make_host(successor, by=None, now_us=now_us)
        return outputs + self._follow(self._topology.advance(now_us))

    def end(self, reason: str, now_us: int) -> list[Output]:
        """The call is over: everybody is told and closed, nobody comes in any more."""
        if self.is_over:
            return []
        self._over = EXPIRED if reason == "expired" else ENDED
        outputs: list[Output] = []
        for knocker in self._lobby:
            outputs += refuse(knocker.session, self._over)
            self._lobby.remove(knocker)
        for member in self._members.values():
            outputs += member.tell(CallEnded(reason=reason))
            if member.session is not None:
                outputs.append(Close(member.session, NORMAL_CLOSURE))
        return outputs + self._clear(now_us)

    # --- direct or through the SFU ----------------------------------------------------------------------

    def _follow(self, change: Change | None, *, except_user: int | None = None) -> list[Output]:
        """What comes of the topology's decision, and of who is here now. A newcomer has it from `welcome`."""
        outputs: list[Output] = []
        if change is not None:
            message = TopologyChanged(mode=change.mode, reason=change.reason)
            outputs += self._members.tell_v2(message, except_user=except_user)
            outputs.append(ModeChanged(change.mode, change.reason))
        if change is not None and change.mode == "sfu":
            for one, other in combinations(self._members.values(), 2):
                documented = tuple(member for member in (one, other) if not member.v2)
                outputs += renew(self._pairs, one, other, told=documented)
        forwarding = self._topology.forwarding
        return outputs + self._sfu.sync(self._members.values(), self.mode, forwarding=forwarding)

    # --- pieces -----------------------------------------------------------------------------------------

    def _renew_token(self, member: Member, now_us: int) -> list[Output]:
        if not member.v2:
            return []
        return member.tell(ResumeTokenChanged(resume_token=self._token(member, now_us)))

    def _renew_tokens_of_hosts(self, now_us: int) -> list[Output]:
        return [
            output for host in hosts(self._members.values()) for output in self._renew_token(host, now_us)
        ]

    def _token(self, member: Member, now_us: int) -> str:
        removed = self._door.removed.newest(MAX_REMOVED)
        return self._tokens.issue(member, locked=self.is_locked, removed=removed, now_us=now_us)
