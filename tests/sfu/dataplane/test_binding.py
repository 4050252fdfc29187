"""Which packets belong to which source."""

from sfu.core.rtcp.rr import ReceiverReport
from sfu.dataplane.engine import (
    DtlsReceived,
    ExtensionIds,
    SourceStarted,
)
from sfu.dataplane.srtp import MAX_INBOUND_SSRCS
from tests.sfu.dataplane.packets import OPUS, VP8, of_kind, vp8


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
