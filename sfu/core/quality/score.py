"""How good a link is for people: from loss, jitter and delay to one number.

Voice by the E-model (ITU-T G.107), where all terms but those of the network have their default values: a
rating R, and from it a mean opinion score (Annex B). Its delay term is the fit of Cole and Rosenbluth (Voice
over IP performance monitoring, 2001). For pictures no such model is content with packets: each point of loss
costs the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reason = Literal["good", "loss", "jitter", "delay", "silent"]

BEST = 4.4
"""What the E-model gives a faultless network."""
_WORST = 1.0
_GOOD = 4.0
"""From here on there is nothing to complain of."""
_FAULTLESS_R = 93.2
_LOSS_ROBUSTNESS = 25.1
"""Bpl of G.711 with packet loss concealment (ITU-T G.113 appendix I): none is standardized for Opus."""
_PACKET_MS = 20.0
_NOTICED_DELAY_MS = 177.3
_VIDEO_COST = 30.0
"""With 3 % of its packets missing for good a picture breaks every few seconds."""


@dataclass(frozen=True, slots=True)
class Score:
    """score: 1.0 to `BEST`, in tenths. reason: what it suffers from most."""

    score: float
    reason: Reason


NOTHING_HEARD = Score(BEST, "silent")
"""Nothing was sent: no reason to find fault."""


def voice(loss: float, jitter_us: int, rtt_us: int | None) -> Score:
    """loss: 0 to 1, of packets that never came. jitter_us: RFC 3550 §6.4.1. rtt_us: None while unknown."""
    percent = 100 * min(max(loss, 0.0), 1.0)
    way_ms = (rtt_us or 0) / 2_000
    buffer_ms = 2 * jitter_us / 1_000  # what a receiver has to hold back for most packets to be in time
    for_loss = 95 * percent / (percent + _LOSS_ROBUSTNESS)
    for_delay = _delay_impairment(way_ms + _PACKET_MS)
    for_jitter = _delay_impairment(way_ms + _PACKET_MS + buffer_ms) - for_delay
    score = _opinion(_FAULTLESS_R - for_loss - for_delay - for_jitter)
    reasons: dict[Reason, float] = {"loss": for_loss, "jitter": for_jitter, "delay": for_delay}
    return _scored(score, max(reasons, key=lambda reason: reasons[reason]))


def video(loss: float) -> Score:
    """loss: 0 to 1, of packets that never came, repaired ones left out."""
    return _scored(max(_WORST, BEST - _VIDEO_COST * max(loss, 0.0)), "loss")


def _scored(score: float, reason: Reason) -> Score:
    return Score(round(score, 1), "good" if score >= _GOOD else reason)


def _delay_impairment(delay_ms: float) -> float:
    return 0.024 * delay_ms + 0.11 * max(0.0, delay_ms - _NOTICED_DELAY_MS)


def _opinion(rating: float) -> float:
    if rating <= 0:
        return _WORST
    return max(_WORST, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6)
