"""What strangers, and participants of bad will, can send."""

import random
import socket

import pytest

from sfu.core.rtp.packet import build_packet
from sfu.dataplane.engine import (
    DtlsReceived,
    StunReceived,
)
from sfu.dataplane.srtp import MAX_INBOUND_SSRCS
from tests.sfu.dataplane.packets import OPUS, of_kind


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
