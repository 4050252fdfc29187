"""Who asks a database that is away, and who is refused."""

from __future__ import annotations

from store.breaker import Breaker


def test_all_are_admitted_until_it_fails() -> None:
    breaker = Breaker(retry_s=1)
    assert [breaker.admits(now_s) for now_s in (0, 0, 5)] == [True] * 3
    assert not breaker.is_open


def test_one_tries_in_each_interval() -> None:
    breaker = Breaker(retry_s=1)
    breaker.failed(10.0)
    assert breaker.is_open
    admitted = [now_s / 10 for now_s in range(100, 140) if breaker.admits(now_s / 10)]
    assert admitted == [11.0, 12.0, 13.0]


def test_failure_starts_the_wait_anew() -> None:
    breaker = Breaker(retry_s=1)
    breaker.failed(10.0)
    assert breaker.admits(11.0)
    breaker.failed(11.8)
    assert [breaker.admits(now_s) for now_s in (12.7, 12.9)] == [False, True]


def test_success_lets_all_in_again() -> None:
    breaker = Breaker(retry_s=1)
    breaker.failed(10.0)
    assert breaker.admits(11.0)
    breaker.succeeded()
    assert [breaker.admits(11.0) for _ in range(3)] == [True] * 3
