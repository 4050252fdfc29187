"""A client with seats: one connection, on which it sends its tracks once and receives the others by seats."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sfu.client import (
    ConnectionChanged,
    Listener,
    Offer,
    SeatAssignment,
    SeatOffer,
    SeatsChanged,
    SeatSource,
    SeatVideo,
    SeatWishes,
)
from sfu.control.connections import Connections
from sfu.control.member import Member, Track
from sfu.control.sources import Sources
from sfu.control.streams import Stream, StreamMedia, Streams
from sfu.control.transport import Connection, new_credentials
from sfu.core.ice.lite_agent import Credentials
from sfu.core.sdp.answer import Agreement, SeatLines, SeatMedia, Upload, agree
from sfu.core.sdp.parse import parse
from sfu.core.sdp.write import LocalTransport, StreamName, write_answer
from sfu.core.seating.seats import SeatShape, Sitter, Wishes, assign
from sfu.dataplane.engine import Engine, ParticipantId, SourceId
from sfu.errors import SdpRejected


@dataclass(frozen=True, slots=True)
class _Published:
    """An upload that was agreed on, and the engine's source for it."""

    upload: Upload
    source: SourceId


@dataclass(slots=True)
class _Seat:
    """audio_mid, video_mid: as the client told them; a stream is there where its m-line was agreed on."""

    offer: SeatOffer
    audio: Stream | None
    video: Stream | None


class SeatedMember(Member):
    """participant: the engine's name for the connection."""

    def __init__(
        self,
        user: int,
        session: str,
        listener: Listener,
        participant: ParticipantId,
        engine: Engine,
        connections: Connections,
        sources: Sources,
    ) -> None:
        super().__init__(user, session, listener)
        self.participant = participant
        self._engine, self._connections, self._sources = engine, connections, sources
        self._connection: Connection | None = None
        self._newest_offer = -1
        self._session_id, self._version = secrets.randbits(62), 0
        self._published: dict[str, _Published] = {}  # by mid
        self._streams = Streams(engine, participant)
        self._seats: dict[int, _Seat] = {}
        self._seated: dict[int, Sitter] = {}
        self._wishes = SeatWishes()
        self._told: tuple[SeatAssignment, ...] | None = None
        self._revision = 0
        self._closed = False
        engine.add_participant(participant)

    @property
    def has_seats(self) -> bool:
        return True

    @property
    def connections(self) -> Collection[ParticipantId]:
        return (self.participant,)

    @property
    def fed(self) -> Collection[SourceId]:
        return self._streams.fed

    def source_of(self, track: Track) -> SourceId | None:
        return next((each.source for each in self._published.values() if _track(each.upload) == track), None)

    def set_wishes(self, wishes: SeatWishes) -> None:
        """Holds from the next `assign` on."""
        self._wishes = wishes

    async def close(self) -> None:
        self._closed = True
        for published in self._published.values():
            self._sources.withdraw(published.source)
        self._published.clear()
        if self._connection is not None:
            await self._connections.close(self._connection)
        self._engine.remove_participant(self.participant)

    # --- negotiation ------------------------------------------------------------------------------------

    def answer(self, offer: Offer, local_transport: Callable[[Credentials], LocalTransport]) -> str:
        """local_transport: how the server is reached with those credentials.

        Raises `SdpRejected`, and what was agreed on before stays in force.
        """
        if offer.offer_id < self._newest_offer:
            raise SdpRejected("invalid_sdp", "A newer offer was answered already")
        lines = [SeatLines(seat.seat, seat.audio_mid, seat.video_mid) for seat in offer.seats]
        agreement = agree(parse(offer.sdp), offer.tracks, lines)
        self._check(agreement)
        self._newest_offer = offer.offer_id
        connection = self._connect(agreement)
        names = self._negotiated(agreement, offer.seats)
        self._version += 1
        return write_answer(
            agreement,
            local_transport(connection.local),
            names,
            session_id=self._session_id,
            version=self._version,
        )

    def _check(self, agreement: Agreement) -> None:
        """Whether a further offer fits what runs."""
        for media in agreement.seat_media:
            stream = self._streams.get(media.mid)
            if stream is not None and (stream.media.kind, stream.media.codec.payload_type) != (
                media.kind,
                media.codec.payload_type,
            ):
                raise SdpRejected("unsupported", f"The m-line {media.mid} has changed its payload type")

    def _connect(self, agreement: Agreement) -> Connection:
        """The connection of the first offer, or what a further one changes of it."""
        connection, remote = self._connection, agreement.transport
        if connection is None:
            connection = self._connection = self._connections.open(
                self.participant, new_credentials(), remote, self._changed
            )
        else:
            same = connection.has_credentials(remote)
            local = connection.local if same else new_credentials()  # RFC 8839 §4.4.1.1: an ICE restart
            self._connections.renegotiate(connection, local, remote)
        return connection

    def _changed(self, event: ConnectionChanged) -> None:
        if not self._closed:
            self.listener(event)

    def _negotiated(self, agreement: Agreement, offered_seats: Sequence[SeatOffer]) -> dict[str, StreamName]:
        """Takes what was agreed on into the engine; returns how each seat's m-line is named."""
        self._publish(agreement.uploads)
        by_mid = {media.mid: media for media in agreement.seat_media}
        self._streams.keep_only(set(by_mid))
        kept = {seat.offer: seat for seat in self._seats.values()}
        seats: dict[int, _Seat] = {}
        names: dict[str, StreamName] = {}
        for offered in offered_seats:
            audio, video = by_mid.get(offered.audio_mid), by_mid.get(offered.video_mid or "")
            if audio is None and video is None:
                continue
            stream_id = _stream_id(kept.get(offered)) or f"seat-{offered.seat}-{secrets.token_hex(6)}"
            seats[offered.seat] = _Seat(
                offered,
                None if audio is None else self._stream(audio, stream_id),
                None if video is None else self._stream(video, stream_id),
            )
            for stream in (seats[offered.seat].audio, seats[offered.seat].video):
                if stream is not None:
                    names[stream.media.mid] = stream.name
        self._seats = seats
        return names

    def _publish(self, uploads: Iterable[Upload]) -> None:
        agreed = {upload.mid: upload for upload in uploads}
        for mid, published in list(self._published.items()):
            if agreed.get(mid) != published.upload:
                del self._published[mid]
                self._sources.withdraw(published.source)
        for mid, upload in agreed.items():
            if mid not in self._published:
                self._published[mid] = _Published(upload, self._sources.publish(self.participant, upload))

    def _stream(self, media: SeatMedia, stream_id: str) -> Stream:
        known = self._streams.get(media.mid)
        if known is not None:
            return known
        wanted = StreamMedia(media.mid, media.kind, media.codec, media.extensions)
        return self._streams.add(wanted, self._streams.name(stream_id, media.kind))

    # --- seating ----------------------------------------------------------------------------------------

    def assign(self, others: Sequence[Member], spoke: Sequence[int]) -> None:
        if not self._seats:
            return
        by_user = {other.user: other for other in others}
        sitters: list[Sitter] = [(other.user, "camera") for other in others]
        sitters += [(other.user, "screen") for other in others if other.shares_screen]
        self._seated = assign(
            [SeatShape(number, seat.video is not None) for number, seat in self._seats.items()],
            sitters,
            Wishes([(each.participant, each.source) for each in self._wishes.visible], self._wishes.pinned),
            self._seated,
            spoke,
        )
        told = tuple(self._assignment(number, seat, by_user) for number, seat in sorted(self._seats.items()))
        if told != self._told:
            self._told = told
            self._revision += 1
            self.listener(SeatsChanged(self._revision, told))

    def _assignment(self, number: int, seat: _Seat, by_user: Mapping[int, Member]) -> SeatAssignment:
        user, source = self._sitter(number)
        return SeatAssignment(
            seat=number,
            audio_mid=seat.offer.audio_mid,
            video_mid=seat.offer.video_mid if seat.video else None,
            participant=user,
            source=source,
            video="off" if user is None or seat.video is None else self._video(by_user[user], source),
        )

    def _sitter(self, number: int) -> tuple[int | None, SeatSource]:
        return self._seated.get(number, (None, "camera"))

    def _video(self, sitter: Member, source: SeatSource) -> SeatVideo:
        if source == "camera" and not sitter.shows_video:
            return "off"
        return "paused" if self._wishes.audio_only else "on"

    def feed(self, others: Sequence[Member]) -> None:
        """A camera that is said to be off stays seated: when it comes back, its stream just goes on."""
        by_user = {other.user: other for other in others}
        wanted: dict[int, SourceId] = {}
        for number, seat in self._seats.items():
            user, source = self._sitter(number)
            sitter = by_user.get(user) if user is not None else None
            if sitter is None:
                continue
            sound: Track = "microphone" if source == "camera" else "screen_audio"
            heard, seen = sitter.source_of(sound), sitter.source_of(source)
            if seat.audio is not None and heard is not None:
                wanted[seat.audio.name.ssrc] = heard
            if seat.video is not None and seen is not None and not self._wishes.audio_only:
                wanted[seat.video.name.ssrc] = seen
        for come in self._streams.feed(wanted):
            self._sources.want_keyframe(come)  # of a sound nothing is asked


def _track(upload: Upload) -> Track:
    if upload.source == "screen" and upload.kind == "audio":
        return "screen_audio"
    return upload.source


def _stream_id(seat: _Seat | None) -> str | None:
    stream = None if seat is None else seat.audio or seat.video
    return stream.name.stream_id if stream else None
