"""Goodbye (RFC 3550 §6.6)."""

from __future__ import annotations

from dataclasses import dataclass

from sfu.core.rtcp.framing import GOODBYE, frame
from sfu.errors import MalformedPacket


@dataclass(frozen=True, slots=True)
class Bye:
    """ssrcs: at most 31 that end. A reason, where one is given, is not kept."""

    ssrcs: tuple[int, ...]

    def __bytes__(self) -> bytes:
        return frame(GOODBYE, len(self.ssrcs), b"".join(ssrc.to_bytes(4, "big") for ssrc in self.ssrcs))

    @classmethod
    def parse(cls, count: int, body: bytes) -> Bye:
        if len(body) < 4 * count:
            raise MalformedPacket("goodbye cut short")
        return cls(tuple(int.from_bytes(body[at : at + 4], "big") for at in range(0, 4 * count, 4)))
