"""Calls: made, found, ended."""

from __future__ import annotations

from aiohttp import web

from api.answers import answer
from api.bodies import read_body
from api.credentials import signed_in
from api.errors import ApiError
from api.keys import CONFIG, LIFECYCLE
from api.schemas.calls import CallAnswer, CallCode, NewCall


async def create(request: web.Request) -> web.Response:
    """Create a call; the oldest of too many active ones ends."""
    user = (await signed_in(request)).account.user
    body = await read_body(request, NewCall)
    call = await request.app[LIFECYCLE].create_call(
        user, title=body.title, is_video_enabled=body.is_video_enabled
    )
    return answer(CallAnswer.of(call, user.id, request.app[CONFIG]), status=201)


async def get(request: web.Request) -> web.Response:
    """A call that can be joined."""
    user = (await signed_in(request)).account.user
    call = await request.app[LIFECYCLE].find_call(request.match_info["call_id"])
    return answer(CallAnswer.of(call, user.id, request.app[CONFIG]))


async def end(request: web.Request) -> web.Response:
    """End a call for everybody in it; its creator only."""
    user = (await signed_in(request)).account.user
    call = await request.app[LIFECYCLE].end_call(request.match_info["call_id"], user.id)
    return answer(CallAnswer.of(call, user.id, request.app[CONFIG]))


async def join_by_code(request: web.Request) -> web.Response:
    """A call by the code that somebody typed in."""
    user = (await signed_in(request)).account.user
    code = (await read_body(request, CallCode)).call_code.strip()
    if not code:
        raise ApiError(400, "Call code is required")
    call = await request.app[LIFECYCLE].find_call(code)
    return answer(CallAnswer.of(call, user.id, request.app[CONFIG]))
