"""What is found in recordings whose holes and doubles are known."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.switch.chirp import PLAYED_HZ, Sound, as_heard, chirp
from benchmarks.switch.copies import NotHeard, judge

PLAYED = chirp(8)
KNOWN = as_heard(PLAYED, PLAYED_HZ)


def played(from_s: float, to_s: float) -> Sound:
    return PLAYED[int(from_s * PLAYED_HZ) : int(to_s * PLAYED_HZ)].copy()


def test_nothing_is_found_in_an_even_recording() -> None:
    found = judge(as_heard(played(2, 5), PLAYED_HZ), KNOWN)
    assert (found.hole, found.double, found.jump) == (0, 0, 0)


@pytest.mark.parametrize("fill", ["silence", "a period again and again"])
def test_hole_is_found_whatever_is_in_it(fill: str) -> None:
    recording = played(2, 5)
    at, length = 2 * PLAYED_HZ, PLAYED_HZ // 10
    period = recording[at - 480 : at] if fill != "silence" else np.zeros(480, np.float32)
    recording[at : at + length] = np.tile(period, length // 480)
    assert judge(as_heard(recording, PLAYED_HZ), KNOWN).hole == pytest.approx(100, abs=25)


def test_two_moments_at_once_are_a_double() -> None:
    recording = played(2, 5)
    at, length = 2 * PLAYED_HZ, PLAYED_HZ // 5
    recording[at : at + length] += played(3.93, 4.13)
    found = judge(as_heard(recording, PLAYED_HZ), KNOWN)
    assert found.double == pytest.approx(200, abs=25)
    assert found.hole == 0


@pytest.mark.parametrize("jump_s", [-0.08, 0.08])
def test_cut_to_another_moment_is_a_jump_and_hardly_a_hole(jump_s: float) -> None:
    recording = np.concatenate([played(2, 4), played(4 - jump_s, 6)])
    found = judge(as_heard(recording, PLAYED_HZ), KNOWN)
    assert found.jump == pytest.approx(jump_s * 1_000, abs=2)
    assert found.hole <= 20
    assert found.double <= 35


def test_holes_elsewhere_are_told_from_those_at_the_change() -> None:
    recording = np.concatenate([played(1, 4), played(4.08, 6)])
    for at_s, length_s in ((1.5, 0.1), (3.1, 0.05)):
        recording[int(at_s * PLAYED_HZ) : int((at_s + length_s) * PLAYED_HZ)] = 0
    found = judge(as_heard(recording, PLAYED_HZ), KNOWN)
    assert found.hole == pytest.approx(100, abs=25)
    assert found.hole_at_change == pytest.approx(50, abs=25)


def test_other_rates_and_other_voices_are_no_matter() -> None:
    times = np.arange(len(played(2, 5))) / PLAYED_HZ
    mixed = played(2, 5) + 0.25 * np.sin(2 * np.pi * 6_000 * times)
    recorded = np.interp(np.arange(3 * 44_100) / 44_100, times, mixed)
    found = judge(as_heard(recorded, 44_100), KNOWN)
    assert (found.hole, found.double) == (0, 0)


def test_another_sound_is_not_taken_for_it() -> None:
    with pytest.raises(NotHeard):
        judge(as_heard(chirp(3, seed=2), PLAYED_HZ), KNOWN)
