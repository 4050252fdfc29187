"""What receivers check."""

from __future__ import annotations

from hashlib import sha256

from telcall.webhook_signature import signature


def test_signature_is_the_hmac_of_time_and_body() -> None:
    """By the definition: RFC 2104 section 2."""
    key = (b"k" * 32).ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in key) for pad in (0x36, 0x5C))
    body = '{"имя":1}'.encode()
    expected = sha256(outer + sha256(inner + b"1700000000." + body).digest()).hexdigest()
    assert signature("k" * 32, body, 1_700_000_000) == f"t=1700000000,v1={expected}"


def test_signature_tells_bodies_times_and_secrets_apart() -> None:
    usual = signature("k" * 32, b"1", 12)
    assert usual not in (
        signature("k" * 32, b"2", 12),
        signature("l" * 32, b"1", 12),
        signature("k" * 32, b"1", 13),
    )
    assert usual.partition("v1=")[2] != signature("k" * 32, b"1", 13).partition("v1=")[2]
