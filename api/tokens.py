"""Tokens that sign people in: JWT (RFC 7519), HS256 only. No I/O; the time is passed in.

`api` tokens sign requests in and are taken by the WebSocket too; `ws` tokens live some minutes and are
taken by the WebSocket alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import jwt

Audience = Literal["api", "ws"]

ALGORITHM = "HS256"
MAX_TOKEN_CHARS = 4096
CLOCK_LEEWAY_S = 60
MAX_USER_ID = 2**31 - 1  # users.id is an integer
JTI_RANDOM_BYTES = 16


class TokenError(Exception):
    """A token that is no good. `detail` says why, in the documented words."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Claims:
    """What a good token says. `user_id` is the internal id, times are Unix seconds."""

    user_id: int
    jti: str
    audience: Audience
    issued_at_s: int
    expires_at_s: int


class Tokens:
    """Makes and reads tokens under one key of 32 bytes or more (RFC 7518 section 3.2)."""

    def __init__(self, secret_key: str) -> None:
        self._key = secret_key.encode()
        if len(self._key) < 32:
            raise ValueError("the key of tokens must have 32 bytes or more")

    def issue(self, user_id: int, audience: Audience, now_s: int, ttl_s: int) -> str:
        return jwt.encode(
            {
                "sub": str(user_id),
                "aud": audience,
                "iat": now_s,
                "exp": now_s + ttl_s,
                "jti": secrets.token_urlsafe(JTI_RANDOM_BYTES),
            },
            self._key,
            algorithm=ALGORITHM,
        )

    def read(self, token: str, audiences: Sequence[Audience], now_s: int) -> Claims:
        """The claims of a token for one of `audiences`. Raises `TokenError`."""
        if len(token) > MAX_TOKEN_CHARS:
            raise TokenError("Invalid token")
        try:
            # Times are checked below, by the clock that was passed in.
            payload: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=list(audiences),
                options={
                    "require": ["sub", "aud", "iat", "exp", "jti"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.MissingRequiredClaimError:
            raise TokenError("Invalid token payload") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            # The header is JSON that nobody has signed: a deep one makes the parser give up.
            raise TokenError("Invalid token") from None
        return _claims(payload, now_s)


def _claims(payload: dict[str, Any], now_s: int) -> Claims:
    sub, jti, aud, iat, exp = (payload[name] for name in ("sub", "jti", "aud", "iat", "exp"))
    if not (
        isinstance(sub, str)
        and sub.isascii()
        and sub.isdigit()
        and len(sub) <= 10
        and 0 < int(sub) <= MAX_USER_ID
        and isinstance(jti, str)
        and 0 < len(jti) <= 64
        and aud in ("api", "ws")
        and type(iat) is int
        and type(exp) is int
    ):
        raise TokenError("Invalid token payload")
    if iat > now_s + CLOCK_LEEWAY_S:
        raise TokenError("Invalid token")
    if exp <= now_s:
        raise TokenError("Token has expired")
    return Claims(int(sub), jti, aud, iat, exp)
