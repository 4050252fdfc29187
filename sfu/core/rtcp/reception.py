"""What a receiver report says of one received ssrc (RFC 3550 §6.4.1, §A.3, §A.8)."""

from __future__ import annotations

from sfu.core.rtcp.report_block import ReportBlock
from sfu.core.rtp import serial
from sfu.core.rtp.ntp import middle32


class ReceptionStatistics:
    """Loss, jitter and the last sender report of one ssrc. Sequence numbers are extended."""

    def __init__(self, ssrc: int, clock_rate: int, first_seq: int) -> None:
        self._ssrc, self._clock_rate = ssrc, clock_rate
        self._base_seq = first_seq
        self.highest_seq = first_seq
        self.packets = 0
        self._expected_before = 0
        self._packets_before = 0
        self._transit: int | None = None
        self._jitter16 = 0  # scaled by 16, as RFC 3550 §A.8 does
        self._last_sr_ntp = 0
        self._last_sr_us = 0

    def receive(self, seq: int, timestamp: int, now_us: int) -> None:
        self.packets += 1
        if seq > self.highest_seq:
            self.highest_seq = seq
        transit = (now_us * self._clock_rate // 1_000_000 - timestamp) & serial.TIMESTAMP_MASK
        if self._transit is not None:
            deviation = abs(serial.timestamp_delta(transit, self._transit))
            self._jitter16 += deviation - (self._jitter16 + 8 >> 4)
        self._transit = transit

    @property
    def expected(self) -> int:
        """Packets that should have come so far."""
        return self.highest_seq - self._base_seq + 1

    @property
    def jitter(self) -> int:
        """In timestamp units."""
        return self._jitter16 >> 4

    def receive_sender_report(self, ntp64: int, now_us: int) -> None:
        self._last_sr_ntp, self._last_sr_us = ntp64, now_us

    def report(self, now_us: int) -> ReportBlock:
        """The block for now; begins a new interval for the fraction lost."""
        expected = self.expected
        interval_expected = expected - self._expected_before
        interval_lost = interval_expected - (self.packets - self._packets_before)
        self._expected_before, self._packets_before = expected, self.packets
        fraction = (interval_lost << 8) // interval_expected if interval_lost > 0 < interval_expected else 0
        delay_us = now_us - self._last_sr_us
        return ReportBlock(
            ssrc=self._ssrc,
            fraction_lost=min(fraction, 255),
            packets_lost=max(-0x80_0000, min(expected - self.packets, 0x7F_FFFF)),
            highest_seq=self.highest_seq & 0xFFFF_FFFF,
            jitter=min(self.jitter, 0xFFFF_FFFF),
            last_sr=middle32(self._last_sr_ntp) if self._last_sr_ntp else 0,
            delay_since_last_sr=min(delay_us * 65_536 // 1_000_000, 0xFFFF_FFFF) if self._last_sr_ntp else 0,
        )
