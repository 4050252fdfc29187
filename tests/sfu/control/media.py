"""Tones and colours to send, and ears and eyes for what comes."""

import asyncio
import fractions

import numpy as np
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, VideoFrame

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
