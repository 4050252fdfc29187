"""The answer's text (RFC 8829 §5.3, RFC 8839 for ICE, RFC 8842 for DTLS, RFC 5576 for ssrcs)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sfu.core.sdp import extensions
from sfu.core.sdp.answer import AgreedCodec, Agreement, Rejected, SeatMedia, Upload

_HOST_TYPE_PREFERENCE = 126


@dataclass(frozen=True, slots=True)
class LocalTransport:
    """What the server is reached by. fingerprint: hash name and upper-case hex. candidates: host, port."""

    ufrag: str
    password: str
    fingerprint: tuple[str, str]
    candidates: Sequence[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class SeatStreamName:
    """How a seat's stream is named in the answer."""

    ssrc: int
    cname: str
    stream_id: str
    track_id: str


def write_answer(
    agreement: Agreement,
    local: LocalTransport,
    names: Mapping[str, SeatStreamName],
    *,
    session_id: int,
    version: int,
) -> str:
    """names: mid of a seat's m-line -> its stream. version: rises with each answer of a session."""
    accepted = [media.mid for media in agreement.media if not isinstance(media, Rejected)]
    lines = [
        "v=0",
        f"o=- {session_id} {version} IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        "a=group:BUNDLE " + " ".join(accepted),
        "a=msid-semantic: WMS *",
    ]
    for media in agreement.media:
        if isinstance(media, Rejected):
            lines += _rejected(media)
            continue
        lines += [
            f"m={media.kind} 9 UDP/TLS/RTP/SAVPF {media.codec.payload_type}",
            "c=IN IP4 0.0.0.0",
            f"a=mid:{media.mid}",
            f"a=ice-ufrag:{local.ufrag}",
            f"a=ice-pwd:{local.password}",
            f"a=fingerprint:{local.fingerprint[0]} {local.fingerprint[1]}",
            "a=setup:passive",
            "a=rtcp-mux",
            "a=rtcp-rsize",
        ]
        # In each m-line: aiortc reads the last bundled one's, browsers the first one's.
        lines += _candidates(local.candidates)
        lines += [f"a=extmap:{identifier} {uri}" for uri, identifier in media.extensions.items()]
        if isinstance(media, Upload):
            lines += _upload(media)
        else:
            lines += _seat(media, names[media.mid])
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


def _upload(media: Upload) -> list[str]:
    congestion_control = extensions.TRANSPORT_CC in media.extensions
    lines = ["a=recvonly", *_codec(media.codec, congestion_control=congestion_control)]
    if media.rid is not None:
        lines += [f"a=rid:{media.rid} recv", f"a=simulcast:recv {media.rid}"]
    return lines


def _seat(media: SeatMedia, name: SeatStreamName) -> list[str]:
    return [
        "a=sendonly",
        *_codec(media.codec, congestion_control=False),
        f"a=msid:{name.stream_id} {name.track_id}",
        f"a=ssrc:{name.ssrc} cname:{name.cname}",
        f"a=ssrc:{name.ssrc} msid:{name.stream_id} {name.track_id}",
    ]
