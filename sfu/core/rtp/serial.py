"""Wrapping arithmetic of RTP's 16-bit sequence numbers (RFC 3550 §A.1, RFC 1982)."""

from __future__ import annotations

SEQ_MASK = 0xFFFF
TIMESTAMP_MASK = 0xFFFF_FFFF


def extend(seq16: int, reference: int) -> int:
    """The extended sequence number nearest to `reference` that has `seq16` as its low 16 bits.

    reference: an extended number, the highest seen so far. May return a negative number when the
    stream has just begun and an older packet comes late.
    """
    return reference + ((seq16 - reference + 0x8000) & SEQ_MASK) - 0x8000


def timestamp_delta(newer: int, older: int) -> int:
    """`newer - older` of two 32-bit RTP timestamps, in (-2**31, 2**31]."""
    delta = (newer - older) & TIMESTAMP_MASK
    return delta - 0x1_0000_0000 if delta > 0x8000_0000 else delta
