"""The packets of one source that came in one turn, and their layout for subscribers.

What is the same for every subscriber is laid out once: payloads with room for the header in front and for
the tag behind, and how they fall into runs for segmentation offload. A subscriber then copies the layout
whole and writes headers into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sfu.dataplane.udp import MAX_RUN_BYTES, MAX_SEGMENT_BYTES, MAX_SEGMENTS


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet of a source, decrypted. seq: extended. first_byte: version and padding bit for the header.

    picture_id is in 15 bits in the payload, if there is one; tl0_pic_idx follows it, if there is one.
    """

    seq: int
    timestamp: int
    marker: int
    first_byte: int
    payload: bytes
    picture_id: int | None
    tl0_pic_idx: int | None
    starts_key_frame: bool


Row = tuple[int, int, int, int, int, int, int | None, int | None]
"""offset, size without tag, first byte, marker, seq, timestamp, picture id, tl0_pic_idx."""
Run = tuple[int, int, int]
"""offset, bytes, segment size (0: a single packet)."""


@dataclass(frozen=True, slots=True)
class Layout:
    data: bytes
    rows: Sequence[Row]
    runs: Sequence[Run]
    newest: Packet


@dataclass(slots=True)
class Batch:
    """packets: not empty, in the order of arrival."""

    packets: Sequence[Packet]
    _layouts: dict[tuple[int, int], Layout] = field(default_factory=dict)
    _parts: dict[int, Batch | None] = field(default_factory=dict)

    def layout(self, header_bytes: int, tag_bytes: int) -> Layout:
        key = (header_bytes, tag_bytes)
        found = self._layouts.get(key)
        if found is None:
            found = self._layouts[key] = _lay_out(self.packets, header_bytes, tag_bytes)
        return found

    def since(self, floor_seq: int) -> Batch | None:
        """Without the packets before `floor_seq`; None when nothing is left."""
        if floor_seq not in self._parts:
            kept = [packet for packet in self.packets if packet.seq >= floor_seq]
            part = self if len(kept) == len(self.packets) else Batch(kept) if kept else None
            self._parts[floor_seq] = part
        return self._parts[floor_seq]

    def key_frame(self) -> Packet | None:
        """The first packet of the first key frame in here."""
        return next((packet for packet in self.packets if packet.starts_key_frame), None)


def _lay_out(packets: Sequence[Packet], header_bytes: int, tag_bytes: int) -> Layout:
    parts: list[bytes] = []
    rows: list[Row] = []
    sizes: list[int] = []
    head, tag = bytes(header_bytes), bytes(tag_bytes)
    at = 0
    for packet in packets:
        size = header_bytes + len(packet.payload)
        rows.append(
            (
                at,
                size,
                packet.first_byte,
                packet.marker,
                packet.seq,
                packet.timestamp,
                packet.picture_id,
                packet.tl0_pic_idx,
            )
        )
        parts += (head, packet.payload, tag)
        sizes.append(size + tag_bytes)
        at += size + tag_bytes
    return Layout(b"".join(parts), rows, _runs(sizes), max(packets, key=lambda packet: packet.seq))


def _runs(sizes: Sequence[int]) -> list[Run]:
    """Neighbours of one size, the last of which may be shorter (udp(7), UDP_SEGMENT)."""
    runs: list[Run] = []
    at = first = 0
    while first < len(sizes):
        segment, total, last = sizes[first], sizes[first], first + 1
        while segment <= MAX_SEGMENT_BYTES and last < len(sizes) and last - first < MAX_SEGMENTS:
            size = sizes[last]
            if size > segment or sizes[last - 1] < segment or total + size > MAX_RUN_BYTES:
                break
            total += size
            last += 1
        runs.append((at, total, segment if last - first > 1 else 0))
        at += total
        first = last
    return runs
