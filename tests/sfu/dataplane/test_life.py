"""Ports, threads, and that nothing stays behind."""

import os
import threading

import pytest

from sfu.dataplane.python_engine import PythonEngine
from sfu.errors import EngineUnavailable


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
