"""What the engine holds of one participant: keys, addresses, what it publishes, what it is sent."""

from __future__ import annotations

from sfu.core.rtcp.twcc import ArrivalLog
from sfu.core.rtp.packet import RtpHeader
from sfu.dataplane.engine import ParticipantId
from sfu.dataplane.seat_output import Destination, SeatOutput
from sfu.dataplane.source_input import PublisherClock, SourceInput
from sfu.dataplane.srtp import Contexts

FEEDBACK_SSRC = 1
"""Sender of our feedback: a receiver that sends no media needs no ssrc of its own (RFC 3550 §6.4.2)."""
DEFAULT_RTT_US = 70_000
MAX_RTCP_PER_S = 100
MAX_DTLS_PER_S = 100
"""A handshake takes a dozen; what it waits in is shared with everybody."""


class PerSecond:
    """So many in each second of the engine's clock, and no more."""

    __slots__ = ("_count", "_limit", "_second")

    def __init__(self, limit: int) -> None:
        self._limit, self._second, self._count = limit, 0, 0

    def take(self, now_us: int) -> bool:
        """Whether one more may pass."""
        second = now_us // 1_000_000
        if second != self._second:
            self._second, self._count = second, 0
        self._count += 1
        return self._count <= self._limit


class Participant:
    """Used by the engine's thread alone, save the counters, which anybody may read."""

    def __init__(self, participant_id: ParticipantId) -> None:
        self.id = participant_id
        self.contexts: Contexts | None = None
        self.destination: Destination | None = None
        self.addresses: set[tuple[int, bytes]] = set()
        self.sources: list[SourceInput] = []
        self.by_ssrc: dict[int, SourceInput] = {}
        self.seats: dict[int, SeatOutput] = {}
        self.clock = PublisherClock()
        self.arrivals = ArrivalLog(FEEDBACK_SSRC)
        self.feedback_ssrc: int | None = None
        """Of the source that feedback on the transport is addressed to."""
        self.measured_rtt_us: int | None = None
        """By their reports alone; None while there are none."""
        self.packets_in = self.bytes_in = self.packets_out = self.bytes_out = 0
        self.rtcp_rate = PerSecond(MAX_RTCP_PER_S)
        self.dtls_rate = PerSecond(MAX_DTLS_PER_S)

    @property
    def rtt_us(self) -> int:
        """What to reckon with."""
        return DEFAULT_RTT_US if self.measured_rtt_us is None else self.measured_rtt_us

    def note_rtt(self, rtt_us: int) -> None:
        """A report of theirs tells it (RFC 3550 §6.4.1)."""
        before_us = rtt_us if self.measured_rtt_us is None else self.measured_rtt_us
        self.measured_rtt_us = (7 * before_us + rtt_us) // 8

    def remove_source(self, source: SourceInput) -> None:
        """Also what else was bound to it: a hostile publisher can bind several ssrcs to one source."""
        self.sources.remove(source)
        self.by_ssrc = {ssrc: each for ssrc, each in self.by_ssrc.items() if each is not source}

    def bind(self, header: RtpHeader) -> SourceInput | None:
        """The source of an ssrc that is not known yet, by MID and RID, or by what is left to choose from."""
        found = self._by_mid(header) or self._by_announced(header) or self._by_payload_type(header)
        if found is not None:
            found.ssrc = header.ssrc
            self.by_ssrc[header.ssrc] = found
        return found

    def _by_mid(self, header: RtpHeader) -> SourceInput | None:
        for each in self.sources:
            source = each.source
            if not source.extensions.mid or each.started:
                continue
            mid = header.extensions.get(source.extensions.mid)
            if mid is None or mid.decode("ascii", errors="replace") != source.mid:
                continue
            if source.rid is not None:
                rid = header.extensions.get(source.extensions.rid)
                if rid is None or rid.decode("ascii", errors="replace") != source.rid:
                    continue
            return each
        return None

    def _by_announced(self, header: RtpHeader) -> SourceInput | None:
        return next((each for each in self.sources if each.source.ssrc == header.ssrc), None)

    def _by_payload_type(self, header: RtpHeader) -> SourceInput | None:
        """A client that announces neither: the only source of that payload type that has nothing yet."""
        fitting = [
            each
            for each in self.sources
            if each.ssrc is None
            and each.source.rid is None
            and each.source.payload_type == header.payload_type
        ]
        return fitting[0] if len(fitting) == 1 else None
