"""The common header of RTCP packets (RFC 3550 §6.4.1)."""

from __future__ import annotations

SENDER_REPORT = 200
RECEIVER_REPORT = 201
SOURCE_DESCRIPTION = 202
GOODBYE = 203
TRANSPORT_FEEDBACK = 205
PAYLOAD_FEEDBACK = 206

HEADER_BYTES = 4


def frame(packet_type: int, count: int, body: bytes) -> bytes:
    """One RTCP packet: `count` is the report count or feedback message type; body a multiple of 4 bytes."""
    return bytes((0x80 | count, packet_type)) + (len(body) // 4).to_bytes(2, "big") + body
