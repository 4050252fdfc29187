"""How loud a tone is in a piece of sound, and which colour a picture has: for tests and probes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from av import VideoFrame

from telcall.client.media import SAMPLE_RATE_HZ

_THUMBNAIL = 16  # pixels in each direction


def tone_power(samples: Sequence[int], hz: float, rate_hz: int = SAMPLE_RATE_HZ) -> float:
    """The share of the sound's power that is at `hz`, 0 to 1, by Goertzel's algorithm.

    `samples`: 16-bit PCM of one channel. Silence and an empty piece have 0. A pure tone has almost 1. The
    resolution is the inverse of the piece's length: half a second tells tones apart that differ by 4 Hz.
    """
    energy = sum(sample * sample for sample in samples)
    if energy == 0:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * hz / rate_hz)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + turn * last - before
    power = before * before + last * last - turn * before * last
    return min(1.0, 2 * power / (len(samples) * energy))


def loudest(samples: Sequence[int], tones_hz: Iterable[float], rate_hz: int = SAMPLE_RATE_HZ) -> float | None:
    """Which of these tones the sound mainly consists of; None if of none."""
    power, hz = max(((tone_power(samples, hz, rate_hz), hz) for hz in tones_hz), default=(0.0, None))
    return hz if power > 0.5 else None


def mean_colour(frame: VideoFrame) -> tuple[float, float, float]:
    """Red, green and blue of the whole picture on average, 0 to 255 each."""
    small = frame.reformat(width=_THUMBNAIL, height=_THUMBNAIL, format="rgb24")
    plane = small.planes[0]
    data = bytes(plane)
    rows = [data[row * plane.line_size :][: 3 * _THUMBNAIL] for row in range(_THUMBNAIL)]
    red, green, blue = (sum(sum(row[channel::3]) for row in rows) / _THUMBNAIL**2 for channel in range(3))
    return red, green, blue
