"""Generic NACK: packets asked for again (RFC 4585 §6.2.1)."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from sfu.core.rtcp.framing import TRANSPORT_FEEDBACK, frame
from sfu.errors import MalformedPacket

FORMAT = 1
_PAIR = struct.Struct(">HH")


@dataclass(frozen=True, slots=True)
class Nack:
    """lost: 16-bit sequence numbers, in the order of the packet."""

    sender_ssrc: int
    media_ssrc: int
    lost: tuple[int, ...]

    def __bytes__(self) -> bytes:
        head = self.sender_ssrc.to_bytes(4, "big") + self.media_ssrc.to_bytes(4, "big")
        return frame(TRANSPORT_FEEDBACK, FORMAT, head + b"".join(_pairs(self.lost)))

    @classmethod
    def parse(cls, body: bytes) -> Nack:
        if len(body) < 12 or len(body) % 4:
            raise MalformedPacket("nack cut short")
        lost: list[int] = []
        for at in range(8, len(body), 4):
            first, following = _PAIR.unpack_from(body, at)
            lost.append(first)
            lost += [first + 1 + bit & 0xFFFF for bit in range(16) if following >> bit & 1]
        return cls(int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big"), tuple(lost))


def _pairs(lost: Iterable[int]) -> Iterable[bytes]:
    first, following = -1, 0
    for seq16 in lost:
        distance = seq16 - first - 1 & 0xFFFF
        if first >= 0 and distance < 16:
            following |= 1 << distance
            continue
        if first >= 0:
            yield _PAIR.pack(first, following)
        first, following = seq16, 0
    if first >= 0:
        yield _PAIR.pack(first, following)
