"""The only door for signaling: what a room says to the SFU, and what it hears from it.

In one process this is `sfu.control.server.Server` itself; over a network it will be the same calls as
messages. So every argument is a plain value, and nothing returned is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

TrackSource = Literal["microphone", "camera", "screen"]
SeatSource = Literal["camera", "screen"]
DescriptionType = Literal["offer", "answer"]
SeatVideo = Literal["on", "paused", "off"]
MaxLayer = Literal["off", "low", "mid", "high"]
QualityReason = Literal["good", "loss", "jitter", "delay", "silent"]


@dataclass(frozen=True, slots=True)
class SeatOffer:
    """The m-lines of one seat: receiving audio, and receiving video for a full seat."""

    seat: int
    audio_mid: str
    video_mid: str | None


@dataclass(frozen=True, slots=True)
class Offer:
    """A client's session description for the SFU.

    sdp: RFC 8866 text of the offer. tracks: mid -> what that sending m-line carries. seats: which receiving
    m-lines form which seat.
    """

    offer_id: int
    sdp: str
    tracks: Mapping[str, TrackSource]
    seats: Sequence[SeatOffer]


@dataclass(frozen=True, slots=True)
class Description:
    """One end's session description of the connection between a mesh client and a virtual peer."""

    type: DescriptionType
    sdp: str


@dataclass(frozen=True, slots=True)
class SeatAssignment:
    """Who sits on a seat. `participant` None: nobody."""

    seat: int
    audio_mid: str
    video_mid: str | None
    participant: int | None
    source: SeatSource
    video: SeatVideo


@dataclass(frozen=True, slots=True)
class Wanted:
    """A video that a subscriber shows, and its drawn height in pixels."""

    participant: int
    source: SeatSource
    max_height: int


@dataclass(frozen=True, slots=True)
class SeatWishes:
    """What a subscriber shows, most important first."""

    visible: Sequence[Wanted] = ()
    pinned: int | None = None
    audio_only: bool = False


@dataclass(frozen=True, slots=True)
class MediaFlags:
    """What a participant says that it sends."""

    audio: bool
    video: bool
    screen: bool


# --- events -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SeatsChanged:
    """The whole seating of one subscriber. Told before the first packet of a new sitter is sent."""

    revision: int
    seats: tuple[SeatAssignment, ...]


@dataclass(frozen=True, slots=True)
class ConnectionChanged:
    """How a participant's connection to the SFU fares.

    `connected`: ICE and DTLS are up. `silent`: no STUN for the consent timeout, media is stopped.
    `failed`: the handshake failed or the connection was closed by its peer. `peer`: of a mesh client, whom
    that connection is to; None for a client with seats, which has only one.
    """

    state: Literal["connected", "silent", "failed"]
    peer: int | None = None


@dataclass(frozen=True, slots=True)
class PeerDescribed:
    """The virtual peer that stands in for `peer` says this to the mesh client.

    An answer to a description of the client's, or an offer of its own. Candidates are in it; none follow.
    """

    peer: int
    description: Description


@dataclass(frozen=True, slots=True)
class SpeakersChanged:
    """Who speaks, the loudest first, each with a loudness from 0 to 1; and who holds the floor.

    Told to clients with seats, at most four times a second. `dominant` stays while nobody speaks.
    """

    speakers: tuple[tuple[int, float], ...]
    dominant: int | None


@dataclass(frozen=True, slots=True)
class QualityScore:
    """How a participant's link to the SFU fares, up and down: 1.0 to 5.0, and what it suffers from most.

    `silent`: nothing goes through it, and nothing is wrong with it.
    """

    participant: int
    score: float
    reason: QualityReason


@dataclass(frozen=True, slots=True)
class QualityChanged:
    """Of everybody in the room, every five seconds. Told to clients with seats."""

    scores: tuple[QualityScore, ...]


@dataclass(frozen=True, slots=True)
class LayersWanted:
    """Up to which layer this participant's own picture is shown to anybody; `off`: nobody is.

    Told to clients with seats. A session begins with `high`; it is `high` again when the picture is not sent,
    or nothing is forwarded.
    """

    source: SeatSource
    max_layer: MaxLayer


@dataclass(frozen=True, slots=True)
class PeerMisled:
    """The mesh client's connection to `peer` is of no use: it was begun with an offer that was not the
    virtual peer's, or it has lost the client's voice, and so have all others.

    The virtual peer has begun anew; the client has to, before it hears of it.
    """

    peer: int


@dataclass(frozen=True, slots=True)
class Measured:
    """A client's media both ways since it is connected: RTP packets, and their bytes as they go over UDP.

    packets_out, bytes_out: with our reports.
    lost_in: packets that never came to us; lost_out: those of ours that never came there, of reported_out, by
    the client's reports (RFC 3550 §6.4.1). Jitter: of the worst stream. rtt_us: None until a report tells it.
    """

    packets_in: int = 0
    bytes_in: int = 0
    lost_in: int = 0
    jitter_in_us: int = 0
    packets_out: int = 0
    bytes_out: int = 0
    lost_out: int = 0
    reported_out: int = 0
    jitter_out_us: int = 0
    rtt_us: int | None = None


SeatedEvent = SeatsChanged | SpeakersChanged | QualityChanged | LayersWanted
"""What only clients with seats are told."""
SfuEvent = SeatedEvent | ConnectionChanged | PeerDescribed | PeerMisled
Listener = Callable[[SfuEvent], None]
"""Called on the event loop; must not block or raise."""


class Sfu(Protocol):
    """Commands of signaling. `room` is the call id, `participant` the internal user id.

    Commands that name an unknown room or participant raise `UnknownParticipant`.
    """

    async def join(
        self,
        room: str,
        participant: int,
        session: str,
        listener: Listener,
        *,
        mesh: bool = False,
        echo: bool = False,
    ) -> None:
        """Makes a place for a participant; the room is made with its first one.

        mesh: a client of the documented protocol. It has a connection to each other participant, the far end
        of which is a virtual peer of ours; `describe` and `PeerDescribed` carry its descriptions, `answer`
        and `set_wishes` are of no use to it.
        echo: of whoever makes the room: all in it are seated on their own seats, too, and hear themselves.

        A second join of the same participant replaces the first: its connections are closed.
        """

    async def leave(self, room: str, participant: int, session: str) -> None:
        """Closes the participant's connection and frees everything of it.

        A `session` that has been replaced, or is unknown, is ignored: leaving twice is no error.
        """

    async def answer(self, room: str, participant: int, offer: Offer) -> str:
        """Takes an offer (the first one, a further one, an ICE restart) and returns the answer's SDP.

        Raises `SdpRejected`; what was agreed before stays in force then.
        """

    async def describe(self, room: str, participant: int, peer: int, description: Description) -> None:
        """A mesh client says this to `peer`. What follows comes as `PeerDescribed`.

        An answer that fits no offer of the virtual peer's is ignored: it belongs to a connection of the past.
        Where it is the first that the client says to that peer, `PeerMisled` follows.
        Raises `SdpRejected`; what was agreed before stays in force then.
        """

    def set_forwarding(self, room: str, on: bool) -> None:
        """Off (as in p2p): connections stay warm, seats are empty, no media leaves the server."""

    def set_wishes(self, room: str, participant: int, wishes: SeatWishes) -> None:
        """Which videos the subscriber shows."""

    def set_media(self, room: str, participant: int, media: MediaFlags) -> None:
        """What the participant sends; shown in the others' seats."""

    async def measure(self, room: str, participant: int) -> Measured:
        """Of a client with seats."""
