"""RTP packets: the fixed header, header extensions, padding (RFC 3550 §5.1, RFC 8285)."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import NamedTuple

from sfu.errors import MalformedPacket

ONE_BYTE_PROFILE = 0xBEDE
TWO_BYTE_PROFILE = 0x1000
FIXED_HEADER_BYTES = 12

_FIXED_HEADER = struct.Struct(">BBHII")
_NO_EXTENSIONS: Mapping[int, bytes] = {}


class RtpHeader(NamedTuple):
    """What a receiver needs of a packet; offsets and sizes in bytes from the packet's start.

    The payload is `[payload_offset : payload_offset + payload_size]`, padding not included.
    """

    marker: bool
    payload_type: int
    seq16: int
    timestamp: int
    ssrc: int
    extensions: Mapping[int, bytes]
    payload_offset: int
    payload_size: int
    padding_size: int


def parse_header(data: bytes | bytearray | memoryview) -> RtpHeader:
    """Raises `MalformedPacket` for anything that is not a whole RTP packet of version 2."""
    size = len(data)
    if size < FIXED_HEADER_BYTES:
        raise MalformedPacket("shorter than the fixed header")
    first, second, seq16, timestamp, ssrc = _FIXED_HEADER.unpack_from(data)
    if first >> 6 != 2:
        raise MalformedPacket("not version 2")
    offset = FIXED_HEADER_BYTES + 4 * (first & 0x0F)
    extensions = _NO_EXTENSIONS
    if first & 0x10:
        if size < offset + 4:
            raise MalformedPacket("extension header cut short")
        profile = data[offset] << 8 | data[offset + 1]
        end = offset + 4 + 4 * (data[offset + 2] << 8 | data[offset + 3])
        if size < end:
            raise MalformedPacket("extension cut short")
        extensions = _parse_extensions(profile, bytes(data[offset + 4 : end]))
        offset = end
    if size < offset:
        raise MalformedPacket("csrc list cut short")
    padding = 0
    if first & 0x20:
        padding = data[size - 1] if size > offset else 0
        if padding == 0 or padding > size - offset:
            raise MalformedPacket("padding longer than the packet")
    return RtpHeader(
        second >= 0x80,
        second & 0x7F,
        seq16,
        timestamp,
        ssrc,
        extensions,
        offset,
        size - offset - padding,
        padding,
    )


def _parse_extensions(profile: int, block: bytes) -> Mapping[int, bytes]:
    if profile == ONE_BYTE_PROFILE:
        return _parse_one_byte(block)
    if profile & 0xFFF0 == TWO_BYTE_PROFILE:
        return _parse_two_byte(block)
    return _NO_EXTENSIONS  # another profile's block is skipped whole (RFC 3550 §5.3.1)


def _parse_one_byte(block: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at, size = 0, len(block)
    while at < size:
        head = block[at]
        if head == 0:  # padding
            at += 1
            continue
        identifier = head >> 4
        if identifier == 15:  # stop here (RFC 8285 §4.2)
            break
        end = at + 2 + (head & 0x0F)
        if end > size:
            raise MalformedPacket("extension element cut short")
        found[identifier] = block[at + 1 : end]
        at = end
    return found


def _parse_two_byte(block: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at, size = 0, len(block)
    while at < size:
        identifier = block[at]
        if identifier == 0:
            at += 1
            continue
        if at + 2 > size or (end := at + 2 + block[at + 1]) > size:
            raise MalformedPacket("extension element cut short")
        found[identifier] = block[at + 2 : end]
        at = end
    return found


def extension_block(elements: Mapping[int, bytes]) -> bytes:
    """The extension header with these elements in one-byte form, padded to 32 bits; empty for none.

    Ids 1-14, values 1-16 bytes (RFC 8285 §4.2); raises `ValueError` beyond that.
    """
    if not elements:
        return b""
    body = bytearray()
    for identifier, value in elements.items():
        if not 1 <= identifier <= 14 or not 1 <= len(value) <= 16:
            raise ValueError(f"no one-byte form for id {identifier} with {len(value)} bytes")
        body.append(identifier << 4 | len(value) - 1)
        body += value
    body += bytes(-len(body) % 4)
    return ONE_BYTE_PROFILE.to_bytes(2, "big") + (len(body) // 4).to_bytes(2, "big") + bytes(body)


def build_packet(
    *,
    payload_type: int,
    seq16: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    marker: bool = False,
    extensions: Mapping[int, bytes] = _NO_EXTENSIONS,
    padding_size: int = 0,
) -> bytes:
    """A whole packet. padding_size: 0, or 1-255 bytes of padding, its count byte included."""
    block = extension_block(extensions)
    first = 0x80 | (0x10 if block else 0) | (0x20 if padding_size else 0)
    return (
        bytes((first, (0x80 if marker else 0) | payload_type))
        + seq16.to_bytes(2, "big")
        + timestamp.to_bytes(4, "big")
        + ssrc.to_bytes(4, "big")
        + block
        + payload
        + (bytes(padding_size - 1) + bytes((padding_size,)) if padding_size else b"")
    )
