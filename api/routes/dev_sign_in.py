"""Dev sign-in: not there at all for whoever may not use it."""

from __future__ import annotations

from aiohttp import web

from api.answers import answer
from api.bodies import read_body
from api.errors import ApiError
from api.keys import CLOCK, DEV_SIGN_IN, ORIGINS
from api.schemas.auth import DevSignInAnswer, DevSignInRequest, DevSignInState


def _require_open(request: web.Request) -> None:
    if not request.app[DEV_SIGN_IN].is_open_to(request):
        raise ApiError(404, "Not Found")


async def state(request: web.Request) -> web.Response:
    """Whether this request may use dev sign-in."""
    _require_open(request)
    return answer(DevSignInState())


async def make_init_data(request: web.Request) -> web.Response:
    """initData for a name, without Telegram."""
    _require_open(request)
    request.app[ORIGINS].require_allowed(request, absent_is_allowed=True)
    body = await read_body(request, DevSignInRequest)
    now_s = int(request.app[CLOCK].utc().timestamp())
    return answer(DevSignInAnswer(initData=request.app[DEV_SIGN_IN].init_data(body.name, now_s)))
