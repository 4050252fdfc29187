"""One participant's score: the worst of what comes from them and of what reaches them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from sfu.core.quality.score import NOTHING_HEARD, Score, video, voice

MIN_PACKETS = 20
"""Of fewer a single lost one says nothing."""


@dataclass(frozen=True, slots=True)
class Reception:
    """How a stream has been received since it began, so that nothing is missed between two looks.

    lost: of `expected`, those that have not come so far; late ones lower it. jitter_us: RFC 3550 §6.4.1.
    """

    kind: Literal["audio", "video"]
    expected: int
    lost: int
    jitter_us: int


Streams = Mapping[Hashable, Reception]
"""By anything that names a stream for as long as it lasts."""


class Meter:
    """Looks at fixed intervals, and judges what has happened since the last look."""

    def __init__(self) -> None:
        self._before: Streams = {}

    def measure(self, up: Streams, down: Streams, rtt_us: int | None) -> Score:
        """up: what the participant sends, as it was received. down: what they are sent, as they report it.

        Whoever sends nothing, or has no round-trip time yet, suffers no penalty for it.
        """
        before = self._before
        self._before = {**up, **down}
        scores = [
            score
            for way in (up, down)
            for score in _of_one_way(_since(way, before), rtt_us)
            if score is not None
        ]
        return min(scores, key=lambda each: each.score, default=NOTHING_HEARD)


def _since(now: Streams, before: Streams) -> list[Reception]:
    """Of each stream what has come since; those that stood still are left out."""
    courses = []
    for name, reception in now.items():
        then = before.get(name)
        expected = reception.expected - (then.expected if then is not None else 0)
        lost = reception.lost - (then.lost if then is not None else 0)
        if expected > 0:
            courses.append(Reception(reception.kind, expected, lost, reception.jitter_us))
    return courses


def _of_one_way(courses: Iterable[Reception], rtt_us: int | None) -> tuple[Score | None, Score | None]:
    voices = [each for each in courses if each.kind == "audio"]
    pictures = [each for each in courses if each.kind == "video"]
    heard, seen = _loss(voices), _loss(pictures)
    # The jitter that all streams have is the way's; what one has beyond that it brought along.
    jitter_us = min((each.jitter_us for each in voices), default=0)
    return (
        None if heard is None else voice(heard, jitter_us, rtt_us),
        None if seen is None else video(seen),
    )


def _loss(courses: Iterable[Reception]) -> float | None:
    """Of all of them together; None where that is too little to tell."""
    expected = sum(each.expected for each in courses)
    lost = sum(each.lost for each in courses)
    return min(max(lost, 0), expected) / expected if expected >= MIN_PACKETS else None
