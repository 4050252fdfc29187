"""Hypothesis plays calls: whatever happens, every client's view is the room's, nobody lost, no ghost.

Each client's view is rebuilt from nothing but the messages it was sent, as a real client does it: who is
here, and one peer connection to each of them, closed when they leave. The SFU's is rebuilt from its commands.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from sfu.client import Description, LayersWanted, QualityChanged, QualityScore, SeatAssignment, SeatsChanged
from signaling.config import SignalingConfig
from signaling.messages import (
    Admit,
    Answer,
    CallEnded,
    Chat,
    ChatText,
    Error,
    Hand,
    IceCandidate,
    Knock,
    Leave,
    MediaState,
    MediaStateChanged,
    MediaStateUpdate,
    Moderate,
    Moderation,
    Offer,
    P2pState,
    Participant,
    ParticipantsSnapshot,
    RaiseHand,
    RelayedAnswer,
    RelayedIceCandidate,
    RelayedOffer,
    ResumeTokenChanged,
    ServerMessage,
    TopologyChanged,
    TopologyWanted,
    User,
    UserJoined,
    UserLeft,
    Welcome,
)
from signaling.outputs import (
    AnswerOffer,
    Close,
    Describe,
    Forget,
    Joined,
    JoinSfu,
    LeaveSfu,
    Left,
    Met,
    ModeChanged,
    Output,
    Resumed,
    Send,
    SetForwarding,
    SetMedia,
    SetWishes,
)
from signaling.refusals import REMOVED
from signaling.resume import ResumeTokens
from signaling.room import Room

S = 1_000_000
MAX_PARTICIPANTS = 4
MAX_CALL_S = 3_600
P2P_TIMEOUT_US = 8 * S
WINDOW_US = 15 * S
LOBBY_PLACES = 2
CREATOR = 1
USERS = st.integers(1, 5)
PICK = st.integers(0, MAX_PARTICIPANTS - 1)
NUMBERS = count(1)
"""Every peer connection, and every virtual peer's end of one, has a number of its own."""
TOKENS = ResumeTokens(b"k" * 32, "here")
STARTED_AT = datetime(2026, 11, 24, tzinfo=UTC)
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
class Link:
    """One peer connection. `remote`: the only one at the other end that it was ever told of."""

    number: int = field(default_factory=lambda: next(NUMBERS))
    ufrag: int = 0
    remote: int | None = None
    arrived: bool = False
    """Whether a description of it has reached anybody."""
    offered: bool = False
    """Whether the virtual peer has made it an offer."""

    def sdp(self, speaker: int, hearer: int) -> str:
        origin = f"o=- {self.number} 1 IN IP4 0.0.0.0"
        return "\r\n".join(["v=0", origin, f"s={speaker}>{hearer}", f"a=ice-ufrag:{self.ufrag}", ""])

    def hear(self, number: int) -> None:
        assert self.remote in (None, number), "two connections in the ears of one"
        self.remote = number


def read_sdp(sdp: str) -> tuple[int, int, int]:
    """Number, speaker, hearer."""
    _, origin, name, *_ = sdp.split("\r\n")
    speaker, hearer = name[2:].split(">")
    return int(origin.split(" ")[1]), int(speaker), int(hearer)


@dataclass
class Client:
    """One connection to the server and what it believes."""

    session: str
    user_id: int
    v2: bool
    others: dict[int, User] = field(default_factory=dict)
    links: dict[int, Link] = field(default_factory=dict)
    past_links: list[tuple[int, Link]] = field(default_factory=list)
    media: dict[int, MediaState] = field(default_factory=dict)
    roles: dict[int, str] = field(default_factory=dict)
    hands: dict[int, bool] = field(default_factory=dict)
    knocks: set[int] = field(default_factory=set)
    chats: set[str] = field(default_factory=set)
    chats_before: int = 0
    """How many were said before it came."""
    locked: bool = False
    token: str = ""
    mode: str | None = None
    heard: list[ServerMessage] = field(default_factory=list)
    closed: int | None = None
    gone: bool = False

    def link(self, user_id: int) -> Link:
        return self.links.setdefault(user_id, Link())

    def unlink(self, user_id: int) -> None:
        if user_id in self.links:
            self.past_links.append((user_id, self.links.pop(user_id)))

    @property
    def errors(self) -> list[str]:
        return [message.code for message in self.heard if isinstance(message, Error)]

    def hear(self, message: ServerMessage, *, strict: bool) -> None:
        assert self.closed is None, "told after its close"
        self.heard.append(message)
        match message:
            case Welcome():
                self._begin(message)
            case ResumeTokenChanged():
                self.token = message.resume_token
            case ParticipantsSnapshot():
                for user_id in set(self.others) - {user.id for user in message.participants}:
                    self._forget(user_id)
                for user in message.participants:
                    self._add(user)
            case UserJoined():
                assert message.user.id not in self.others, "joined twice"
                self._add(message.user)
            case UserLeft():
                self._forget(message.user.id)
            case TopologyChanged():
                assert message.mode != self.mode, "told what it knew"
                self.mode = message.mode
                for user_id in list(self.links):
                    self.unlink(user_id)
            case MediaStateChanged():
                self.media[message.user_id] = MediaState(
                    audio=message.audio, video=message.video, screen=message.screen
                )
            case RelayedOffer() | RelayedAnswer() | RelayedIceCandidate():
                self._hear_peer(message, strict=strict)
            case Chat():
                self.chats.add(message.text)
            case Hand():
                self.hands[message.user_id] = message.raised
            case Moderation():
                self._moderated(message)
            case Knock():
                assert message.waiting != (message.user.id in self.knocks), "told what it knew"
                self.knocks ^= {message.user.id}

    def _begin(self, message: Welcome) -> None:
        if message.resumed and message.topology != self.mode:
            for user_id in list(self.links):
                self.unlink(user_id)
        self.mode, self.locked, self.token = message.topology, message.locked, message.resume_token
        self.roles[self.user_id] = message.self.role
        self.knocks.clear()

    def _moderated(self, message: Moderation) -> None:
        match message.action:
            case "lock" | "unlock":
                assert self.locked != (message.action == "lock"), "told what it knew"
                self.locked = message.action == "lock"
            case "make_host":
                assert message.user_id is not None
                self.roles[message.user_id] = "host"

    def _forget(self, user_id: int) -> None:
        del self.others[user_id]
        for known in (self.media, self.roles, self.hands):
            known.pop(user_id, None)
        self.unlink(user_id)

    def _hear_peer(self, message: Any, *, strict: bool) -> None:
        speaker = message.from_user.id
        assert speaker in self.others, "words of somebody who is not here"
        number, *between = read_sdp(message.payload["sdp"])
        assert between == [speaker, self.user_id], "meant for somebody else, or of somebody else"
        if strict and not (self.v2 and getattr(self.others[speaker], "protocol", "") == "telcall.v2"):
            self.link(speaker).hear(number)

    def _add(self, user: User) -> None:
        assert user.id != self.user_id
        self.others[user.id] = user
        if isinstance(user, Participant):
            self.media[user.id] = user.media
            self.roles[user.id] = user.role
            self.hands[user.id] = user.hand


@dataclass
class SfuModel:
    """What the SFU knows after the commands it was given."""

    sessions: dict[int, str] = field(default_factory=dict)
    mesh: dict[int, bool] = field(default_factory=dict)
    past: set[str] = field(default_factory=set)
    forwarding: bool | None = None
    virtual: dict[tuple[int, int], Link] = field(default_factory=dict)
    """(mesh client, peer) -> the end that the virtual peer has of their connection."""
    described: list[Describe] = field(default_factory=list)

    def command(self, output: Output, *, strict: bool) -> None:
        match output:
            case JoinSfu():
                assert self.sessions.get(output.user_id) != output.stay, "let in twice"
                self.sessions[output.user_id] = output.stay
                self.mesh[output.user_id] = output.mesh
                self._forget(lambda client, _: client == output.user_id)
            case LeaveSfu():
                assert self.sessions.pop(output.user_id) == output.stay, "a leave without a join"
                self._forget(lambda client, peer: output.user_id in (client, peer))
                if not self.sessions:
                    self.forwarding = None
            case SetForwarding():
                assert self.sessions, "no such room"
                assert output.on != self.forwarding, "told what it knew"
                self.forwarding = output.on
            case SetMedia() | SetWishes() | AnswerOffer():
                assert self.sessions[output.user_id] == output.stay
                assert not self.mesh[output.user_id]
            case Describe():
                assert self.sessions[output.user_id] == output.stay
                assert self.mesh[output.user_id]
                assert output.peer_id in self.sessions
                number, *between = read_sdp(output.description.sdp)
                assert between == [output.user_id, output.peer_id]
                if strict:
                    self.end(output.user_id, output.peer_id).hear(number)
                self.described.append(output)

    def end(self, client: int, peer: int) -> Link:
        return self.virtual.setdefault((client, peer), Link())

    def _forget(self, is_gone: Any) -> None:
        self.virtual = {ends: link for ends, link in self.virtual.items() if not is_gone(*ends)}


anybody_here = precondition(lambda self: self._here())
two_here = precondition(lambda self: len(self._here()) > 1)


class RoomMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now_us = S
        self.room = Room(
            SignalingConfig(
                max_participants=MAX_PARTICIPANTS,
                max_call_duration_s=MAX_CALL_S,
                lobby_places=LOBBY_PLACES,
                lobby_wait_s=60,
            ),
            TOKENS,
            call_id="call",
            creator_user_id=CREATOR,
            started_at=STARTED_AT,
            now_us=self.now_us,
        )
        self.all: dict[str, Client] = {}
        self.sfu = SfuModel()
        self.open_stays: set[str] = set()
        self.past_stays: set[str] = set()
        self.forgotten: set[str] = set()
        self.banned: set[int] = set()
        self.have_been_in: set[int] = set()
        self.want_sfu: set[int] = set()
        self.chats: list[str] = []

    # --- who comes and goes -------------------------------------------------------------------------------

    @rule(user_id=USERS, v2=st.booleans())
    def join(self, user_id: int, v2: bool) -> None:
        client = Client(f"s{len(self.all)}", user_id, v2)
        self.all[client.session] = client
        before, waited = {user_id: replace(m) for user_id, m in self.room.members.items()}, self.room.waiting
        self._take(
            self.room.join(client.session, User(id=user_id), v2=v2, ice_servers=[], now_us=self.now_us)
        )
        others = [member for other_id, member in before.items() if other_id != user_id]
        if self.room.is_over:
            assert client.closed == 4404
        elif user_id in self.banned:
            assert (client.errors, client.closed) == (["removed"], 4403)
        elif len(others) >= MAX_PARTICIPANTS:
            assert (client.errors, client.closed) == (["room_full"], 4429)
        elif self.room.is_locked and user_id not in {CREATOR, *before, *self.have_been_in}:
            if v2 and (user_id in waited or len(waited) < LOBBY_PLACES):
                assert [message.type for message in client.heard] == ["waiting"]
                assert user_id in self.room.waiting
            else:
                assert (client.errors, client.closed) == (["locked"], 4403)
            assert set(self.room.members) == set(before)
        else:
            assert self.room.members[user_id].session == client.session
            first = ["welcome", "call_metadata", "participants_snapshot"][0 if v2 else 1 :]
            assert [message.type for message in client.heard[: len(first)]] == first
            if user_id in before and before[user_id].session is not None:
                assert self.all[before[user_id].session].closed == 4409
            if user_id in before and before[user_id].v2 != v2:
                self.want_sfu.discard(user_id)
        if client.closed is not None:
            assert set(self.room.members) == set(before), "a refused newcomer changed the room"

    @anybody_here
    @rule(pick=PICK, same_kind=st.booleans())
    def take_over(self, pick: int, same_kind: bool) -> None:
        client = self._member(pick)
        self.join(client.user_id, client.v2 == same_kind)

    @anybody_here
    @rule(pick=PICK, says_so=st.booleans())
    def go(self, pick: int, says_so: bool) -> None:
        client = self._member(pick)
        if client.v2 and says_so:
            self._take(self.room.receive(client.session, Leave(), self.now_us))
        client.gone = True
        self._take(self.room.disconnect(client.session, self.now_us))
        is_kept = client.v2 and not says_so
        assert (client.user_id in self.room.members) == is_kept, "only who is lost and speaks v2 has a window"

    @rule(data=st.data(), says_so=st.booleans())
    @precondition(lambda self: self.room.waiting)
    def stop_waiting(self, data: st.DataObject, says_so: bool) -> None:
        user_id = data.draw(st.sampled_from(self.room.waiting))
        (client,) = (c for c in self._open() if c.user_id == user_id and not self._is_member(c))
        if says_so:
            self._take(self.room.receive(client.session, Leave(), self.now_us))
        client.gone = True
        self._take(self.room.disconnect(client.session, self.now_us))
        assert user_id not in self.room.waiting

    @precondition(lambda self: self._resumable())
    @rule(data=st.data(), words=st.lists(st.booleans(), max_size=3))
    def resume(self, data: st.DataObject, words: list[bool]) -> None:
        """Back with another connection, whether the server has noticed the loss of the first one or not."""
        before = data.draw(st.sampled_from(self._resumable()))
        if before.gone:
            for is_offer in words:
                self._speak_to_the_absent(before.user_id, is_offer=is_offer)
        # A copy of what it believes; `all` keeps the old connection as it was.
        client = replace(
            before,
            session=f"s{len(self.all)}",
            heard=[],
            closed=None,
            gone=False,
            others=dict(before.others),
            links=dict(before.links),
            past_links=list(before.past_links),
        )
        self.all[client.session] = client
        stay = self.room.members[client.user_id].stay
        now_s = int((STARTED_AT.timestamp()) + (self.now_us - S) / 1e6)
        claim = TOKENS.read(before.token, call_id="call", user_id=client.user_id, now_s=now_s)
        assert claim is not None
        user = User(id=client.user_id)
        outputs = self._take(
            self.room.join(client.session, user, v2=True, ice_servers=[], now_us=self.now_us, claim=claim)
        )
        welcome = client.heard[0]
        assert isinstance(welcome, Welcome)
        assert (welcome.resumed, welcome.session_id) == (True, stay)
        assert Resumed(stay) in outputs
        told = {o.session for o in outputs if isinstance(o, Send)} - {client.session, before.session}
        assert told == set(), "somebody has noticed"

    def _speak_to_the_absent(self, user_id: int, *, is_offer: bool) -> None:
        for speaker in self._here():
            if speaker.v2 and is_offer:
                word = Offer(to_user_id=user_id, payload={"sdp": Link().sdp(speaker.user_id, user_id)})
                self._take(self.room.receive(speaker.session, word, self.now_us))
            elif speaker.v2:
                self._chat(speaker)

    @anybody_here
    @rule(pick=PICK)
    def chat(self, pick: int) -> None:
        client = self._member(pick)
        if client.v2:
            self._chat(client)

    def _chat(self, client: Client) -> None:
        self.chats.append(str(len(self.chats)))
        self._take(self.room.receive(client.session, ChatText(text=self.chats[-1]), self.now_us))

    @anybody_here
    @rule(pick=PICK, raised=st.booleans())
    def hand(self, pick: int, raised: bool) -> None:
        client = self._member(pick)
        if client.v2:
            self._take(self.room.receive(client.session, RaiseHand(raised=raised), self.now_us))

    @anybody_here
    @rule(pick=PICK, wanted=st.sampled_from(["sfu", "any"]))
    def topology_wanted(self, pick: int, wanted: Any) -> None:
        client = self._member(pick)
        if client.v2:
            self._take(self.room.receive(client.session, TopologyWanted(mode=wanted), self.now_us))
            (self.want_sfu.add if wanted == "sfu" else self.want_sfu.discard)(client.user_id)

    @anybody_here
    @rule(
        pick=PICK,
        action=st.sampled_from(["mute", "remove", "lock", "lock", "unlock", "make_host"]),
        whom=USERS,
    )
    def moderate(self, pick: int, action: Any, whom: int) -> None:
        client = self._member(pick)
        if not client.v2:
            return
        is_host = self.room.members[client.user_id].role == "host"
        there = self.room.members.get(whom)
        before = (set(self.room.members), self.room.is_locked)
        seen = len(client.errors)
        removed = action == "remove" and is_host and there is not None and whom != CREATOR
        if removed:
            self.banned.add(whom)
        wish = Moderate(action=action, user_id=whom)
        self._take(self.room.receive(client.session, wish, self.now_us))
        if not is_host:
            assert client.errors[seen:] == ["forbidden"]
            assert (set(self.room.members), self.room.is_locked) == before
        elif action == "remove":
            assert (whom in self.room.members) == (whom in before[0] and not removed)

    @anybody_here
    @rule(pick=PICK, user_id=USERS, admit=st.booleans())
    def admit(self, pick: int, user_id: int, admit: bool) -> None:
        client = self._member(pick)
        if not client.v2:
            return
        may = self.room.members[client.user_id].role == "host" and user_id in self.room.waiting
        has_place = len(self.room.members) < MAX_PARTICIPANTS
        self._take(self.room.receive(client.session, Admit(user_id=user_id, admit=admit), self.now_us))
        if may:
            assert (user_id in self.room.members) == (admit and has_place)
            assert (user_id in self.room.waiting) == (admit and not has_place)

    @two_here
    @rule(pick=PICK)
    def reload(self, pick: int) -> None:
        """Gone and back again before the others have taken notice."""
        client = self._member(pick)
        self.go(pick, says_so=False)
        self.join(client.user_id, client.v2)

    @initialize(kinds=st.lists(st.booleans(), min_size=2, max_size=3))
    def begin(self, kinds: list[bool]) -> None:
        for user_id, v2 in enumerate(kinds, 1):
            self.join(user_id, v2)

    @precondition(lambda self: len(self.all) > 12)
    @rule(reason=st.sampled_from(["ended", "expired"]))
    def end(self, reason: str) -> None:
        self._take(self.room.end(reason, self.now_us))
        assert self.room.members == {}

    @precondition(lambda self: self._dead())
    @rule(data=st.data(), to_user_id=USERS)
    def speak_from_the_grave(self, data: st.DataObject, to_user_id: int) -> None:
        """A session that was replaced, refused, closed or has left still says something, then is gone."""
        client = data.draw(st.sampled_from(self._dead()))
        description = Description("offer", Link().sdp(to_user_id, client.user_id))
        for outputs in (
            self.room.receive(client.session, Offer(to_user_id=to_user_id, payload={}), self.now_us),
            self.room.receive(client.session, Leave(), self.now_us),
            self.room.disconnect(client.session, self.now_us),
        ):
            assert outputs == []
        if client.session not in self.open_stays:
            assert self.room.peer_described(client.session, to_user_id, description) == []
            assert self.room.seated_event(client.session, SeatsChanged(1, ())) == []
            assert self.room.expel(client.session, REMOVED, self.now_us) == []
        client.gone = True

    # --- who says what --------------------------------------------------------------------------------------

    @two_here
    @rule(one=PICK, other=PICK, restart=st.booleans())
    def call_and_answer(self, one: int, other: int, restart: bool) -> None:
        """Two describe a connection to each other, as they do when they meet."""
        speaker, hearer = self._two(one, other)
        self._describe(speaker, hearer.user_id, Offer, restart=restart)
        if self._is_member(hearer) and hearer.user_id in speaker.links:
            self._virtual_peer_speaks(hearer, speaker.user_id, is_offer=True)
            self._describe(hearer, speaker.user_id, Answer)

    @two_here
    @rule(one=PICK, other=PICK, kind=st.sampled_from([Offer, Answer]), restart=st.booleans())
    def describe(self, one: int, other: int, kind: type[Offer | Answer], restart: bool) -> None:
        speaker, hearer = self._two(one, other)
        self._describe(speaker, hearer.user_id, kind, restart=restart)

    def _describe(
        self, speaker: Client, to_user_id: int, kind: type[Offer | Answer], *, restart: bool = False
    ) -> None:
        """A description of the connection that the speaker has now."""
        link, target = speaker.link(to_user_id), self.room.members[to_user_id]
        in_sfu = self.room.mode == "sfu" and not (speaker.v2 and target.v2)
        if kind is Answer and in_sfu and not speaker.v2 and not link.offered:
            return  # clients answer what they were asked
        restarts = restart and kind is Offer and link.arrived
        link.ufrag += restarts
        relayed, described = self._say(speaker, to_user_id, link, kind)
        if restarts and not in_sfu and not (speaker.v2 or target.v2):
            assert (relayed, described, self.room.mode) == ([], [], "sfu")
            assert speaker.links.get(to_user_id) is not link, "was not told to make it anew"
            return
        if not in_sfu:
            assert (relayed, described) == ([target.session], [])
        elif speaker.v2:
            assert (relayed, described) == ([], [])
        else:
            assert relayed == []
            (command,) = described
            assert (command.stay, command.peer_id) == (speaker.session, to_user_id)
            assert command.description.type == ("offer" if kind is Offer else "answer")
        # Of what v2 clients say to each other nothing is kept: both know themselves what is of the past.
        link.arrived = link.arrived or (bool(relayed or described) and not (speaker.v2 and target.v2))

    @precondition(lambda self: self._late_links())
    @rule(data=st.data(), kind=st.sampled_from([Offer, Answer]), restart=st.booleans())
    def describe_late(self, data: st.DataObject, kind: type[Offer | Answer], restart: bool) -> None:
        """Sent before the speaker knew that its connection has to be made anew."""
        speaker, to_user_id, link = data.draw(st.sampled_from(self._late_links()))
        target = self.room.members[to_user_id]
        link.ufrag += restart
        offered = to_user_id in speaker.links and speaker.links[to_user_id].offered
        relayed, described = self._say(speaker, to_user_id, link, kind, strict=False)
        if speaker.v2 and target.v2:
            assert relayed == [target.session]
        elif link.arrived:
            assert (relayed, described) == ([], []), "a connection of the past is heard"
        elif kind is Answer and self.room.mode == "sfu" and not offered:
            assert (relayed, described) == ([], []), "an answer to nothing"
            link.arrived = not speaker.v2  # by that it is known
        else:
            assert relayed in ([], [target.session])
            assert [command.peer_id for command in described] in ([], [to_user_id])
            if relayed or described:  # nobody could know; the next word would be taken for good as well
                speaker.past_links.remove((to_user_id, link))

    @two_here
    @rule(one=PICK, other=PICK)
    def candidate(self, one: int, other: int) -> None:
        speaker, hearer = self._two(one, other)
        direct = self.room.mode == "p2p" or (speaker.v2 and hearer.v2)
        link = speaker.links.get(hearer.user_id, Link())
        relayed, described = self._say(speaker, hearer.user_id, link, IceCandidate, strict=False)
        assert (relayed, described) == ([hearer.session] if direct else [], [])

    @anybody_here
    @rule(one=PICK, peer=USERS, is_offer=st.booleans())
    def virtual_peer_speaks(self, one: int, peer: int, is_offer: bool) -> None:
        """The SFU may still speak to somebody who is not in it any more, or of somebody who has left."""
        self._virtual_peer_speaks(self._member(one), peer, is_offer=is_offer)

    def _virtual_peer_speaks(self, client: Client, peer: int, *, is_offer: bool) -> None:
        is_there = self.sfu.sessions.get(client.user_id) == client.session and not client.v2
        expected = is_there and peer in self.sfu.sessions and peer != client.user_id
        link = self.sfu.end(client.user_id, peer) if expected else Link()
        description = Description("offer" if is_offer else "answer", link.sdp(peer, client.user_id))
        outputs = self._take(self.room.peer_described(client.session, peer, description))
        told = [o for o in outputs if isinstance(o, Send) and o.message.type == description.type]
        assert [o.session for o in told] == [client.session] * expected
        if expected and is_offer:
            client.link(peer).offered = True

    @anybody_here
    @rule(one=PICK, peer=USERS, failed=st.booleans())
    def p2p_state(self, one: int, peer: int, failed: bool) -> None:
        client = self._member(one)
        if client.v2:
            state = P2pState(user_id=peer, state="failed" if failed else "connected")
            is_of_two = peer != client.user_id and set(self.room.members) == {client.user_id, peer}
            self._take(self.room.receive(client.session, state, self.now_us))
            if is_of_two and failed:
                assert self.room.mode == "sfu"

    @two_here
    @rule(one=PICK, other=PICK)
    def virtual_peer_begins_anew(self, one: int, other: int) -> None:
        client, peer = self._two(one, other)
        self.sfu.virtual.pop((client.user_id, peer.user_id), None)
        outputs = self._take(self.room.peer_misled(client.session, peer.user_id))
        expected = self.room.mode == "sfu" and not client.v2
        told = [(o.session, o.message.type) for o in outputs if isinstance(o, Send)]
        assert told == [(client.session, "user_left"), (client.session, "user_joined")] * expected

    @anybody_here
    @rule(one=PICK, audio=st.booleans(), video=st.booleans())
    def media_and_seats(self, one: int, audio: bool, video: bool) -> None:
        client = self._member(one)
        if client.v2:
            state = MediaStateUpdate(audio=audio, video=video)
            self._take(self.room.receive(client.session, state, self.now_us))
        seat = SeatAssignment(0, "1", None, None, "camera", "off")
        stay = self.room.members[client.user_id].stay
        qualities = QualityChanged(tuple(QualityScore(user, 4.4, "good") for user in (1, 2)))
        for event, messages in (
            (SeatsChanged(1, (seat,)), ["seats"]),
            (LayersWanted("camera", "off"), ["layers_wanted"]),
            (qualities, ["quality"] * 2 if self.room.mode == "sfu" else []),
        ):
            outputs = self._take(self.room.seated_event(stay, event))
            told = [(o.session, o.message.type) for o in outputs if isinstance(o, Send)]
            assert told == [(client.session, message) for message in messages if client.v2]

    @rule(us=st.sampled_from([1, S, 3 * S, 5 * S, 8 * S, 40 * S]))
    def wait(self, us: int) -> None:
        end_us = self.now_us + us
        while (deadline_us := self.room.next_deadline_us()) is not None and deadline_us <= end_us:
            assert deadline_us > self.now_us - 1, "a deadline in the past"
            self.now_us = deadline_us
            mode = self.room.mode
            self._take(self.room.advance(deadline_us))
            if (mode, self.room.mode) == ("sfu", "p2p") and not self.room.is_over:
                assert len(self.room.members) < 2 or all(m.v2 for m in self.room.members.values())
            following_us = self.room.next_deadline_us()
            assert following_us is None or following_us > deadline_us, "a timer that spins"
        self.now_us = end_us

    # --- what has to be true always ---------------------------------------------------------------------

    @invariant()
    def views_are_the_room(self) -> None:
        for client in self._here():
            assert client.closed is None
            assert set(client.others) == set(self.room.members) - {client.user_id}
            assert set(client.links) <= set(client.others)
            if client.v2:
                assert (client.mode, client.locked) == (self.room.mode, self.room.is_locked)
                for user_id, there in self.room.members.items():
                    assert client.roles[user_id] == there.role
                    assert client.hands.get(user_id, False) == there.hand or user_id == client.user_id
                is_host = client.roles[client.user_id] == "host"
                assert client.knocks == (set(self.room.waiting) if is_host else set())
                assert client.chats >= set(self.chats[client.chats_before :]), "a chat message was missed"
                for user_id, state in client.media.items():
                    assert state == self.room.members[user_id].media
                    seen = client.others[user_id]
                    assert isinstance(seen, Participant)
                    assert (seen.protocol == "telcall.v2") == self.room.members[user_id].v2
            else:
                assert {message.type for message in client.heard} <= DOCUMENTED_TYPES
                assert all(type(user) is User for user in client.others.values())

    @invariant()
    def the_sfu_knows_the_v2_members_and_in_its_mode_all(self) -> None:
        mode = self.room.mode
        if self.want_sfu:
            assert mode == "sfu"
        here = {user_id: m for user_id, m in self.room.members.items() if m.v2 or mode == "sfu"}
        assert self.sfu.sessions == {user_id: member.stay for user_id, member in here.items()}
        assert all(self.sfu.mesh[user_id] != member.v2 for user_id, member in here.items())
        if not here:
            assert self.sfu.forwarding is None
        elif mode == "sfu":
            assert self.sfu.forwarding is True
        elif self.sfu.forwarding:  # handing over to the direct path, which is not up yet
            deadline_us = self.room.next_deadline_us()
            assert deadline_us is not None
            assert deadline_us <= self.now_us + P2P_TIMEOUT_US
            assert [member.v2 for member in self.room.members.values()] == [True, True]

    @invariant()
    def the_mode_fits_the_members(self) -> None:
        if len(self.room.members) > 2:
            assert self.room.mode == "sfu"
        if len(self.room.members) < 2 and not self.room.is_over and not self.want_sfu:
            assert self.room.mode == "p2p"

    @invariant()
    def everybody_is_in_one_place_and_the_removed_in_none(self) -> None:
        here, waiting = set(self.room.members), self.room.waiting
        assert len(waiting) == len(set(waiting)) <= LOBBY_PLACES
        assert not here & set(waiting)
        assert not self.banned & (here | set(waiting))
        sessions = [m.session for m in self.room.members.values() if m.session is not None]
        assert len(sessions) == len(set(sessions))
        assert not self.forgotten & set(sessions)

    @invariant()
    def a_host_is_there_or_soon(self) -> None:
        v2 = [member for member in self.room.members.values() if member.v2]
        if v2 and all(member.role != "host" for member in v2):
            deadline_us = self.room.next_deadline_us()
            assert deadline_us is not None
            assert deadline_us <= self.now_us + WINDOW_US

    @invariant()
    def nobody_is_kept_beyond_the_window(self) -> None:
        for member in self.room.members.values():
            assert (member.session is None) == (member.away is not None)
            if member.away is not None:
                assert member.v2
                assert self.now_us < member.away.since_us + WINDOW_US

    @invariant()
    def deadlines_are_bounded(self) -> None:
        deadline_us = self.room.next_deadline_us()
        assert (deadline_us is None) == self.room.is_empty
        assert deadline_us is None or self.now_us <= deadline_us <= (MAX_CALL_S + 1) * S

    @invariant()
    def stays_are_those_of_the_members(self) -> None:
        assert self.open_stays == {member.stay for member in self.room.members.values()}

    # --- carrying out -----------------------------------------------------------------------------------

    def _is_member(self, client: Client) -> bool:
        member = self.room.members.get(client.user_id)
        return member is not None and member.session == client.session

    def _here(self) -> list[Client]:
        """Those whose connection is not lost."""
        return [self.all[m.session] for m in self.room.members.values() if m.session is not None]

    def _open(self) -> list[Client]:
        """Connections that neither side has closed."""
        return [client for client in self.all.values() if client.closed is None and not client.gone]

    def _dead(self) -> list[Client]:
        return [client for client in self.all.values() if client.closed is not None or client.gone]

    def _resumable(self) -> list[Client]:
        """Of each v2 member the connection that carries the stay, or carried it last."""
        newest = {client.user_id: client for client in self.all.values() if client.token}
        stays = {user_id: m.stay for user_id, m in self.room.members.items() if m.v2}
        return [
            client
            for user_id, client in newest.items()
            if user_id in stays and client.closed is None and self._stay_of(client) == stays[user_id]
        ]

    @staticmethod
    def _stay_of(client: Client) -> str:
        (stay,) = {m.session_id for m in client.heard if isinstance(m, Welcome)}
        return stay

    def _late_links(self) -> list[tuple[Client, int, Link]]:
        """Of people who are here, connections of the past to people who are here (again); the newest ones."""
        return [
            (client, to_user_id, link)
            for client in self._here()
            for to_user_id, link in client.past_links[-4:]
            if to_user_id in {other.user_id for other in self._here()}
        ]

    def _member(self, pick: int) -> Client:
        here = self._here()
        return here[pick % len(here)]

    def _two(self, one: int, other: int) -> tuple[Client, Client]:
        """Two different people, whatever the numbers."""
        here = self._here()
        first = here.pop(one % len(here))
        return first, here[other % len(here)]

    def _say(
        self,
        speaker: Client,
        to_user_id: int,
        link: Link,
        kind: type[Offer | Answer | IceCandidate],
        *,
        strict: bool = True,
    ) -> tuple[list[str], list[Describe]]:
        """Who heard it, and what the SFU was told. Not `strict`: it may be of a connection of the past."""
        payload = {"sdp": link.sdp(speaker.user_id, to_user_id)}
        outputs = self._take(
            self.room.receive(speaker.session, kind(to_user_id=to_user_id, payload=payload), self.now_us),
            strict=strict,
        )
        relayed = (RelayedOffer, RelayedAnswer, RelayedIceCandidate)
        return (
            [o.session for o in outputs if isinstance(o, Send) and isinstance(o.message, relayed)],
            [o for o in outputs if isinstance(o, Describe)],
        )

    def _take(self, outputs: list[Output], *, strict: bool = True) -> list[Output]:
        self.have_been_in |= set(self.room.members)
        self.want_sfu &= set(self.room.members)
        for output in outputs:
            match output:
                case Send():
                    assert not self.all[output.session].gone
                    assert output.session not in self.forgotten
                    if isinstance(output.message, Welcome) and not output.message.resumed:
                        self.all[output.session].chats_before = len(self.chats)
                    self.all[output.session].hear(output.message, strict=strict)
                    if isinstance(output.message, CallEnded):
                        assert self.room.is_over
                case Close():
                    self.all[output.session].closed = output.close_code
                case Joined():
                    assert output.stay not in self.open_stays | self.past_stays
                    self.open_stays.add(output.stay)
                case Left():
                    self.open_stays.remove(output.stay)
                    self.past_stays.add(output.stay)
                case Met():
                    assert output.user_id not in output.others
                    assert {output.user_id, *output.others} <= set(self.room.members)
                case Forget():
                    assert output.session not in self.forgotten
                    self.forgotten.add(output.session)
                case ModeChanged() | Resumed():
                    pass
                case _:
                    self.sfu.command(output, strict=strict)
        return outputs


TestRoomMachine = RoomMachine.TestCase
TestRoomMachine.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
