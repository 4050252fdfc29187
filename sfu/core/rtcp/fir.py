"""Full intra request: a key frame is wanted, whatever was lost (RFC 5104 §4.3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from sfu.core.rtcp.framing import PAYLOAD_FEEDBACK, frame
from sfu.errors import MalformedPacket

FORMAT = 4


@dataclass(frozen=True, slots=True)
class Fir:
    """requests: (ssrc, command sequence number modulo 256)."""

    sender_ssrc: int
    requests: tuple[tuple[int, int], ...]

    def __bytes__(self) -> bytes:
        entries = b"".join(ssrc.to_bytes(4, "big") + bytes((seq, 0, 0, 0)) for ssrc, seq in self.requests)
        return frame(PAYLOAD_FEEDBACK, FORMAT, self.sender_ssrc.to_bytes(4, "big") + bytes(4) + entries)

    @classmethod
    def parse(cls, body: bytes) -> Fir:
        if len(body) < 16 or len(body) % 8:
            raise MalformedPacket("fir cut short")
        requests = tuple(
            (int.from_bytes(body[at : at + 4], "big"), body[at + 4]) for at in range(8, len(body), 8)
        )
        return cls(int.from_bytes(body[:4], "big"), requests)
