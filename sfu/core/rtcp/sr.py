"""Sender reports (RFC 3550 §6.4.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from sfu.core.rtcp.framing import SENDER_REPORT, frame
from sfu.core.rtcp.report_block import BLOCK_BYTES, ReportBlock, parse_blocks
from sfu.errors import MalformedPacket

_BODY = struct.Struct(">IQIII")


@dataclass(frozen=True, slots=True)
class SenderReport:
    """ntp64 and rtp_timestamp name the same instant; counts since the stream began, modulo 2**32."""

    ssrc: int
    ntp64: int
    rtp_timestamp: int
    packet_count: int
    octet_count: int
    reports: tuple[ReportBlock, ...] = ()

    def __bytes__(self) -> bytes:
        body = _BODY.pack(self.ssrc, self.ntp64, self.rtp_timestamp, self.packet_count, self.octet_count)
        return frame(SENDER_REPORT, len(self.reports), body + b"".join(map(bytes, self.reports)))

    @classmethod
    def parse(cls, count: int, body: bytes) -> SenderReport:
        if len(body) < _BODY.size + count * BLOCK_BYTES:
            raise MalformedPacket("sender report cut short")
        ssrc, ntp64, rtp_timestamp, packet_count, octet_count = _BODY.unpack_from(body)
        reports = parse_blocks(body, _BODY.size, count)
        return cls(ssrc, ntp64, rtp_timestamp, packet_count, octet_count, reports)
