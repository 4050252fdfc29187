"""One test of a client's way to the SFU: how far it is, when it is over and why, without I/O.

Time is passed in. Whoever carries it out asks `next_deadline_us`, calls `advance` then, and tells the client
what comes back; the last of it is the result.
"""

from __future__ import annotations

from dataclasses import dataclass

from sfu.client import Measured
from signaling.check_messages import (
    CheckConnected,
    CheckReason,
    CheckResult,
    CheckStats,
    Downlink,
    Uplink,
)

STATS_INTERVAL_US = 1_000_000


@dataclass(frozen=True, slots=True)
class CheckTimes:
    """offer_us: for the offer to come; connect_us: from its answer to the connection; echo_us: from there."""

    offer_us: int
    connect_us: int
    echo_us: int


class Check:
    """Begins when the client has been let in."""

    def __init__(self, times: CheckTimes, now_us: int) -> None:
        self._times = times
        self._ends_us, self._ends_with = now_us + times.offer_us, _NO_OFFER
        self._answered_us: int | None = None
        self._connected_us: int | None = None
        self._stats_us: int | None = None
        self._before, self._before_us = Measured(), now_us
        self._newest_full, self._newest_full_us = self._before, now_us
        self._newest = CheckStats(uplink=Uplink(), downlink=Downlink())
        self.is_over = False

    def answered(self, now_us: int) -> None:
        """An offer of the client's was answered; from the first one on it has to connect."""
        if self._answered_us is None:
            self._answered_us = now_us
            self._ends_us, self._ends_with = now_us + self._times.connect_us, _NO_PATH

    def connected(self, now_us: int) -> CheckConnected | None:
        """ICE and DTLS are up. None: they were before."""
        if self._connected_us is not None or self._answered_us is None or self.is_over:
            return None
        if self._ends_with == _FINISHED:
            return None
        self._connected_us = self._before_us = self._newest_full_us = now_us
        self._ends_us, self._ends_with = now_us + self._times.echo_us, _TIME_LIMIT
        self._stats_us = now_us + STATS_INTERVAL_US
        return CheckConnected(transport="udp", after_ms=(now_us - self._answered_us) // 1_000)

    def broken(self) -> CheckResult | None:
        """The connection has failed, or has gone silent."""
        return self._over("failed" if self._connected_us is None else "lost")

    def left(self, now_us: int) -> None:
        """The client wants no more: it ends now, after a last measurement."""
        self._ends_us, self._ends_with = now_us, _FINISHED

    def measure_due(self, now_us: int) -> bool:
        """Whether `measured` is to be called now: before it is over, too, so that the result is whole."""
        if self.is_over or self._stats_us is None:
            return False
        return now_us >= min(self._stats_us, self._ends_us)

    def measured(self, measured: Measured, now_us: int) -> CheckStats:
        """What has gone both ways so far. The last one may come right after another one: nothing has gone
        since, so that its rates go back to the one before."""
        if now_us - self._newest_full_us >= STATS_INTERVAL_US:
            self._before, self._before_us = self._newest_full, self._newest_full_us
            self._newest_full, self._newest_full_us = measured, now_us
        self._newest = CheckStats(
            uplink=self._uplink(measured, now_us), downlink=self._downlink(measured, now_us)
        )
        self._stats_us = now_us + STATS_INTERVAL_US
        return self._newest

    def advance(self, now_us: int) -> CheckResult | None:
        """The result, when the time for something has run out."""
        return self._over(self._ends_with) if now_us >= self._ends_us else None

    def next_deadline_us(self) -> int | None:
        if self.is_over:
            return None
        return self._ends_us if self._stats_us is None else min(self._ends_us, self._stats_us)

    def _over(self, reason: CheckReason) -> CheckResult | None:
        if self.is_over:
            return None
        self.is_over = True
        after_ms = None
        if self._connected_us is not None and self._answered_us is not None:
            after_ms = (self._connected_us - self._answered_us) // 1_000
        return CheckResult(
            reason=reason,
            connected_after_ms=after_ms,
            uplink=self._newest.uplink,
            downlink=self._newest.downlink,
        )

    def _uplink(self, measured: Measured, now_us: int) -> Uplink:
        return Uplink(
            packets=measured.packets_in,
            lost=measured.lost_in,
            bytes=measured.bytes_in,
            jitter_ms=round(measured.jitter_in_us / 1_000, 1),
            kbps=self._kbps(measured.bytes_in - self._before.bytes_in, now_us),
        )

    def _downlink(self, measured: Measured, now_us: int) -> Downlink:
        known = measured.reported_out > 0
        return Downlink(
            packets=measured.packets_out,
            bytes=measured.bytes_out,
            kbps=self._kbps(measured.bytes_out - self._before.bytes_out, now_us),
            fraction_lost=round(measured.lost_out / measured.reported_out, 3) if known else None,
            jitter_ms=round(measured.jitter_out_us / 1_000, 1) if known else None,
            rtt_ms=None if measured.rtt_us is None else round(measured.rtt_us / 1_000, 1),
        )

    def _kbps(self, more_bytes: int, now_us: int) -> float:
        elapsed_us = now_us - self._before_us
        return round(more_bytes * 8_000 / elapsed_us, 1) if elapsed_us > 0 else 0.0


_NO_OFFER: CheckReason = "no_offer"
_NO_PATH: CheckReason = "no_path"
_TIME_LIMIT: CheckReason = "time_limit"
_FINISHED: CheckReason = "finished"
