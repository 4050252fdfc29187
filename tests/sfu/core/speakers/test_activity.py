import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.core.speakers.activity import BANDS, SILENCE, Activity, score

SPEECH, NOISE = 30, 85


@pytest.mark.parametrize(("of", "rate"), [(BANDS, 0.78), (5, 24.0), (10, 47.0)])
def test_more_active_units_never_score_less(of, rate):
    scores = [score(active, of, rate) for active in range(of + 1)]
    assert scores == sorted(scores)
    assert scores[0] > 0
    assert scores[-1] > scores[0]


def test_speech_over_noise_is_speaking_and_noise_alone_is_not():
    activity = Activity()
    for _ in range(100):
        activity.hear(NOISE)
    assert not activity.is_speaking
    for _ in range(5):
        activity.hear(SPEECH)
    assert activity.is_speaking
    assert activity.loudness > 0
    for _ in range(5):
        activity.hear(NOISE)
    assert not activity.is_speaking


def test_each_scale_answers_later_than_the_shorter_one():
    activity = Activity()
    quiet = activity.scores()
    first_risen = {}
    for packet in range(120):
        activity.hear(SPEECH)
        for scale, (now, before) in enumerate(zip(activity.scores(), quiet, strict=True)):
            if now > before:
                first_risen.setdefault(scale, packet)
    assert first_risen[0] < first_risen[1] < first_risen[2]


@given(st.lists(st.integers(0, SILENCE), max_size=400))
def test_whatever_levels_come_scores_are_positive_and_loudness_is_a_share(levels):
    activity = Activity()
    for level in levels:
        activity.hear(level)
    assert all(value > 0 and math.isfinite(value) for value in activity.scores())
    assert 0 <= activity.loudness <= 1
