"""The streams that one connection sends: named in its descriptions, kept by the engine."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sfu.control.sources import extension_ids
from sfu.core.sdp.agreed import AgreedCodec, Kind
from sfu.core.sdp.write import StreamName
from sfu.dataplane.engine import Engine, ParticipantId, SeatStream, SourceId


@dataclass(frozen=True, slots=True)
class StreamMedia:
    """The m-line of a stream, as the client has it."""

    mid: str
    kind: Kind
    codec: AgreedCodec
    extensions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Stream:
    """It stays for as long as its m-line does, whoever is heard or seen by it."""

    media: StreamMedia
    name: StreamName


class Streams:
    """Those of one connection, by mid; and which source feeds each."""

    def __init__(self, engine: Engine, subscriber: ParticipantId) -> None:
        self._engine, self._subscriber = engine, subscriber
        self._streams: dict[str, Stream] = {}
        self._fed: dict[int, SourceId] = {}

    def get(self, mid: str) -> Stream | None:
        return self._streams.get(mid)

    @property
    def fed(self) -> Collection[SourceId]:
        """The sources that are on one of them."""
        return self._fed.values()

    def name(self, stream_id: str, kind: Kind) -> StreamName:
        """A name that no other stream of this connection has."""
        taken = {stream.name.ssrc for stream in self._streams.values()}
        ssrc = next(number for number in iter(lambda: secrets.randbits(32), 0) if number not in taken)
        return StreamName(ssrc, stream_id, stream_id, f"{stream_id}-{kind}")

    def add(self, media: StreamMedia, name: StreamName) -> Stream:
        self._engine.add_seat_stream(_seat_stream(self._subscriber, media, name))
        stream = self._streams[media.mid] = Stream(media, name)
        return stream

    def remove(self, mid: str) -> None:
        stream = self._streams.pop(mid)
        self._fed.pop(stream.name.ssrc, None)
        self._engine.remove_seat_stream(self._subscriber, stream.name.ssrc)

    def keep_only(self, mids: set[str]) -> set[str]:
        """Returns the mids of those that were removed."""
        removed = self._streams.keys() - mids
        for mid in removed:
            self.remove(mid)
        return set(removed)

    def feed(self, wanted: Mapping[int, SourceId]) -> list[SourceId]:
        """ssrc -> source, for each stream that is to be fed. Returns the sources that are new to a stream."""
        for ssrc in self._fed.keys() - wanted.keys():
            self._engine.seat(self._subscriber, ssrc, None)
        come: list[SourceId] = []
        for ssrc, source in wanted.items():
            if self._fed.get(ssrc) != source:
                self._engine.seat(self._subscriber, ssrc, source)
                come.append(source)
        self._fed = dict(wanted)
        return come


def _seat_stream(subscriber: ParticipantId, media: StreamMedia, name: StreamName) -> SeatStream:
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
        extensions=extension_ids(media.extensions),
        nack="nack" in media.codec.feedback,
        first_seq=secrets.randbits(14) + 1,
        first_timestamp=secrets.randbits(32),
        first_picture_id=secrets.randbits(15),
        first_tl0_pic_idx=secrets.randbits(8),
        cname=name.cname,
    )
