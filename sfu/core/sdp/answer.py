"""What the SFU agrees to of an offer, as data (RFC 3264, RFC 8829 §5.3).

Per m-line: an *upload* (the client sends, we receive), a *seat stream* (we send), or nothing (port 0). Only
Opus and VP8 are agreed to. Of a simulcast offer the last rid, the highest encoding, is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sfu.core.sdp import extensions
from sfu.core.sdp.agreed import (
    AgreedCodec,
    Kind,
    Rejected,
    RemoteTransport,
    agree_codec,
    agree_extensions,
    kind_of,
    rejected,
    remote_transport,
)
from sfu.core.sdp.parse import Description, Media
from sfu.errors import SdpRejected

TrackSource = Literal["microphone", "camera", "screen"]


@dataclass(frozen=True, slots=True)
class SeatLines:
    """Which receiving m-lines form a seat; video_mid None: audio only."""

    seat: int
    audio_mid: str
    video_mid: str | None


@dataclass(frozen=True, slots=True)
class Upload:
    """A sending m-line of the client. ssrc: where the offer names exactly one per stream, else None."""

    mid: str
    kind: Kind
    source: TrackSource
    codec: AgreedCodec
    extensions: Mapping[str, int]
    rid: str | None
    ssrc: int | None


@dataclass(frozen=True, slots=True)
class SeatMedia:
    """A receiving m-line of the client that belongs to a seat."""

    mid: str
    kind: Kind
    seat: int
    codec: AgreedCodec
    extensions: Mapping[str, int]


Agreed = Upload | SeatMedia | Rejected


@dataclass(frozen=True, slots=True)
class Agreement:
    """media: one entry for each m-line of the offer, in its order."""

    transport: RemoteTransport
    media: tuple[Agreed, ...]

    @property
    def uploads(self) -> list[Upload]:
        return [media for media in self.media if isinstance(media, Upload)]

    @property
    def seat_media(self) -> list[SeatMedia]:
        return [media for media in self.media if isinstance(media, SeatMedia)]


def agree(offer: Description, tracks: Mapping[str, TrackSource], seats: Sequence[SeatLines]) -> Agreement:
    """Raises `SdpRejected`: `invalid_sdp` where tracks or seats name what is not there, `unsupported` where
    nothing can be agreed on."""
    by_mid = {media.mid: media for media in offer.media if media.mid}
    seat_of_mid = _seats_by_mid(seats)
    for mid in [*tracks, *seat_of_mid]:
        if mid not in by_mid:
            raise SdpRejected("invalid_sdp", f"No m-line has the mid {mid}")
    if overlap := set(tracks) & set(seat_of_mid):
        raise SdpRejected("invalid_sdp", f"The m-line {min(overlap)} is a track and a seat")
    bundle = set(offer.bundle)
    agreed = tuple(
        _agree_media(media, tracks, seat_of_mid) if media.mid in bundle else rejected(media)
        for media in offer.media
    )
    accepted = [by_mid[media.mid] for media in agreed if not isinstance(media, Rejected)]
    if not accepted:
        raise SdpRejected("unsupported", "The offer has no bundled m-line with Opus or VP8")
    return Agreement(remote_transport(accepted[0]), agreed)


def _seats_by_mid(seats: Sequence[SeatLines]) -> dict[str, tuple[int, Kind]]:
    by_mid: dict[str, tuple[int, Kind]] = {}
    numbers: set[int] = set()
    for seat in seats:
        mids: list[tuple[str, Kind]] = [(seat.audio_mid, "audio")]
        if seat.video_mid is not None:
            mids.append((seat.video_mid, "video"))
        for mid, kind in mids:
            if mid in by_mid:
                raise SdpRejected("invalid_sdp", f"The m-line {mid} belongs to two seats")
            by_mid[mid] = (seat.seat, kind)
        if seat.seat in numbers:
            raise SdpRejected("invalid_sdp", f"There are two seats {seat.seat}")
        numbers.add(seat.seat)
    return by_mid


def _agree_media(
    media: Media, tracks: Mapping[str, TrackSource], seat_of_mid: Mapping[str, tuple[int, Kind]]
) -> Agreed:
    kind, codec = kind_of(media), agree_codec(media)
    if kind is None or codec is None:
        return rejected(media)
    source = tracks.get(media.mid)
    if source is not None and media.direction in ("sendonly", "sendrecv"):
        if source != "screen" and (source == "microphone") != (kind == "audio"):
            raise SdpRejected("invalid_sdp", f"The m-line {media.mid} of kind {kind} cannot be a {source}")
        upload_extensions = extensions.UPLOAD_AUDIO if kind == "audio" else extensions.UPLOAD_VIDEO
        rids = media.simulcast_send or media.send_rids
        return Upload(
            mid=media.mid,
            kind=kind,
            source=source,
            codec=codec,
            extensions=agree_extensions(media, upload_extensions),
            rid=rids[-1] if rids else None,
            ssrc=media.ssrcs[0] if media.ssrcs and not rids else None,
        )
    seat = seat_of_mid.get(media.mid)
    if seat is not None and media.direction in ("recvonly", "sendrecv"):
        if seat[1] != kind:
            raise SdpRejected(
                "invalid_sdp", f"The m-line {media.mid} of kind {kind} cannot be a seat's {seat[1]}"
            )
        return SeatMedia(media.mid, kind, seat[0], codec, agree_extensions(media, extensions.SEAT))
    return rejected(media)
