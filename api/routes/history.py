"""Calls of the past, and of now."""

from __future__ import annotations

from aiohttp import web

from api.answers import answer
from api.credentials import signed_in
from api.keys import CLOCK, DATABASE
from api.queries import read_query
from api.schemas.history import HistoryAnswer, HistoryQuery
from store.queries.history import list_own_calls

PEOPLE = 10


async def own(request: web.Request) -> web.Response:
    """One's own calls, a page of them; the newest comes first."""
    user_id = (await signed_in(request)).account.user.id
    query = read_query(request, HistoryQuery)
    async with request.app[DATABASE].transaction() as session:
        page = await list_own_calls(
            session,
            user_id,
            request.app[CLOCK].utc(),
            before=query.cursor,
            limit=query.limit,
            people=PEOPLE,
        )
    return answer(HistoryAnswer.of(page, user_id))
