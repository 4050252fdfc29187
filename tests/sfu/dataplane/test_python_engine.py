"""The engine against real sockets and real SRTP."""

import os
import random
import socket
import threading
import time

import pytest

from sfu.core.rtcp.nack import Nack
from sfu.core.rtcp.pli import Pli
from sfu.core.rtcp.rr import ReceiverReport
from sfu.core.rtcp.sdes import SourceDescription
from sfu.core.rtcp.sr import SenderReport
from sfu.core.rtcp.twcc import TransportFeedback
from sfu.core.rtp.ntp import from_unix_us, to_unix_us
from sfu.core.rtp.packet import build_packet
from sfu.dataplane.engine import (
    DtlsReceived,
    ExtensionIds,
    KeyframeWanted,
    SeatStarted,
    SourceStarted,
    StunReceived,
)
from sfu.dataplane.python_engine import PythonEngine
from sfu.dataplane.srtp import MAX_INBOUND_SSRCS
from sfu.errors import EngineUnavailable

OPUS = {"payload_type": 111, "ssrc": 77}
VP8 = {"payload_type": 96, "ssrc": 88}


def vp8(picture_id: int, tl0: int, *, key: bool = False, body: bytes = b"body" * 100) -> bytes:
    head = bytes((0x90, 0xE0)) + (0x8000 | picture_id).to_bytes(2, "big") + bytes((tl0, 0))
    return head + (b"\x10" if key else b"\x11") + body


def of_kind(events, kind):
    return [event for event in events if isinstance(event, kind)]


# --- forwarding ----------------------------------------------------------------------------------------


async def test_audio_is_forwarded_with_the_subscribers_numbers(any_bench):
    alice, bob = any_bench.peer(), any_bench.peer()
    source = any_bench.source(alice)
    any_bench.seat_stream(bob, ssrc=500)
    any_bench.engine.seat(bob.id, 500, source)
    await any_bench.settled()
    for i in range(20):
        alice.send_rtp(
            **OPUS,
            seq16=(65_530 + i) & 0xFFFF,
            timestamp=960 * i,
            payload=b"opus %d" % i,
            marker=i == 0,
            extensions={4: b"0", 3: i.to_bytes(2, "big")},
        )
    packets = await any_bench.rtp(bob, 20)
    assert [payload for _, payload in packets] == [b"opus %d" % i for i in range(20)]
    assert [header.seq16 for header, _ in packets] == list(range(1_000, 1_020))
    assert [header.timestamp for header, _ in packets] == [5_000 + 960 * i for i in range(20)]
    assert {(header.ssrc, header.payload_type) for header, _ in packets} == {(500, 109)}
    assert [header.marker for header, _ in packets] == [True] + [False] * 19
    assert all(dict(header.extensions) == {9: b"7"} for header, _ in packets)
    await any_bench.until(lambda: of_kind(any_bench.events, SeatStarted))  # told after the packets are sent
    assert of_kind(any_bench.events, SourceStarted) == [SourceStarted(source, 77)]
    assert of_kind(any_bench.events, SeatStarted) == [SeatStarted(bob.id, 500, source)]


async def test_the_older_profile_is_spoken_too(cm_bench):
    alice, bob = cm_bench.peer(), cm_bench.peer()
    source = cm_bench.source(alice, ssrc=77)
    cm_bench.seat_stream(bob, ssrc=500)
    cm_bench.engine.seat(bob.id, 500, source)
    await cm_bench.settled()
    alice.send_rtp(**OPUS, seq16=1, timestamp=0, payload=b"sound")
    [(_, payload)] = await cm_bench.rtp(bob, 1)
    assert payload == b"sound"


async def test_a_video_begins_with_its_key_frame(bench):
    alice, bob = bench.peer(), bench.peer()
    source = bench.source(alice, "video", ssrc=88)
    bench.seat_stream(bob, "video", ssrc=600)
    bench.engine.seat(bob.id, 600, source)
    await bench.settled()
    for i in range(5):
        alice.send_rtp(**VP8, seq16=i, timestamp=0, payload=vp8(10, 3))
    await bench.until(lambda: of_kind(bench.events, KeyframeWanted))
    for i in range(5, 12):
        alice.send_rtp(
            **VP8, seq16=i, timestamp=3_000 * i, payload=vp8(20 + i, 40 + i, key=i == 5, body=b"%d" % i)
        )
    packets = await bench.rtp(bob, 7)
    assert [header.seq16 for header, _ in packets] == list(range(1_000, 1_007))
    assert [payload for _, payload in packets] == [
        vp8(300 + i, 20 + i, key=i == 0, body=b"%d" % (5 + i)) for i in range(7)
    ]


async def test_another_sitter_goes_on_with_the_streams_numbers(bench):
    alice, carol, bob = bench.peer(), bench.peer(), bench.peer()
    first = bench.source(alice, "video", ssrc=88)
    second = bench.source(carol, "video", ssrc=99)
    bench.seat_stream(bob, "video", ssrc=600)
    bench.engine.seat(bob.id, 600, first)
    await bench.settled()
    for i in range(3):
        alice.send_rtp(**VP8, seq16=i, timestamp=3_000 * i, payload=vp8(i, i, key=i == 0))
    before = await bench.rtp(bob, 3)
    bench.engine.seat(bob.id, 600, second)
    await bench.settled()
    alice.send_rtp(**VP8, seq16=3, timestamp=9_000, payload=vp8(3, 3))
    carol.send_rtp(payload_type=96, ssrc=99, seq16=9_000, timestamp=7, payload=vp8(77, 9, key=True))
    after = await bench.rtp(bob, 1)
    assert [header.seq16 for header, _ in before + after] == [1_000, 1_001, 1_002, 1_003]
    assert after[0][1] == vp8(303, 23, key=True)
    assert after[0][0].timestamp > before[-1][0].timestamp


async def test_a_short_picture_id_leaves_as_a_long_one(bench):
    alice, bob = bench.peer(), bench.peer()
    source = bench.source(alice, "video", ssrc=88)
    bench.seat_stream(bob, "video", ssrc=600)
    bench.engine.seat(bob.id, 600, source)
    await bench.settled()
    alice.send_rtp(**VP8, seq16=0, timestamp=0, payload=b"\x90\x80\x7f\x10key")
    alice.send_rtp(**VP8, seq16=1, timestamp=1, payload=b"\x90\x80\x80\x80\x11delta")
    packets = await bench.rtp(bob, 2)
    assert packets[0][1] == b"\x90\x80\x81\x2c\x10key"
    assert packets[1][1] == b"\x90\x80\x81\x2d\x11delta"


async def test_losses_and_reordering_keep_their_places(bench):
    alice, bob = bench.peer(), bench.peer()
    source = bench.source(alice, ssrc=77)
    bench.seat_stream(bob, ssrc=500)
    bench.engine.seat(bob.id, 500, source)
    await bench.settled()
    for seq in (10, 13, 12, 15):
        alice.send_rtp(**OPUS, seq16=seq, timestamp=960 * seq, payload=b"%d" % seq)
    packets = await bench.rtp(bob, 4)
    assert {payload: header.seq16 for header, payload in packets} == {
        b"10": 1_000,
        b"12": 1_002,
        b"13": 1_003,
        b"15": 1_005,
    }


async def test_a_padding_probe_keeps_its_place(bench):
    alice, bob = bench.peer(), bench.peer()
    source = bench.source(alice, "video", ssrc=88)
    bench.seat_stream(bob, "video", ssrc=600)
    bench.engine.seat(bob.id, 600, source)
    await bench.settled()
    alice.send_rtp(**VP8, seq16=0, timestamp=0, payload=vp8(0, 0, key=True))
    alice.send_rtp(**VP8, seq16=1, timestamp=0, payload=b"", padding_size=200)
    alice.send_rtp(**VP8, seq16=2, timestamp=3_000, payload=vp8(1, 1))
    packets = await bench.rtp(bob, 3)
    assert [header.seq16 for header, _ in packets] == [1_000, 1_001, 1_002]
    assert packets[1][0].padding_size == 200


async def test_a_frame_of_many_packets_arrives_whole_with_and_without_offload(any_bench):
    alice = any_bench.peer()
    viewers = [any_bench.peer() for _ in range(5)]
    source = any_bench.source(alice, "video", ssrc=88)
    for viewer in viewers:
        any_bench.seat_stream(viewer, "video", ssrc=600)
        any_bench.engine.seat(viewer.id, 600, source)
    await any_bench.settled()
    bodies = [os.urandom(1_100 - (i < 3)) for i in range(60)]
    for i, body in enumerate(bodies):
        alice.send_rtp(**VP8, seq16=i, timestamp=0, payload=vp8(0, 0, key=i == 0, body=body))
    for viewer in viewers:
        packets = await any_bench.rtp(viewer, len(bodies))
        assert [payload[7:] for _, payload in packets] == bodies


async def test_seven_bits_of_picture_id_wrap_without_a_jump(bench):
    alice, bob = bench.peer(), bench.peer()
    source = bench.source(alice, "video", ssrc=88)
    bench.seat_stream(bob, "video", ssrc=600)
    bench.engine.seat(bob.id, 600, source)
    await bench.settled()
    for i in range(6):
        picture_id7 = 125 + i & 0x7F
        body = b"\x90\x80" + bytes((picture_id7,)) + (b"\x10" if i == 0 else b"\x11")
        alice.send_rtp(**VP8, seq16=i, timestamp=3_000 * i, payload=body)
    packets = await bench.rtp(bob, 6)
    ids = [int.from_bytes(payload[2:4], "big") & 0x7FFF for _, payload in packets]
    assert ids == list(range(300, 306))


# --- feedback ------------------------------------------------------------------------------------------


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


# --- hostile networks ----------------------------------------------------------------------------------


async def test_an_address_that_was_not_allowed_is_not_heard(bench):
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for data in (b"\x80\x6f" + bytes(40), b"\x16\xfe\xfd" + bytes(40), b"\x80\xc8" + bytes(40)):
        stranger.sendto(data, bench.port.address)
    await bench.until(lambda: bench.engine.stats().dropped.get("unknown_address") == 3)
    assert bench.events == []
    stranger.close()


async def test_stun_goes_up_from_anybody_but_not_without_end(bench):
    stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stranger.bind(("127.0.0.1", 0))
    for _ in range(500):
        stranger.sendto(b"\x00\x01" + bytes(30), bench.port.address)
    await bench.until(lambda: bench.engine.stats().dropped.get("stun_flood", 0) > 400)
    await bench.until(lambda: of_kind(bench.events, StunReceived))
    assert len(bench.events) <= 60  # 20 a second, and the second may turn
    assert bench.events[0] == StunReceived(0, stranger.getsockname(), b"\x00\x01" + bytes(30))
    stranger.close()


async def test_dtls_of_an_allowed_address_goes_up(bench):
    alice = bench.peer()
    await bench.settled()
    alice.send(b"\x16\xfe\xfd" + bytes(20))
    await bench.until(lambda: bench.events)
    assert bench.events == [DtlsReceived(alice.id, 0, alice.address, b"\x16\xfe\xfd" + bytes(20))]


async def test_no_media_goes_to_an_address_that_has_not_proven_itself(bench):
    alice, victim = bench.peer(), bench.peer(media=False)
    source = bench.source(alice, ssrc=77)
    bench.seat_stream(victim, ssrc=500)
    bench.engine.seat(victim.id, 500, source)
    bob = bench.peer()
    bench.seat_stream(bob, ssrc=500)
    bench.engine.seat(bob.id, 500, source)
    await bench.settled()
    for i in range(200):
        alice.send_rtp(**OPUS, seq16=i, timestamp=960 * i, payload=b"x" * 500)
    await bench.rtp(bob, 200)
    assert victim.datagrams() == []


async def test_media_stops_when_its_address_is_taken_away(bench):
    alice, bob, carol = bench.peer(), bench.peer(), bench.peer()
    source = bench.source(alice, ssrc=77)
    for peer in (bob, carol):
        bench.seat_stream(peer, ssrc=500)
        bench.engine.seat(peer.id, 500, source)
    bench.engine.send_media_to(bob.id, 0, None)
    await bench.settled()
    alice.send_rtp(**OPUS, seq16=1, timestamp=0, payload=b"x")
    await bench.rtp(carol, 1)
    assert bob.datagrams() == []


async def test_forged_and_replayed_packets_are_counted_and_dropped(bench):
    alice, bob = bench.peer(), bench.peer()
    source = bench.source(alice, ssrc=77)
    bench.seat_stream(bob, ssrc=500)
    bench.engine.seat(bob.id, 500, source)
    await bench.settled()
    good = alice.outbound.protect(build_packet(**OPUS, seq16=5, timestamp=0, payload=b"good"))
    forged = bytearray(alice.outbound.protect(build_packet(**OPUS, seq16=6, timestamp=0, payload=b"evil")))
    forged[-1] ^= 1
    for data in (good, good, bytes(forged)):
        alice.send(data)
    await bench.until(lambda: bench.engine.stats().srtp_failures == 2)
    assert [payload for _, payload in await bench.rtp(bob, 1)] == [b"good"]


async def test_many_ssrcs_of_one_participant_are_bounded(bench):
    alice = bench.peer()
    bench.source(alice, ssrc=77)
    await bench.settled()
    for ssrc in range(1_000, 1_000 + MAX_INBOUND_SSRCS + 20):
        alice.send_rtp(payload_type=111, ssrc=ssrc, seq16=1, timestamp=0, payload=b"x")
    await bench.until(lambda: bench.engine.stats().srtp_failures == 20)
    assert bench.engine.stats().dropped["unknown_ssrc"] == MAX_INBOUND_SSRCS


@pytest.mark.fuzz
async def test_noise_from_an_allowed_address_harms_nobody(bench):
    alice, bob = bench.peer(), bench.peer()
    source = bench.source(alice, ssrc=77)
    bench.source(alice, "video", ssrc=88)
    bench.seat_stream(bob, ssrc=500)
    bench.engine.seat(bob.id, 500, source)
    await bench.settled()
    noise = random.Random(7)
    for i in range(5_000):
        first = noise.choice((0, 1, 20, 22, 128, 144, 160, 190, 255))
        alice.send(bytes((first,)) + noise.randbytes(noise.randrange(0, 1_600)))
        if i % 100 == 0:
            await bench.settled()
    # Authenticated rubbish: what a participant of bad will can send.
    for i in range(2_000):
        fields = {"payload_type": noise.choice((96, 111)), "ssrc": noise.choice((77, 88, 9_000 + i % 40))}
        body, padding = noise.randbytes(noise.randrange(0, 60)), noise.randrange(0, 256)
        extensions = {noise.randrange(1, 15): noise.randbytes(noise.randrange(1, 17))}
        alice.send_rtp(
            **fields, seq16=100 + i, timestamp=i, payload=body, padding_size=padding, extensions=extensions
        )
        alice.send(alice.outbound.protect_rtcp(bytes((0x81, noise.randrange(200, 208), 0, 1)) + bytes(4)))
        if i % 100 == 0:
            await bench.settled()
    heard: list[bytes] = []
    seqs = iter(range(3_000, 9_000))

    def still_here():  # said until it is heard: a full receive buffer may drop some of it
        alice.send_rtp(**OPUS, seq16=next(seqs), timestamp=0, payload=b"still here")
        heard.extend(payload for _, payload in bob.take()[0] if payload == b"still here")
        return len(heard) >= 3

    await bench.until(still_here)
    assert "internal_error" not in bench.engine.stats().dropped


# --- binding -------------------------------------------------------------------------------------------


async def test_sources_are_told_apart_by_mid(bench):
    alice = bench.peer()
    audio, video = bench.source(alice, mid="0"), bench.source(alice, "video", mid="1")
    await bench.settled()
    alice.send_rtp(**VP8, seq16=0, timestamp=0, payload=vp8(0, 0), extensions={4: b"1"})
    alice.send_rtp(**OPUS, seq16=0, timestamp=0, payload=b"x", extensions={4: b"0"})
    await bench.until(lambda: len(bench.events) >= 2)
    assert set(of_kind(bench.events, SourceStarted)) == {SourceStarted(audio, 77), SourceStarted(video, 88)}


async def test_only_the_agreed_encoding_of_a_simulcast_is_taken(bench):
    alice = bench.peer()
    source = bench.source(alice, "video", mid="1", rid="h", extensions=ExtensionIds(mid=4, rid=5))
    await bench.settled()
    for ssrc, rid in ((1, b"l"), (2, b"m"), (3, b"h")):
        alice.send_rtp(
            payload_type=96, ssrc=ssrc, seq16=0, timestamp=0, payload=vp8(0, 0), extensions={4: b"1", 5: rid}
        )
    await bench.until(lambda: bench.events)
    assert of_kind(bench.events, SourceStarted) == [SourceStarted(source, 3)]
    assert bench.engine.stats().dropped["unknown_ssrc"] == 2


async def test_a_client_without_mid_is_known_by_its_payload_type(bench):
    alice = bench.peer()
    source = bench.source(alice, extensions=ExtensionIds())
    await bench.settled()
    alice.send_rtp(**OPUS, seq16=0, timestamp=0, payload=b"x")
    await bench.until(lambda: bench.events)
    assert bench.events == [SourceStarted(source, 77)]


async def test_a_source_takes_everything_bound_to_it_along(bench):
    alice, bob = bench.peer(), bench.peer()
    first = bench.source(alice, ssrc=1_000)
    bench.seat_stream(bob, ssrc=500)
    await bench.settled()
    alice.send_rtp(payload_type=111, ssrc=2_000, seq16=1, timestamp=0, payload=b"x", extensions={4: b"0"})
    await bench.until(lambda: of_kind(bench.events, SourceStarted))
    bench.engine.remove_source(first)
    second = bench.source(alice, ssrc=3_000)
    bench.engine.seat(bob.id, 500, second)
    await bench.settled()
    for ssrc in (1_000, 2_000, 3_000):
        alice.send_rtp(payload_type=111, ssrc=ssrc, seq16=9, timestamp=0, payload=b"%d" % ssrc)
    packets = await bench.rtp(bob, 1)
    assert [payload for _, payload in packets] == [b"3000"]
    assert "internal_error" not in bench.engine.stats().dropped


async def test_a_defect_in_one_command_does_not_end_the_media_of_others(bench):
    alice, bob = bench.peer(), bench.peer()
    source = bench.source(alice, ssrc=77)
    bench.seat_stream(bob, ssrc=500)
    bench.engine.seat(bob.id, 500, source)

    def broken():
        raise KeyError("a defect")

    bench.engine._command(broken)
    await bench.settled()
    alice.send_rtp(**OPUS, seq16=1, timestamp=0, payload=b"still here")
    assert [payload for _, payload in await bench.rtp(bob, 1)] == [b"still here"]
    assert bench.engine.stats().dropped["internal_error"] == 1


async def test_a_removed_seat_stream_leaves_nothing(bench):
    alice, bob = bench.peer(), bench.peer()
    source = bench.source(alice, "video", ssrc=88)
    for ssrc in range(600, 650):
        bench.seat_stream(bob, "video", ssrc=ssrc)
        bench.engine.seat(bob.id, ssrc, source)
        bench.engine.remove_seat_stream(bob.id, ssrc)
    await bench.settled()
    assert bench.engine.stats().seat_streams == 0
    assert bench.engine._held.sitters[source] == []


async def test_more_than_the_scratch_memory_holds_is_sent_whole(any_bench):
    alice = any_bench.peer()
    listeners = [any_bench.peer() for _ in range(60)]
    source = any_bench.source(alice, ssrc=77)
    for listener in listeners:
        any_bench.seat_stream(listener, ssrc=500)
        any_bench.engine.seat(listener.id, 500, source)
    await any_bench.settled()
    payloads = [bytes((i,)) * 1_100 for i in range(40)]  # 60 x 40 x 1.1 kB: five times the memory
    for i, payload in enumerate(payloads):
        alice.send_rtp(**OPUS, seq16=i, timestamp=i, payload=payload)
    for listener in listeners:
        assert [payload for _, payload in await any_bench.rtp(listener, 40)] == payloads


async def test_rtcp_of_many_ssrcs_is_bounded(bench):
    alice = bench.peer()
    await bench.settled()
    for ssrc in range(5_000, 5_000 + MAX_INBOUND_SSRCS - 10):
        alice.send_rtp(payload_type=111, ssrc=ssrc, seq16=1, timestamp=0, payload=b"x")
    for ssrc in range(30):
        alice.send_rtcp(ReceiverReport(1_000 + ssrc))
    await bench.until(lambda: bench.engine.stats().srtp_failures == 20)


async def test_dtls_of_one_participant_does_not_fill_the_way_up(bench):
    alice = bench.peer()
    await bench.settled()
    for _ in range(1_000):
        alice.send(b"\x16\xfe\xfd" + bytes(20))
    await bench.until(lambda: bench.engine.stats().dropped.get("dtls_flood", 0) >= 800)
    assert len(of_kind(bench.events, DtlsReceived)) <= 200


# --- life ----------------------------------------------------------------------------------------------


async def test_nothing_stays_behind_after_many_joins(bench):
    stayer = bench.peer()
    stayed = bench.source(stayer, ssrc=77)
    await bench.settled()
    before = bench.engine.stats()
    files, threads = len(os.listdir("/proc/self/fd")), threading.active_count()
    for _ in range(200):
        peer = bench.peer()
        source = bench.source(peer, "video", ssrc=88)
        bench.seat_stream(peer, ssrc=500)
        bench.seat_stream(stayer, "video", ssrc=600)
        bench.engine.seat(peer.id, 500, stayed)
        bench.engine.seat(stayer.id, 600, source)
        bench.engine.remove_participant(peer.id)
        peer.socket.close()
    bench.engine.remove_participant(stayer.id)
    await bench.settled()
    after = bench.engine.stats()
    assert (before.participants, before.sources, before.srtp_contexts) == (1, 1, 2)
    assert (after.participants, after.sources, after.seat_streams, after.srtp_contexts) == (0, 0, 0, 0)
    assert bench.engine._held.sitters == {}
    assert bench.engine._held.ports[0].participants == {}
    assert (len(os.listdir("/proc/self/fd")), threading.active_count()) == (files, threads)


async def test_commands_for_what_is_gone_are_ignored(bench):
    alice = bench.peer()
    source = bench.source(alice, ssrc=77)
    bench.seat_stream(alice, ssrc=500)
    bench.engine.remove_participant(alice.id)
    bench.engine.seat(alice.id, 500, source)
    bench.engine.request_keyframe(source)
    bench.engine.remove_source(source)
    bench.engine.send_media_to(alice.id, 0, ("127.0.0.1", 9))
    await bench.settled()
    assert bench.engine.participant_stats(alice.id) is None


async def test_a_busy_port_is_named(bench):
    other = PythonEngine()
    with pytest.raises(EngineUnavailable, match=str(bench.port.address[1])):
        other.open_ports([bench.port.address], lambda events: None)
    other.close()


async def test_closing_twice_is_fine_and_ends_the_thread():
    engine = PythonEngine()
    engine.open_ports([("127.0.0.1", 0)], lambda events: None)
    engine.close()
    engine.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "telcall-dataplane"]


@pytest.mark.parametrize(
    ("profile", "size"), [("AEAD_AES_128_GCM", 30), ("AES_CM_128_HMAC_SHA1_80", 28), ("AEAD_AES_128_GCM", 0)]
)
async def test_a_key_of_a_wrong_length_is_refused_and_the_engine_goes_on(bench, profile, size):
    peer = bench.peer()
    with pytest.raises(ValueError, match="bytes of key and salt"):
        bench.engine.set_keys(peer.id, profile, bytes(size), bytes(size))
    await bench.settled()


async def test_media_to_a_port_that_is_not_there_is_ignored(bench):
    peer = bench.peer(media=False)
    bench.engine.send_media_to(peer.id, 5, peer.address[:2])
    await bench.settled()
    assert bench.engine.stats().participants == 1
