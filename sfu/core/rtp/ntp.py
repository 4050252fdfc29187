"""NTP timestamps as RTCP carries them (RFC 3550 §4)."""

from __future__ import annotations

_UNIX_TO_NTP_S = 2_208_988_800


def from_unix_us(unix_us: int) -> int:
    """64-bit NTP timestamp (seconds since 1900 in the high half) of microseconds since 1970."""
    seconds, micros = divmod(unix_us, 1_000_000)
    return ((seconds + _UNIX_TO_NTP_S) << 32 & 0xFFFF_FFFF_0000_0000) | (micros << 32) // 1_000_000


def to_unix_us(ntp64: int) -> int:
    """Microseconds since 1970 of a 64-bit NTP timestamp; negative before 1970."""
    return ((ntp64 >> 32) - _UNIX_TO_NTP_S) * 1_000_000 + ((ntp64 & 0xFFFF_FFFF) * 1_000_000 >> 32)


def middle32(ntp64: int) -> int:
    """The middle 32 bits, as LSR carries them: units of 1/65536 s."""
    return ntp64 >> 16 & 0xFFFF_FFFF
