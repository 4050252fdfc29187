"""Tokens: only ours, only for their audience, only for their time."""

from __future__ import annotations

import base64
import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.tokens import Claims, TokenError, Tokens

KEY = "0123456789abcdef0123456789abcdef"
TOKENS = Tokens(KEY)
NOW_S = 1_800_000_000
GOOD: dict[str, Any] = {"sub": "7", "aud": "api", "iat": NOW_S, "exp": NOW_S + 60, "jti": "j"}


def signed(**changes: Any) -> str:
    payload = {name: value for name, value in (GOOD | changes).items() if value is not None}
    return jwt.encode(payload, KEY, algorithm="HS256")


def refusal(token: str, audiences: tuple[Any, ...] = ("api",), now_s: int = NOW_S) -> str:
    with pytest.raises(TokenError) as caught:
        TOKENS.read(token, audiences, now_s)
    return caught.value.detail


def test_issued_token_says_who_and_until_when() -> None:
    claims = TOKENS.read(TOKENS.issue(7, "ws", NOW_S, 300), ("ws", "api"), NOW_S + 299)
    assert claims == Claims(7, claims.jti, "ws", NOW_S, NOW_S + 300)
    assert len(claims.jti) == 22


def test_each_token_has_an_id_of_its_own() -> None:
    one, other = (TOKENS.read(TOKENS.issue(7, "api", NOW_S, 9), ("api",), NOW_S).jti for _ in range(2))
    assert one != other


def test_token_is_text_that_a_subprotocol_may_hold() -> None:
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    assert set(TOKENS.issue(2**31 - 1, "api", NOW_S, 9)) <= allowed


def test_socket_token_does_not_sign_requests_in() -> None:
    assert refusal(TOKENS.issue(7, "ws", NOW_S, 9)) == "Invalid token"


def test_token_ends_at_its_time() -> None:
    assert refusal(signed(), now_s=NOW_S + 60) == "Token has expired"


def test_token_that_is_known_is_checked_again() -> None:
    token = signed()
    assert TOKENS.read(token, ("api",), NOW_S).user_id == TOKENS.read(token, ("api", "ws"), NOW_S).user_id
    assert refusal(token, now_s=NOW_S + 60) == "Token has expired"
    with pytest.raises(TokenError, match="Invalid token"):
        TOKENS.read(token, ("ws",), NOW_S)


def unsigned(algorithm: str) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    return f"{part({'alg': algorithm, 'typ': 'JWT'})}.{part(GOOD)}."


@pytest.mark.parametrize(
    ("token", "detail"),
    [
        ("", "Invalid token"),
        ("garbage", "Invalid token"),
        ("a.b.c", "Invalid token"),
        ("é.é.é", "Invalid token"),
        (unsigned("none"), "Invalid token"),
        (unsigned("HS256"), "Invalid token"),
        (jwt.encode(GOOD, "f" * 32, algorithm="HS256"), "Invalid token"),
        (jwt.encode(GOOD, KEY + KEY, algorithm="HS512"), "Invalid token"),
        (jwt.encode(GOOD, KEY * 2, algorithm="HS384"), "Invalid token"),
        (signed(aud="admin"), "Invalid token"),
        (signed(aud=None), "Invalid token payload"),
        (signed(sub=None), "Invalid token payload"),
        (signed(jti=None), "Invalid token payload"),
        (signed(exp=None), "Invalid token payload"),
        (signed(iat=None), "Invalid token payload"),
        (signed(sub="x"), "Invalid token payload"),
        (signed(sub="0"), "Invalid token payload"),
        (signed(sub="٧"), "Invalid token payload"),
        (signed(sub="9" * 10), "Invalid token payload"),
        (signed(sub="9" * 1000), "Invalid token payload"),
        (signed(jti="x" * 65), "Invalid token payload"),
        (signed(exp="soon"), "Invalid token payload"),
        (signed(exp=1e300), "Invalid token payload"),
        (signed(iat=NOW_S + 61), "Invalid token"),
        (signed(pad="x" * 5000), "Invalid token"),
        (base64.urlsafe_b64encode(b'{"a":' * 500).decode() + ".e30.AA", "Invalid token"),
        (base64.urlsafe_b64encode(b"[" * 2900).decode().rstrip("=") + ".e30.AA", "Invalid token"),
    ],
)
def test_bad_token_is_refused(token: str, detail: str) -> None:
    assert refusal(token) == detail


def test_asymmetric_signature_is_not_taken_for_ours() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    assert refusal(jwt.encode(GOOD, Ed25519PrivateKey.generate(), algorithm="EdDSA")) == "Invalid token"


def test_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Tokens("short")


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
def test_any_text_is_only_ever_refused(text: str) -> None:
    refusal(text)


@given(
    st.dictionaries(
        st.sampled_from(["sub", "aud", "iat", "exp", "jti", "nbf"]),
        st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.text(max_size=4)),
    )
)
def test_any_signed_payload_is_read_or_refused(payload: dict[str, Any]) -> None:
    try:
        token = jwt.encode(payload, KEY, algorithm="HS256")
    except (TypeError, ValueError):
        return
    try:
        claims = TOKENS.read(token, ("api",), NOW_S)
    except TokenError:
        return
    assert 0 < claims.user_id < 2**31


OLD_KEY = "f" * 40


def test_token_of_an_old_key_counts_while_the_key_is_known() -> None:
    of_old = Tokens(OLD_KEY).issue(7, "api", NOW_S, 9)
    turned = Tokens(KEY, (OLD_KEY,))
    assert turned.read(of_old, ("api",), NOW_S).user_id == 7
    assert TOKENS.read(turned.issue(8, "api", NOW_S, 9), ("api",), NOW_S).user_id == 8
    assert refusal(of_old) == "Invalid token"


def test_key_id_alone_opens_nothing() -> None:
    turned = Tokens(KEY, (OLD_KEY,))
    kid = jwt.get_unverified_header(turned.issue(7, "api", NOW_S, 9))["kid"]
    assert kid not in (KEY, OLD_KEY)
    for header in ({}, {"kid": kid}, {"kid": "unknown"}, {"kid": ""}):
        forged = jwt.encode(GOOD, OLD_KEY, algorithm="HS256", headers=header)
        with pytest.raises(TokenError, match="Invalid token"):
            turned.read(forged, ("api",), NOW_S)


def test_short_old_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Tokens(KEY, ("short",))


def test_token_given_for_another_one_falls_with_it() -> None:
    first = TOKENS.read(TOKENS.issue(7, "api", NOW_S, 9), ("api",), NOW_S)
    given = TOKENS.read(TOKENS.issue(7, "ws", NOW_S, 9, session=first.revocation_id), ("ws",), NOW_S)
    assert first.revocation_id == first.jti
    assert (given.revocation_id, given.jti == first.jti) == (first.jti, False)
    assert refusal(signed(sid=5)) == refusal(signed(sid="x" * 65)) == "Invalid token payload"
