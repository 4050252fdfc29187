"""Running calls, for the operator. `AdminGuard` stands before all of these."""

from __future__ import annotations

from aiohttp import web

from api.answers import answer
from api.errors import ApiError
from api.keys import BUS, LIFECYCLE
from api.queries import read_query
from api.schemas.admin import EndedCall, RemovedParticipant, RoomAnswer, RoomsAnswer, RoomsQuery

MAX_ID_CHARS = 19


async def rooms(request: web.Request) -> web.Response:
    """Running calls, a page of them."""
    query = read_query(request, RoomsQuery)
    return answer(RoomsAnswer.of(await request.app[BUS].rooms(query.after, query.limit)))


async def room(request: web.Request) -> web.Response:
    """A running call, with who is in it."""
    state = await request.app[BUS].room(request.match_info["call_id"])
    if state is None:
        raise ApiError(404, "Nobody is in this call")
    return answer(RoomAnswer.of(state))


async def end(request: web.Request) -> web.Response:
    """End a call for everybody in it, whoever has created it."""
    return answer(EndedCall.of(await request.app[LIFECYCLE].end_call(request.match_info["call_id"], None)))


async def remove(request: web.Request) -> web.Response:
    """Take somebody out of a running call."""
    call_id, user_id = request.match_info["call_id"], _user_id(request.match_info["user_id"])
    if user_id is None or not await request.app[BUS].remove(call_id, user_id):
        raise ApiError(404, "They are not in this call")
    return answer(RemovedParticipant(call_id=call_id, user_id=user_id))


def _user_id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_ID_CHARS else None
