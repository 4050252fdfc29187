"""What an RTCP packet of a participant makes the engine do."""

from __future__ import annotations

from collections.abc import Callable

from sfu.core.rtcp.compound import RtcpPacket
from sfu.core.rtcp.fir import Fir
from sfu.core.rtcp.nack import Nack
from sfu.core.rtcp.pli import Pli
from sfu.core.rtcp.report_block import ReportBlock
from sfu.core.rtcp.rr import ReceiverReport
from sfu.core.rtcp.sr import SenderReport
from sfu.core.rtp.ntp import from_unix_us, middle32
from sfu.dataplane.participant import Participant
from sfu.dataplane.seat_output import SeatOutput
from sfu.dataplane.source_input import SourceInput

MAX_NACKED = 128
"""Packets that one NACK may ask for; more is a flood or a stream that is lost anyway."""
_MAX_RTT_US = 5_000_000


class RtcpInput:
    """Only ssrcs of the participant itself count: nobody speaks for another."""

    def __init__(self, keyframe_wanted: Callable[[SourceInput], None]) -> None:
        self._keyframe_wanted = keyframe_wanted
        self.nacks_received = 0
        self.retransmissions = 0

    def receive(self, participant: Participant, packets: list[RtcpPacket], now_us: int, unix_us: int) -> None:
        for packet in packets:
            match packet:
                case SenderReport():
                    source = participant.by_ssrc.get(packet.ssrc)
                    if source is not None:
                        source.receive_sender_report(packet.ntp64, packet.rtp_timestamp, now_us, unix_us)
                    self._reports(participant, packet.reports, unix_us)
                case ReceiverReport():
                    self._reports(participant, packet.reports, unix_us)
                case Nack():
                    self._nack(participant, packet, now_us)
                case Pli():
                    self._lost_picture(participant.seats.get(packet.media_ssrc))
                case Fir():
                    for ssrc, _ in packet.requests:
                        self._lost_picture(participant.seats.get(ssrc))

    def _reports(self, participant: Participant, reports: tuple[ReportBlock, ...], unix_us: int) -> None:
        for block in reports:
            seat = participant.seats.get(block.ssrc)
            if seat is None:
                continue
            seat.receive_report(block)
            if block.last_sr:
                now32 = middle32(from_unix_us(unix_us))
                rtt32 = now32 - block.last_sr - block.delay_since_last_sr & 0xFFFF_FFFF
                rtt_us = rtt32 * 1_000_000 >> 16
                if rtt_us <= _MAX_RTT_US:
                    participant.note_rtt(rtt_us)

    def _nack(self, participant: Participant, packet: Nack, now_us: int) -> None:
        seat = participant.seats.get(packet.media_ssrc)
        if seat is None or participant.destination is None:
            return
        self.nacks_received += 1
        lost = packet.lost[:MAX_NACKED]
        self.retransmissions += seat.resend(lost, participant.destination, participant.rtt_us, now_us)

    def _lost_picture(self, seat: SeatOutput | None) -> None:
        if seat is not None and seat.source is not None:
            self._keyframe_wanted(seat.source)
