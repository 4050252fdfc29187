"""Hypothesis plays calls: whatever happens, every client's view is the room's, nobody lost, no ghost.

Each client's view is rebuilt from nothing but the messages it was sent, as a real client does it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, precondition, rule

from sfu.client import SeatAssignment
from signaling.config import SignalingConfig
from signaling.messages import (
    CallEnded,
    Error,
    IceCandidate,
    Leave,
    MediaState,
    MediaStateChanged,
    MediaStateUpdate,
    Offer,
    P2pState,
    Participant,
    ParticipantsSnapshot,
    RelayedIceCandidate,
    RelayedOffer,
    Seats,
    ServerMessage,
    TopologyChanged,
    User,
    UserJoined,
    UserLeft,
    Welcome,
)
from signaling.outputs import (
    AnswerOffer,
    Close,
    Joined,
    JoinSfu,
    LeaveSfu,
    Left,
    Met,
    Output,
    Send,
    SetForwarding,
    SetMedia,
    SetWishes,
)
from signaling.room import Room

S = 1_000_000
MAX_PARTICIPANTS = 5
USERS = st.integers(1, 7)
DOCUMENTED_TYPES = {
    "call_metadata",
    "participants_snapshot",
    "user_joined",
    "user_left",
    "offer",
    "answer",
    "ice_candidate",
    "call_ended",
    "error",
}


@dataclass
class Client:
    """One connection and what it believes."""

    session: str
    user_id: int
    v2: bool
    others: dict[int, User] = field(default_factory=dict)
    media: dict[int, MediaState] = field(default_factory=dict)
    mode: str | None = None
    heard_types: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    payloads: list[object] = field(default_factory=list)
    closed: int | None = None
    gone: bool = False

    def hear(self, message: ServerMessage) -> None:
        assert self.closed is None, "told after its close"
        self.heard_types.append(message.type)
        match message:
            case Welcome():
                self.mode = message.topology
            case ParticipantsSnapshot():
                for user in message.participants:
                    self._add(user)
            case UserJoined():
                assert message.user.id not in self.others, "joined twice"
                self._add(message.user)
            case UserLeft():
                del self.others[message.user.id]
                self.media.pop(message.user.id, None)
            case TopologyChanged():
                assert message.mode != self.mode, "told what it knew"
                self.mode = message.mode
            case MediaStateChanged():
                self.media[message.user_id] = MediaState(
                    audio=message.audio, video=message.video, screen=message.screen
                )
            case RelayedOffer() | RelayedIceCandidate():
                self.payloads.append(message.payload)
                assert message.payload["to"] == self.user_id, "meant for somebody else"
                assert message.payload["from"] == message.from_user.id
            case Error():
                self.errors.append(message.code)

    def _add(self, user: User) -> None:
        assert user.id != self.user_id
        self.others[user.id] = user
        if isinstance(user, Participant):
            self.media[user.id] = user.media


@dataclass
class SfuModel:
    """What the SFU knows after the commands it was given."""

    sessions: dict[int, str] = field(default_factory=dict)
    forwarding: bool | None = None

    def command(self, output: Output) -> None:
        match output:
            case JoinSfu():
                self.sessions[output.user_id] = output.session
            case LeaveSfu():
                if self.sessions.get(output.user_id) == output.session:
                    del self.sessions[output.user_id]
                if not self.sessions:
                    self.forwarding = None
            case SetForwarding():
                assert self.sessions, "no such room"
                self.forwarding = output.on
            case SetMedia() | SetWishes() | AnswerOffer():
                assert self.sessions[output.user_id] == output.session


class RoomMachine(RuleBasedStateMachine):
    clients = Bundle("clients")

    def __init__(self) -> None:
        super().__init__()
        self.now_us = S
        self.room = Room(
            SignalingConfig(max_participants=MAX_PARTICIPANTS, max_call_duration_s=3_600),
            creator_user_id=1,
            started_at=datetime(2026, 11, 24, tzinfo=UTC),
            now_us=self.now_us,
        )
        self.all: dict[str, Client] = {}
        self.sfu = SfuModel()
        self.open_stays: set[str] = set()
        self.past_stays: set[str] = set()

    # --- what happens -----------------------------------------------------------------------------------

    @rule(target=clients, user_id=USERS, v2=st.booleans() | st.just(True))
    def join(self, user_id: int, v2: bool) -> Client:
        client = Client(f"s{len(self.all)}", user_id, v2)
        self.all[client.session] = client
        before = dict(self.room.members)
        self._take(
            self.room.join(client.session, User(id=user_id), v2=v2, ice_servers=[], now_us=self.now_us)
        )
        others = [member for other_id, member in before.items() if other_id != user_id]
        if self.room.is_over:
            assert client.closed == 4404
        elif len(others) >= MAX_PARTICIPANTS:
            assert (client.errors, client.closed) == (["room_full"], 4429)
        else:
            assert self.room.members[user_id].session == client.session
            first = ["welcome", "call_metadata", "participants_snapshot"][0 if v2 else 1 :]
            assert client.heard_types[: len(first)] == first
        if client.closed is not None:
            assert self.room.members == before, "a refused newcomer changed the room"
        return client

    @rule(client=clients)
    def leave(self, client: Client) -> None:
        if client.v2:
            self._take(self.room.receive(client.session, Leave(), self.now_us))
        self.drop(client)

    @rule(client=clients)
    def drop(self, client: Client) -> None:
        """The socket is gone: of a member, of a replaced one, of one already gone."""
        client.gone = True
        self._take(self.room.disconnect(client.session, self.now_us))
        assert all(member.session != client.session for member in self.room.members.values())

    @rule(sender=clients, to_user_id=USERS, trickle=st.booleans())
    def relay(self, sender: Client, to_user_id: int, trickle: bool) -> None:
        payload = {"from": sender.user_id, "to": to_user_id}
        kind = IceCandidate if trickle else Offer
        before = {session: len(client.payloads) for session, client in self.all.items()}
        self._take(
            self.room.receive(sender.session, kind(to_user_id=to_user_id, payload=payload), self.now_us)
        )
        got = [s for s, client in self.all.items() if len(client.payloads) > before[s]]
        target = self.room.members.get(to_user_id)
        if self._is_member(sender) and to_user_id != sender.user_id and target is not None:
            assert got == [target.session]
        else:
            assert got == []

    @rule(client=clients, audio=st.booleans(), video=st.booleans())
    def media_state(self, client: Client, audio: bool, video: bool) -> None:
        if client.v2:
            self._take(
                self.room.receive(client.session, MediaStateUpdate(audio=audio, video=video), self.now_us)
            )

    @rule(client=clients, peer=USERS, failed=st.booleans())
    def p2p_state(self, client: Client, peer: int, failed: bool) -> None:
        if client.v2:
            state = P2pState(user_id=peer, state="failed" if failed else "connected")
            self._take(self.room.receive(client.session, state, self.now_us))

    @rule(client=clients, revision=st.integers(0, 9))
    def seats(self, client: Client, revision: int) -> None:
        """The SFU may still speak of a session that has left."""
        seat = SeatAssignment(0, "1", None, None, "camera", "off")
        outputs = self._take(self.room.seats_changed(client.session, revision, (seat,)))
        told = [o for o in outputs if isinstance(o, Send) and isinstance(o.message, Seats)]
        assert [o.session for o in told] == (
            [client.session] if client.v2 and self._is_member(client) else []
        )

    @rule(us=st.sampled_from([1, S, 3 * S, 5 * S, 8 * S, 40 * S]))
    def wait(self, us: int) -> None:
        end_us = self.now_us + us
        while (deadline_us := self.room.next_deadline_us()) is not None and deadline_us <= end_us:
            assert deadline_us > self.now_us - 1, "a deadline in the past"
            self.now_us = deadline_us
            self._take(self.room.advance(deadline_us))
            following_us = self.room.next_deadline_us()
            assert following_us is None or following_us > deadline_us, "a timer that spins"
        self.now_us = end_us

    @precondition(lambda self: len(self.all) > 8)
    @rule(reason=st.sampled_from(["ended", "expired"]))
    def end(self, reason: str) -> None:
        self._take(self.room.end(reason))
        assert self.room.members == {}

    # --- what has to be true always ---------------------------------------------------------------------

    @invariant()
    def views_are_the_room(self) -> None:
        for member in self.room.members.values():
            client = self.all[member.session]
            assert client.closed is None
            assert list(client.others) != [] or len(self.room.members) == 1
            assert set(client.others) == set(self.room.members) - {client.user_id}
            if client.v2:
                assert client.mode == self.room.mode
                for user_id, state in client.media.items():
                    assert state == self.room.members[user_id].media
                    seen = client.others[user_id]
                    assert isinstance(seen, Participant)
                    assert (seen.protocol == "telcall.v2") == self.room.members[user_id].v2
            else:
                assert set(client.heard_types) <= DOCUMENTED_TYPES

    @invariant()
    def the_sfu_knows_the_v2_members_and_in_its_mode_all(self) -> None:
        mode = self.room.mode
        members = {id_: m.session for id_, m in self.room.members.items() if m.v2 or mode == "sfu"}
        assert self.sfu.sessions == members
        if members and self.room.mode == "sfu":
            assert self.sfu.forwarding is True
        if len(self.room.members) < 2 and members:
            assert self.sfu.forwarding is False

    @invariant()
    def the_mode_fits_the_members(self) -> None:
        members = self.room.members
        if len(members) > 2:
            assert self.room.mode == "sfu"
        if len(members) < 2 and not self.room.is_over:
            assert self.room.mode == "p2p"

    @invariant()
    def stays_are_those_of_the_members(self) -> None:
        assert self.open_stays == {member.session for member in self.room.members.values()}

    # --- carrying out -----------------------------------------------------------------------------------

    def _is_member(self, client: Client) -> bool:
        member = self.room.members.get(client.user_id)
        return member is not None and member.session == client.session

    def _take(self, outputs: list[Output]) -> list[Output]:
        for output in outputs:
            match output:
                case Send():
                    assert not self.all[output.session].gone
                    self.all[output.session].hear(output.message)
                    if isinstance(output.message, CallEnded):
                        assert self.room.is_over
                case Close():
                    self.all[output.session].closed = output.close_code
                case Joined():
                    assert output.session not in self.open_stays | self.past_stays
                    self.open_stays.add(output.session)
                case Left():
                    self.open_stays.remove(output.session)
                    self.past_stays.add(output.session)
                case Met():
                    assert output.user_id not in output.others
                    assert {output.user_id, *output.others} == set(self.room.members)
                case _:
                    self.sfu.command(output)
        return outputs


TestRoomMachine = RoomMachine.TestCase
TestRoomMachine.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
