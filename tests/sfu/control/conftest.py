"""Real clients of the media server: aiortc peers that play a tone and a colour, and decode what they get."""

import asyncio
import fractions
from contextlib import AsyncExitStack

import numpy as np
import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, VideoFrame

from sfu.client import ConnectionChanged, MediaFlags, Offer, SeatOffer, SeatsChanged
from sfu.config import SfuConfig
from sfu.control.server import Server
from tests.sfu.control.mesh_peer import MeshPeer

RATE_HZ = 48_000
COLOURS = {"red": (81, 90, 240), "green": (145, 54, 34), "blue": (41, 240, 110)}  # Y, U, V


class _Paced(MediaStreamTrack):
    def __init__(self, step_s):
        super().__init__()
        self._step_s, self._count = step_s, 0
        self._start_s = None

    async def _turn(self):
        if self.readyState != "live":
            raise MediaStreamError
        now_s = asyncio.get_running_loop().time()
        self._start_s = now_s if self._start_s is None else self._start_s
        await asyncio.sleep(self._start_s + self._count * self._step_s - now_s)
        self._count += 1
        return self._count - 1


class Tone(_Paced):
    kind = "audio"

    def __init__(self, hz):
        super().__init__(0.02)
        self._hz = hz

    async def recv(self):
        turn = await self._turn()
        at = turn * 960 + np.arange(960)
        samples = (np.sin(2 * np.pi * self._hz * at / RATE_HZ) * 12_000).astype(np.int16)
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE_HZ, turn * 960, fractions.Fraction(1, RATE_HZ)
        return frame


class Colour(_Paced):
    kind = "video"

    def __init__(self, name):
        super().__init__(1 / 15)
        self._yuv = COLOURS[name]

    async def recv(self):
        turn = await self._turn()
        frame = VideoFrame(320, 240, "yuv420p")
        for plane, value in zip(frame.planes, self._yuv, strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts, frame.time_base = turn * 6_000, fractions.Fraction(1, 90_000)
        return frame


class Listening:
    """The last second of a track's sound, or its last picture."""

    def __init__(self, track):
        self.track = track
        self.samples = np.zeros(0)
        self.frames = 0
        self.yuv = None
        self.task = asyncio.create_task(self._run())

    async def _run(self):
        try:
            while True:
                frame = await self.track.recv()
                self.frames += 1
                if self.track.kind == "audio":
                    mono = frame.to_ndarray().reshape(-1)[:: len(frame.layout.channels)]
                    self.samples = np.concatenate([self.samples, mono])[-RATE_HZ // 2 :]
                else:
                    self.yuv = tuple(
                        float(np.median(np.frombuffer(plane, np.uint8)))
                        for plane in frame.reformat(format="yuv420p").planes
                    )
        except MediaStreamError:
            pass

    def tone_hz(self):
        """The loudest frequency of the last half second; None while there is silence."""
        if len(self.samples) < RATE_HZ // 2 or np.abs(self.samples).max() < 1_000:
            return None
        spectrum = np.abs(np.fft.rfft(self.samples * np.hanning(len(self.samples))))
        return float(spectrum.argmax() * RATE_HZ / len(self.samples))

    def colour(self):
        if self.yuv is None:
            return None
        near = [
            name
            for name, wanted in COLOURS.items()
            if all(abs(a - b) < 25 for a, b in zip(self.yuv, wanted, strict=True))
        ]
        return near[0] if near else "other"


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
