"""Compound RTCP packets, reduced-size ones too (RFC 3550 §6.1, RFC 5506)."""

from __future__ import annotations

from sfu.core.rtcp import fir, framing, nack, pli, remb, twcc
from sfu.core.rtcp.bye import Bye
from sfu.core.rtcp.fir import Fir
from sfu.core.rtcp.nack import Nack
from sfu.core.rtcp.pli import Pli
from sfu.core.rtcp.remb import Remb
from sfu.core.rtcp.rr import ReceiverReport
from sfu.core.rtcp.sdes import SourceDescription
from sfu.core.rtcp.sr import SenderReport
from sfu.core.rtcp.twcc import TransportFeedback
from sfu.errors import MalformedPacket

RtcpPacket = (
    SenderReport | ReceiverReport | SourceDescription | Bye | Nack | Pli | Fir | Remb | TransportFeedback
)


def parse_compound(data: bytes) -> list[RtcpPacket]:
    """The packets of a datagram, unknown kinds left out. Raises `MalformedPacket`."""
    packets: list[RtcpPacket] = []
    at = 0
    while at < len(data):
        if at + framing.HEADER_BYTES > len(data) or data[at] >> 6 != 2:
            raise MalformedPacket("no RTCP header")
        end = at + framing.HEADER_BYTES + 4 * (data[at + 2] << 8 | data[at + 3])
        if end > len(data):
            raise MalformedPacket("packet longer than the datagram")
        body = data[at + framing.HEADER_BYTES : end]
        if data[at] & 0x20:
            if not body or not 0 < body[-1] <= len(body):
                raise MalformedPacket("padding longer than the packet")
            body = body[: -body[-1]]
        packet = _parse_one(data[at + 1], data[at] & 0x1F, body)
        if packet is not None:
            packets.append(packet)
        at = end
    return packets


def _parse_one(packet_type: int, count: int, body: bytes) -> RtcpPacket | None:
    match packet_type, count:
        case framing.SENDER_REPORT, _:
            return SenderReport.parse(count, body)
        case framing.RECEIVER_REPORT, _:
            return ReceiverReport.parse(count, body)
        case framing.SOURCE_DESCRIPTION, _:
            return SourceDescription.parse(count, body)
        case framing.GOODBYE, _:
            return Bye.parse(count, body)
        case framing.TRANSPORT_FEEDBACK, nack.FORMAT:
            return Nack.parse(body)
        case framing.TRANSPORT_FEEDBACK, twcc.FORMAT:
            return TransportFeedback.parse(body)
        case framing.PAYLOAD_FEEDBACK, pli.FORMAT:
            return Pli.parse(body)
        case framing.PAYLOAD_FEEDBACK, fir.FORMAT:
            return Fir.parse(body)
        case framing.PAYLOAD_FEEDBACK, remb.FORMAT:
            return Remb.parse(body)
    return None
