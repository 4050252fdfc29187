"""URIs of ICE servers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.ice_uri import IceUri, parse_ice_uri


@pytest.mark.parametrize(
    ("uri", "parsed"),
    [
        ("turn:example.org", IceUri("turn", "example.org", 3478, "udp", False)),
        ("turn:example.org:8000", IceUri("turn", "example.org", 8000, "udp", False)),
        ("turn:192.0.2.1?transport=tcp", IceUri("turn", "192.0.2.1", 3478, "tcp", False)),
        ("turn:[2001:db8::1]:99?transport=udp", IceUri("turn", "2001:db8::1", 99, "udp", False)),
        ("turns:example.org", IceUri("turn", "example.org", 5349, "tcp", True)),
        ("turns:example.org:443?transport=tcp", IceUri("turn", "example.org", 443, "tcp", True)),
        ("stun:example.org", IceUri("stun", "example.org", 3478, "udp", False)),
        ("stun:[2001:db8::1]:19302", IceUri("stun", "2001:db8::1", 19302, "udp", False)),
        ("stuns:example.org", IceUri("stun", "example.org", 5349, "tcp", True)),
        ("turns:example.org?transport=udp", IceUri("turn", "example.org", 5349, "udp", True)),
    ],
)
def test_what_the_rfcs_allow(uri: str, parsed: IceUri) -> None:
    assert parse_ice_uri(uri) == parsed


@pytest.mark.parametrize(
    "uri",
    [
        *(
            "",
            "turn:",
            "stun:example.org?transport=udp",
            "turn://example.org",
            "turn:a:0",
            "turn:a:65536",
            "turn:a:b",
        ),
        *("turn:a?x=1", "turn:user@a", "turn:a?transport=sctp", " turn:a", "turn:a\n", "turn:[zz]"),
    ],
)
def test_what_it_does_not(uri: str) -> None:
    assert parse_ice_uri(uri) is None


@given(st.text() | st.from_regex(r"(stun|turn)s?:.*"))
def test_any_text_is_read_or_refused(uri: str) -> None:
    parsed = parse_ice_uri(uri)
    assert parsed is None or 0 < parsed.port < 65_536
