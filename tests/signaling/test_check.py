"""A test of somebody's connection, walked through by a clock of its own."""

from __future__ import annotations

from sfu.client import Measured
from signaling.check import Check, CheckTimes

S = 1_000_000
TIMES = CheckTimes(offer_us=8 * S, connect_us=8 * S, echo_us=20 * S)


def connected_check(at_us: int = 2 * S) -> Check:
    check = Check(TIMES, 0)
    check.answered(1 * S)
    assert check.connected(at_us) is not None
    return check


def test_without_an_offer_it_ends() -> None:
    check = Check(TIMES, 0)
    assert check.next_deadline_us() == 8 * S
    assert check.advance(8 * S - 1) is None
    result = check.advance(8 * S)
    assert result is not None
    assert result.reason == "no_offer"
    assert check.next_deadline_us() is None


def test_no_connection_in_time_means_that_there_is_no_path() -> None:
    check = Check(TIMES, 0)
    check.answered(5 * S)
    check.answered(9 * S)  # a second offer gives no more time
    assert check.advance(13 * S - 1) is None
    result = check.advance(13 * S)
    assert result is not None
    assert (result.reason, result.connected_after_ms) == ("no_path", None)


def test_the_connection_is_told_once_and_timed_from_the_answer() -> None:
    check = Check(TIMES, 0)
    check.answered(1 * S)
    told = check.connected(1 * S + 250_000)
    assert told is not None
    assert told.after_ms == 250
    assert check.connected(3 * S) is None


def test_the_echo_ends_after_its_time() -> None:
    check = connected_check(2 * S)
    assert check.advance(22 * S - 1) is None
    result = check.advance(22 * S)
    assert result is not None
    assert (result.reason, result.connected_after_ms) == ("time_limit", 1_000)


def test_measured_every_second_and_at_the_end() -> None:
    check = connected_check(2 * S)
    assert not check.measure_due(3 * S - 1)
    for second in range(3, 22):
        assert check.next_deadline_us() == second * S
        assert check.measure_due(second * S)
        check.measured(Measured(), second * S)
    assert check.next_deadline_us() == 22 * S
    assert check.measure_due(22 * S)


def test_rates_are_of_the_last_interval_and_counters_of_the_whole() -> None:
    check = connected_check(2 * S)
    first = check.measured(Measured(packets_in=50, bytes_in=4_000), 3 * S)
    assert (first.uplink.kbps, first.downlink.rtt_ms, first.downlink.fraction_lost) == (32.0, None, None)
    second = check.measured(
        Measured(
            packets_in=90,
            bytes_in=12_000,
            lost_in=10,
            jitter_in_us=2_340,
            packets_out=80,
            bytes_out=1_000,
            lost_out=5,
            reported_out=80,
            jitter_out_us=1_000,
            rtt_us=45_678,
        ),
        5 * S,
    )
    assert (second.uplink.packets, second.uplink.lost, second.uplink.bytes) == (90, 10, 12_000)
    assert (second.uplink.kbps, second.uplink.jitter_ms) == (32.0, 2.3)
    down = second.downlink
    assert (down.kbps, down.fraction_lost, down.jitter_ms, down.rtt_ms) == (4.0, 0.062, 1.0, 45.7)
    check.left(6 * S)
    assert check.next_deadline_us() == 6 * S
    assert check.measure_due(6 * S)
    result = check.advance(6 * S)
    assert result is not None
    assert (result.reason, result.uplink, result.downlink) == ("finished", second.uplink, second.downlink)


def test_a_handshake_that_fails_and_a_connection_that_breaks_are_told_apart() -> None:
    check = Check(TIMES, 0)
    check.answered(1 * S)
    failed = check.broken()
    assert failed is not None
    assert failed.reason == "failed"
    lost = connected_check().broken()
    assert lost is not None
    assert lost.reason == "lost"


def test_it_is_over_once() -> None:
    check = connected_check()
    check.left(3 * S)
    assert check.advance(3 * S) is not None
    check.left(4 * S)
    assert (check.broken(), check.advance(100 * S), check.connected(5 * S)) == (None,) * 3
    assert check.next_deadline_us() is None
    assert not check.measure_due(100 * S)


def test_who_leaves_while_it_connects_is_let_go() -> None:
    check = Check(TIMES, 0)
    check.answered(1 * S)
    check.left(2 * S)
    assert check.connected(2 * S) is None
    result = check.advance(2 * S)
    assert result is not None
    assert (result.reason, result.connected_after_ms) == ("finished", None)


def test_rate_of_the_result_is_not_that_of_a_moment() -> None:
    check = connected_check(2 * S)
    check.measured(Measured(bytes_in=4_000, bytes_out=2_000), 3 * S)
    check.measured(Measured(bytes_in=12_000, bytes_out=6_000), 4 * S)
    check.left(4 * S + 1_000)
    check.measured(Measured(bytes_in=12_000, bytes_out=6_000), 4 * S + 1_000)
    result = check.advance(4 * S + 1_000)
    assert result is not None
    assert (result.uplink.kbps, result.downlink.kbps) == (63.9, 32.0)


def test_rate_of_a_check_that_is_left_at_once_is_that_of_the_whole() -> None:
    check = connected_check(2 * S)
    check.left(2 * S + 500_000)
    measured = check.measured(Measured(bytes_in=2_000), 2 * S + 500_000)
    assert measured.uplink.kbps == 32.0
