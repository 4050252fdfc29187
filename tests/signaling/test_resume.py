"""Resume tokens: only ours, of this call and person, not too old, and small."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signaling.resume import MAX_REMOVED, MAX_TOKEN_CHARS, ResumeTokens, resume_key

TOKENS = ResumeTokens(b"k" * 32, "this process", max_age_s=100)
STARTED_AT = datetime(2026, 11, 24, 12, tzinfo=UTC)
NOW_S = 1_800_000_000


def issue(tokens: ResumeTokens = TOKENS, **changed: Any) -> str:
    values: dict[str, Any] = {
        "call_id": "call",
        "user_id": 7,
        "stay": "s" * 22,
        "role": "host",
        "hand": True,
        "locked": True,
        "started_at": STARTED_AT,
        "now_s": NOW_S,
    }
    return tokens.issue(**values | changed)


def read(token: str, **changed: Any) -> Any:
    return TOKENS.read(token, **{"call_id": "call", "user_id": 7, "now_s": NOW_S} | changed)


def test_what_was_signed_is_read() -> None:
    claim = read(issue())
    assert (claim.stay, claim.role, claim.hand, claim.locked) == ("s" * 22, "host", True, True)
    assert claim.started_at == STARTED_AT
    assert not TOKENS.is_of_an_earlier_process(claim)


def test_another_run_of_the_server_reads_it_and_knows() -> None:
    token = issue(replace(TOKENS, process="before"))
    assert TOKENS.is_of_an_earlier_process(read(token))


def test_it_fits_into_a_header_and_needs_no_escaping() -> None:
    """With the longest ids that there are, in a call that as many as possible were removed from."""
    ids = range(2**31 - MAX_REMOVED, 2**31)
    longest = {"user_id": ids[-1], "call_id": "c" * 20, "role": "participant", "hand": False, "locked": False}
    token = issue(**longest, removed=ids, started_at=STARTED_AT.replace(microsecond=123_456))
    assert len(token) <= MAX_TOKEN_CHARS
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


@pytest.mark.parametrize("asked", [{"call_id": "other"}, {"user_id": 8}])
def test_of_another_call_or_person_it_is_none(asked: dict[str, Any]) -> None:
    assert read(issue(), **asked) is None


@pytest.mark.parametrize(
    ("age_s", "is_good"), [(-61, False), (-60, True), (0, True), (100, True), (101, False)]
)
def test_it_gets_old(age_s: int, is_good: bool) -> None:
    assert (read(issue(), now_s=NOW_S + age_s) is not None) == is_good


def test_under_another_key_it_is_none() -> None:
    assert read(issue(replace(TOKENS, key=b"K" * 32))) is None


def test_the_key_is_another_one_than_that_of_sign_in() -> None:
    secret = "s" * 32
    assert resume_key(secret) not in (secret.encode(), resume_key("t" * 32))
    assert len(resume_key(secret)) == 32


@given(st.text(max_size=40) | st.just("x" * 5_000), st.integers(0, 200))
def test_whatever_is_shown_instead_is_none(junk: str, at: int) -> None:
    token = issue()
    spoiled = token[: at % len(token)] + junk + token[at % len(token) + 1 :]
    assert read(junk) is None
    assert read(spoiled) is None or spoiled == token
