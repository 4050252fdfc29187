"""How much somebody speaks, from the levels in their packets, on three time scales.

I. Volfin, I. Cohen, 'Dominant speaker identification for multipoint videoconferencing', Computer Speech and
Language 27 (2013): a number of active units out of n is scored by how much likelier speech makes it than
silence, a binomial against an exponential distribution. What the paper takes from sub-bands of the spectrum
is taken here from the level alone (RFC 6464), for an SFU decodes nothing.
"""

from __future__ import annotations

import functools
import math
from collections import deque

SILENCE = 127
"""The level of silence, -127 dBov; 0 is the loudest."""
BANDS = 13
_BAND_DB = 5
_IMMEDIATES, _IMMEDIATE_THRESHOLD = 5, 7
"""So many packets (of 20 ms) make one medium step, and from so many bands on a packet is active."""
_MEDIUMS, _MEDIUM_THRESHOLD = 10, 4
"""So many medium steps make one long step, and from so many active packets on a medium step is active."""
_LONGS = 10
_FLOOR_RISE_DB = 0.02
"""Per packet: a louder room is taken for the new floor after some ten seconds."""
_START_FLOOR_DB = 30.0
_SMOOTHING = 0.2


@functools.cache
def score(active: int, of: int, rate: float) -> float:
    """log of the binomial (p = 1/2) against the exponential distribution with that rate.

    Above zero, so that ratios of scores exist; and never less for more, though a binomial falls again beyond
    its middle.
    """
    return max(_likelihood(each, of, rate) for each in range(active + 1))


def _likelihood(active: int, of: int, rate: float) -> float:
    binomial = math.log(math.comb(of, active)) - of * math.log(2)
    return max(binomial - math.log(rate) + rate * active, _LOWEST)


_LOWEST = 1e-10


class Activity:
    """One speaker."""

    def __init__(self) -> None:
        self._floor_db = _START_FLOOR_DB
        self._immediates: deque[int] = deque([0] * _IMMEDIATES, maxlen=_IMMEDIATES)
        self._in_medium = 0
        self._mediums: deque[int] = deque([0] * _MEDIUMS, maxlen=_MEDIUMS)
        self._in_long = 0
        self._longs: deque[int] = deque([0] * _LONGS, maxlen=_LONGS)
        self.loudness = 0.0
        """0 to 1, smoothed over some packets; for showing."""

    def hear(self, level: int) -> None:
        """The level of one packet, 0 to 127 (-dBov)."""
        loud_db = SILENCE - level
        self._floor_db = min(self._floor_db + _FLOOR_RISE_DB, max(loud_db, 1))
        above_db = loud_db - self._floor_db
        self.loudness += _SMOOTHING * (max(0.0, above_db) / SILENCE - self.loudness)
        self._immediates.append(min(BANDS, int(max(0.0, above_db) / _BAND_DB)))
        self._in_medium += 1
        if self._in_medium == _IMMEDIATES:
            self._in_medium = 0
            self._mediums.append(sum(each > _IMMEDIATE_THRESHOLD for each in self._immediates))
            self._in_long += 1
            if self._in_long == _MEDIUMS:
                self._in_long = 0
                self._longs.append(sum(each > _MEDIUM_THRESHOLD for each in self._mediums))

    @property
    def is_speaking(self) -> bool:
        """In the last tenth of a second."""
        return sum(each > _IMMEDIATE_THRESHOLD for each in self._immediates) * 2 > _IMMEDIATES

    def scores(self) -> tuple[float, float, float]:
        """Immediate, medium, long."""
        return (
            score(max(self._immediates), BANDS, 0.78),
            score(self._mediums[-1], _IMMEDIATES, 24.0),
            score(self._longs[-1], _MEDIUMS, 47.0),
        )
