"""Every message of `WS /ws/calls/{call_id}`: one model each, the source of the TypeScript types.

JSON text frames. The documented messages are for every client; those marked *v2* go only to and come only
from a client whose selected subprotocol is `telcall.v2`. Unknown fields are ignored, so old and new
clients can talk to each other. Times are ISO 8601, UTC.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter

V2_SUBPROTOCOL = "telcall.v2"

Topology = Literal["p2p", "sfu"]
TopologyReason = Literal["participants", "p2p_failed", "requested"]
TrackSource = Literal["microphone", "camera", "screen"]
SeatSource = Literal["camera", "screen"]
SeatVideo = Literal["on", "paused", "off"]
QualityReason = Literal["good", "loss", "jitter", "delay", "silent"]
MaxLayer = Literal["off", "low", "mid", "high"]
Role = Literal["host", "participant"]
ModerationAction = Literal["mute", "stop_video", "remove", "lock", "unlock", "make_host"]
HostAction = ModerationAction | Literal["end"]
Protocol = Literal["telcall.v2", "documented"]
RingState = Literal["ringing", "declined", "missed", "unreachable"]


def _not_a_bool(value: object) -> object:
    """JSON's `true` is no number, though Python's is 1."""
    if isinstance(value, bool):
        raise ValueError("not a user id")
    return value


UserId = Annotated[int, Field(ge=1, le=2**63 - 1), BeforeValidator(_not_a_bool)]
"""Internal user id. A numeric string is taken too, as the documented server takes it."""

Mid = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_.~-]+$")]
"""Media identification of an m-line (RFC 5888)."""

Stars = Annotated[int, Field(ge=1, le=5), BeforeValidator(_not_a_bool)]
RatingReasons = Annotated[list[Annotated[str, Field(pattern=r"^[a-z_]{1,32}$")]], Field(max_length=8)]
"""Words for programs, as `no_sound`; nothing that people write."""

ErrorCode = Literal[
    "invalid",
    "invalid_sdp",
    "message_too_large",
    "rate_limited",
    "target_offline",
    "unsupported",
    "forbidden",
    "unauthorized",
    "origin",
    "removed",
    "locked",
    "not_found",
    "ended",
    "expired",
    "too_slow",
    "replaced",
    "room_full",
    "too_many_connections",
    "draining",
    "database_unavailable",
    "engine_unavailable",
    "internal",
]


class Message(BaseModel):
    """Base of all messages: unknown fields are ignored, instances do not change."""

    model_config = ConfigDict(extra="ignore", frozen=True, json_schema_serialization_defaults_required=True)


# --- parts ------------------------------------------------------------------------------------------


class User(Message):
    """A person as the others see them. `id` is the internal id; the Telegram id is never shown."""

    id: int
    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    photo_url: str | None = None


class MediaState(Message):
    """What a participant sends at the moment: false is muted, off or not shared."""

    audio: bool = False
    video: bool = False
    screen: bool = False


class Participant(User):
    """*v2*: a user in this call with what v2 clients show of them."""

    media: MediaState = MediaState()
    role: Role = "participant"
    hand: bool = False
    protocol: Protocol = "documented"


class Self(Message):
    """*v2*: the receiver of `welcome`."""

    user: User
    role: Role


class IceServer(Message):
    """`RTCIceServer` of W3C WebRTC."""

    urls: list[str]
    username: str | None = None
    credential: str | None = None


class Limits(Message):
    """*v2*: what the server takes from this client."""

    max_participants: int
    max_message_bytes: int


class SessionDescription(Message):
    """`RTCSessionDescriptionInit` for the SFU."""

    type: Literal["offer", "answer"]
    sdp: str


class SeatOffer(Message):
    """*v2*: the m-lines of one seat in an `sfu_offer`: receiving audio, and video for a full seat."""

    seat: Annotated[int, Field(ge=0, le=127)]
    audio_mid: Mid
    video_mid: Mid | None = None


class Seat(Message):
    """*v2*: who sits on a seat. `user_id` null: nobody."""

    seat: int
    audio_mid: str
    video_mid: str | None
    user_id: int | None
    source: SeatSource = "camera"
    video: SeatVideo = "off"


class Speaker(Message):
    """*v2*: somebody who speaks, and how loud: 0 to 1."""

    user_id: int
    level: float


class WantedVideo(Message):
    """*v2*: a video that is on the screen, and how high it is drawn there in pixels."""

    user_id: UserId
    source: SeatSource = "camera"
    max_height: Annotated[int, Field(ge=0, le=4320)] = 720


# --- server -> client, documented --------------------------------------------------------------------


class CallMetadata(Message):
    """First message (v2: second): since when the room exists."""

    type: Literal["call_metadata"] = "call_metadata"
    room_start_time: datetime


class ParticipantsSnapshot(Message):
    """Who was here before you; empty when nobody. v2 clients get `Participant`s, others plain `User`s."""

    type: Literal["participants_snapshot"] = "participants_snapshot"
    participants: list[Participant | User]


class UserJoined(Message):
    type: Literal["user_joined"] = "user_joined"
    user: Participant | User


class UserLeft(Message):
    type: Literal["user_left"] = "user_left"
    user: User


class RelayedOffer(Message):
    """A mesh offer from another participant. `payload` is theirs, untouched."""

    type: Literal["offer"] = "offer"
    from_user: User
    payload: Any


class RelayedAnswer(Message):
    type: Literal["answer"] = "answer"
    from_user: User
    payload: Any


class RelayedIceCandidate(Message):
    type: Literal["ice_candidate"] = "ice_candidate"
    from_user: User
    payload: Any


class CallEnded(Message):
    """The call is over; the socket is closed next. `reason`: `ended`, `expired`, or a text to show."""

    type: Literal["call_ended"] = "call_ended"
    reason: str


class Error(Message):
    """Something the receiver sent was refused. `detail` is the documented text, `code` the stable string."""

    type: Literal["error"] = "error"
    detail: str
    code: ErrorCode = "invalid"
    ref: str | int | None = None
    """`id` of the offending message, if it had one."""


# --- server -> client, v2 ----------------------------------------------------------------------------


class Welcome(Message):
    """*v2*: first message. `locked`: newcomers have to knock.

    `resume_token` goes into the subprotocols (`resume.<token>`) of the connection that follows a lost one.
    `resumed`: that has worked; the session, its seats and its connections are those from before.
    """

    type: Literal["welcome"] = "welcome"
    self: Self
    session_id: str
    resume_token: str
    resumed: bool
    topology: Topology
    locked: bool
    ice_servers: list[IceServer]
    limits: Limits
    ping_interval_s: float


class ResumeTokenChanged(Message):
    """*v2*: from now on this is the one to resume with: the receiver's role or hand, or the lock, changed."""

    type: Literal["resume_token"] = "resume_token"
    resume_token: str


class TopologyChanged(Message):
    """*v2*: the room changed between p2p and SFU."""

    type: Literal["topology"] = "topology"
    mode: Topology
    reason: TopologyReason


class SfuAnswer(Message):
    """*v2*: reply to the `sfu_offer` with the same `offer_id`."""

    type: Literal["sfu_answer"] = "sfu_answer"
    offer_id: int
    payload: SessionDescription


class Seats(Message):
    """*v2*: who sits where, whole. `revision` rises; an older one is ignored.

    Sent before the first packet of a new sitter.
    """

    type: Literal["seats"] = "seats"
    revision: int
    seats: list[Seat]


class MediaStateChanged(Message):
    """*v2*: another participant (un)muted or turned a camera or a screen share on or off."""

    type: Literal["media_state"] = "media_state"
    user_id: int
    audio: bool
    video: bool
    screen: bool


class Speakers(Message):
    """*v2*: who speaks, the loudest first, and who holds the floor. At most four a second, on change."""

    type: Literal["speakers"] = "speakers"
    speakers: list[Speaker]
    dominant: int | None


class Quality(Message):
    """*v2*: how somebody's link to the server fares, 1.0 to 5.0, and what it suffers from most.

    Every five seconds of everybody, oneself too, while media goes through the server. `silent`: nothing goes
    through it, and nothing is wrong with it.
    """

    type: Literal["quality"] = "quality"
    user_id: int
    score: float
    reason: QualityReason


class LayersWanted(Message):
    """*v2*: up to which layer anybody is shown the receiver's own `source`. `off`: nobody is, so it need not
    be encoded. Until told otherwise, all of it is wanted."""

    type: Literal["layers_wanted"] = "layers_wanted"
    source: SeatSource
    max_layer: MaxLayer


class Reconnect(Message):
    """*v2*: the connection is closed next; come back in `after_ms`."""

    type: Literal["reconnect"] = "reconnect"
    after_ms: int
    reason: Literal["draining"]


class Chat(Message):
    """*v2*: somebody has written to all. Their own client hears it too."""

    type: Literal["chat"] = "chat"
    user_id: int
    text: str
    at: datetime


class Reaction(Message):
    type: Literal["reaction"] = "reaction"
    user_id: int
    emoji: str


class Hand(Message):
    type: Literal["hand"] = "hand"
    user_id: int
    raised: bool


class Moderation(Message):
    """*v2*: what a host did, told to all. `user_id`: whom it concerns; null for `lock` and `unlock`.

    `by` null: the server did, as when the last host has left. The one who is to be muted does so.
    """

    type: Literal["moderation"] = "moderation"
    action: ModerationAction
    user_id: int | None
    by: int | None


class Knock(Message):
    """*v2*, to hosts: somebody waits to be let in, or (`waiting` false) does not any more."""

    type: Literal["knock"] = "knock"
    user: User
    waiting: bool


class Waiting(Message):
    """*v2*: the call is locked, a host has been asked. First and only message until `welcome` or `error`.

    `position` counts from 1.
    """

    type: Literal["waiting"] = "waiting"
    position: int


class Ring(Message):
    """*v2*: the bot calls somebody into this call, or what has come of it. Who joins meanwhile is told too.

    `unreachable`: the bot cannot write to them. It ends when they join: `user_joined`.
    """

    type: Literal["ring"] = "ring"
    user_id: int
    state: RingState
    user: User


class Pong(Message):
    """*v2*: reply to `ping`, with its `t`."""

    type: Literal["pong"] = "pong"
    t: float


# --- client -> server, documented ---------------------------------------------------------------------


class ClientMessage(Message):
    """Base of what clients send."""

    id: str | int | None = None
    """Chosen by the client; comes back as `ref` of an `error`."""


class Offer(ClientMessage):
    """A mesh offer for one other participant; relayed untouched."""

    type: Literal["offer"] = "offer"
    to_user_id: UserId
    payload: Any


class Answer(ClientMessage):
    type: Literal["answer"] = "answer"
    to_user_id: UserId
    payload: Any


class IceCandidate(ClientMessage):
    type: Literal["ice_candidate"] = "ice_candidate"
    to_user_id: UserId
    payload: Any


# --- client -> server, v2 ------------------------------------------------------------------------------


class SfuOffer(ClientMessage):
    """*v2*: the client's description for the SFU; sent right after `welcome`, and for an ICE restart.

    `tracks` names what the sending m-lines carry, `seats` which receiving m-lines form which seat.
    `offer_id` rises with each offer; an offer older than the newest is ignored.
    """

    type: Literal["sfu_offer"] = "sfu_offer"
    offer_id: Annotated[int, Field(ge=0, le=2**31 - 1)]
    payload: SessionDescription
    tracks: Annotated[dict[Mid, TrackSource], Field(max_length=8)]
    seats: Annotated[list[SeatOffer], Field(max_length=64)]


class SeatsWanted(ClientMessage):
    """*v2*: which videos are on the screen, most important first."""

    type: Literal["seats_wanted"] = "seats_wanted"
    visible: Annotated[list[WantedVideo], Field(max_length=64)] = []
    pinned: UserId | None = None
    audio_only: bool = False


class MediaStateUpdate(ClientMessage):
    """*v2*: what this client sends from now on."""

    type: Literal["media_state"] = "media_state"
    audio: bool
    video: bool
    screen: bool = False


class P2pState(ClientMessage):
    """*v2*: how the direct connection to `user_id` fares. `failed` moves the room to the SFU."""

    type: Literal["p2p_state"] = "p2p_state"
    user_id: UserId
    state: Literal["connected", "failed"]


class TopologyWanted(ClientMessage):
    """*v2*: `sfu`: no other participant shall learn the sender's address, which keeps the room on the SFU."""

    type: Literal["topology_wanted"] = "topology_wanted"
    mode: Literal["sfu", "any"]


class ChatText(ClientMessage):
    """*v2*: to everybody in the call; not stored."""

    type: Literal["chat"] = "chat"
    text: Annotated[str, Field(min_length=1, max_length=2_000)]


class React(ClientMessage):
    type: Literal["reaction"] = "reaction"
    emoji: Annotated[str, Field(min_length=1, max_length=16)]


class RaiseHand(ClientMessage):
    type: Literal["hand"] = "hand"
    raised: bool


class Moderate(ClientMessage):
    """*v2*, of hosts. `user_id`: whom it concerns; for all but `lock`, `unlock` and `end`.

    `end` is told to all as `call_ended`.
    """

    type: Literal["moderation"] = "moderation"
    action: HostAction
    user_id: UserId | None = None


class Admit(ClientMessage):
    """*v2*, of hosts: let in, or turn away, somebody who has knocked."""

    type: Literal["admit"] = "admit"
    user_id: UserId
    admit: bool


class RateCall(ClientMessage):
    """*v2*: how the sender finds the call, once; later ones are ignored. Over REST too, when it is over."""

    type: Literal["rating"] = "rating"
    stars: Stars
    reasons: RatingReasons = []


class Ping(ClientMessage):
    """*v2*: keeps the socket alive and measures it. `t` comes back in `pong`."""

    type: Literal["ping"] = "ping"
    t: float


class Leave(ClientMessage):
    """*v2*: a clean goodbye."""

    type: Literal["leave"] = "leave"


DocumentedClientMessage = Annotated[Offer | Answer | IceCandidate, Field(discriminator="type")]
AnyClientMessage = (
    Offer
    | Answer
    | IceCandidate
    | SfuOffer
    | SeatsWanted
    | MediaStateUpdate
    | P2pState
    | TopologyWanted
    | ChatText
    | React
    | RaiseHand
    | Moderate
    | Admit
    | RateCall
    | Ping
    | Leave
)
V2ClientMessage = Annotated[AnyClientMessage, Field(discriminator="type")]
DocumentedServerMessage = Annotated[
    CallMetadata
    | ParticipantsSnapshot
    | UserJoined
    | UserLeft
    | RelayedOffer
    | RelayedAnswer
    | RelayedIceCandidate
    | CallEnded
    | Error,
    Field(discriminator="type"),
]
ServerMessage = (
    CallMetadata
    | ParticipantsSnapshot
    | UserJoined
    | UserLeft
    | RelayedOffer
    | RelayedAnswer
    | RelayedIceCandidate
    | CallEnded
    | Error
    | Welcome
    | ResumeTokenChanged
    | TopologyChanged
    | SfuAnswer
    | Seats
    | MediaStateChanged
    | Speakers
    | Quality
    | LayersWanted
    | Reconnect
    | Chat
    | Reaction
    | Hand
    | Moderation
    | Knock
    | Waiting
    | Ring
    | Pong
)
V2ServerMessage = Annotated[ServerMessage, Field(discriminator="type")]

DOCUMENTED_CLIENT_MESSAGE: TypeAdapter[DocumentedClientMessage] = TypeAdapter(DocumentedClientMessage)
V2_CLIENT_MESSAGE: TypeAdapter[V2ClientMessage] = TypeAdapter(V2ClientMessage)
V2_SERVER_MESSAGE: TypeAdapter[V2ServerMessage] = TypeAdapter(V2ServerMessage)
