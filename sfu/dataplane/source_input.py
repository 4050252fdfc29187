"""One published encoding as it comes in: what is lost, what to report, what time its timestamps mean."""

from __future__ import annotations

from dataclasses import dataclass

from sfu.core.codecs.vp8 import parse_descriptor, widen_picture_id
from sfu.core.quality.meter import Reception
from sfu.core.rtcp.reception import ReceptionStatistics
from sfu.core.rtcp.report_block import ReportBlock
from sfu.core.rtp import serial
from sfu.core.rtp.nack import NackGenerator
from sfu.core.rtp.ntp import to_unix_us
from sfu.core.rtp.packet import RtpHeader
from sfu.core.rtp.translate import PICTURE_ID_MASK
from sfu.dataplane.batch import Packet
from sfu.dataplane.engine import MAX_LEVELS, Source

KEYFRAME_WANTED_US = 100_000
"""How often the control plane is told that a key frame is wanted; it decides when to ask."""


@dataclass(slots=True)
class PublisherClock:
    """How far a publisher's NTP clock is behind the server's, by its sender reports.

    The smallest difference seen is the one with the least delay in it. Shared by the publisher's sources,
    which keeps lips in sync.
    """

    offset_us: int | None = None

    def learn(self, publisher_unix_us: int, unix_us: int) -> None:
        offset_us = unix_us - publisher_unix_us
        if self.offset_us is None or offset_us < self.offset_us:
            self.offset_us = offset_us


class SourceInput:
    """State of one `Source`."""

    def __init__(self, source: Source, clock: PublisherClock) -> None:
        self.source = source
        self.ssrc = source.ssrc
        self.started = False
        self._clock = clock
        self._reception: ReceptionStatistics | None = None
        self._nacks: NackGenerator | None = None
        self._report: tuple[int, int] | None = None  # publisher's unix us, rtp timestamp
        self._last_packet: tuple[int, int] | None = None  # timestamp, when it came
        self._last_picture_id: int | None = None
        self._wanted_us: int | None = None
        self._levels = bytearray()

    @property
    def packets(self) -> int:
        """That have come so far."""
        return self._reception.packets if self._reception is not None else 0

    @property
    def reception(self) -> Reception | None:
        """How it is received; None while nothing has come. Read by the control plane's thread too."""
        statistics = self._reception
        if statistics is None:
            return None
        expected, jitter_us = statistics.expected, statistics.jitter * 1_000_000 // self.source.clock_rate
        return Reception(self.source.kind, expected, expected - statistics.packets, jitter_us)

    def receive(self, header: RtpHeader, data: bytes, now_us: int) -> Packet:
        """A decrypted packet. Raises `MalformedPacket` where the payload breaks its codec's format."""
        reception = self._reception
        if reception is None:
            seq = header.seq16 + 0x1_0000  # so that an older one that comes late is not negative
            reception = ReceptionStatistics(self.ssrc or 0, self.source.clock_rate, seq)
            self._reception = reception
            self._nacks = NackGenerator(seq) if self.source.nack else None
        else:
            seq = serial.extend(header.seq16, reception.highest_seq)
        packet = self._packet(header, data, seq)
        newest = seq >= reception.highest_seq
        reception.receive(seq, header.timestamp, now_us)
        if self._nacks is not None:
            self._nacks.receive(seq, now_us)
        if newest:
            self._last_packet = (header.timestamp, now_us)
        return packet

    def _packet(self, header: RtpHeader, data: bytes, seq: int) -> Packet:
        start = header.payload_offset
        marker = 0x80 if header.marker else 0
        if header.payload_size == 0:  # padding only: a probe. It keeps its place among the numbers.
            padded = 0xA0 if header.padding_size else 0x80
            return Packet(seq, header.timestamp, marker, padded, data[start:], None, None, False)
        payload = data[start : start + header.payload_size]
        if self.source.codec != "vp8":
            return Packet(seq, header.timestamp, marker, 0x80, payload, None, None, False)
        descriptor = parse_descriptor(payload)
        picture_id = descriptor.picture_id
        if picture_id is not None:
            if descriptor.picture_id_bits == 7:
                picture_id = self._in_15_bits(picture_id)
            self._last_picture_id = picture_id
        return Packet(
            seq,
            header.timestamp,
            marker,
            0x80,
            widen_picture_id(payload, descriptor),
            picture_id,
            descriptor.tl0_pic_idx if descriptor.picture_id is not None else None,
            descriptor.starts_key_frame,
        )

    def _in_15_bits(self, picture_id7: int) -> int:
        """The picture id nearest to the last one: subscribers see no jump where seven bits wrap."""
        last = self._last_picture_id
        if last is None:
            return picture_id7
        return last + (picture_id7 - last + 64 & 0x7F) - 64 & PICTURE_ID_MASK

    def hear(self, level: int) -> None:
        """The audio level of a packet."""
        if len(self._levels) >= MAX_LEVELS:
            del self._levels[: MAX_LEVELS // 2]
        self._levels.append(level)

    def take_levels(self) -> bytes:
        """Called by the control plane's thread; a level that comes meanwhile is in this one or the next."""
        levels, self._levels = self._levels, bytearray()
        return bytes(levels)

    def receive_sender_report(self, ntp64: int, rtp_timestamp: int, now_us: int, unix_us: int) -> None:
        publisher_us = to_unix_us(ntp64)
        self._report = (publisher_us, rtp_timestamp)
        self._clock.learn(publisher_us, unix_us)
        if self._reception is not None:
            self._reception.receive_sender_report(ntp64, now_us)

    def timestamp_at(self, now_us: int, unix_us: int) -> int | None:
        """The publisher's RTP timestamp of this instant; None while nothing has come."""
        rate = self.source.clock_rate
        if self._report is not None and self._clock.offset_us is not None:
            publisher_us, timestamp = self._report
            elapsed_us = unix_us - self._clock.offset_us - publisher_us
        elif self._last_packet is not None:
            timestamp, received_us = self._last_packet
            elapsed_us = now_us - received_us
        else:
            return None
        return timestamp + elapsed_us * rate // 1_000_000 & serial.TIMESTAMP_MASK

    def lost(self, now_us: int, rtt_us: int) -> list[int]:
        """Extended numbers to ask for again now."""
        return self._nacks.take_due(now_us, rtt_us) if self._nacks is not None else []

    def report_block(self, now_us: int) -> ReportBlock | None:
        return self._reception.report(now_us) if self._reception is not None else None

    def keyframe_wanted(self, now_us: int) -> bool:
        """Whether to tell now that a key frame is wanted."""
        if self._wanted_us is not None and now_us - self._wanted_us < KEYFRAME_WANTED_US:
            return False
        self._wanted_us = now_us
        return True
