"""Telegram's signed `initData`: who opened the Mini App, as the Bot API's documentation describes it.

Two signatures: an HMAC keyed by the bot's token, and Telegram's own Ed25519 one, which needs the bot's id
alone. No I/O; whatever comes in, only `InitDataError` goes out, and it never repeats the input.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import JsonValue, TypeAdapter, ValidationError

MAX_AGE_S = 86_400
CLOCK_LEEWAY_S = 60
MAX_FIELDS = 64
MAX_TELEGRAM_ID = 2**53 - 1  # documented: at most 52 bits; ids of dev sign-in lie just above

# Telegram's key for third parties, from the same documentation.
TELEGRAM_PUBLIC_KEY = bytes.fromhex("e7bf03a2fa4602af4580703d88dda5bb59f32ed8b02a56c187fe7d34caed242d")

_USERNAME = re.compile(r"[A-Za-z0-9_]{5,32}")
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{2,35}")
_PHOTO_URL = re.compile(r"https://[\x21-\x7e]{1,2000}")
_AUTH_DATE = re.compile(r"[0-9]{1,12}")
_NAME_MAX = 255
_JSON: TypeAdapter[JsonValue] = TypeAdapter(JsonValue)


class InitDataError(Exception):
    """Refused. `status` 400: not of the right form; 401: not signed, or not at the right time."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


@dataclass(frozen=True, slots=True)
class TelegramUser:
    """The person, with what breaks Telegram's own rules left out. Texts hold no NUL."""

    id: int
    username: str | None
    username_is_valid: bool
    """False: something came that is no username."""
    first_name: str | None
    last_name: str | None
    photo_url: str | None
    language_code: str | None


@dataclass(frozen=True, slots=True)
class Signers:
    """Whose signature counts: the HMAC of any of `bot_tokens`, else Telegram's for the bot `bot_id`."""

    bot_tokens: Sequence[str] = ()
    bot_id: int | None = None
    public_key: bytes = TELEGRAM_PUBLIC_KEY


def verify(init_data: str, signers: Signers, now_s: int) -> TelegramUser:
    """The person who opened the Mini App. `now_s`: Unix time. Raises `InitDataError`."""
    fields = _parse(init_data)
    if signers.bot_tokens:
        _check_hash(fields, signers.bot_tokens)
    elif signers.bot_id is not None:
        _check_signature(fields, signers.bot_id, signers.public_key)
    else:
        raise InitDataError(401, "Invalid initData hash")
    _check_age(fields, now_s)
    return _user(fields)


def sign(fields: Mapping[str, str], bot_token: str) -> str:
    """`fields` as initData with the HMAC of `bot_token`."""
    return urlencode({**fields, "hash": _hash(fields, bot_token)})


def _parse(init_data: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(init_data, keep_blank_values=True, max_num_fields=MAX_FIELDS))
    except ValueError:
        raise InitDataError(400, "Malformed initData") from None


def _hash(fields: Mapping[str, str], bot_token: str) -> str:
    key = hmac.digest(b"WebAppData", bot_token.encode(), "sha256")
    return hmac.new(key, _lines(fields, without=("hash",)), hashlib.sha256).hexdigest()


def _lines(fields: Mapping[str, str], *, without: Sequence[str], first: str = "") -> bytes:
    lines = (f"{name}={value}" for name, value in sorted(fields.items()) if name not in without)
    return (first + "\n".join(lines)).encode("utf-8", "surrogatepass")


def _check_hash(fields: Mapping[str, str], bot_tokens: Sequence[str]) -> None:
    if not (given := fields.get("hash")):
        raise InitDataError(400, "Missing hash in initData")
    digest = given.encode("utf-8", "surrogatepass")
    # A list, not a generator: the time must not tell which of the tokens fits.
    if not any([hmac.compare_digest(_hash(fields, token).encode(), digest) for token in bot_tokens]):  # noqa: C419
        raise InitDataError(401, "Invalid initData hash")


def _check_signature(fields: Mapping[str, str], bot_id: int, public_key: bytes) -> None:
    if not (given := fields.get("signature")):
        raise InitDataError(400, "Missing signature in initData")
    message = _lines(fields, without=("hash", "signature"), first=f"{bot_id}:WebAppData\n")
    try:
        signature = base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_", validate=True)
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (binascii.Error, ValueError, InvalidSignature):
        raise InitDataError(401, "Invalid initData signature") from None


def _check_age(fields: Mapping[str, str], now_s: int) -> None:
    if (given := fields.get("auth_date")) is None:
        raise InitDataError(400, "Missing auth_date in initData")
    if not _AUTH_DATE.fullmatch(given):
        raise InitDataError(400, "Invalid auth_date in initData")
    signed_at_s = int(given)
    if signed_at_s > now_s + CLOCK_LEEWAY_S:
        raise InitDataError(401, "initData is from the future")
    if now_s - signed_at_s > MAX_AGE_S:
        raise InitDataError(401, "initData is too old")


def _user(fields: Mapping[str, str]) -> TelegramUser:
    if not (given := fields.get("user")):
        raise InitDataError(400, "Missing user payload in initData")
    try:
        # Pydantic's parser: bounded in depth and in the size of numbers, refuses lone surrogates.
        user = _JSON.validate_json(given)
    except (ValidationError, UnicodeEncodeError):
        raise InitDataError(400, "Invalid user payload") from None
    if not isinstance(user, dict):
        raise InitDataError(400, "Invalid user payload")
    return telegram_user(user)


def telegram_user(user: Mapping[str, Any]) -> TelegramUser:
    """What Telegram's JSON of a user says, in initData or in an update of the bot. Raises `InitDataError`."""
    user_id = user.get("id")
    if user_id is None:
        raise InitDataError(400, "Telegram user id is required")
    if type(user_id) is not int or not 0 < user_id <= MAX_TELEGRAM_ID:
        raise InitDataError(400, "Invalid user payload")
    username = user.get("username")
    valid = isinstance(username, str) and _USERNAME.fullmatch(username) is not None
    return TelegramUser(
        id=user_id,
        username=str(username) if valid else None,
        username_is_valid=valid or not username,
        first_name=_name(user.get("first_name")),
        last_name=_name(user.get("last_name")),
        photo_url=_matching(_PHOTO_URL, user.get("photo_url")),
        language_code=_matching(_LANGUAGE, user.get("language_code")),
    )


def _name(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").strip()[:_NAME_MAX] or None


def _matching(pattern: re.Pattern[str], value: Any) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None
