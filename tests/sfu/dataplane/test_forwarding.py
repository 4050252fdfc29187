"""The engine against real sockets and real SRTP: what subscribers get."""

import os

from sfu.dataplane.engine import (
    KeyframeWanted,
    SeatStarted,
    SourceStarted,
)
from tests.sfu.dataplane.packets import OPUS, VP8, of_kind, vp8


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
