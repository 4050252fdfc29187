"""Which protocol a datagram on a shared port belongs to (RFC 7983 §7, RFC 5761 §4)."""

from __future__ import annotations

from enum import IntEnum


class Protocol(IntEnum):
    UNKNOWN = 0
    STUN = 1
    DTLS = 2
    RTP = 3
    RTCP = 4


_BY_FIRST_BYTE = tuple(
    Protocol.STUN
    if first <= 3
    else Protocol.DTLS
    if 20 <= first <= 63
    else Protocol.RTP
    if 128 <= first <= 191
    else Protocol.UNKNOWN
    for first in range(256)
)


def classify(first: int, second: int) -> Protocol:
    """By the first two bytes. RTCP packet types 192-223 stand where RTP has marker and payload type."""
    protocol = _BY_FIRST_BYTE[first]
    if protocol is Protocol.RTP and 192 <= second <= 223:
        return Protocol.RTCP
    return protocol
