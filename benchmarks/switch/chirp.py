"""A sound of which every moment is known again: six tones that glide at random, never the same twice.

One tone would do for the ear; at the rates of a call Opus makes something else of it at times.
"""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

PLAYED_HZ = 48_000
HEARD_HZ = 16_000
"""What is compared is all below 4 kHz."""
SECONDS = 300
"""Longer than any recording, so that no moment of one comes twice."""
TONES = 6
LOWEST_HZ, BAND_HZ = 250.0, 400.0
"""Of the lowest tone, and for each of them."""
GLIDE_S = 0.05
AMPLITUDE = 0.06
CUT_HZ = 4_300.0
"""Who else talks does so above this, and is not in the way."""


def chirp(seconds: float = SECONDS, seed: int = 1) -> Sound:
    """At `PLAYED_HZ`, -1 to 1."""
    random = np.random.default_rng(seed)
    samples, turns = int(seconds * PLAYED_HZ), int(seconds / GLIDE_S) + 2
    at = np.arange(samples) / PLAYED_HZ / GLIDE_S
    sound = np.zeros(samples)
    for tone in range(TONES):
        turning_hz = LOWEST_HZ + (tone + random.random(turns)) * BAND_HZ
        hz = np.interp(at, np.arange(turns), turning_hz)
        sound += AMPLITUDE * np.sin(2 * np.pi * (np.cumsum(hz) / PLAYED_HZ + random.random()))
    return sound.astype(np.float32)


def as_heard(sound: NDArray[Any], rate_hz: int) -> Sound:
    """At `HEARD_HZ`, without what is above `CUT_HZ`."""
    spectrum = np.fft.rfft(sound)
    spectrum[int(CUT_HZ / rate_hz * len(sound)) :] = 0
    samples = len(sound) * HEARD_HZ // rate_hz
    return (np.fft.irfft(spectrum[: samples // 2 + 1], samples) * samples / len(sound)).astype(np.float32)


def write_wav(path: Path, sound: Sound) -> None:
    """16-bit mono at `PLAYED_HZ`."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(PLAYED_HZ)
        file.writeframes((sound * 32_767).astype("<i2").tobytes())
