"""aiortc's MediaRelay: one VP8 stream decoded, and encoded again for each viewer.

Counted is the CPU time of the whole process (libvpx has threads of its own) for aiortc's decoder, its relay
and its encoders. Left out, in its favour: RTP, SRTP and sockets.
"""

from __future__ import annotations

import asyncio
import fractions
import time
from collections.abc import Sequence

import av
import numpy
from aiortc.codecs.vpx import Vp8Decoder, Vp8Encoder, VpxPayloadDescriptor
from aiortc.contrib.media import MediaRelay
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack, VideoStreamTrack

WIDTH, HEIGHT = 640, 360
GRAIN = 4.0
"""Standard deviation of a pixel's brightness, of 255: a webcam in a room."""


def make_clip(frames: int) -> list[list[bytes]]:
    """RTP payloads of each frame of a clip, encoded by aiortc's VP8: soft shapes that move, and the grain
    that every camera adds."""
    random = numpy.random.default_rng(7)
    texture = random.integers(0, 255, (HEIGHT // 8 + 40, WIDTH // 8 + 40, 3), dtype=numpy.uint8)
    small = av.VideoFrame.from_ndarray(texture, format="rgb24")
    big = (
        small.reformat(width=texture.shape[1] * 8, height=texture.shape[0] * 8)
        .to_ndarray()
        .astype(numpy.int16)
    )
    encoder = Vp8Encoder()
    clip = []
    for number in range(frames):
        x = number * 2 % 300
        grain = random.normal(0, GRAIN, (HEIGHT, WIDTH, 1))
        picture = (big[x : x + HEIGHT, x : x + WIDTH] + grain).clip(0, 255).astype(numpy.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts, frame.time_base = number * 3_000, fractions.Fraction(1, 90_000)
        payloads, _ = encoder.encode(frame, force_keyframe=number == 0)
        clip.append(payloads)
    return clip


class _Decoded(VideoStreamTrack):
    """The clip, decoded as a receiver of aiortc does."""

    def __init__(self, clip: Sequence[Sequence[bytes]]) -> None:
        super().__init__()
        self._decoder = Vp8Decoder()
        self._clip = iter(enumerate(clip))

    async def recv(self) -> av.VideoFrame:
        for number, payloads in self._clip:
            data = b"".join(VpxPayloadDescriptor.parse(each)[1] for each in payloads)
            for frame in self._decoder.decode(JitterFrame(data=data, timestamp=number * 3_000)):
                if isinstance(frame, av.VideoFrame):
                    await asyncio.sleep(0)
                    return frame
        raise MediaStreamError


async def relay(clip: Sequence[Sequence[bytes]], viewers: int) -> float:
    """CPU microseconds per frame delivered to a viewer."""
    relay = MediaRelay()
    source = _Decoded(clip)
    tracks = [relay.subscribe(source) for _ in range(viewers)]

    async def view(track: MediaStreamTrack) -> int:
        encoder, delivered = Vp8Encoder(), 0
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return delivered
            if not isinstance(frame, av.VideoFrame):
                raise RuntimeError("the relay gave something else than a picture")
            payloads, _ = encoder.encode(frame)
            delivered += bool(payloads)

    begin = time.process_time_ns()
    delivered = sum(await asyncio.gather(*[view(track) for track in tracks]))
    spent = time.process_time_ns() - begin
    if delivered < 0.9 * len(clip) * viewers:
        raise RuntimeError(f"the relay delivered {delivered} of {len(clip) * viewers} frames")
    return spent / delivered / 1_000
