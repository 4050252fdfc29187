import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfu.core.quality.score import BEST, Score, video, voice

losses = st.floats(0, 1)
times_us = st.integers(0, 10_000_000)


def test_a_faultless_link_is_the_best_and_has_no_reason_to_complain():
    assert (voice(0, 0, None).score, voice(0, 0, None).reason) == (BEST, "good")
    assert (video(0).score, video(0).reason) == (BEST, "good")


def test_what_spoils_it_most_is_the_reason():
    assert voice(0.2, 0, 20_000).reason == "loss"
    assert voice(0, 0, 1_200_000).reason == "delay"
    assert voice(0, 300_000, 20_000).reason == "jitter"
    assert video(0.05).reason == "loss"


def test_scores_are_those_of_the_e_model():
    # G.107 Annex B: R = 93.2 - 95 * 5 / (5 + 25.1) - 0.024 * 20 = 76.9, that is 3.9.
    assert voice(0.05, 0, None).score == 3.9


@given(losses, losses, times_us, times_us)
def test_worse_is_never_better(a: float, b: float, jitter_us: int, rtt_us: int):
    less, more = sorted((a, b))
    assert 1.0 <= voice(more, jitter_us, rtt_us).score <= voice(less, jitter_us, rtt_us).score <= BEST
    assert voice(less, jitter_us, rtt_us).score <= voice(less, 0, rtt_us).score
    assert voice(less, jitter_us, rtt_us).score <= voice(less, jitter_us, None).score
    assert 1.0 <= video(more).score <= video(less).score <= BEST


@pytest.mark.parametrize(
    ("loss", "jitter_ms", "rtt_ms", "expected"),
    [
        (0, 0, None, Score(4.4, "good")),
        (0.02, 5, 100, Score(4.2, "good")),
        (0.1, 0, 40, Score(3.4, "loss")),
        (0.3, 30, 300, Score(1.6, "loss")),
        (0, 80, 80, Score(4.1, "good")),
        (0, 0, 900, Score(2.6, "delay")),
        (1, 0, None, Score(1.2, "loss")),
    ],
)
def test_the_page_judges_direct_connections_by_the_same_numbers(
    loss: float, jitter_ms: int, rtt_ms: int | None, expected: Score
) -> None:
    """They stand in frontend/src/core/call/directQuality.test.ts too."""
    assert voice(loss, jitter_ms * 1_000, None if rtt_ms is None else rtt_ms * 1_000) == expected
