"""Token buckets, on a virtual clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signaling.config import Rate, RateLimits
from signaling.rate import ConnectionRates, KeyedBuckets, TokenBucket, message_class

S = 1_000_000


def test_a_full_bucket_gives_its_burst_and_no_more() -> None:
    bucket = TokenBucket(Rate(1, 5), 0)
    assert [bucket.take(0) for _ in range(6)] == [True] * 5 + [False]


def test_tokens_come_back_with_time() -> None:
    bucket = TokenBucket(Rate(2, 2), 0)
    assert bucket.take(0, 2)
    assert not bucket.take(S // 4)
    assert bucket.take(S // 2)


@given(st.lists(st.tuples(st.integers(0, 3 * S), st.floats(0.1, 4)), max_size=60))
def test_no_more_than_burst_and_rate_allow(steps: list[tuple[int, float]]) -> None:
    bucket, now_us, taken = TokenBucket(Rate(3, 10), 0), 0, 0.0
    for wait_us, amount in steps:
        now_us += wait_us
        if bucket.take(now_us, amount):
            taken += amount
        assert taken <= 10 + 3 * now_us / S + 1e-6


def test_each_class_of_messages_has_its_own_bucket() -> None:
    rates = ConnectionRates(RateLimits(sdp=Rate(1, 1), candidates=Rate(1, 2), other=Rate(1, 3)), 0)
    assert rates.take_message("sdp", 0)
    assert not rates.take_message("sdp", 0)
    assert [rates.take_message("candidate", 0) for _ in range(3)] == [True, True, False]
    assert [rates.take_message("other", 0) for _ in range(4)] == [True, True, True, False]


def test_what_a_message_counts_as_is_told_by_its_type() -> None:
    assert {message_class(kind) for kind in ("offer", "answer", "sfu_offer")} == {"sdp"}
    assert message_class("ice_candidate") == "candidate"
    assert {message_class(kind) for kind in ("ping", "made up", None, [], 1)} == {"other"}


def test_a_tiny_frame_is_not_free() -> None:
    rates = ConnectionRates(RateLimits(bytes=Rate(1, 1_000), frame_cost_bytes=100), 0)
    assert sum(rates.take_bytes(1, 0) for _ in range(50)) == 10


def test_twenty_violations_in_ten_seconds_are_too_many() -> None:
    rates = ConnectionRates(RateLimits(), 0)
    assert [rates.violation(i * S // 2) for i in range(20)] == [False] * 19 + [True]


def test_violations_far_apart_are_forgiven() -> None:
    rates = ConnectionRates(RateLimits(), 0)
    assert not any(rates.violation(i * S) for i in range(100))


def test_a_mesh_client_may_offer_to_a_full_room_and_again() -> None:
    rates = ConnectionRates(RateLimits.for_room_of(30), 0)
    assert all(rates.take_message("sdp", 0) for _ in range(29 * 4))
    assert all(rates.take_message("candidate", 0) for _ in range(29 * 40))


def test_buckets_by_key_are_bounded() -> None:
    buckets = KeyedBuckets(Rate(1, 1), max_keys=3)
    assert all(buckets.take(key, 0) for key in range(3))
    assert not buckets.take(2, 0)
    assert buckets.is_empty(2, 0)
    assert buckets.take(99, 0)  # forgets 0, unused for longest
    assert buckets.take(0, 0)
    assert not buckets.is_empty("never seen", 0)
