"""The text of our descriptions (RFC 8829 §5.2-5.3; ICE: RFC 8839, DTLS: RFC 8842, ssrcs: RFC 5576)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sfu.core.sdp import extensions
from sfu.core.sdp.agreed import AgreedCodec, Kind, Rejected
from sfu.core.sdp.answer import Agreement, SeatMedia, Upload
from sfu.core.sdp.parse import Direction

_HOST_TYPE_PREFERENCE = 126


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """What the server is reached by. fingerprint: hash name and upper-case hex. candidates: host, port."""

    ufrag: str
    password: str
    fingerprint: tuple[str, str]
    candidates: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class StreamName:
    """How a stream that we send is named."""

    ssrc: int
    cname: str
    stream_id: str
    track_id: str


@dataclass(frozen=True, slots=True)
class LocalMedia:
    """One m-line from our side. stream: what we send there. rid: the encoding that we take of several."""

    mid: str
    kind: Kind
    direction: Direction
    codec: AgreedCodec
    extensions: Mapping[str, int]
    stream: StreamName | None = None
    rid: str | None = None


def write_answer(
    agreement: Agreement,
    local: LocalTransport,
    names: Mapping[str, StreamName],
    *,
    session_id: int,
    version: int,
) -> str:
    """The answer to a client with seats. names: mid of a seat's m-line -> its stream."""
    lines: list[LocalMedia | Rejected] = []
    for media in agreement.media:
        match media:
            case Upload():
                lines.append(
                    LocalMedia(
                        media.mid, media.kind, "recvonly", media.codec, media.extensions, rid=media.rid
                    )
                )
            case SeatMedia():
                lines.append(
                    LocalMedia(
                        media.mid, media.kind, "sendonly", media.codec, media.extensions, names[media.mid]
                    )
                )
            case _:
                lines.append(media)
    return write(lines, local, setup="passive", session_id=session_id, version=version)


def write(
    media: Sequence[LocalMedia | Rejected],
    local: LocalTransport,
    *,
    setup: Literal["actpass", "passive"],
    session_id: int,
    version: int,
) -> str:
    """version: rises with each description of a session. setup: `actpass` in an offer."""
    bundled = [line.mid for line in media if isinstance(line, LocalMedia)]
    lines = [
        "v=0",
        f"o=- {session_id} {version} IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        "a=group:BUNDLE " + " ".join(bundled),
        "a=msid-semantic: WMS *",
    ]
    for line in media:
        if isinstance(line, Rejected):
            lines += _rejected(line)
            continue
        lines += [
            f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {line.codec.payload_type}",
            "c=IN IP4 0.0.0.0",
            f"a=mid:{line.mid}",
            f"a=ice-ufrag:{local.ufrag}",
            f"a=ice-pwd:{local.password}",
            f"a=fingerprint:{local.fingerprint[0]} {local.fingerprint[1]}",
            f"a=setup:{setup}",
            "a=rtcp-mux",
            "a=rtcp-rsize",
        ]
        # In each m-line: aiortc reads the last bundled one's, browsers the first one's.
        lines += _candidates(local.candidates)
        lines += [f"a=extmap:{identifier} {uri}" for uri, identifier in line.extensions.items()]
        lines.append(f"a={line.direction}")
        receives = line.direction in ("recvonly", "sendrecv")
        lines += _codec(
            line.codec, congestion_control=receives and extensions.TRANSPORT_CC in line.extensions
        )
        if line.rid is not None:
            lines += [f"a=rid:{line.rid} recv", f"a=simulcast:recv {line.rid}"]
        if line.stream is not None:
            lines += _stream(line.stream)
    return "\r\n".join(lines) + "\r\n"


def _rejected(media: Rejected) -> list[str]:
    lines = [f"m={media.kind} 0 {media.protocol} 0", "c=IN IP4 0.0.0.0", "a=inactive"]
    return [*lines, f"a=mid:{media.mid}"] if media.mid else lines


def _candidates(addresses: Sequence[tuple[str, int]]) -> list[str]:
    lines = []
    for index, (host, port) in enumerate(addresses):
        priority = _HOST_TYPE_PREFERENCE << 24 | (65_535 - index) << 8 | 255
        lines.append(f"a=candidate:{index + 1} 1 udp {priority} {host} {port} typ host")
    return [*lines, "a=end-of-candidates"]


def _codec(codec: AgreedCodec, *, congestion_control: bool) -> list[str]:
    pt = codec.payload_type
    name = "opus/48000/2" if codec.name == "opus" else f"VP8/{codec.clock_rate}"
    lines = [f"a=rtpmap:{pt} {name}"]
    if codec.parameters:
        lines.append(f"a=fmtp:{pt} {codec.parameters}")
    feedback = [value for value in codec.feedback if congestion_control or value != "transport-cc"]
    return lines + [f"a=rtcp-fb:{pt} {value}" for value in feedback]


def _stream(name: StreamName) -> list[str]:
    return [
        f"a=msid:{name.stream_id} {name.track_id}",
        f"a=ssrc:{name.ssrc} cname:{name.cname}",
        f"a=ssrc:{name.ssrc} msid:{name.stream_id} {name.track_id}",
    ]
