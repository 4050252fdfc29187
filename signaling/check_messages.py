"""Messages of `WS /ws/check`, by which a client tests its way to the SFU without a call: one model each.

The client hears `check_ready`, offers a microphone and a seat by `sfu_offer`, and gets its own sound back on
that seat. While it does, `check_stats` tells about once a second what has come in and what the client reports
of what went out. `check_result` is the last message; the socket is closed after it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from signaling.messages import (
    ClientMessage,
    Error,
    IceServer,
    Leave,
    Message,
    Mid,
    Ping,
    Pong,
    SeatOffer,
    SessionDescription,
    SfuAnswer,
)

CheckReason = Literal["finished", "time_limit", "no_offer", "no_path", "failed", "lost"]


class Uplink(Message):
    """What has come from the client since it is connected. `kbps`: over the last second, or two."""

    packets: int = 0
    lost: int = 0
    bytes: int = 0
    jitter_ms: float = 0.0
    kbps: float = 0.0


class Downlink(Message):
    """What has gone to the client, with our reports. The last three by its own (RFC 3550 section 6.4.1); null
    until there are some. `fraction_lost`: of all so far, 0 to 1."""

    packets: int = 0
    bytes: int = 0
    kbps: float = 0.0
    fraction_lost: float | None = None
    jitter_ms: float | None = None
    rtt_ms: float | None = None


class CheckReady(Message):
    """First message. `connect_s`: how long a connection may take after the offer was answered; `echo_s`: how
    long the echo goes on after that, at most."""

    type: Literal["check_ready"] = "check_ready"
    ice_servers: list[IceServer]
    connect_s: float
    echo_s: float


class CheckConnected(Message):
    """ICE and DTLS are up. `after_ms`: since the offer was answered. By which way the client knows better."""

    type: Literal["connected"] = "connected"
    transport: Literal["udp"]
    after_ms: int


class CheckStats(Message):
    type: Literal["check_stats"] = "check_stats"
    uplink: Uplink
    downlink: Downlink


class CheckResult(Message):
    """Last message. `finished`: the client has left; `time_limit`: the echo went on for as long as it may;
    `no_offer`: none came; `no_path`: no packet, or too few, of the client's came to the media port in time;
    `failed`: the handshake (DTLS) did not succeed; `lost`: the connection was up and has broken."""

    type: Literal["check_result"] = "check_result"
    reason: CheckReason
    connected_after_ms: int | None
    uplink: Uplink
    downlink: Downlink


class CheckOffer(ClientMessage):
    """The client's description: one microphone, one seat for its echo. As `sfu_offer` of a call."""

    type: Literal["sfu_offer"] = "sfu_offer"
    offer_id: Annotated[int, Field(ge=0, le=2**31 - 1)]
    payload: SessionDescription
    tracks: Annotated[dict[Mid, Literal["microphone"]], Field(min_length=1, max_length=1)]
    seats: Annotated[list[SeatOffer], Field(min_length=1, max_length=1)]


AnyCheckMessage = CheckOffer | Ping | Leave
CheckClientMessage = Annotated[AnyCheckMessage, Field(discriminator="type")]
AnyCheckServerMessage = CheckReady | SfuAnswer | CheckConnected | CheckStats | CheckResult | Pong | Error
CheckServerMessage = Annotated[AnyCheckServerMessage, Field(discriminator="type")]

CHECK_CLIENT_MESSAGE: TypeAdapter[AnyCheckMessage] = TypeAdapter(CheckClientMessage)
CHECK_SERVER_MESSAGE: TypeAdapter[AnyCheckServerMessage] = TypeAdapter(CheckServerMessage)
