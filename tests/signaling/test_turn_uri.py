"""TURN URIs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.turn_uri import TurnUri, parse_turn_uri


@pytest.mark.parametrize(
    ("uri", "parsed"),
    [
        ("turn:example.org", TurnUri("example.org", 3478, "udp", False)),
        ("turn:example.org:8000", TurnUri("example.org", 8000, "udp", False)),
        ("turn:192.0.2.1?transport=tcp", TurnUri("192.0.2.1", 3478, "tcp", False)),
        ("turn:[2001:db8::1]:99?transport=udp", TurnUri("2001:db8::1", 99, "udp", False)),
        ("turns:example.org", TurnUri("example.org", 5349, "tcp", True)),
        ("turns:example.org:443?transport=tcp", TurnUri("example.org", 443, "tcp", True)),
        ("turns:example.org?transport=udp", TurnUri("example.org", 5349, "udp", True)),
    ],
)
def test_what_rfc_7065_allows(uri: str, parsed: TurnUri) -> None:
    assert parse_turn_uri(uri) == parsed


@pytest.mark.parametrize(
    "uri",
    [
        *("", "turn:", "stun:example.org", "turn://example.org", "turn:a:0", "turn:a:65536", "turn:a:b"),
        *("turn:a?x=1", "turn:user@a", "turn:a?transport=sctp", " turn:a", "turn:a\n", "turn:[zz]"),
    ],
)
def test_what_it_does_not(uri: str) -> None:
    assert parse_turn_uri(uri) is None


@given(st.text() | st.from_regex(r"turns?:.*"))
def test_any_text_is_read_or_refused(uri: str) -> None:
    parsed = parse_turn_uri(uri)
    assert parsed is None or 0 < parsed.port < 65_536
