"""ICE servers."""

from __future__ import annotations

from aiohttp import web

from api.answers import answer
from api.credentials import signed_in
from api.keys import CLOCK, ICE_SERVERS
from api.schemas.webrtc_config import WebRtcConfig


async def get(request: web.Request) -> web.Response:
    """ICE servers with credentials of the person's own."""
    user_id = (await signed_in(request)).account.user.id
    servers = request.app[ICE_SERVERS].for_user(user_id, int(request.app[CLOCK].utc().timestamp()))
    return answer(WebRtcConfig.of(servers), without_none=True)
