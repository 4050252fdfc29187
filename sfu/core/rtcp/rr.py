"""Receiver reports (RFC 3550 §6.4.2)."""

from __future__ import annotations

from dataclasses import dataclass

from sfu.core.rtcp.framing import RECEIVER_REPORT, frame
from sfu.core.rtcp.report_block import BLOCK_BYTES, ReportBlock, parse_blocks
from sfu.errors import MalformedPacket


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    """ssrc: who reports."""

    ssrc: int
    reports: tuple[ReportBlock, ...] = ()

    def __bytes__(self) -> bytes:
        body = self.ssrc.to_bytes(4, "big") + b"".join(map(bytes, self.reports))
        return frame(RECEIVER_REPORT, len(self.reports), body)

    @classmethod
    def parse(cls, count: int, body: bytes) -> ReceiverReport:
        if len(body) < 4 + count * BLOCK_BYTES:
            raise MalformedPacket("receiver report cut short")
        return cls(int.from_bytes(body[:4], "big"), parse_blocks(body, 4, count))
