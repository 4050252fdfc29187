"""Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb-03)."""

from __future__ import annotations

from dataclasses import dataclass

from sfu.core.rtcp.framing import PAYLOAD_FEEDBACK, frame
from sfu.errors import MalformedPacket

FORMAT = 15
_NAME = b"REMB"


@dataclass(frozen=True, slots=True)
class Remb:
    """bitrate_bps: carried with 18 significant bits. ssrcs: at most 255."""

    sender_ssrc: int
    bitrate_bps: int
    ssrcs: tuple[int, ...]

    def __bytes__(self) -> bytes:
        exponent = max(0, self.bitrate_bps.bit_length() - 18)
        rate = exponent << 18 | self.bitrate_bps >> exponent
        body = self.sender_ssrc.to_bytes(4, "big") + bytes(4) + _NAME
        body += bytes((len(self.ssrcs),)) + rate.to_bytes(3, "big")
        return frame(
            PAYLOAD_FEEDBACK, FORMAT, body + b"".join(ssrc.to_bytes(4, "big") for ssrc in self.ssrcs)
        )

    @classmethod
    def parse(cls, body: bytes) -> Remb:
        if len(body) < 16 or body[8:12] != _NAME or len(body) < 16 + 4 * body[12]:
            raise MalformedPacket("not a whole remb")
        rate = int.from_bytes(body[13:16], "big")
        ssrcs = tuple(int.from_bytes(body[at : at + 4], "big") for at in range(16, 16 + 4 * body[12], 4))
        return cls(int.from_bytes(body[:4], "big"), (rate & 0x3_FFFF) << (rate >> 18), ssrcs)
