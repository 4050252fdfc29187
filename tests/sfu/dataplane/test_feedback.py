"""The engine against real sockets: reports, retransmission, key frames."""

import os
import time

from sfu.core.rtcp.nack import Nack
from sfu.core.rtcp.pli import Pli
from sfu.core.rtcp.rr import ReceiverReport
from sfu.core.rtcp.sdes import SourceDescription
from sfu.core.rtcp.sr import SenderReport
from sfu.core.rtcp.twcc import TransportFeedback
from sfu.core.rtp.ntp import from_unix_us, to_unix_us
from sfu.dataplane.engine import (
    KeyframeWanted,
    SourceStarted,
)
from tests.sfu.dataplane.packets import OPUS, VP8, of_kind, vp8


async def gather_rtcp(bench, peer, kind, timeout_s=10.0):
    found = []

    def some():
        found.extend(packet for packet in peer.take()[1] if isinstance(packet, kind))
        return found

    await bench.until(some, timeout_s)
    return found


async def test_publishers_hear_when_their_packets_came(bench):
    alice = bench.peer()
    bench.source(alice, ssrc=77)
    await bench.settled()
    for i in (0, 1, 3):
        alice.send_rtp(**OPUS, seq16=i, timestamp=0, payload=b"x", extensions={3: i.to_bytes(2, "big")})
    [feedback, *_] = await gather_rtcp(bench, alice, TransportFeedback)
    assert feedback.base_seq16 == 0
    assert [arrival is not None for arrival in feedback.arrivals] == [True, True, False, True]


async def test_publishers_get_receiver_reports(bench):
    alice = bench.peer()
    bench.source(alice, ssrc=77)
    await bench.settled()
    for i in (0, 1, 2, 4):
        alice.send_rtp(**OPUS, seq16=i, timestamp=0, payload=b"x")
    [report, *_] = await gather_rtcp(bench, alice, ReceiverReport)
    [block] = report.reports
    assert (block.ssrc, block.packets_lost, block.highest_seq & 0xFFFF) == (77, 1, 4)


async def test_lost_video_is_asked_for_again(bench):
    alice = bench.peer()
    bench.source(alice, "video", ssrc=88)
    await bench.settled()
    for i in (0, 3):
        alice.send_rtp(**VP8, seq16=i, timestamp=0, payload=vp8(0, 0, key=True))
    [nack, *_] = await gather_rtcp(bench, alice, Nack)
    assert nack.media_ssrc == 88
    assert nack.lost == (1, 2)


async def test_a_key_frame_request_reaches_the_publisher(bench):
    alice = bench.peer()
    source = bench.source(alice, "video")
    await bench.settled()
    alice.send_rtp(**VP8, seq16=0, timestamp=0, payload=vp8(0, 0), extensions={4: b"0"})
    await bench.until(lambda: of_kind(bench.events, SourceStarted))
    bench.engine.request_keyframe(source)
    assert await gather_rtcp(bench, alice, Pli) == [Pli(1, 88)]


async def test_a_subscribers_lost_picture_is_told_upward(bench):
    alice, bob = bench.peer(), bench.peer()
    source = bench.source(alice, "video", ssrc=88)
    bench.seat_stream(bob, "video", ssrc=600)
    await bench.settled()
    bench.engine.seat(bob.id, 600, source)
    await bench.settled()
    alice.send_rtp(**VP8, seq16=0, timestamp=0, payload=vp8(0, 0, key=True))
    await bench.rtp(bob, 1)
    await bench.until(lambda: of_kind(bench.events, KeyframeWanted))
    bench.events.clear()

    def told():
        bob.send_rtcp(Pli(1, 600))
        return of_kind(bench.events, KeyframeWanted)

    await bench.until(told)


async def test_nobody_asks_for_pictures_of_other_peoples_seats(bench):
    alice, bob, carol = bench.peer(), bench.peer(), bench.peer()
    source = bench.source(alice, "video", ssrc=88)
    bench.seat_stream(bob, "video", ssrc=600)
    bench.engine.seat(bob.id, 600, source)
    bench.seat_stream(carol, "audio", ssrc=700)
    await bench.settled()
    alice.send_rtp(**VP8, seq16=0, timestamp=0, payload=vp8(0, 0, key=True))
    await bench.rtp(bob, 1)
    bench.events.clear()
    for _ in range(5):
        carol.send_rtcp(Pli(1, 600), Nack(1, 600, (1_000,)))
    await bench.until(lambda: not bench.engine.stats().srtp_failures)
    await bench.settled()
    assert of_kind(bench.events, KeyframeWanted) == []
    assert carol.datagrams() == []


async def test_a_lost_packet_comes_again_as_the_same_ciphertext(any_bench):
    alice, bob = any_bench.peer(), any_bench.peer()
    source = any_bench.source(alice, "video", ssrc=88)
    any_bench.seat_stream(bob, "video", ssrc=600)
    any_bench.engine.seat(bob.id, 600, source)
    await any_bench.settled()
    for i in range(30):
        alice.send_rtp(**VP8, seq16=i, timestamp=0, payload=vp8(0, 0, key=i == 0, body=os.urandom(900)))
    await any_bench.rtp(bob, 30)
    originals = {int.from_bytes(data[2:4], "big"): data for data in bob.received if data[1] & 0x7F == 120}
    bob.received.clear()
    bob.send_rtcp(Nack(1, 600, (1_003, 1_017, 1_029, 2_000)))
    again: list[bytes] = []

    def come():
        again.extend(data for data in bob.datagrams() if data[1] & 0x7F == 120)
        return len(again) >= 3

    await any_bench.until(come)
    assert again == [originals[seq] for seq in (1_003, 1_017, 1_029)]
    assert any_bench.engine.stats().retransmissions == 3


async def test_a_packet_is_sent_again_a_bounded_number_of_times(bench):
    alice, bob = bench.peer(), bench.peer()
    source = bench.source(alice, "video", ssrc=88)
    bench.seat_stream(bob, "video", ssrc=600)
    bench.engine.seat(bob.id, 600, source)
    await bench.settled()
    alice.send_rtp(**VP8, seq16=0, timestamp=0, payload=vp8(0, 0, key=True))
    await bench.rtp(bob, 1)
    for i in range(60):
        bob.send_rtcp(Nack(1, 600, (1_000,)))
        await bench.until(lambda want=i + 1: bench.engine.stats().nacks_received >= want)
    assert 1 <= bench.engine.stats().retransmissions <= 3


async def test_sender_reports_are_in_the_servers_clock_and_name_the_seat(bench):
    alice, bob = bench.peer(), bench.peer()
    audio, video = bench.source(alice, ssrc=77), bench.source(alice, "video", ssrc=88, mid="1")
    bench.seat_stream(bob, ssrc=500)
    bench.seat_stream(bob, "video", ssrc=600)
    bench.engine.seat(bob.id, 500, audio)
    bench.engine.seat(bob.id, 600, video)
    await bench.settled()
    # The publisher's clock is a day off; its audio and video timestamps 0 mean the same instant.
    wrong_us = time.time_ns() // 1_000 - 86_400_000_000
    alice.send_rtp(**OPUS, seq16=0, timestamp=0, payload=b"x")
    alice.send_rtp(**VP8, seq16=0, timestamp=0, payload=vp8(0, 0, key=True))
    await bench.rtp(bob, 2)
    alice.send_rtcp(
        SenderReport(77, from_unix_us(wrong_us), 0, 1, 1), SenderReport(88, from_unix_us(wrong_us), 0, 1, 1)
    )
    reports, names = {}, {}

    def both():
        for packet in bob.take()[1]:
            if isinstance(packet, SenderReport):
                reports[packet.ssrc] = packet
            elif isinstance(packet, SourceDescription):
                names.update(packet.cnames)
        return len(reports) == 2

    await bench.until(both)
    assert names == {500: "seat", 600: "seat"}
    now_us = time.time_ns() // 1_000
    for report in reports.values():
        assert abs(to_unix_us(report.ntp64) - now_us) < 5_000_000
    # What both streams say of the instant at which the publisher's timestamps were 0 agrees.
    zero_audio = to_unix_us(reports[500].ntp64) - (reports[500].rtp_timestamp - 5_000) * 1_000_000 // 48_000
    zero_video = to_unix_us(reports[600].ntp64) - (reports[600].rtp_timestamp - 5_000) * 1_000_000 // 90_000
    assert abs(zero_audio - zero_video) < 20_000
