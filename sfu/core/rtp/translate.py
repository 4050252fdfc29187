"""One outgoing stream over changing publishers: its numbers go on without a jump (RFC 7667 §3.7).

A publisher's numbers are mapped by adding offsets, which are set anew when another one begins. So losses and
reordering of the publisher stay visible to the receiver, who can repair them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sfu.core.rtp.serial import SEQ_MASK, TIMESTAMP_MASK

PICTURE_ID_MASK = 0x7FFF
TL0_PIC_IDX_MASK = 0xFF


@dataclass(slots=True)
class Translator:
    """Sequence numbers of the publisher are extended; the offsets' sums are masked by who writes them.

    first_*: where the stream begins. clock_rate: of the timestamps, in Hz.
    """

    first_seq: int
    first_timestamp: int
    first_picture_id: int
    first_tl0_pic_idx: int
    clock_rate: int

    seq_offset: int = 0
    timestamp_offset: int = 0
    picture_id_offset: int = 0
    tl0_pic_idx_offset: int = 0
    floor_seq: int = 0
    """The present publisher's first packet: older ones are not sent on."""
    _last_seq: int | None = None
    _last_timestamp: int = 0
    _last_picture_id: int = 0
    _last_tl0_pic_idx: int = 0
    _last_sent_us: int = 0

    def begin(
        self, seq: int, timestamp: int, picture_id: int | None, tl0_pic_idx: int | None, now_us: int
    ) -> None:
        """Another publisher, or the first one, begins with this packet."""
        self.floor_seq = seq
        if self._last_seq is None:
            next_seq, next_timestamp = self.first_seq, self.first_timestamp
            next_picture_id, next_tl0_pic_idx = self.first_picture_id, self.first_tl0_pic_idx
        else:
            elapsed = (now_us - self._last_sent_us) * self.clock_rate // 1_000_000
            next_seq = self._last_seq + 1
            next_timestamp = self._last_timestamp + max(elapsed, 1)
            next_picture_id = self._last_picture_id + 1
            next_tl0_pic_idx = self._last_tl0_pic_idx + 1
        self.seq_offset = next_seq - seq
        self.timestamp_offset = next_timestamp - timestamp
        self.picture_id_offset = next_picture_id - (picture_id or 0)
        self.tl0_pic_idx_offset = next_tl0_pic_idx - (tl0_pic_idx or 0)

    def sent(
        self, seq: int, timestamp: int, picture_id: int | None, tl0_pic_idx: int | None, now_us: int
    ) -> None:
        """The newest packet that went out (the highest extended sequence number so far)."""
        out = seq + self.seq_offset
        if self._last_seq is not None and out <= self._last_seq:
            return
        self._last_seq = out
        self._last_timestamp = timestamp + self.timestamp_offset & TIMESTAMP_MASK
        if picture_id is not None:
            self._last_picture_id = picture_id + self.picture_id_offset & PICTURE_ID_MASK
        if tl0_pic_idx is not None:
            self._last_tl0_pic_idx = tl0_pic_idx + self.tl0_pic_idx_offset & TL0_PIC_IDX_MASK
        self._last_sent_us = now_us

    def seq16(self, seq: int) -> int:
        return seq + self.seq_offset & SEQ_MASK

    def timestamp(self, timestamp: int) -> int:
        return timestamp + self.timestamp_offset & TIMESTAMP_MASK
