"""Who a request is signed in as: a bearer token or the cookie.

A good token wins, wherever it is; the bearer is looked at first. An unsafe request that the cookie alone
signs in must come from an allowed page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from aiohttp import web

from api.authenticator import Account
from api.errors import Unauthorized
from api.keys import AUTHENTICATOR, ORIGINS
from api.request_log import comes_from
from api.tokens import Claims, TokenError

COOKIE = "access_token"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

Source = Literal["bearer", "cookie"]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a request, and the token that says so."""

    account: Account
    claims: Claims


async def signed_in(request: web.Request) -> SignedIn:
    """The person behind the request. Raises `Unauthorized`, 403 for a forged one, `DatabaseUnavailable`."""
    authenticator = request.app[AUTHENTICATOR]
    problem: str | None = None
    for source, token in _tokens(request):
        try:
            claims = authenticator.read(token, ("api",))
            account = await authenticator.account(claims)
        except TokenError as error:
            problem = problem or error.detail
            continue
        if source == "cookie" and request.method not in SAFE_METHODS:
            request.app[ORIGINS].require_allowed(request, absent_is_allowed=False)
        comes_from(account.user.id)
        return SignedIn(account, claims)
    raise Unauthorized(problem or "Not authenticated")


def counted_claims(request: web.Request) -> Claims | None:
    """Whose request this claims to be by a well-signed token, without asking the database."""
    for claims in presented_claims(request):
        return claims
    return None


def presented_claims(request: web.Request) -> Iterator[Claims]:
    """The claims of every well-signed token of the request."""
    for _, token in _tokens(request):
        try:
            yield request.app[AUTHENTICATOR].read(token, ("api",))
        except TokenError:
            continue


def session_cookie(token: str, max_age_s: int) -> str:
    """The `Set-Cookie` value. Written by hand: `Partitioned` is not in Python 3.11's cookies."""
    return f"{COOKIE}={token}; HttpOnly; Max-Age={max_age_s}; Path=/; SameSite=None; Secure; Partitioned"


def _tokens(request: web.Request) -> Iterator[tuple[Source, str]]:
    scheme, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer.strip():
        yield "bearer", bearer.strip()
    if cookie := request.cookies.get(COOKIE):
        yield "cookie", cookie
