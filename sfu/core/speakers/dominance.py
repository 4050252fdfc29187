"""Who speaks, and who holds the floor: decided from everybody's `Activity` at fixed intervals.

A challenger takes the floor when it leads on all three time scales (Volfin and Cohen 2013, section 4.2): a
cough wins the short one only, and a short 'yes' not the long one.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sfu.core.speakers.activity import SILENCE, Activity

DECISION_US = 250_000
"""At most four times a second."""
PACKET_US = 20_000
_LEAD_IMMEDIATE, _LEAD_MEDIUM, _LEAD_LONG = 3.0, 2.0, 0.0
_LOUDNESS_STEPS = 10
"""Told loudness is this coarse, so that it changes rarely."""
MAX_TOLD = 8


@dataclass(frozen=True, slots=True)
class Speaking:
    """speakers: (participant, loudness from 0 to 1), the loudest first. dominant: who spoke last for a while;
    stays through silence."""

    speakers: tuple[tuple[int, float], ...] = ()
    dominant: int | None = None


class Dominance:
    """One room's. Participants are those who were named in the last decision."""

    def __init__(self) -> None:
        self._activities: dict[int, Activity] = {}
        self._dominant: int | None = None

    def decide(self, levels: Mapping[int, Iterable[int]]) -> Speaking:
        """levels: of everybody who has a microphone here, the levels of the packets (0 to 127, -dBov) that
        came since the last decision."""
        for gone in self._activities.keys() - levels.keys():
            del self._activities[gone]
        for participant, heard in levels.items():
            activity = self._activities.setdefault(participant, Activity())
            count = 0
            for level in heard:
                activity.hear(level)
                count += 1
            if count == 0:
                for _ in range(DECISION_US // PACKET_US):
                    activity.hear(SILENCE)
        if self._dominant not in self._activities:
            self._dominant = None
        self._dominant = self._challenge()
        return Speaking(self._speakers(), self._dominant)

    def _challenge(self) -> int | None:
        speaking = {who: each for who, each in self._activities.items() if each.is_speaking}
        if self._dominant is None:
            return max(speaking, key=lambda who: speaking[who].scores()[1], default=None)
        immediate, medium, long = self._activities[self._dominant].scores()
        best, lead = self._dominant, 0.0
        for who, activity in speaking.items():
            theirs = activity.scores()
            leads = (
                math.log(theirs[0] / immediate),
                math.log(theirs[1] / medium),
                math.log(theirs[2] / long),
            )
            if (
                who != self._dominant
                and leads[0] > _LEAD_IMMEDIATE
                and leads[1] > _LEAD_MEDIUM
                and leads[2] > _LEAD_LONG
                and leads[1] > lead
            ):
                best, lead = who, leads[1]
        return best

    def _speakers(self) -> tuple[tuple[int, float], ...]:
        loud = sorted(
            ((each.loudness, who) for who, each in self._activities.items() if each.is_speaking),
            reverse=True,
        )
        return tuple(
            (who, math.ceil(loudness * _LOUDNESS_STEPS) / _LOUDNESS_STEPS)
            for loudness, who in loud[:MAX_TOLD]
        )
