"""Memory into which packets are encrypted, and which keeps them to be sent again."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from sfu.dataplane.srtp import ffi
from sfu.dataplane.udp import address_of

INDEX_SLOTS = 1_024
MAX_NOT_INDEXED = 512
"""Batches; older ones are forgotten. More than a second of anything that is asked for again."""


class Ring:
    """Packets lie one behind the other; the newest overwrite the oldest.

    Positions grow without end; `position % size` is where a packet lies. A packet is found by its 16-bit
    sequence number as long as it has not been overwritten. Packets are remembered by the batch and indexed
    when one is looked for: most receivers never ask.
    """

    __slots__ = ("_index", "_not_indexed", "_written", "address", "buffer", "pointer", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.buffer = bytearray(size)
        self.pointer: Any = ffi.from_buffer("char[]", self.buffer)
        self.address = address_of(self.pointer)
        self._written = 0
        self._index: list[tuple[int, int]] = [(-1, 0)] * INDEX_SLOTS  # position, size
        self._not_indexed: deque[tuple[int, int, int, Sequence[tuple[int, int, int]]]] = deque(
            maxlen=MAX_NOT_INDEXED
        )

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

    def remember(
        self, position: int, seq_offset: int, tag_bytes: int, rows: Sequence[tuple[int, int, int]]
    ) -> None:
        """A batch at a position. rows: offset, size without tag, seq, to which `seq_offset` is added."""
        self._not_indexed.append((position, seq_offset, tag_bytes, rows))

    def _bring_index_up_to_date(self) -> None:
        index = self._index
        for position, seq_offset, tag_bytes, rows in self._not_indexed:
            for at, size, seq in rows:
                index[(seq + seq_offset) % INDEX_SLOTS] = (position + at, size + tag_bytes)
        self._not_indexed.clear()

    def find(self, seq16: int, ssrc: int) -> tuple[int, int] | None:
        """Offset and size of a packet; its own header says whether it is the one."""
        if self._not_indexed:
            self._bring_index_up_to_date()
        position, size = self._index[seq16 % INDEX_SLOTS]
        if position < 0 or self._written - position > self.size:
            return None
        at = position % self.size
        head = self.buffer[at + 2 : at + 12]
        if int.from_bytes(head[:2], "big") != seq16 or int.from_bytes(head[6:10], "big") != ssrc:
            return None
        return at, size


class Scratch:
    """Memory for packets that are not kept: filled during a turn, free again after it.

    flush: sends everything that is queued on any socket, because all of it may lie in here.
    length: where libsrtp is told a packet's size, whosever packet it is.
    """

    def __init__(self, size: int, flush: Callable[[], None]) -> None:
        self.size = size
        self._flush = flush
        self.length: Any = ffi.new("int *")
        self.buffer = bytearray(size)
        self.pointer: Any = ffi.from_buffer("char[]", self.buffer)
        self.address = address_of(self.pointer)
        self._used = 0

    def reserve(self, size: int) -> int:
        """The offset of `size` bytes, at most the whole."""
        if self._used + size > self.size:
            if size > self.size:
                raise ValueError("larger than the scratch memory")
            self._flush()
            self._used = 0
        offset = self._used
        self._used += size
        return offset

    def release(self) -> None:
        self._used = 0
