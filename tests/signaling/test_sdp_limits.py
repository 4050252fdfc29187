"""Bounds on session descriptions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.config import MessageLimits
from signaling.sdp_limits import sdp_beyond_limits

LIMITS = MessageLimits()


@pytest.mark.parametrize(
    ("sdp", "limit", "word"),
    [
        ("x" * (LIMITS.sdp_bytes + 1), "sdp_bytes", "too large"),
        ("v=0\r\na=" + "x" * LIMITS.sdp_line_bytes, "sdp_line", "line too long"),
        ("m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n" * (LIMITS.sdp_mlines + 1), "sdp_mlines", "m-lines"),
        ("m=audio\r\n" + "a=candidate:1\r\n" * (LIMITS.sdp_candidates + 1), "sdp_candidates", "candidates"),
    ],
)
def test_too_much_of_anything_is_told(sdp: str, limit: str, word: str) -> None:
    beyond = sdp_beyond_limits(sdp, LIMITS)
    assert beyond is not None
    assert beyond.limit == limit
    assert word in beyond.detail


def test_candidates_are_counted_per_mline() -> None:
    sdp = ("m=audio\r\n" + "a=candidate:1\r\n" * LIMITS.sdp_candidates) * 3
    assert sdp_beyond_limits(sdp, LIMITS) is None


@given(
    st.lists(st.sampled_from(["m=", "a=candidate:", "x" * 9, "\r", "\n", "\r\n", "\x0b", "\u2028"])).map(
        "".join
    )
)
def test_a_quick_look_says_what_a_look_at_each_line_says(sdp: str) -> None:
    limits = MessageLimits(sdp_line_bytes=20, sdp_mlines=3, sdp_candidates=2)
    lines = sdp.splitlines()
    kinds = "".join("m" if line.startswith("m=") else "c" * line.startswith("a=candidate:") for line in lines)
    is_beyond = (
        any(len(line) > 20 for line in lines)
        or kinds.count("m") > 3
        or any(map("ccc".__le__, kinds.split("m")))
    )
    assert (sdp_beyond_limits(sdp, limits) is not None) == is_beyond


@given(st.text(alphabet=st.sampled_from("m=a:candidate\r\nv0\ud800é"), max_size=300))
def test_no_text_breaks_the_check(sdp: str) -> None:
    assert sdp_beyond_limits(sdp, LIMITS) is None or len(sdp) > 40
