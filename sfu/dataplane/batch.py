"""The packets of one source that came in one turn, and their layout for subscribers.

What is the same for every subscriber is laid out once: payloads with room for the header in front and for
the tag behind, and how they fall into runs for segmentation offload. A subscriber then copies the layout
whole and writes headers into it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sfu.core.rtp.packet import FIXED_HEADER_BYTES
from sfu.dataplane.udp import MAX_RUN_BYTES, MAX_SEGMENT_BYTES, MAX_SEGMENTS


class Packet(NamedTuple):
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


Row = tuple[int, int, int]
"""offset, size without tag, seq."""
Run = tuple[int, int, int]
"""offset, bytes, segment size (0: a single packet)."""


class Frame(NamedTuple):
    """Packets of one timestamp, and of one picture where they carry VP8. rows: offset, size without tag, seq,
    and the first two bytes of the VP8 descriptor where there is a picture id."""

    timestamp: int
    picture_id: int | None
    tl0_pic_idx: int | None
    rows: Sequence[tuple[int, int, int, bytes]]


@dataclass(slots=True)
class Layout:
    """How a batch lies in memory, for subscribers whose headers are of one size and payload type.

    data: the first two bytes of every header and the whole payloads; a subscriber writes the other numbers
    into it. newest: the packet with the highest number, after the newest that has a picture id.
    """

    data: bytes
    size: int
    rows: Sequence[Row]
    frames: Sequence[Frame]
    runs: Sequence[Run]
    newest: Sequence[Packet]
    payload_bytes: int


class Batch:
    """packets: not empty, in the order of arrival. first_seq: the lowest extended number."""

    def __init__(self, packets: Sequence[Packet]) -> None:
        self.packets = packets
        self.first_seq = min(packet.seq for packet in packets)
        self._layouts: dict[tuple[int, int, int], Layout] = {}
        self._parts: dict[int, Batch | None] = {}

    def layout(self, header_bytes: int, tag_bytes: int, payload_type: int = 0) -> Layout:
        key = (header_bytes, tag_bytes, payload_type)
        found = self._layouts.get(key)
        if found is None:
            found = self._layouts[key] = _lay_out(self.packets, header_bytes, tag_bytes, payload_type)
        return found

    def since(self, floor_seq: int) -> Batch | None:
        """Without the packets before `floor_seq`; None when nothing is left."""
        if floor_seq <= self.first_seq:
            return self
        if floor_seq not in self._parts:
            kept = [packet for packet in self.packets if packet.seq >= floor_seq]
            self._parts[floor_seq] = Batch(kept) if kept else None
        return self._parts[floor_seq]

    def key_frame(self) -> Packet | None:
        """The first packet of the first key frame in here."""
        return next((packet for packet in self.packets if packet.starts_key_frame), None)


def _lay_out(packets: Sequence[Packet], header_bytes: int, tag_bytes: int, payload_type: int) -> Layout:
    parts: list[bytes] = []
    rows: list[Row] = []
    frames: list[Frame] = []
    kind: tuple[int, int | None, int | None] | None = None
    in_frame: list[tuple[int, int, int, bytes]] = []
    extension_bit = 0x10 if header_bytes > FIXED_HEADER_BYTES else 0
    rest_of_header, tag = bytes(header_bytes - 2), bytes(tag_bytes)
    at = payload_bytes = 0
    newest = packets[0]
    newest_picture: Packet | None = None
    for packet in packets:
        seq, timestamp, marker, first_byte, payload, picture_id, tl0_pic_idx, _ = packet
        if kind != (timestamp, picture_id, tl0_pic_idx):
            kind, in_frame = (timestamp, picture_id, tl0_pic_idx), []
            frames.append(Frame(timestamp, picture_id, tl0_pic_idx, in_frame))
        if seq > newest.seq:
            newest = packet
        if picture_id is not None and (newest_picture is None or seq > newest_picture.seq):
            newest_picture = packet
        size = header_bytes + len(payload)
        rows.append((at, size, seq))
        in_frame.append((at, size, seq, payload[:2] if picture_id is not None else b""))
        parts += (bytes((first_byte | extension_bit, marker | payload_type)), rest_of_header, payload, tag)
        payload_bytes += len(payload)
        at += size + tag_bytes
    return Layout(
        data=b"".join(parts),
        size=at,
        rows=tuple(rows),
        frames=frames,
        runs=_runs([size + tag_bytes for _, size, _ in rows]),
        newest=(newest,) if newest_picture is None or newest_picture is newest else (newest_picture, newest),
        payload_bytes=payload_bytes,
    )


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
