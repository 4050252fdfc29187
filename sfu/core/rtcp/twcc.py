"""Transport-wide congestion control feedback: when which packet came.

Source: draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1, as libwebrtc sends and reads it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sfu.core.rtcp.framing import TRANSPORT_FEEDBACK, frame
from sfu.errors import MalformedPacket

FORMAT = 15
DELTA_US = 250
REFERENCE_US = 64_000
_NOT_RECEIVED, _SMALL, _LARGE, _RESERVED = 0, 1, 2, 3
_HEAD = struct.Struct(">IIHH")
MAX_PACKETS = 2_000
"""How many packets one feedback may span when parsed: a run-length chunk could claim 8,191 in two bytes."""


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """arrivals: for each packet from `base_seq16` on its arrival in microseconds, or None if it did not come.

    Arrivals are multiples of 250 us, counted from an origin of the receiver's own modulo 2**24 * 64 ms.
    """

    sender_ssrc: int
    media_ssrc: int
    base_seq16: int
    feedback_count: int
    arrivals: tuple[int | None, ...]

    def __bytes__(self) -> bytes:
        first = next((at for at in self.arrivals if at is not None), 0)
        reference = first // REFERENCE_US
        previous = reference * REFERENCE_US // DELTA_US
        symbols: list[int] = []
        deltas = bytearray()
        for arrival in self.arrivals:
            if arrival is None:
                symbols.append(_NOT_RECEIVED)
                continue
            tick = arrival // DELTA_US
            delta, previous = tick - previous, tick
            if 0 <= delta <= 0xFF:
                symbols.append(_SMALL)
                deltas.append(delta)
            else:
                symbols.append(_LARGE)
                deltas += max(-0x8000, min(delta, 0x7FFF)).to_bytes(2, "big", signed=True)
        head = _HEAD.pack(self.sender_ssrc, self.media_ssrc, self.base_seq16, len(self.arrivals))
        body = head + ((reference & 0xFF_FFFF) << 8 | self.feedback_count & 0xFF).to_bytes(4, "big")
        body += b"".join(_chunks(symbols)) + deltas
        return frame(TRANSPORT_FEEDBACK, FORMAT, body + bytes(-len(body) % 4))

    @classmethod
    def parse(cls, body: bytes) -> TransportFeedback:
        if len(body) < 16:
            raise MalformedPacket("feedback cut short")
        sender, media, base, count = _HEAD.unpack_from(body)
        if count > MAX_PACKETS:
            raise MalformedPacket("feedback over too many packets")
        reference, feedback_count = int.from_bytes(body[12:15], "big"), body[15]
        symbols, at = _parse_chunks(body, 16, count)
        tick = reference * REFERENCE_US // DELTA_US
        arrivals: list[int | None] = []
        for symbol in symbols:
            if symbol == _NOT_RECEIVED:
                arrivals.append(None)
                continue
            size = 1 if symbol == _SMALL else 2
            if at + size > len(body):
                raise MalformedPacket("arrival times cut short")
            tick += int.from_bytes(body[at : at + size], "big", signed=symbol == _LARGE)
            arrivals.append(tick * DELTA_US)
            at += size
        return cls(sender, media, base, feedback_count, tuple(arrivals))


def _chunks(symbols: Sequence[int]) -> list[bytes]:
    """Run-length chunks where seven or more are alike, else vectors of seven two-bit symbols."""
    chunks: list[bytes] = []
    at = 0
    while at < len(symbols):
        run = at
        while run < len(symbols) and symbols[run] == symbols[at] and run - at < 0x1FFF:
            run += 1
        if run - at >= 7:
            chunks.append((symbols[at] << 13 | run - at).to_bytes(2, "big"))
            at = run
            continue
        vector = 0b11
        for symbol in [*symbols[at : at + 7], *[0] * 7][:7]:
            vector = vector << 2 | symbol
        chunks.append(vector.to_bytes(2, "big"))
        at += 7
    return chunks


def _parse_chunks(body: bytes, at: int, count: int) -> tuple[list[int], int]:
    symbols: list[int] = []
    while len(symbols) < count:
        if at + 2 > len(body):
            raise MalformedPacket("status chunks cut short")
        chunk = body[at] << 8 | body[at + 1]
        at += 2
        if chunk >> 15 == 0:
            symbols += [chunk >> 13 & 3] * min(chunk & 0x1FFF, count - len(symbols))
            if chunk & 0x1FFF == 0:
                raise MalformedPacket("empty run")
        elif chunk >> 14 & 1:
            symbols += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    if _RESERVED in symbols[:count]:
        raise MalformedPacket("reserved status")
    return symbols[:count], at


class ArrivalLog:
    """Collects arrivals of one transport and makes feedback of them. Bounded: old gaps are left out."""

    MAX_SPAN = 1_000

    def __init__(self, sender_ssrc: int) -> None:
        self._sender_ssrc = sender_ssrc
        self._arrivals: dict[int, int] = {}  # extended seq -> arrival
        self._next_seq: int | None = None  # the next feedback starts here, if nothing older comes
        self._highest = 0
        self._count = 0

    def receive(self, seq16: int, now_us: int) -> None:
        if self._next_seq is None:
            self._next_seq = self._highest = seq16
        seq = self._highest + ((seq16 - self._highest + 0x8000) & 0xFFFF) - 0x8000
        if seq < self._highest - self.MAX_SPAN:
            return
        self._highest = max(self._highest, seq)
        self._arrivals.setdefault(seq, now_us)
        if len(self._arrivals) > 2 * self.MAX_SPAN:  # nobody takes them
            oldest = self._highest - self.MAX_SPAN
            self._arrivals = {each: at for each, at in self._arrivals.items() if each >= oldest}

    def take(self, media_ssrc: int) -> TransportFeedback | None:
        """Feedback on everything since the last one; None if nothing came."""
        if not self._arrivals or self._next_seq is None:
            return None
        newest = max(self._arrivals)
        base = max(min(self._next_seq, *self._arrivals), newest - self.MAX_SPAN)
        arrivals: Mapping[int, int] = self._arrivals
        feedback = TransportFeedback(
            sender_ssrc=self._sender_ssrc,
            media_ssrc=media_ssrc,
            base_seq16=base & 0xFFFF,
            feedback_count=self._count & 0xFF,
            arrivals=tuple(arrivals.get(seq) for seq in range(base, newest + 1)),
        )
        self._arrivals = {}
        self._next_seq = max(self._next_seq, newest + 1)
        self._count += 1
        return feedback
