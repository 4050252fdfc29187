"""Connections are counted by person and by address."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from signaling.admission import Admission, address_key
from signaling.config import Rate, SignalingConfig

S = 1_000_000


def test_an_address_has_so_many_places() -> None:
    limits: list[str] = []
    admission = Admission(SignalingConfig(connections_per_address=2), limits.append)
    assert [admission.open_address("a") for _ in range(3)] == [True, True, False]
    assert admission.open_address("b")
    admission.close_address("a")
    assert admission.open_address("a")
    assert limits == ["ws_per_address"]


def test_a_person_has_so_many_places() -> None:
    limits: list[str] = []
    admission = Admission(SignalingConfig(connections_per_user=1), limits.append)
    assert admission.open_user(1, 0)
    assert not admission.open_user(1, 0)
    admission.close_user(1)
    assert admission.open_user(1, 0)
    assert limits == ["ws_per_user"]


def test_a_person_may_try_so_often() -> None:
    limits: list[str] = []
    admission = Admission(SignalingConfig(opens_per_user=Rate(1, 2)), limits.append)
    for _ in range(2):
        assert admission.open_user(1, 0)
        admission.close_user(1)
    assert not admission.open_user(1, 0)
    assert admission.open_user(2, 0)
    assert admission.open_user(1, S)
    assert limits == ["ws_open_per_user"]


def test_only_failures_count_against_an_address() -> None:
    limits: list[str] = []
    admission = Admission(SignalingConfig(failed_opens_per_address=Rate(1, 2)), limits.append)
    assert all(admission.may_try("a", 0) for _ in range(100))
    admission.failed("a", 0)
    admission.failed("a", 0)
    assert not admission.may_try("a", 0)
    assert admission.may_try("b", 0)
    assert admission.may_try("a", S)
    assert limits == ["ws_open_per_address"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
    ],
)
def test_one_client_has_a_whole_64(one: str, other: str, same: bool) -> None:
    assert (address_key(ip_address(one)) == address_key(ip_address(other))) is same
    assert address_key(None) == "None"
