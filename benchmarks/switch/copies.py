"""Finds in a recording, window by window, which moments of a known sound are in it: none, one, or two.

Each window of 40 ms is correlated with the known sound around the place where that was found last; what
explains most of the window is taken out, and the rest is looked at again. So a hole is known within 20 ms,
whatever a decoder makes up in it. A bare cut from one copy to the other may read as a double of up to 30
ms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.switch.chirp import HEARD_HZ, Sound

WINDOW = HEARD_HZ * 40 // 1_000
HOP = HEARD_HZ * 5 // 1_000
HOP_MS = HOP * 1_000 // HEARD_HZ
REACH = HEARD_HZ * 6 // 10
"""How far apart, in samples, two copies may be."""
SAME = HEARD_HZ * 6 // 1_000
"""Copies closer than this are one, which a jitter buffer is stretching."""
HEARD_SHARE = 0.5
"""Of a window's energy that is explained by the known sound."""
SECOND_SHARE = 0.15
SECOND = 1_000 // HOP_MS
NEAR = 300 // HOP_MS
QUIET = 0.004
"""Root mean square below which a window is silence; the sound itself has 0.1."""


class NotHeard(Exception):
    """The known sound is nowhere in the first second."""


@dataclass(frozen=True)
class Heard:
    """Longest times in milliseconds. jump: by how much the sound is later (+) or earlier at the end.

    hole_at_change: of holes less than 300 ms from where the jump is; the others have other causes.
    """

    hole: int
    double: int
    jump: int
    hole_at_change: int


@dataclass(frozen=True)
class _Window:
    heard: bool
    double: bool
    offset: int | None


def judge(recording: Sound, known: Sound) -> Heard:
    """Both at `HEARD_HZ`. Raises `NotHeard`."""
    offset = _locate(recording[:HEARD_HZ], known)
    holes, doubles, offsets = [], [], []
    for at in range(0, len(recording) - WINDOW, HOP):
        window = _look(recording[at : at + WINDOW], known, at + offset)
        if window.offset is not None:
            offset = window.offset - at
        holes.append(not window.heard)
        doubles.append(window.double)
        offsets.append(offset)
    first, last = (float(np.median(part)) for part in (offsets[: SECOND // 2], offsets[-SECOND // 2 :]))
    change = _change(np.array(offsets), first, last)
    return Heard(
        hole=_longest(holes) * HOP_MS,
        double=_longest(doubles) * HOP_MS,
        jump=round((first - last) * 1_000 / HEARD_HZ),
        hole_at_change=_longest(holes[max(0, change - NEAR) : change + NEAR]) * HOP_MS,
    )


def _change(offsets: NDArray[np.int64], first: float, last: float) -> int:
    """The last window in which the sound is where it began, rather than where it ends."""
    before = np.abs(offsets - first) < np.abs(offsets - last)
    return int(before.nonzero()[0][-1]) if before.any() else 0


def _locate(beginning: Sound, known: Sound) -> int:
    """Where in `known` the recording begins."""
    length = 1 << (len(known) + len(beginning)).bit_length()
    spectrum = np.fft.rfft(known, length) * np.conj(np.fft.rfft(beginning, length))
    matches = np.fft.irfft(spectrum, length)[: len(known) - len(beginning)]
    at = int(matches.argmax())
    there = known[at : at + len(beginning)]
    alike = float(matches[at] / (np.linalg.norm(there) * np.linalg.norm(beginning) + 1e-9))
    if alike < 0.3:
        raise NotHeard(f"likeness {alike:.2f}")
    return at


def _look(window: Sound, known: Sound, expected: int) -> _Window:
    """expected: place in `known` to look around."""
    energy = float(window @ window)
    if energy < QUIET**2 * WINDOW:
        return _Window(heard=False, double=False, offset=None)
    start = max(0, expected - REACH)
    around = known[start : expected + REACH + WINDOW]
    if len(around) < 2 * WINDOW:
        return _Window(heard=False, double=False, offset=None)
    at, copy = _best(window, around)
    share = float(copy @ copy) / energy
    rest = window - copy
    second_at, second_copy = _best(rest, around)
    second = float(second_copy @ second_copy) / energy
    heard = share + second >= HEARD_SHARE
    double = heard and second >= SECOND_SHARE and abs(second_at - at) > SAME
    return _Window(heard, double, start + at if heard and share >= SECOND_SHARE else None)


def _best(window: Sound, around: Sound) -> tuple[int, Sound]:
    """Where a part of `around` explains most of `window`, and what it explains."""
    length = 1 << (len(around) + WINDOW).bit_length()
    places = len(around) - WINDOW + 1
    dots = np.fft.irfft(np.fft.rfft(around, length) * np.conj(np.fft.rfft(window, length)), length)[:places]
    sums = np.concatenate(([0.0], np.cumsum(around.astype(np.float64) ** 2)))
    energies = sums[WINDOW:] - sums[:-WINDOW] + 1e-9
    at = int((np.maximum(dots, 0) ** 2 / energies).argmax())
    part = around[at : at + WINDOW]
    return at, (part * (max(dots[at], 0.0) / energies[at])).astype(np.float32)


def _longest(flags: list[bool]) -> int:
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest
