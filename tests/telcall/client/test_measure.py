from __future__ import annotations

import math
from array import array

import numpy as np
import pytest
from av import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from telcall.client.measure import loudest, mean_colour, tone_power
from telcall.client.media import Colour

RATE_HZ = 48_000


def sine(hz: float, seconds: float = 0.2, peak: int = 10_000) -> array[int]:
    step = 2 * math.pi * hz / RATE_HZ
    return array("h", (round(peak * math.sin(step * at)) for at in range(round(seconds * RATE_HZ))))


@given(st.integers(100, 8_000))
def test_pure_tone_has_all_of_the_power(hz: int) -> None:
    assert tone_power(sine(hz, 0.1), hz) > 0.98


def test_loudness_does_not_count() -> None:
    assert tone_power(sine(440, peak=100), 440) == pytest.approx(tone_power(sine(440), 440), abs=0.01)


def test_another_tone_has_none_of_it() -> None:
    assert tone_power(sine(440), 660) < 0.01


def test_two_tones_share_it() -> None:
    both = [a + b for a, b in zip(sine(440), sine(660), strict=True)]
    assert tone_power(both, 440) == pytest.approx(0.5, abs=0.02)


def test_noise_and_silence_are_no_tone() -> None:
    noise = np.random.default_rng(1).integers(-10_000, 10_000, 9_600).tolist()
    assert loudest(noise, [440, 660]) is None
    assert loudest([0] * 9_600, [440]) is None
    assert tone_power([], 440) == 0
    assert loudest(sine(440), []) is None


def test_loudest_tone_is_found() -> None:
    assert loudest(sine(660), [440, 660, 880]) == 660


async def test_colour_is_measured_as_it_was_given() -> None:
    for wanted in ((200, 40, 40), (40, 180, 40), (40, 40, 200), (255, 255, 255), (0, 0, 0)):
        frame = await Colour(wanted, width=66, height=50).recv()
        assert mean_colour(frame) == pytest.approx(wanted, abs=6)


def test_mean_is_over_the_whole_picture() -> None:
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, :32] = (200, 100, 0)
    frame = VideoFrame.from_ndarray(picture, format="rgb24")
    assert mean_colour(frame) == pytest.approx((100, 50, 0), abs=10)
