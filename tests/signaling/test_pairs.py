"""Which connection a description is of, and whether that one is still there."""

from __future__ import annotations

from time import perf_counter
from typing import Any

import pytest

from signaling.pairs import Origin, Pairs, read_origin

OLD, NEW = Origin("1 AA", "u"), Origin("2 BB", "u")


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_connection_is_named_by_session_id_and_fingerprint(end: str) -> None:
    lines = [
        "v=0",
        "o=mozilla...THIS_IS_SDPARTA-99.0 6001 3 IN IP4 0.0.0.0",
        "s=o=x 7 7",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=ice-ufrag:first",
        "a=fingerprint:sha-256 AB:CD",
        "m=video 9 UDP/TLS/RTP/SAVPF 96",
        "a=ice-ufrag:second",
        "",
    ]
    origin = read_origin({"type": "offer", "sdp": end.join(lines)})
    assert origin == Origin("6001 sha-256 AB:CD", "first")


@pytest.mark.parametrize(
    "payload", [None, 7, "o=- 1 1", [], {}, {"sdp": None}, {"sdp": ""}, {"sdp": "o=- 1"}, {"sdp": "xo=- 1 2"}]
)
def test_what_is_no_description_has_no_origin(payload: Any) -> None:
    assert read_origin(payload) is None


def test_reading_is_bounded_and_linear() -> None:
    origin = read_origin({"sdp": "o=- " + "7" * 200 + " 1\r\na=ice-ufrag:" + "x" * 1_000_000})
    assert origin is not None
    assert len(origin.ice_ufrag) == 256
    assert read_origin({"sdp": "o=- " + "7" * 1_000_000 + " 1"}) is None
    started = perf_counter()
    read_origin({"sdp": "o=- 1 2" + "\n" * 5_000_000})
    assert perf_counter() - started < 5


def test_another_ufrag_of_the_same_connection_is_a_restart() -> None:
    pairs = Pairs()
    assert not pairs.said(1, 2, Origin("1 AA", "one"))
    assert not pairs.said(1, 2, Origin("1 AA", "one"))
    assert not pairs.said(2, 1, Origin("1 AA", "theirs"))
    assert not pairs.said(1, 2, Origin("2 AA", "another connection"))
    assert not pairs.said(1, 2, None)
    assert pairs.said(1, 2, Origin("1 AA", "two"))


def test_those_have_spoken_of_whom_one_has_described_a_connection() -> None:
    pairs = Pairs()
    assert not pairs.have_spoken(1, 2)
    pairs.said(2, 1, None)
    assert pairs.have_spoken(1, 2)
    assert not pairs.have_spoken(1, 3)
    pairs.part(1, 2)
    assert not pairs.have_spoken(2, 1)


def test_after_parting_what_is_of_the_old_connection_is_past() -> None:
    pairs = Pairs()
    pairs.said(1, 2, OLD)
    pairs.said(1, 3, OLD)
    assert not pairs.is_past(1, 2, OLD)
    pairs.part(2, 1)
    assert pairs.is_past(1, 2, OLD)
    assert not pairs.is_past(1, 2, NEW)
    assert not pairs.is_past(1, 3, OLD)
    assert not pairs.is_past(2, 1, OLD)
    assert not pairs.is_past(1, 2, None)


def test_an_answer_nobody_asked_for_is_past_with_its_connection() -> None:
    pairs = Pairs()
    assert pairs.answers_nothing(1, 2, OLD)
    assert pairs.is_past(1, 2, OLD)
    pairs.offered(2, 1)
    assert not pairs.answers_nothing(1, 2, NEW)
    assert pairs.answers_nothing(1, 3, None)


def test_whoever_leaves_and_returns_is_spoken_to_anew() -> None:
    pairs = Pairs()
    pairs.said(1, 2, OLD)
    pairs.offered(2, 1)
    pairs.leave(2)
    assert not pairs.have_spoken(1, 2)
    assert pairs.is_past(1, 2, OLD)
    assert pairs.answers_nothing(1, 2, NEW)


def test_of_endless_connections_the_newest_are_known() -> None:
    pairs = Pairs()
    for number in range(5_000):
        pairs.said(1, 2, Origin(str(number), "u"))
        pairs.said(1, 3, Origin(str(number), "u"))
    assert pairs.said(1, 2, Origin("4999", "v"))
    assert pairs.is_past(1, 2, Origin("4990", "u"))
    assert not pairs.is_past(1, 2, Origin("0", "u"))
    assert len(pairs._retired) == 1_000
    assert sum(map(len, pairs._said.values())) == 8
