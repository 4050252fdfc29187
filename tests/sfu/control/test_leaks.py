import asyncio
import os

from sfu.client import MediaFlags, Offer, SeatOffer
from sfu.control.dtls import Dtls, SrtpKeys


def open_files():
    return len(os.listdir("/proc/self/fd"))


async def test_two_hundred_joins_and_leaves_leave_nothing_behind(server, enter, eventually):
    stays = await enter(1, hz=440, colour="red")
    await eventually(lambda: stays.states == ["connected"])
    await eventually(lambda: server.stats().participants == 1)
    gauges = held(server)
    tasks, files = asyncio.all_tasks(), open_files()
    sdp = stays.pc.localDescription.sdp
    seats = [
        SeatOffer(number, audio.mid, video.mid)
        for number, (audio, video) in enumerate(stays.seat_transceivers)
    ]
    tracks = {stays.microphone.mid: "microphone", stays.camera.mid: "camera"}
    for number in range(200):
        room, user = ("room", 1_000 + number) if number % 2 else (f"room-{number}", 1)
        await server.join(room, user, "session", lambda event: None)
        server.set_media(room, user, MediaFlags(audio=True, video=True, screen=False))
        await server.answer(room, user, Offer(1, sdp, tracks, seats))
        if number % 3 == 0:
            await server.answer(room, user, Offer(2, sdp, tracks, seats))
        if number % 5 == 0:
            await server.join(room, user, "another", lambda event: None)
            await server.leave(room, user, "another")
        await server.leave(room, user, "session")
    await eventually(lambda: held(server) == gauges)
    await eventually(lambda: asyncio.all_tasks() <= tasks)
    assert open_files() == files
    assert list(server._rooms) == ["room"]
    assert len(server._connections._by_ufrag) == len(server._connections._by_id) == 1
    assert len(server._sources._videos) == 1


async def test_real_connections_leave_nothing_behind_either(server, enter, eventually):
    stays = await enter(1, hz=440, colour="red")
    await eventually(lambda: stays.states == ["connected"])
    await eventually(lambda: server.stats().participants == 1)
    gauges, paths = held(server), len(server._connections._by_path)
    tasks = len(asyncio.all_tasks())
    for number in range(5):
        guest = await enter(100 + number, hz=660, colour="green")
        await eventually(lambda guest=guest: guest.hears(1) is not None)
        await guest.hang_up()
    await eventually(lambda: held(server) == gauges)
    await eventually(lambda: len(server._connections._by_path) == paths)
    await eventually(lambda: len(asyncio.all_tasks()) == tasks)


def held(server):
    stats = server.stats()
    return stats.participants, stats.sources, stats.seat_streams, stats.srtp_contexts


async def test_a_cancellation_that_the_handshake_swallows_still_ends_the_connection(
    server, enter, eventually, monkeypatch
):
    begun = asyncio.Event()

    async def handshake(self, fingerprints):
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return SrtpKeys("AEAD_AES_128_GCM", bytes(28), bytes(28))

    monkeypatch.setattr(Dtls, "handshake", handshake)
    await enter(1)
    async with asyncio.timeout(20):
        await begun.wait()
        await server.leave("room", 1, "session-1")
    await eventually(lambda: server.stats().participants == 0)
