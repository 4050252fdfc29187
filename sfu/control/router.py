"""A room's publishers and subscribers, and the engine commands that follow from who sits where.

Everything here is a decision at once: nothing waits, and nothing is asked of the network.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sfu.client import Listener, MediaFlags, SeatAssignment, SeatOffer, SeatsChanged, SeatVideo, SeatWishes
from sfu.control.transport import Connection
from sfu.core.sdp import extensions
from sfu.core.sdp.answer import Agreement, SeatMedia, Upload
from sfu.core.sdp.write import SeatStreamName
from sfu.core.seating.seats import SeatShape, Wishes, assign
from sfu.dataplane.engine import Engine, ExtensionIds, ParticipantId, SeatStream, Source, SourceId
from sfu.errors import SdpRejected

_TRACK_SOURCES = ("microphone", "camera")
"""What seats carry for now: a screen is agreed to, and forwarded once seats for it are assigned."""


@dataclass(frozen=True, slots=True)
class Published:
    """An upload that was agreed on, and the engine's source for it."""

    upload: Upload
    source: SourceId


@dataclass(frozen=True, slots=True)
class Stream:
    """A seat's outgoing stream: it stays for the life of the connection, whoever sits there."""

    media: SeatMedia
    name: SeatStreamName


@dataclass(slots=True)
class Seat:
    """audio_mid, video_mid: as the client told them; a stream is there where its m-line was agreed on."""

    offer: SeatOffer
    audio: Stream | None
    video: Stream | None


@dataclass(slots=True)
class Member:
    """A participant of the room with its present session. `seated`: seat -> user id of the sitter."""

    user: int
    session: str
    listener: Listener
    id: ParticipantId
    connection: Connection | None = None
    newest_offer: int = -1
    session_id: int = field(default_factory=lambda: secrets.randbits(62))
    version: int = 0
    published: dict[str, Published] = field(default_factory=dict)
    streams: dict[str, Stream] = field(default_factory=dict)
    seats: dict[int, Seat] = field(default_factory=dict)
    seated: dict[int, int] = field(default_factory=dict)
    fed: dict[int, SourceId] = field(default_factory=dict)
    """ssrc of a seat stream -> the source that feeds it."""
    wishes: SeatWishes = field(default_factory=SeatWishes)
    media: MediaFlags | None = None
    told: tuple[SeatAssignment, ...] | None = None
    revision: int = 0
    present: bool = True

    def source_of(self, track: str) -> SourceId | None:
        return next((each.source for each in self.published.values() if each.upload.source == track), None)


class Room:
    """Members in the order of joining. forwarding off: all seats are empty."""

    def __init__(
        self, engine: Engine, next_source: Callable[[], SourceId], want_keyframe: Callable[[SourceId], None]
    ) -> None:
        self._engine, self._next_source, self._want_keyframe = engine, next_source, want_keyframe
        self.members: dict[int, Member] = {}
        self.forwarding = True

    def join(self, member: Member) -> None:
        self.members[member.user] = member
        self._engine.add_participant(member.id)
        self.reseat()

    def leave(self, member: Member) -> list[SourceId]:
        """Returns the sources that are gone with it."""
        member.present = False
        if self.members.get(member.user) is member:
            del self.members[member.user]
        sources = [each.source for each in member.published.values()]
        self.reseat()
        for source in sources:
            self._engine.remove_source(source)
        self._engine.remove_participant(member.id)
        member.published.clear()
        return sources

    def set_forwarding(self, on: bool) -> None:
        self.forwarding = on
        self.reseat()

    # --- negotiation ------------------------------------------------------------------------------------

    def check(self, member: Member, agreement: Agreement) -> None:
        """Whether a further offer fits what runs. Raises `SdpRejected` and changes nothing."""
        for media in agreement.seat_media:
            stream = member.streams.get(media.mid)
            if stream is not None and (stream.media.kind, stream.media.codec.payload_type) != (
                media.kind,
                media.codec.payload_type,
            ):
                raise SdpRejected("unsupported", f"The m-line {media.mid} has changed its payload type")

    def negotiated(
        self, member: Member, agreement: Agreement, offered_seats: Sequence[SeatOffer]
    ) -> dict[str, SeatStreamName]:
        """Takes what was agreed on into the engine; returns how each seat's m-line is named."""
        self._publish(member, agreement.uploads)
        by_mid = {media.mid: media for media in agreement.seat_media}
        for mid in member.streams.keys() - by_mid.keys():
            self._engine.remove_seat_stream(member.id, member.streams.pop(mid).name.ssrc)
        kept = {seat.offer: seat for seat in member.seats.values()}
        seats: dict[int, Seat] = {}
        for offered in offered_seats:
            audio, video = by_mid.get(offered.audio_mid), by_mid.get(offered.video_mid or "")
            if audio is None and video is None:
                continue
            before = kept.get(offered)
            stream_id = self._stream_id(before) or f"seat-{offered.seat}-{secrets.token_hex(6)}"
            seats[offered.seat] = Seat(
                offered,
                None if audio is None else self._stream(member, audio, stream_id),
                None if video is None else self._stream(member, video, stream_id),
            )
        member.seats = seats
        self.reseat()
        return {mid: stream.name for mid, stream in member.streams.items() if mid in by_mid}

    def _publish(self, member: Member, uploads: Iterable[Upload]) -> None:
        agreed = {upload.mid: upload for upload in uploads}
        for mid, published in list(member.published.items()):
            if agreed.get(mid) != published.upload:
                del member.published[mid]
                self._engine.remove_source(published.source)
        for mid, upload in agreed.items():
            if mid not in member.published:
                source = self._next_source()
                member.published[mid] = Published(upload, source)
                self._engine.add_source(_source(source, member.id, upload))

    @staticmethod
    def _stream_id(seat: Seat | None) -> str | None:
        if seat is None:
            return None
        stream = seat.audio or seat.video
        return stream.name.stream_id if stream else None

    def _stream(self, member: Member, media: SeatMedia, stream_id: str) -> Stream:
        known = member.streams.get(media.mid)
        if known is not None:
            return known
        taken = {stream.name.ssrc for stream in member.streams.values()}
        ssrc = next(number for number in iter(_random_ssrc, 0) if number not in taken)
        name = SeatStreamName(ssrc, stream_id, stream_id, f"{stream_id}-{media.kind}")
        self._engine.add_seat_stream(_seat_stream(member.id, media, name))
        stream = member.streams[media.mid] = Stream(media, name)
        return stream

    # --- seating ----------------------------------------------------------------------------------------

    def reseat(self) -> None:
        """Brings every subscriber's seats in line with who is here. Tells first, then lets packets go."""
        for member in list(self.members.values()):
            self._assign(member)
        for member in list(self.members.values()):
            self._feed(member)

    def _assign(self, member: Member) -> None:
        if not member.seats:
            return
        others = [user for user in self.members if user != member.user] if self.forwarding else []
        wishes = member.wishes
        shapes = [SeatShape(number, seat.video is not None) for number, seat in member.seats.items()]
        member.seated = assign(
            shapes,
            others,
            Wishes([wanted.participant for wanted in wishes.visible], wishes.pinned),
            member.seated,
        )
        told = tuple(self._assignment(member, number, seat) for number, seat in sorted(member.seats.items()))
        if told != member.told:
            member.told = told
            member.revision += 1
            member.listener(SeatsChanged(member.revision, told))

    def _assignment(self, member: Member, number: int, seat: Seat) -> SeatAssignment:
        user = member.seated.get(number)
        return SeatAssignment(
            seat=number,
            audio_mid=seat.offer.audio_mid,
            video_mid=seat.offer.video_mid if seat.video else None,
            participant=user,
            source="camera",
            video="off" if user is None or seat.video is None else self._video(member, self.members[user]),
        )

    @staticmethod
    def _video(member: Member, sitter: Member) -> SeatVideo:
        """Who has said nothing about a camera that it offers is taken to send."""
        if sitter.source_of("camera") is None or (sitter.media is not None and not sitter.media.video):
            return "off"
        return "paused" if member.wishes.audio_only else "on"

    def _feed(self, member: Member) -> None:
        """A camera that is said to be off stays seated: when it comes back, its stream just goes on."""
        wanted: dict[int, SourceId] = {}
        videos: set[int] = set()
        for number, seat in member.seats.items():
            sitter = self.members.get(member.seated.get(number, -1))
            if sitter is None:
                continue
            microphone, camera = (sitter.source_of(track) for track in _TRACK_SOURCES)
            if seat.audio is not None and microphone is not None:
                wanted[seat.audio.name.ssrc] = microphone
            if seat.video is not None and camera is not None and not member.wishes.audio_only:
                wanted[seat.video.name.ssrc] = camera
                videos.add(seat.video.name.ssrc)
        for ssrc in member.fed.keys() - wanted.keys():
            self._engine.seat(member.id, ssrc, None)
        for ssrc, source in wanted.items():
            if member.fed.get(ssrc) != source:
                self._engine.seat(member.id, ssrc, source)
                if ssrc in videos:
                    self._want_keyframe(source)
        member.fed = wanted


def _random_ssrc() -> int:
    return secrets.randbits(32)


def _ids(agreed: Mapping[str, int]) -> ExtensionIds:
    return ExtensionIds(
        mid=agreed.get(extensions.MID, 0),
        rid=agreed.get(extensions.RID, 0),
        transport_cc=agreed.get(extensions.TRANSPORT_CC, 0),
        audio_level=agreed.get(extensions.AUDIO_LEVEL, 0),
    )


def _source(source: SourceId, publisher: ParticipantId, upload: Upload) -> Source:
    ids = _ids(upload.extensions)
    return Source(
        id=source,
        publisher=publisher,
        kind=upload.kind,
        codec=upload.codec.name,
        mid=upload.mid,
        rid=upload.rid,
        ssrc=upload.ssrc,
        payload_type=upload.codec.payload_type,
        clock_rate=upload.codec.clock_rate,
        extensions=ids,
        nack="nack" in upload.codec.feedback,
        transport_cc=ids.transport_cc != 0 and "transport-cc" in upload.codec.feedback,
    )


def _seat_stream(subscriber: ParticipantId, media: SeatMedia, name: SeatStreamName) -> SeatStream:
    """Random starts (RFC 3550 §5.1); sequence numbers begin low, so that no receiver that missed the first
    packets guesses a wrong rollover (RFC 3711 §3.3.1)."""
    return SeatStream(
        subscriber=subscriber,
        ssrc=name.ssrc,
        kind=media.kind,
        codec=media.codec.name,
        mid=media.mid,
        payload_type=media.codec.payload_type,
        clock_rate=media.codec.clock_rate,
        extensions=_ids(media.extensions),
        nack="nack" in media.codec.feedback,
        first_seq=secrets.randbits(14) + 1,
        first_timestamp=secrets.randbits(32),
        first_picture_id=secrets.randbits(15),
        first_tl0_pic_idx=secrets.randbits(8),
        cname=name.cname,
    )
