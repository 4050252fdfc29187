"""The packet path's interface: commands down, events up.

An engine owns its sockets and its thread. Commands are short, may be called from the control plane's thread
at any time, and take effect in the order in which they are given. Events are queued by the engine's thread
and handed to `EventSink` on the control plane's event loop (the engine wakes it through an eventfd).

Every random start value (ssrc, sequence number, timestamp, picture id) comes in by command, so that two
engines given the same commands and packets produce the same bytes.

What the engine does by itself, because it needs a clock or a counter per packet:
- towards publishers: receiver reports each second, transport-wide congestion feedback, NACKs;
- towards subscribers: sender reports in the server's clock, answers to NACKs from stored ciphertext.
What it hands up, because it needs a decision: STUN, DTLS, and that a key frame is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NewType, Protocol

from sfu.core.quality.meter import Reception

ParticipantId = NewType("ParticipantId", int)
"""Chosen by the control plane, unique for the life of the engine."""
SourceId = NewType("SourceId", int)
"""One published encoding (one ssrc once it is known); chosen by the control plane, never reused."""

MAX_LEVELS = 64
"""Audio levels kept of a source: more than a second of packets."""

Address = tuple[str, int]
"""Numeric IP address and port of a remote; IPv4-mapped IPv6 never appears."""
Kind = Literal["audio", "video"]
SrtpProfile = Literal["AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80"]


@dataclass(frozen=True, slots=True)
class LocalPort:
    """A bound UDP socket: `index` names it in events and commands."""

    index: int
    address: Address


@dataclass(frozen=True, slots=True)
class ExtensionIds:
    """RFC 8285 ids as this peer negotiated them; 0: not negotiated."""

    mid: int = 0
    rid: int = 0
    transport_cc: int = 0
    audio_level: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """An encoding that a participant publishes.

    Its ssrc is taken from the first authenticated packet that carries `mid` (and `rid`), or is `ssrc` where
    the description named it. payload_type: as the publisher sends it. clock_rate in Hz.
    """

    id: SourceId
    publisher: ParticipantId
    kind: Kind
    codec: Literal["opus", "vp8"]
    mid: str
    rid: str | None
    ssrc: int | None
    payload_type: int
    clock_rate: int
    extensions: ExtensionIds
    nack: bool
    transport_cc: bool


@dataclass(frozen=True, slots=True)
class SeatStream:
    """One outgoing RTP stream of a seat: fixed for the life of the subscriber's connection.

    The ssrc stays when another source sits down; sequence numbers, timestamps and VP8 picture ids go on
    continuously from the `first_*` values. `mid` is put into the sdes:mid extension where negotiated.
    """

    subscriber: ParticipantId
    ssrc: int
    kind: Kind
    codec: Literal["opus", "vp8"]
    mid: str
    payload_type: int
    clock_rate: int
    extensions: ExtensionIds
    nack: bool
    first_seq: int
    first_timestamp: int
    first_picture_id: int
    first_tl0_pic_idx: int
    cname: str


# --- events -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StunReceived:
    port: int
    remote: Address
    data: bytes


@dataclass(frozen=True, slots=True)
class DtlsReceived:
    """From a validated address only; which one matters, because a handshake proves where its peer is."""

    participant: ParticipantId
    port: int
    remote: Address
    data: bytes


@dataclass(frozen=True, slots=True)
class KeyframeWanted:
    """A subscriber lost its picture (PLI, FIR), or a video seat waits for the source's first key frame."""

    source: SourceId


@dataclass(frozen=True, slots=True)
class SourceStarted:
    """The first packet of a source authenticated; its ssrc is known from now on."""

    source: SourceId
    ssrc: int


@dataclass(frozen=True, slots=True)
class SeatStarted:
    """The first packet of the present sitter went out on a seat stream."""

    subscriber: ParticipantId
    ssrc: int
    source: SourceId


Event = StunReceived | DtlsReceived | KeyframeWanted | SourceStarted | SeatStarted


class EventSink(Protocol):
    """Takes the engine's events, in order, on the event loop. Must not raise."""

    def __call__(self, events: Sequence[Event], /) -> None: ...


@dataclass(frozen=True, slots=True)
class EngineStats:
    """Counters since start, and gauges of what is held. All monotonic unless said."""

    packets_in: int
    bytes_in: int
    packets_out: int
    bytes_out: int
    packets_forwarded: int
    """RTP packets sent to subscribers (retransmissions not counted)."""
    retransmissions: int
    nacks_sent: int
    nacks_received: int
    plis_sent: int
    srtp_failures: int
    dropped: dict[str, int]
    """reason -> count: unknown_address, malformed, unknown_ssrc, send_buffer_full, event_queue_full, ..."""
    participants: int
    """Gauge."""
    sources: int
    """Gauge."""
    seat_streams: int
    """Gauge."""
    srtp_contexts: int
    """Gauge: libsrtp sessions held, both directions."""
    gso: bool
    """Whether UDP GSO is in use (it is switched off by itself where the route refuses it)."""


@dataclass(frozen=True, slots=True)
class ParticipantStats:
    """One participant's counters, for `quality`, /metrics and the tests.

    received: of what they publish, how it comes. reported: of what they are sent, how they say that it comes,
    by ssrc. rtt_us: smoothed; None until their reports tell it.
    """

    packets_in: int
    bytes_in: int
    packets_out: int
    bytes_out: int
    received: Mapping[SourceId, Reception]
    reported: Mapping[int, Reception]
    rtt_us: int | None


class Engine(Protocol):
    """Commands. Those that name an unknown id are ignored: the thing has just gone."""

    name: str

    def open_ports(self, addresses: Sequence[Address], sink: EventSink) -> list[LocalPort]:
        """Binds a UDP socket for each address and starts the thread; port 0 takes a free one.

        Must be called on the running event loop that will get the events. Raises `EngineUnavailable`.
        """

    def close(self) -> None:
        """Stops the thread, closes sockets, frees every SRTP context. Idempotent."""

    def add_participant(self, participant: ParticipantId) -> None: ...

    def remove_participant(self, participant: ParticipantId) -> None:
        """Frees its addresses, keys, sources, seat streams, caches."""

    def allow_address(self, participant: ParticipantId, port: int, remote: Address) -> None:
        """A valid STUN check came from there: DTLS and SRTP are taken from it."""

    def forget_address(self, participant: ParticipantId, port: int, remote: Address) -> None: ...

    def send_media_to(self, participant: ParticipantId, port: int, remote: Address | None) -> None:
        """Where media goes: an address that has proven it hears us. None stops all media to it."""

    def set_keys(self, participant: ParticipantId, profile: SrtpProfile, receive: bytes, send: bytes) -> None:
        """Master key followed by master salt for each direction (RFC 5764 §4.2)."""

    def send_datagram(self, port: int, remote: Address, data: bytes) -> None:
        """A STUN or DTLS datagram, as it is."""

    def add_source(self, source: Source) -> None: ...

    def remove_source(self, source: SourceId) -> None: ...

    def add_seat_stream(self, stream: SeatStream) -> None: ...

    def remove_seat_stream(self, subscriber: ParticipantId, ssrc: int) -> None:
        """Frees its cache and its SRTP state; the ssrc must not be used again under the same keys."""

    def seat(self, subscriber: ParticipantId, ssrc: int, source: SourceId | None) -> None:
        """Puts a source on a seat stream, or nobody. A video starts with its next key frame."""

    def request_keyframe(self, source: SourceId) -> None:
        """Sends a PLI to the publisher, at once if its ssrc is known. Merging is the caller's."""

    def stats(self) -> EngineStats: ...

    def participant_stats(self, participant: ParticipantId) -> ParticipantStats | None: ...

    def take_audio_levels(self) -> Mapping[SourceId, bytes]:
        """Of each audio source the levels that its packets told since the last call (RFC 6464; a byte each, 0
        to 127, -dBov); at most the newest `MAX_LEVELS`."""
        ...

    def source_packets(self, source: SourceId) -> int:
        """RTP packets that have come from it so far; 0 for an unknown one."""
        ...
