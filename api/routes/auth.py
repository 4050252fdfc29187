"""Sign-in, sign-out, the token of the socket, the own profile."""

from __future__ import annotations

import structlog
from aiohttp import web

from api.answers import answer
from api.authenticator import Account, account_of
from api.bodies import read_body
from api.credentials import presented_claims, session_cookie, signed_in
from api.errors import ApiError, Unauthorized
from api.init_data import InitDataError, Signers, verify
from api.keys import AUTHENTICATOR, CLOCK, CONFIG, DATABASE, DEV_SIGN_IN, ORIGINS
from api.profiles import profile_of
from api.request_log import comes_from
from api.schemas.auth import (
    BrowserLink,
    BrowserSignIn,
    Me,
    Message,
    Profile,
    ProfileUpdate,
    SignInAnswer,
    SignInRequest,
    WsToken,
)
from api.tokens import TokenError
from store.queries.users import choose_language, upsert_telegram_user

log = structlog.get_logger(__name__)


async def sign_in(request: web.Request) -> web.Response:
    """Sign in with Telegram's initData."""
    # A forged sign-in would put people into an attacker's account.
    request.app[ORIGINS].require_allowed(request, absent_is_allowed=True)
    body = await read_body(request, SignInRequest)
    try:
        person = verify(body.initData, _signers(request), int(request.app[CLOCK].utc().timestamp()))
    except InitDataError as error:
        raise ApiError(error.status, error.detail) from None
    async with request.app[DATABASE].statement() as executor:
        account = account_of(await upsert_telegram_user(executor, profile_of(person)))
    return _signed_in_answer(request, account)


async def browser_link(request: web.Request) -> web.Response:
    """A link that goes on in a browser, signed in: good once, some minutes long."""
    person, config = await signed_in(request), request.app[CONFIG]
    token = request.app[AUTHENTICATOR].issue(
        person.account.user.id, "browser", config.browser_link_ttl_s, session=person.claims.revocation_id
    )
    # Behind the # it is in no log and no Referer.
    url = f"{config.public_url}/#browser={token}"
    return answer(BrowserLink(url=url, expires_in=config.browser_link_ttl_s))


async def browser_sign_in(request: web.Request) -> web.Response:
    """Sign in with what a link holds."""
    request.app[ORIGINS].require_allowed(request, absent_is_allowed=True)
    body = await read_body(request, BrowserSignIn)
    try:
        account = await request.app[AUTHENTICATOR].redeem(body.token)
    except TokenError as error:
        raise Unauthorized(error.detail) from None
    return _signed_in_answer(request, account)


async def ws_token(request: web.Request) -> web.Response:
    """A token of its own for the WebSocket, some minutes long."""
    person = await signed_in(request)
    ttl_s = request.app[CONFIG].ws_token_ttl_s
    token = request.app[AUTHENTICATOR].issue(
        person.account.user.id, "ws", ttl_s, session=person.claims.revocation_id
    )
    return answer(WsToken(token=token))


async def sign_out(request: web.Request) -> web.Response:
    """Sign out: every token that the request brings is of no use any more."""
    await signed_in(request)
    for claims in presented_claims(request):
        await request.app[AUTHENTICATOR].revoke(claims)
    response = answer(Message(message="Signed out"))
    response.headers["Set-Cookie"] = session_cookie("", 0)
    return response


async def me(request: web.Request) -> web.Response:
    """The signed-in person."""
    return answer(Profile.of((await signed_in(request)).account))


async def change_me(request: web.Request) -> web.Response:
    """Choose the language of the bot's messages, or leave it to Telegram again."""
    person = await signed_in(request)
    body = await read_body(request, ProfileUpdate)
    async with request.app[DATABASE].transaction() as session:
        row = await choose_language(session, person.account.user.id, body.language_code)
    if row is None:
        raise ApiError(404, "User not found")
    account = account_of(row)
    request.app[AUTHENTICATOR].renew(account)
    return answer(Profile.of(account))


def _signed_in_answer(request: web.Request, account: Account) -> web.Response:
    authenticator, ttl_s = request.app[AUTHENTICATOR], request.app[CONFIG].access_token_ttl_s
    authenticator.renew(account)
    comes_from(account.user.id)
    log.info("signed_in")
    token = authenticator.issue(account.user.id, "api", ttl_s)
    response = answer(SignInAnswer(user=Me.of(account), expires_in=ttl_s, access_token=token))
    response.headers["Set-Cookie"] = session_cookie(token, ttl_s)
    return response


def _signers(request: web.Request) -> Signers:
    config = request.app[CONFIG]
    dev_tokens = request.app[DEV_SIGN_IN].bot_tokens(request)
    bot_tokens = (config.bot_token, *dev_tokens) if config.bot_token else dev_tokens
    if not bot_tokens and config.telegram_bot_id is None:
        raise ApiError(503, "Sign-in is not configured")
    return Signers(bot_tokens, config.telegram_bot_id)
