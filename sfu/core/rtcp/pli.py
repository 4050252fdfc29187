"""Picture loss indication: the receiver needs a key frame (RFC 4585 §6.3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from sfu.core.rtcp.framing import PAYLOAD_FEEDBACK, frame
from sfu.errors import MalformedPacket

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Pli:
    sender_ssrc: int
    media_ssrc: int

    def __bytes__(self) -> bytes:
        return frame(
            PAYLOAD_FEEDBACK, FORMAT, self.sender_ssrc.to_bytes(4, "big") + self.media_ssrc.to_bytes(4, "big")
        )

    @classmethod
    def parse(cls, body: bytes) -> Pli:
        if len(body) < 8:
            raise MalformedPacket("pli cut short")
        return cls(int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big"))
