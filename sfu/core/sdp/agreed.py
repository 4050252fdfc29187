"""What both ends have in common of an m-line: codec, header extensions, transport (RFC 3264 §6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sfu.core.sdp.parse import Codec, Media
from sfu.errors import SdpRejected

Kind = Literal["audio", "video"]
CodecName = Literal["opus", "vp8"]
CLOCK_RATE: Mapping[Kind, int] = {"audio": 48_000, "video": 90_000}
FEEDBACK: Mapping[Kind, tuple[str, ...]] = {
    "audio": ("transport-cc",),
    "video": ("transport-cc", "ccm fir", "nack", "nack pli"),
}
_PROTOCOLS = ("UDP/TLS/RTP/SAVPF", "UDP/TLS/RTP/SAVP")


@dataclass(frozen=True, slots=True)
class AgreedCodec:
    """payload_type as it was offered for this m-line."""

    name: CodecName
    payload_type: int
    clock_rate: int
    channels: int
    parameters: str
    feedback: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rejected:
    """An m-line without anything in common: port 0."""

    mid: str
    kind: str
    protocol: str


@dataclass(frozen=True, slots=True)
class RemoteTransport:
    """The client's ICE credentials and certificate fingerprints (hash name, upper-case hex)."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]


def agree_codec(media: Media) -> AgreedCodec | None:
    """Opus or VP8 as the m-line has it; None where there is nothing to agree on."""
    kind = kind_of(media)
    if kind is None or media.protocol not in _PROTOCOLS or not media.rtcp_mux:
        return None
    name: CodecName = "opus" if kind == "audio" else "vp8"
    found = _first(media, name, CLOCK_RATE[kind])
    if found is None:
        return None
    feedback = tuple(value for value in FEEDBACK[kind] if value in found.feedback)
    channels = 2 if kind == "audio" else 1
    return AgreedCodec(name, found.payload_type, CLOCK_RATE[kind], channels, found.parameters, feedback)


def _first(media: Media, name: str, clock_rate: int) -> Codec | None:
    return next(
        (codec for codec in media.codecs.values() if (codec.name, codec.clock_rate) == (name, clock_rate)),
        None,
    )


def kind_of(media: Media) -> Kind | None:
    """None: an m-line that was rejected, or that carries neither sound nor picture."""
    if media.port == 0 and not media.ufrag:
        return None
    return "audio" if media.kind == "audio" else "video" if media.kind == "video" else None


def agree_extensions(media: Media, wanted: Sequence[str]) -> dict[str, int]:
    """URI -> id, as the m-line has them."""
    return {uri: media.extensions[uri] for uri in wanted if uri in media.extensions}


def rejected(media: Media) -> Rejected:
    return Rejected(media.mid, media.kind, media.protocol)


def remote_transport(media: Media) -> RemoteTransport:
    """Raises `SdpRejected`."""
    if not media.ufrag or not media.password:
        raise SdpRejected("invalid_sdp", "The description has no ICE credentials")
    if not media.fingerprints:
        raise SdpRejected("invalid_sdp", "The description has no certificate fingerprint")
    if media.setup == "passive":
        raise SdpRejected("unsupported", "The server is always passive in DTLS")
    return RemoteTransport(media.ufrag, media.password, tuple(media.fingerprints))
