"""Report blocks, the same in sender and receiver reports (RFC 3550 §6.4.1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_BLOCK = struct.Struct(">IIIIII")
BLOCK_BYTES = _BLOCK.size


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """fraction_lost in 1/256; packets_lost signed 24 bits; jitter in timestamp units; delays in 1/65536 s."""

    ssrc: int
    fraction_lost: int
    packets_lost: int
    highest_seq: int
    jitter: int
    last_sr: int
    delay_since_last_sr: int

    def __bytes__(self) -> bytes:
        return _BLOCK.pack(
            self.ssrc,
            self.fraction_lost << 24 | self.packets_lost & 0xFF_FFFF,
            self.highest_seq,
            self.jitter,
            self.last_sr,
            self.delay_since_last_sr,
        )


def parse_blocks(body: bytes, offset: int, count: int) -> tuple[ReportBlock, ...]:
    """`count` blocks from `offset`; the caller has checked that they fit."""
    blocks = []
    for at in range(offset, offset + count * BLOCK_BYTES, BLOCK_BYTES):
        ssrc, loss, highest, jitter, last_sr, delay = _BLOCK.unpack_from(body, at)
        lost = loss & 0xFF_FFFF
        blocks.append(
            ReportBlock(
                ssrc=ssrc,
                fraction_lost=loss >> 24,
                packets_lost=lost - 0x100_0000 if lost & 0x80_0000 else lost,
                highest_seq=highest,
                jitter=jitter,
                last_sr=last_sr,
                delay_since_last_sr=delay,
            )
        )
    return tuple(blocks)
