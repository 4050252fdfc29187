"""RTCP that the engine sends by the clock: reports, congestion feedback, requests for lost packets."""

from __future__ import annotations

from collections.abc import Iterable

from sfu.core.rtcp.nack import Nack
from sfu.core.rtcp.pli import Pli
from sfu.core.rtcp.rr import ReceiverReport
from sfu.dataplane import udp
from sfu.dataplane.participant import FEEDBACK_SSRC, Participant
from sfu.dataplane.source_input import SourceInput

TICK_US = 20_000
CONGESTION_TICKS = 3
"""Every 60 ms: browsers' estimators are tuned to feedback each 50-100 ms."""
REPORT_TICKS = 50
IDLE_WAIT_MS = 1_000
MAX_NACKED = 200
"""Packets asked for in one NACK; more than fit in one datagram would not come back in time anyway."""


class Feedback:
    """Time is given. A tick that comes late is not made up for."""

    def __init__(self) -> None:
        self._next_tick_us = 0
        self._tick = 0
        self.nacks_sent = 0
        self.plis_sent = 0

    def wait_ms(self, now_us: int, *, busy: bool) -> int:
        """How long the engine may sleep."""
        if not busy:
            return IDLE_WAIT_MS
        return max(0, -(-(self._next_tick_us - now_us) // 1_000))

    def send_due(self, participants: Iterable[Participant], now_us: int, unix_us: int) -> None:
        if now_us < self._next_tick_us:
            return
        self._next_tick_us = now_us + TICK_US
        self._tick += 1
        for participant in participants:
            if participant.contexts is None or participant.destination is None:
                continue
            if participant.sources:
                self._to_publisher(participant, now_us)
            for seat in participant.seats.values():
                if seat.report_due(now_us):
                    report = seat.report(now_us, unix_us)
                    if report is not None:
                        _send(participant, report)

    def request_keyframe(self, publisher: Participant, source: SourceInput) -> None:
        if source.ssrc is not None and _send(publisher, bytes(Pli(FEEDBACK_SSRC, source.ssrc))):
            self.plis_sent += 1

    def _to_publisher(self, participant: Participant, now_us: int) -> None:
        for source in participant.sources:
            if source.ssrc is None:
                continue
            lost = source.lost(now_us, participant.rtt_us)
            if lost:
                asked = tuple(seq & 0xFFFF for seq in lost[-MAX_NACKED:])
                _send(participant, bytes(Nack(FEEDBACK_SSRC, source.ssrc, asked)))
                self.nacks_sent += 1
        if self._tick % CONGESTION_TICKS == 0 and participant.feedback_ssrc is not None:
            feedback = participant.arrivals.take(participant.feedback_ssrc)
            if feedback is not None:
                _send(participant, bytes(feedback))
        if self._tick % REPORT_TICKS == 0:
            blocks = [source.report_block(now_us) for source in participant.sources]
            reports = tuple(block for block in blocks if block is not None)
            if reports:
                _send(participant, bytes(ReceiverReport(FEEDBACK_SSRC, reports[:31])))


def _send(participant: Participant, plain: bytes) -> bool:
    if participant.contexts is None or participant.destination is None:
        return False
    data = participant.contexts.protect_rtcp(plain)
    if data is None:
        return False
    destination = participant.destination
    memory = udp.ffi.new("char[]", data)
    destination.sender.add(destination.name, destination.name_size, udp.address_of(memory), len(data), 0)
    destination.sender.flush()  # the memory lives until here only
    participant.packets_out += 1
    participant.bytes_out += len(data)
    return True
