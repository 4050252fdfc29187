"""What is stored of the signed-in person: shown, and deleted."""

from __future__ import annotations

import structlog
from aiohttp import web

from api.answers import answer
from api.bodies import read_body
from api.credentials import session_cookie, signed_in
from api.keys import AUTHENTICATOR, CLOCK, DATABASE, LIFECYCLE
from api.schemas.auth import Message
from api.schemas.privacy import Deletion, Export
from store.queries.privacy import erase_person, export_person

log = structlog.get_logger(__name__)


async def export(request: web.Request) -> web.Response:
    """All that is stored of the person, as a file."""
    user_id = (await signed_in(request)).account.user.id
    async with request.app[DATABASE].transaction() as session:
        rows = await export_person(session, user_id)
    response = answer(Export.of(rows, request.app[CLOCK].utc()))
    response.headers["Content-Disposition"] = 'attachment; filename="telcall-export.json"'
    return response


async def delete(request: web.Request) -> web.Response:
    """Delete the person for good: their facts, friends and sign-ins; their running calls end."""
    user_id = (await signed_in(request)).account.user.id
    await read_body(request, Deletion)
    await request.app[LIFECYCLE].end_calls_of(user_id)
    async with request.app[DATABASE].transaction() as session:
        await erase_person(session, user_id)
    request.app[AUTHENTICATOR].forget(user_id)
    log.info("person_deleted", user_id=user_id)
    response = answer(Message(message="Deleted"))
    response.headers["Set-Cookie"] = session_cookie("", 0)
    return response
