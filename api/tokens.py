"""Tokens that sign people in: JWT (RFC 7519), HS256 only. No I/O; the time is passed in.

`api` tokens sign requests in and are taken by the WebSocket too; `ws` tokens live some minutes and are
taken by the WebSocket alone. `browser` tokens stand in a link and are good for one
sign-in. The header's `kid` says under which key a token stands, so that a new key
can take the place of an old one while tokens of the old one still count.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal, get_args

import jwt

from api.cache import ExpiringCache

Audience = Literal["api", "ws", "browser"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)

ALGORITHM = "HS256"
MAX_TOKEN_CHARS = 4096
CLOCK_LEEWAY_S = 60
MAX_USER_ID = 2**31 - 1  # users.id is an integer
JTI_RANDOM_BYTES = 16
CACHE_SIZE = 10_000
CACHE_S = 3_600


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
    session: str = ""
    """The `jti` of the token that this one was given for; empty: it stands for itself."""

    @property
    def revocation_id(self) -> str:
        """What the token is revoked by: it falls with the one that it was given for."""
        return self.session or self.jti


class Tokens:
    """Makes tokens under one key, reads those of `old_keys` too; each of 32 bytes or more (RFC 7518
    section 3.2)."""

    def __init__(self, secret_key: str, old_keys: Sequence[str] = ()) -> None:
        self._keys = {_key_id(key): key.encode() for key in (secret_key, *old_keys)}
        if any(len(key) < 32 for key in self._keys.values()):
            raise ValueError("the key of tokens must have 32 bytes or more")
        self._kid = _key_id(secret_key)
        self._signed: ExpiringCache[bytes, Claims] = ExpiringCache(CACHE_SIZE)
        """By the token's digest: a request asks for its claims twice, and a person asks often."""

    def issue(
        self, user_id: int, audience: Audience, now_s: int, ttl_s: int, *, session: str | None = None
    ) -> str:
        """`session`: the revocation id of the token that this one is given for."""
        payload = {
            "sub": str(user_id),
            "aud": audience,
            "iat": now_s,
            "exp": now_s + ttl_s,
            "jti": secrets.token_urlsafe(JTI_RANDOM_BYTES),
        }
        if session is not None:
            payload["sid"] = session
        return jwt.encode(payload, self._keys[self._kid], algorithm=ALGORITHM, headers={"kid": self._kid})

    def read(self, token: str, audiences: Sequence[Audience], now_s: int) -> Claims:
        """The claims of a token for one of `audiences`. Raises `TokenError`."""
        if len(token) > MAX_TOKEN_CHARS:
            raise TokenError("Invalid token")
        name = sha256(token.encode("utf-8", "surrogatepass")).digest()
        claims = self._signed.get(name, now_s, CACHE_S)
        if claims is None:
            claims = self._read_signed(token)
            self._signed.put(name, claims, now_s)
        if claims.audience not in audiences or claims.issued_at_s > now_s + CLOCK_LEEWAY_S:
            raise TokenError("Invalid token")
        if claims.expires_at_s <= now_s:
            raise TokenError("Token has expired")
        return claims

    def _read_signed(self, token: str) -> Claims:
        """What stands in a token of ours, at whatever time."""
        try:
            key = self._keys.get(jwt.get_unverified_header(token).get("kid", self._kid))
            if key is None:
                raise TokenError("Invalid token")
            payload: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                audience=AUDIENCES,
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
        return _claims(payload)


def _key_id(key: str) -> str:
    """Tells keys apart and nothing of them."""
    return hmac.digest(key.encode(), b"telcall kid", "sha256").hex()[:16]


def _claims(payload: dict[str, Any]) -> Claims:
    sub, jti, aud, iat, exp = (payload[name] for name in ("sub", "jti", "aud", "iat", "exp"))
    if not (
        isinstance(sub, str)
        and sub.isascii()
        and sub.isdigit()
        and len(sub) <= 10
        and 0 < int(sub) <= MAX_USER_ID
        and isinstance(jti, str)
        and 0 < len(jti) <= 64
        and aud in AUDIENCES
        and type(iat) is int
        and type(exp) is int
    ):
        raise TokenError("Invalid token payload")
    session = payload.get("sid", "")
    if not (isinstance(session, str) and len(session) <= 64):
        raise TokenError("Invalid token payload")
    return Claims(int(sub), jti, aud, iat, exp, session)
