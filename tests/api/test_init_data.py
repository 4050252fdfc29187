"""Telegram's signatures: what is accepted, what is refused, and that hostile input is only ever refused."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from api.init_data import TELEGRAM_PUBLIC_KEY, InitDataError, Signers, TelegramUser, sign, verify

TOKEN = "123456:AAAA"
HMAC = Signers((TOKEN,))
NOW_S = 1_800_000_000


def fields(user: Any = None, **more: str) -> dict[str, str]:
    person = {"id": 42, "first_name": "Анна"} if user is None else user
    return {"auth_date": str(NOW_S), "user": person if isinstance(person, str) else json.dumps(person)} | more


def refused(init_data: str, signers: Signers = HMAC) -> tuple[int, str]:
    with pytest.raises(InitDataError) as caught:
        verify(init_data, signers, NOW_S)
    return caught.value.status, caught.value.detail


def test_documented_example_of_a_signature_is_accepted() -> None:
    # The algorithm of the Bot API's documentation, written out once more.
    import hashlib
    import hmac

    lines = "\n".join(f"{k}={v}" for k, v in sorted(fields(query_id="q").items()))
    key = hmac.new(b"WebAppData", TOKEN.encode(), hashlib.sha256).digest()
    digest = hmac.new(key, lines.encode(), hashlib.sha256).hexdigest()
    assert sign(fields(query_id="q"), TOKEN).endswith(f"hash={digest}")


def test_signed_user_is_read() -> None:
    person = {
        "id": 42,
        "first_name": " Анна ",
        "last_name": "",
        "username": "anna_k",
        "photo_url": "https://t.me/i/a.svg",
        "language_code": "ru",
    }
    expected = TelegramUser(42, "anna_k", True, "Анна", None, "https://t.me/i/a.svg", "ru")
    assert verify(sign(fields(person), TOKEN), HMAC, NOW_S) == expected


@pytest.mark.parametrize(
    ("init_data", "status", "detail"),
    [
        ("", 400, "Missing hash in initData"),
        ("auth_date=1", 400, "Missing hash in initData"),
        ("hash=", 400, "Missing hash in initData"),
        ("hash=é&auth_date=1", 401, "Invalid initData hash"),
        (sign(fields(), "another"), 401, "Invalid initData hash"),
        (sign(fields(), TOKEN).replace("42", "43"), 401, "Invalid initData hash"),
        ("&".join(f"a{n}=1" for n in range(100)), 400, "Malformed initData"),
        (sign({"user": "{}"}, TOKEN), 400, "Missing auth_date in initData"),
        (sign(fields(auth_date="soon"), TOKEN), 400, "Invalid auth_date in initData"),
        (sign(fields(auth_date="١٢٣"), TOKEN), 400, "Invalid auth_date in initData"),
        (sign(fields(auth_date="1e9"), TOKEN), 400, "Invalid auth_date in initData"),
        (sign(fields(auth_date="-1"), TOKEN), 400, "Invalid auth_date in initData"),
        (sign(fields(auth_date="9" * 5000), TOKEN), 400, "Invalid auth_date in initData"),
        (sign(fields(auth_date=str(NOW_S + 61)), TOKEN), 401, "initData is from the future"),
        (sign(fields(auth_date=str(NOW_S - 86_401)), TOKEN), 401, "initData is too old"),
        (sign({"auth_date": str(NOW_S)}, TOKEN), 400, "Missing user payload in initData"),
        (sign(fields(user="nonsense"), TOKEN), 400, "Invalid user payload"),
        (sign(fields(user="[1]"), TOKEN), 400, "Invalid user payload"),
        (sign(fields(user="[" * 10_000), TOKEN), 400, "Invalid user payload"),
        (sign(fields(user='{"id": "42"}'), TOKEN), 400, "Invalid user payload"),
        (sign(fields(user='{"id": true}'), TOKEN), 400, "Invalid user payload"),
        (sign(fields(user='{"id": 1.5}'), TOKEN), 400, "Invalid user payload"),
        (sign(fields(user='{"id": -5}'), TOKEN), 400, "Invalid user payload"),
        (sign(fields(user=json.dumps({"id": 2**63})), TOKEN), 400, "Invalid user payload"),
        (sign(fields(user="{}"), TOKEN), 400, "Telegram user id is required"),
        (sign(fields(user='{"id": null}'), TOKEN), 400, "Telegram user id is required"),
    ],
)
def test_refusal_says_why(init_data: str, status: int, detail: str) -> None:
    assert refused(init_data) == (status, detail)


@pytest.mark.parametrize("age_s", [-60, 0, 86_400])
def test_age_is_accepted_up_to_a_day_and_a_minute_ahead(age_s: int) -> None:
    assert verify(sign(fields(auth_date=str(NOW_S - age_s)), TOKEN), HMAC, NOW_S).id == 42


@pytest.mark.parametrize("username", ["abc", "a" * 33, "анна_к", "a b c d", "", None, 5, {"x": 1}])
def test_username_against_telegrams_rule_is_ignored(username: Any) -> None:
    person = verify(sign(fields({"id": 1, "username": username}), TOKEN), HMAC, NOW_S)
    assert person.username is None
    assert person.username_is_valid == (not username)


def test_texts_fit_their_columns() -> None:
    user = {
        "id": 1,
        "first_name": "a\0" + "я" * 500,
        "last_name": "\0",
        "photo_url": "javascript:alert(1)",
        "language_code": "x" * 99,
    }
    person = verify(sign(fields(user), TOKEN), HMAC, NOW_S)
    assert person.first_name == "a" + "я" * 254
    assert (person.last_name, person.photo_url, person.language_code) == (None, None, None)


def test_any_of_several_bot_tokens_counts() -> None:
    assert verify(sign(fields(), "dev"), Signers((TOKEN, "dev")), NOW_S).id == 42


def test_nobodys_signature_counts_without_signers() -> None:
    assert refused(sign(fields(), TOKEN), Signers())[0] == 401


# --- Telegram's own signature -----------------------------------------------------------------------------

KEY = Ed25519PrivateKey.generate()
THIRD_PARTY = Signers(bot_id=777, public_key=KEY.public_key().public_bytes_raw())


def telegram_signed(signed: dict[str, str], bot_id: int = 777) -> str:
    lines = "\n".join(f"{k}={v}" for k, v in sorted(signed.items()))
    signature = KEY.sign(f"{bot_id}:WebAppData\n{lines}".encode())
    encoded = base64.urlsafe_b64encode(signature).decode().rstrip("=")
    return sign({**signed, "signature": encoded}, "not known to us")


def test_telegrams_signature_is_accepted_for_our_bot_alone() -> None:
    assert verify(telegram_signed(fields()), THIRD_PARTY, NOW_S).id == 42
    assert refused(telegram_signed(fields(), bot_id=778), THIRD_PARTY) == (401, "Invalid initData signature")


@pytest.mark.parametrize(
    ("init_data", "expected"),
    [
        (sign(fields(), TOKEN), (400, "Missing signature in initData")),
        (sign(fields(signature="ééé"), TOKEN), (401, "Invalid initData signature")),
        (sign(fields(signature="AAAA"), TOKEN), (401, "Invalid initData signature")),
        (sign(fields(signature="A" * 86), TOKEN), (401, "Invalid initData signature")),
    ],
)
def test_bad_signature_is_refused(init_data: str, expected: tuple[int, str]) -> None:
    assert refused(init_data, THIRD_PARTY) == expected


def test_telegrams_key_is_a_key() -> None:
    assert refused(telegram_signed(fields()), Signers(bot_id=777, public_key=TELEGRAM_PUBLIC_KEY))[0] == 401


# --- hostile input ----------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
user_like = st.fixed_dictionaries(
    {"id": st.integers(1, 2**52) | json_values},
    optional=dict.fromkeys(
        ("username", "first_name", "last_name", "photo_url", "language_code"), json_values
    ),
)


@given(st.text(max_size=300))
def test_any_text_is_only_ever_refused(text: str) -> None:
    assert refused(text)[0] in (400, 401)
    assert refused(text, THIRD_PARTY)[0] in (400, 401)


@given(st.dictionaries(st.text(max_size=10), st.text(max_size=40), max_size=6))
def test_any_signed_fields_are_only_ever_refused(signed: dict[str, str]) -> None:
    try:
        init_data = sign(signed, TOKEN)
    except UnicodeEncodeError:
        return
    with pytest.raises(InitDataError):
        verify(init_data, HMAC, NOW_S)


@given(user_like)
def test_any_signed_user_is_taken_or_refused_and_fits(user: dict[str, Any]) -> None:
    try:
        person = verify(sign(fields(user), TOKEN), HMAC, NOW_S)
    except InitDataError:
        return
    assert 0 < person.id < 2**53
    for text in (
        person.first_name,
        person.last_name,
        person.username,
        person.photo_url,
        person.language_code,
    ):
        assert text is None or (0 < len(text) <= 2048 and "\0" not in text)
        (text or "").encode()
