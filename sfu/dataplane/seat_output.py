"""One outgoing stream of a seat: takes batches of its sitter, hands encrypted runs to the socket."""

from __future__ import annotations

import functools
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sfu.core.quality.meter import Reception
from sfu.core.rtcp.report_block import ReportBlock
from sfu.core.rtcp.sdes import SourceDescription
from sfu.core.rtcp.sr import SenderReport
from sfu.core.rtp.ntp import from_unix_us
from sfu.core.rtp.packet import FIXED_HEADER_BYTES, extension_block
from sfu.core.rtp.translate import Translator
from sfu.dataplane.batch import Batch, Packet
from sfu.dataplane.engine import SeatStream
from sfu.dataplane.ring import Ring, Scratch
from sfu.dataplane.source_input import SourceInput
from sfu.dataplane.srtp import Contexts, ffi, lib
from sfu.dataplane.udp import Sender

RING_BYTES = 256 * 1_024
MAX_RESENDS = 3
MIN_RESEND_US = 20_000
MAX_RESENT_REMEMBERED = 512
REPORT_INTERVAL_US = 1_000_000
FIRST_REPORT_US = 100_000
"""So soon after a sitter has begun, so that its audio and video can be aligned early."""

_SEQ_AT = 2
_protect = lib.srtp_protect
_memmove = ffi.memmove


class _Headers:
    """How a frame's numbers are written, from the sequence number on: what stands before it is the same for
    every subscriber. The middle and the end are the same for all packets of a frame."""

    def __init__(self, extension_bytes: int) -> None:
        self.middle = struct.Struct(f">II{extension_bytes}s")
        self.plain = struct.Struct(f">H{self.middle.size}s0s0s")
        self.with_picture_id = struct.Struct(f">H{self.middle.size}s2s2s")
        self.with_tl0 = struct.Struct(f">H{self.middle.size}s2s3s")


_PICTURE_ID = struct.Struct(">H")
_PICTURE_ID_TL0 = struct.Struct(">HB")

# Shared between seats, so that forwarding to many touches less memory.
_headers = functools.lru_cache(maxsize=32)(_Headers)


@functools.lru_cache(maxsize=1_024)
def _mid_extension(identifier: int, mid: str) -> bytes:
    return extension_block({identifier: mid.encode()})


@dataclass(slots=True)
class Destination:
    """Where a subscriber's media goes. memory: its sockaddr, owned here; name: where that lies."""

    sender: Sender
    memory: Any
    name: int
    name_size: int


class SeatOutput:
    """State of one `SeatStream`."""

    __slots__ = (
        "_extensions",
        "_header_bytes",
        "_headers",
        "_newest",
        "_newest_seq",
        "_newest_us",
        "_octets",
        "_payload_type",
        "_report_us",
        "_reported",
        "_resent",
        "_ring",
        "_ssrc",
        "_translator",
        "packets",
        "source",
        "stream",
        "waiting",
    )

    def __init__(self, stream: SeatStream) -> None:
        self.stream = stream
        self.source: SourceInput | None = None
        self.waiting = False
        """A sitter has sat down, and no packet of theirs has gone out yet."""
        self._translator = Translator(
            first_seq=stream.first_seq,
            first_timestamp=stream.first_timestamp,
            first_picture_id=stream.first_picture_id,
            first_tl0_pic_idx=stream.first_tl0_pic_idx,
            clock_rate=stream.clock_rate,
        )
        mid_id = stream.extensions.mid
        self._extensions = _mid_extension(mid_id, stream.mid) if mid_id and len(stream.mid) <= 16 else b""
        self._headers = _headers(len(self._extensions))
        self._header_bytes = FIXED_HEADER_BYTES + len(self._extensions)
        self._ssrc, self._payload_type = stream.ssrc, stream.payload_type
        self._ring: Ring | None = None
        """Made when somebody sits down for the first time: most seats of most calls stay empty."""
        self._newest: Sequence[Packet] = ()
        """Of the present sitter: what its successor's numbers go on from."""
        self._newest_seq = -1
        self._newest_us = 0
        self._resent: dict[int, tuple[int, int]] = {}  # seq16 -> times, when last
        self.packets = self._octets = 0
        self._report_us: int | None = None
        self._reported: tuple[ReportBlock, int] | None = None
        """What the subscriber said last, and how many packets were missing by then before they were sent."""

    # --- sitting ----------------------------------------------------------------------------------------

    def sit(self, source: SourceInput | None) -> None:
        self.source, self.waiting = source, source is not None
        if source is None:
            self._report_us = None

    def begin(self, batch: Batch, now_us: int) -> Batch | None:
        """The part of the batch with which the sitter begins: a video with a key frame."""
        first = batch.key_frame() if self.stream.kind == "video" else batch.packets[0]
        if first is None:
            return None
        translator = self._translator
        for packet in self._newest:
            translator.sent(
                packet.seq, packet.timestamp, packet.picture_id, packet.tl0_pic_idx, self._newest_us
            )
        self._newest, self._newest_seq = (), -1
        translator.begin(first.seq, first.timestamp, first.picture_id, first.tl0_pic_idx, now_us)
        self.waiting = False
        if self._ring is None and self.stream.nack:
            self._ring = Ring(RING_BYTES)
        self._report_us = now_us + FIRST_REPORT_US
        return batch.since(first.seq)

    # --- sending ----------------------------------------------------------------------------------------

    def send(
        self, batch: Batch, contexts: Contexts, destination: Destination, scratch: Scratch, now_us: int
    ) -> int:
        """Rewrites, encrypts and hands over; how many packets. Called per subscriber and batch: hot."""
        translator = self._translator
        if batch.first_seq < translator.floor_seq:
            part = batch.since(translator.floor_seq)
            if part is None:
                return 0
            batch = part
        tag_bytes = contexts.tag_bytes
        layout = batch.layout(self._header_bytes, tag_bytes, self._payload_type)
        size_all = layout.size
        ring = self._ring
        if ring is not None:
            if size_all > ring.size:
                return 0
            position = ring.reserve(size_all)
            start = position % ring.size
            buffer, base, address = ring.buffer, ring.pointer + start, ring.address + start
        else:
            start = scratch.reserve(size_all)
            buffer, base, address = scratch.buffer, scratch.pointer + start, scratch.address + start
        _memmove(base, layout.data, size_all)  # assigning to a slice of a bytearray would copy twice
        context, length, protect = contexts.context_out, scratch.length, _protect
        headers, seq_offset, seq_at = self._headers, translator.seq_offset, start + _SEQ_AT
        for timestamp, picture_id, tl0_pic_idx, rows in layout.frames:
            timestamp32 = timestamp + translator.timestamp_offset & 0xFFFF_FFFF
            middle = headers.middle.pack(timestamp32, self._ssrc, self._extensions)
            if picture_id is None:
                pack, end = headers.plain.pack_into, b""
            else:
                picture_id16 = picture_id + translator.picture_id_offset & 0x7FFF | 0x8000
                if tl0_pic_idx is None:
                    pack, end = headers.with_picture_id.pack_into, _PICTURE_ID.pack(picture_id16)
                else:
                    pack = headers.with_tl0.pack_into
                    tl0 = tl0_pic_idx + translator.tl0_pic_idx_offset & 0xFF
                    end = _PICTURE_ID_TL0.pack(picture_id16, tl0)
            for at, size, seq, descriptor in rows:
                pack(buffer, seq_at + at, seq + seq_offset & 0xFFFF, middle, descriptor, end)
                length[0] = size
                if protect(context, base + at, length):  # 0 is success
                    return 0
        if ring is not None:
            ring.remember(position, translator.seq_offset, tag_bytes, layout.rows)
        newest_seq = layout.newest[-1].seq
        if newest_seq > self._newest_seq:
            self._newest_seq, self._newest, self._newest_us = newest_seq, layout.newest, now_us
        add, name, name_size = destination.sender.add, destination.name, destination.name_size
        for at, size, segment in layout.runs:
            add(name, name_size, address + at, size, segment)
        count = len(layout.rows)
        self.packets += count
        self._octets += layout.payload_bytes
        return count

    def resend(self, lost: tuple[int, ...], destination: Destination, rtt_us: int, now_us: int) -> int:
        """Stored ciphertext of lost packets again: no nonce is used for two packets (RFC 7714 §8.1)."""
        ring = self._ring
        if ring is None:
            return 0
        count = 0
        for seq16 in lost:
            times, last_us = self._resent.get(seq16, (0, 0))
            if times >= MAX_RESENDS or (times and now_us - last_us < max(rtt_us, MIN_RESEND_US)):
                continue
            found = ring.find(seq16, self.stream.ssrc)
            if found is None:
                continue
            self._resent.pop(seq16, None)
            self._resent[seq16] = (times + 1, now_us)
            if len(self._resent) > MAX_RESENT_REMEMBERED:
                del self._resent[next(iter(self._resent))]
            at, size = found
            destination.sender.add(destination.name, destination.name_size, ring.address + at, size, 0)
            count += 1
        return count

    def bytes_sent(self, tag_bytes: int) -> int:
        """With headers and tags, without retransmissions."""
        return self._octets + self.packets * (self._header_bytes + tag_bytes)

    # --- reporting --------------------------------------------------------------------------------------

    def receive_report(self, block: ReportBlock) -> None:
        if self._newest_seq >= 0:
            sent_up_to = self._newest_seq + self._translator.seq_offset - self.stream.first_seq + 1
            self._reported = block, sent_up_to - self.packets

    @property
    def reception(self) -> Reception | None:
        """How the subscriber receives it, by their word; None while they have said nothing.

        What was lost or late on the way from the publisher is not the fault of theirs. Read by the control
        plane's thread too."""
        reported = self._reported
        if reported is None:
            return None
        block, missing = reported
        sitter = self.source  # read once: the engine's thread may take it away meanwhile
        source = sitter.reception if sitter is not None else None
        jitter_us = block.jitter * 1_000_000 // self.stream.clock_rate
        return Reception(
            self.stream.kind,
            block.highest_seq - self.stream.first_seq + 1,
            block.packets_lost - missing,
            max(0, jitter_us - (source.jitter_us if source is not None else 0)),
        )

    def report_due(self, now_us: int) -> bool:
        return self._report_us is not None and now_us >= self._report_us

    def report(self, now_us: int, unix_us: int) -> bytes | None:
        """A sender report in the server's clock, so that NTP time does not jump with the sitter."""
        self._report_us = now_us + REPORT_INTERVAL_US
        if self.source is None or self.waiting:
            return None
        source_timestamp = self.source.timestamp_at(now_us, unix_us)
        if source_timestamp is None:
            return None
        report = SenderReport(
            ssrc=self.stream.ssrc,
            ntp64=from_unix_us(unix_us),
            rtp_timestamp=self._translator.timestamp(source_timestamp),
            packet_count=self.packets & 0xFFFF_FFFF,
            octet_count=self._octets & 0xFFFF_FFFF,
        )
        return bytes(report) + bytes(SourceDescription({self.stream.ssrc: self.stream.cname}))
