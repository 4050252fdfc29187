"""Real clients of the media server: aiortc peers that play a tone and a colour, and decode what they get."""

import asyncio
from contextlib import AsyncExitStack

import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from sfu.client import ConnectionChanged, MediaFlags, Offer, SeatOffer, SeatsChanged
from sfu.config import SfuConfig
from sfu.control.server import Server
from tests.sfu.control.media import Colour, Listening, Tone
from tests.sfu.control.mesh_peer import MeshPeer


class Peer:
    """A participant with a microphone, a camera and seats, as a v2 client offers them."""

    def __init__(self, server, room, user, *, seats=3, hz=None, colour=None, session=None):
        self.server, self.room, self.user = server, room, user
        self.session = session or f"session-{user}"
        self.hz, self.colour_name = hz, colour
        self.seatings, self.states = [], []
        self.offer_id = 0
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self.microphone = self.pc.addTransceiver(Tone(hz) if hz else "audio", direction="sendonly")
        self.camera = self.pc.addTransceiver(Colour(colour) if colour else "video", direction="sendonly")
        self.seat_transceivers = [
            (
                self.pc.addTransceiver("audio", direction="recvonly"),
                self.pc.addTransceiver("video", direction="recvonly"),
            )
            for _ in range(seats)
        ]
        self.listening = {}

    def heard(self, event):
        if isinstance(event, SeatsChanged):
            self.seatings.append(event)
        elif isinstance(event, ConnectionChanged):
            self.states.append(event.state)

    def offer(self, sdp):
        self.offer_id += 1
        return Offer(
            self.offer_id,
            sdp,
            {self.microphone.mid: "microphone", self.camera.mid: "camera"},
            [
                SeatOffer(number, audio.mid, video.mid)
                for number, (audio, video) in enumerate(self.seat_transceivers)
            ],
        )

    async def enter(self):
        await self.server.join(self.room, self.user, self.session, self.heard)
        self.server.set_media(self.room, self.user, MediaFlags(bool(self.hz), bool(self.colour_name), False))
        await self.negotiate()
        for pair in self.seat_transceivers:
            for transceiver in pair:
                self.listening[transceiver.mid] = Listening(transceiver.receiver.track)
        return self

    async def negotiate(self):
        await self.pc.setLocalDescription(await self.pc.createOffer())
        answer = await self.server.answer(self.room, self.user, self.offer(self.pc.localDescription.sdp))
        await self.pc.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        return answer

    def seat_of(self, user):
        if not self.seatings:
            return None
        return next((seat for seat in self.seatings[-1].seats if seat.participant == user), None)

    def hears(self, user):
        seat = self.seat_of(user)
        return self.listening[seat.audio_mid].tone_hz() if seat else None

    def sees(self, user):
        seat = self.seat_of(user)
        return self.listening[seat.video_mid].colour() if seat else None

    async def hang_up(self):
        await self.server.leave(self.room, self.user, self.session)
        await self.disconnect()

    async def disconnect(self):
        await self.pc.close()
        for each in self.listening.values():
            each.task.cancel()
        await asyncio.gather(*(each.task for each in self.listening.values()), return_exceptions=True)


@pytest.fixture
async def server():
    async with Server(SfuConfig()) as running:
        yield running


@pytest.fixture
async def enter(server):
    """`await enter(user, hz=…, colour=…)` -> a Peer in room `room`; all leave at the end."""
    async with AsyncExitStack() as stack:

        async def enter(user, *, room="room", **kwargs):
            peer = Peer(server, room, user, **kwargs)
            stack.push_async_callback(peer.hang_up)
            return await peer.enter()

        yield enter


@pytest.fixture
def make_peer():
    """`make_peer(server, user)` -> a Peer of room `room` that has not entered; the test hangs up."""

    def make_peer(server, user):
        return Peer(server, "room", user, hz=440, colour="red")

    return make_peer


@pytest.fixture
def enter_server(make_peer):
    """`await enter_server(server)` -> a Peer on a server of the test's own; the test hangs up."""

    async def enter_server(server):
        return await make_peer(server, 1).enter()

    return enter_server


@pytest.fixture
def eventually():
    """`await eventually(condition)`: true within a minute, or the test fails with what it came to."""

    async def eventually(condition, timeout_s=60.0):
        async with asyncio.timeout(timeout_s):
            while not condition():  # noqa: ASYNC110 - what is awaited is beyond this loop
                await asyncio.sleep(0.05)

    return eventually


@pytest.fixture
async def enter_mesh(server):
    """`await enter_mesh(user, others, hz=…, colour=…)` -> a MeshPeer in room `room`; all leave at the end."""
    async with AsyncExitStack() as stack:

        async def enter_mesh(user, others=(), *, hz=None, colour=None):
            def make_tracks():
                return ([Tone(hz)] if hz else []) + ([Colour(colour)] if colour else [])

            peer = MeshPeer(server, "room", user, make_tracks, Listening)
            peer.hz, peer.colour_name = hz, colour
            stack.push_async_callback(peer.hang_up)
            return await peer.enter(others)

        yield enter_mesh
