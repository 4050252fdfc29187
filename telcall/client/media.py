"""What a participant sends: a tone, a colour, a file; and the way from one such track to several senders."""

from __future__ import annotations

import asyncio
import math
from array import array
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal

import structlog
from aiortc.contrib.media import MediaPlayer
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame, AudioResampler, VideoFrame

from telcall.client.tasks import Tasks

log = structlog.get_logger(__name__)

Kind = Literal["audio", "video"]
SAMPLE_RATE_HZ = 48_000
VIDEO_CLOCK_HZ = 90_000  # RFC 7741 §4.1
FRAME_SAMPLES = 960  # 20 ms
_QUEUED_FRAMES = 8
_MAX_DRIFT_S = 0.25


class _Paced(MediaStreamTrack):
    """Gives a frame every `step_s` seconds, counted from the first, so that no error adds up."""

    def __init__(self, step_s: float) -> None:
        super().__init__()
        self._step_s, self._count = step_s, 0
        self._start_s: float | None = None

    async def _turn(self) -> int:
        """Waits for the next frame's time; its number, from 0."""
        if self.readyState != "live":
            raise MediaStreamError
        now_s = asyncio.get_running_loop().time()
        if self._start_s is None or now_s > self._start_s + self._count * self._step_s + 1:
            self._start_s = now_s - self._count * self._step_s  # nobody asked for a while: no hurry
        await asyncio.sleep(self._start_s + self._count * self._step_s - now_s)
        self._count += 1
        return self._count - 1


class Tone(_Paced):
    """A sine of `hz` (whole hertz), in 20 ms frames. `amplitude`: 0 to 1."""

    kind = "audio"

    def __init__(self, hz: int, amplitude: float = 0.4) -> None:
        super().__init__(FRAME_SAMPLES / SAMPLE_RATE_HZ)
        step, peak = 2 * math.pi * hz / SAMPLE_RATE_HZ, amplitude * 32_767
        self._second = array("h", (round(peak * math.sin(step * at)) for at in range(SAMPLE_RATE_HZ)))

    async def recv(self) -> AudioFrame:
        turn = await self._turn()
        at = turn * FRAME_SAMPLES
        start = at % SAMPLE_RATE_HZ  # a whole number of frames and of periods fits into a second
        frame = AudioFrame(format="s16", layout="mono", samples=FRAME_SAMPLES)
        frame.planes[0].update(self._second[start : start + FRAME_SAMPLES].tobytes())
        frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE_HZ, at, Fraction(1, SAMPLE_RATE_HZ)
        return frame


class Colour(_Paced):
    """A picture of one colour. `rgb`: 0 to 255 each."""

    kind = "video"

    def __init__(
        self, rgb: tuple[int, int, int], *, width: int = 320, height: int = 240, frame_rate: int = 15
    ) -> None:
        super().__init__(1 / frame_rate)
        red, green, blue = rgb
        self._yuv = (  # ITU-R BT.601, limited range
            round(16 + 0.257 * red + 0.504 * green + 0.098 * blue),
            round(128 - 0.148 * red - 0.291 * green + 0.439 * blue),
            round(128 + 0.439 * red - 0.368 * green - 0.071 * blue),
        )
        self._width, self._height = width, height

    async def recv(self) -> VideoFrame:
        turn = await self._turn()
        frame = VideoFrame(self._width, self._height, "yuv420p")
        for plane, value in zip(frame.planes, self._yuv, strict=True):
            plane.update(bytes([value]) * plane.buffer_size)
        frame.pts = round(turn * self._step_s * VIDEO_CLOCK_HZ)
        frame.time_base = Fraction(1, VIDEO_CLOCK_HZ)
        return frame


class FilePlayer:
    """A file that `av` can read, at its own pace. `microphone` and `camera`: its tracks, where it has them.

    Reads up to a second ahead in a thread from the first `recv` on; `close` ends it. Raises `av.FFmpegError`
    (an `OSError` where the file cannot be opened).
    """

    def __init__(self, path: Path | str, *, loop: bool = False) -> None:
        player = MediaPlayer(str(path), loop=loop)
        self.microphone: MediaStreamTrack | None = player.audio
        self.camera: MediaStreamTrack | None = player.video

    def close(self) -> None:
        for track in (self.microphone, self.camera):
            if track is not None:
                track.stop()


class Resampler:
    """Sound of any shape to 16-bit PCM of 48 kHz. Takes up a change of the source's format."""

    def __init__(self, layout: Literal["mono", "stereo"], frame_samples: int | None = None) -> None:
        self._layout, self._frame_samples = layout, frame_samples
        self._shape: tuple[str, str, int] | None = None
        self._resampler: AudioResampler | None = None

    def resample(self, frame: AudioFrame) -> list[AudioFrame]:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or shape != self._shape:
            self._shape = shape
            self._resampler = AudioResampler(
                format="s16", layout=self._layout, rate=SAMPLE_RATE_HZ, frame_size=self._frame_samples
            )
        frame.pts = None  # the resampler would fill or cut at jumps; whoever needs times has better ones
        return self._resampler.resample(frame)


class Timeline:
    """Time stamps that only rise, whatever source they come from; in `rate_hz`."""

    def __init__(self, rate_hz: int, now_s: float) -> None:
        self._rate_hz, self._start_s = rate_hz, now_s
        self._offset_s: float | None = None
        self._next = 0

    def new_source(self) -> None:
        self._offset_s = None

    def stamp(self, source_s: float, duration: int, now_s: float) -> int:
        """`source_s`: the source's own time, whose spacing is kept unless it drifts too far off."""
        if self._offset_s is None or abs(source_s + self._offset_s - now_s) > _MAX_DRIFT_S:
            self._offset_s = now_s - source_s
        at = round((source_s + self._offset_s - self._start_s) * self._rate_hz)
        stamp = max(at, self._next)
        self._next = stamp + duration
        return stamp


class Outlet(MediaStreamTrack):
    """What one sender reads. It never ends by itself, because a sender whose track has ended is of no use
    any more; while it is shut, or nothing comes, the sender waits and sends nothing."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind = kind
        self.is_open = False
        self._queue: asyncio.Queue[AudioFrame | VideoFrame | None] = asyncio.Queue(_QUEUED_FRAMES)

    def put(self, frame: AudioFrame | VideoFrame) -> None:
        """A sender that is too slow loses the oldest frames."""
        if self.is_open and self.readyState == "live":
            self._push(frame)

    async def recv(self) -> AudioFrame | VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        frame = await self._queue.get()
        if frame is None:
            raise MediaStreamError
        return frame

    def stop(self) -> None:
        super().stop()
        self._push(None)

    def _push(self, frame: AudioFrame | VideoFrame | None) -> None:
        if self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(frame)


class Feed:
    """Reads one track at a time, which may be replaced at any moment, and gives its frames to all outlets.

    The tracks stay their owner's: they are read, never stopped.
    """

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._outlets: set[Outlet] = set()
        self._tasks = Tasks()
        self._task: asyncio.Task[None] | None = None
        self._replacing = asyncio.Lock()
        self._is_closed = False
        self._timeline = Timeline(
            SAMPLE_RATE_HZ if kind == "audio" else VIDEO_CLOCK_HZ, asyncio.get_running_loop().time()
        )

    def add_outlet(self) -> Outlet:
        outlet = Outlet(self._kind)
        self._outlets.add(outlet)
        return outlet

    def remove_outlet(self, outlet: Outlet) -> None:
        self._outlets.discard(outlet)
        outlet.stop()

    async def replace(self, track: MediaStreamTrack | None) -> None:
        """From now on read `track`; None, or after `close`: nothing. Raises `ValueError` on another kind."""
        if track is not None and track.kind != self._kind:
            raise ValueError(f"a track of kind {track.kind} is no {self._kind}")
        async with self._replacing:
            if self._task is not None:
                self._task.cancel()
                await asyncio.wait([self._task])
                self._task = None
            if track is not None and not self._is_closed:
                self._timeline.new_source()
                self._task = self._tasks.start(self._run(track), f"{self._kind}-feed")

    async def close(self) -> None:
        self._is_closed = True
        await self._tasks.close()
        for outlet in tuple(self._outlets):
            self.remove_outlet(outlet)

    async def _run(self, track: MediaStreamTrack) -> None:
        clock = asyncio.get_running_loop().time
        resampler = Resampler("stereo", FRAME_SAMPLES)
        samples = 0
        try:
            while True:
                frame = await track.recv()
                if isinstance(frame, AudioFrame):
                    for piece in resampler.resample(frame):
                        piece.pts = self._timeline.stamp(samples / SAMPLE_RATE_HZ, piece.samples, clock())
                        piece.time_base = Fraction(1, SAMPLE_RATE_HZ)
                        samples += piece.samples
                        self._give(piece)
                elif isinstance(frame, VideoFrame):
                    source_s = clock() if frame.time is None else frame.time
                    frame.pts = self._timeline.stamp(source_s, 1, clock())
                    frame.time_base = Fraction(1, VIDEO_CLOCK_HZ)
                    self._give(frame)
                else:
                    raise TypeError("a track that gives encoded packets cannot be sent")
        except MediaStreamError:
            log.debug("own_track_ended", kind=self._kind)

    def _give(self, frame: AudioFrame | VideoFrame) -> None:
        for outlet in self._outlets:
            outlet.put(frame)


def pcm(frame: AudioFrame) -> array[int]:
    """The samples of a mono 16-bit frame."""
    samples: array[int] = array("h")
    samples.frombytes(bytes(frame.planes[0])[: 2 * frame.samples])
    return samples


def mono_pcm(resampler: Resampler, frame: AudioFrame) -> Iterator[array[int]]:
    for piece in resampler.resample(frame):
        yield pcm(piece)
