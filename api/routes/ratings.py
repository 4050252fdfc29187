"""How people found a call, told after it."""

from __future__ import annotations

from aiohttp import web

from api.answers import answer
from api.bodies import read_body
from api.credentials import signed_in
from api.keys import RATINGS
from api.schemas.auth import Message
from api.schemas.ratings import NewRating


async def rate(request: web.Request) -> web.Response:
    """Rate a call that one was in; the first rating counts."""
    user = (await signed_in(request)).account.user
    body = await read_body(request, NewRating)
    await request.app[RATINGS].rate(request.match_info["call_id"], user.id, body.stars, body.reasons)
    return answer(Message(message="Thank you"), status=202)
