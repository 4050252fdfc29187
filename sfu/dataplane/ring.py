"""Memory into which packets are encrypted, and which keeps them to be sent again."""

from __future__ import annotations

from typing import Any

from sfu.dataplane.srtp import ffi
from sfu.dataplane.udp import address_of

INDEX_SLOTS = 1_024
_SIZE_BITS = 16


class Ring:
    """Packets lie one behind the other; the newest overwrite the oldest.

    Positions grow without end; `position % size` is where a packet lies. A packet is found by its 16-bit
    sequence number as long as it has not been overwritten.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.buffer = bytearray(size)
        self.pointer: Any = ffi.from_buffer("char[]", self.buffer)
        self.address = address_of(self.pointer)
        self._written = 0
        self.index = [-1] * INDEX_SLOTS

    def reserve(self, size: int) -> int:
        """The position of `size` contiguous bytes, `size` at most the ring's."""
        if size > self.size:
            raise ValueError("larger than the ring")
        left = self.size - self._written % self.size
        if left < size:
            self._written += left
        position = self._written
        self._written += size
        return position

    def remember(self, seq16: int, position: int, size: int) -> None:
        self.index[seq16 % INDEX_SLOTS] = position << _SIZE_BITS | size

    def find(self, seq16: int, ssrc: int) -> tuple[int, int] | None:
        """Offset and size of a packet; its own header says whether it is the one."""
        entry = self.index[seq16 % INDEX_SLOTS]
        if entry < 0:
            return None
        position, size = entry >> _SIZE_BITS, entry & (1 << _SIZE_BITS) - 1
        if self._written - position > self.size:
            return None
        at = position % self.size
        head = self.buffer[at + 2 : at + 12]
        if int.from_bytes(head[:2], "big") != seq16 or int.from_bytes(head[6:10], "big") != ssrc:
            return None
        return at, size


class Scratch:
    """Memory for packets that are not kept: filled during a turn, free again after it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.buffer = bytearray(size)
        self.pointer: Any = ffi.from_buffer("char[]", self.buffer)
        self.address = address_of(self.pointer)
        self._used = 0

    def reserve(self, size: int) -> int | None:
        """The offset of `size` bytes; None when it is full until `release`."""
        if self._used + size > self.size:
            return None
        offset = self._used
        self._used += size
        return offset

    def release(self) -> None:
        self._used = 0
