"""VP8's RTP payload descriptor (RFC 7741 §4.2): parsing, and the form in which it is sent on."""

from __future__ import annotations

from typing import NamedTuple

from sfu.errors import MalformedPacket


class Vp8Descriptor(NamedTuple):
    """picture_id: 7 or 15 bits, as `picture_id_bits` says; None where the publisher sends none.

    starts_key_frame: the packet is the first of a key frame. size: of the descriptor, in bytes.
    """

    size: int
    starts_frame: bool
    starts_key_frame: bool
    picture_id: int | None
    picture_id_bits: int
    tl0_pic_idx: int | None


def parse_descriptor(payload: bytes | memoryview) -> Vp8Descriptor:
    """Raises `MalformedPacket` when the payload ends inside its descriptor."""
    size = len(payload)
    if size < 1:
        raise MalformedPacket("empty payload")
    first = payload[0]
    at = 1
    picture_id = tl0_pic_idx = None
    bits = 0
    try:
        if first & 0x80:
            flags = payload[1]
            at = 2
            if flags & 0x80:
                picture_id = payload[at]
                bits, at = 7, at + 1
                if picture_id & 0x80:
                    picture_id = (picture_id & 0x7F) << 8 | payload[at]
                    bits, at = 15, at + 1
            if flags & 0x40:
                tl0_pic_idx = payload[at]
                at += 1
            if flags & 0x30:
                _ = payload[at]  # temporal id and key index: there, and of no use here
                at += 1
    except IndexError:
        raise MalformedPacket("descriptor cut short") from None
    starts_frame = bool(first & 0x10) and first & 0x07 == 0
    return Vp8Descriptor(
        size=at,
        starts_frame=starts_frame,
        # The frame header's P bit is inverse: 0 is a key frame (RFC 6386 §9.1).
        starts_key_frame=starts_frame and size > at and payload[at] & 0x01 == 0,
        picture_id=picture_id,
        picture_id_bits=bits,
        tl0_pic_idx=tl0_pic_idx,
    )


PICTURE_ID_OFFSET = 2
"""Where the 15-bit picture id stands in a widened payload; TL0PICIDX, if any, follows it."""


def widen_picture_id(payload: bytes, descriptor: Vp8Descriptor) -> bytes:
    """The payload with its picture id in 15 bits.

    A stream that goes on over several publishers must not change the width of its picture id: receivers
    unwrap it by that width.
    """
    if descriptor.picture_id_bits != 7:
        return payload
    return payload[:2] + bytes((0x80, payload[2])) + payload[3:]
