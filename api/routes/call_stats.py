"""What clients measured in calls: written and read by those who were in them."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from api.answers import answer
from api.bodies import read_body
from api.credentials import signed_in
from api.errors import ApiError
from api.keys import DATABASE
from api.queries import read_query
from api.schemas.call_stats import (
    CallStatsAnswer,
    CallStatsList,
    CallStatsQuery,
    CallSummaryAnswer,
    NewCallStats,
)
from store.queries import call_stats

MAX_REPORTS = 100
"""Of a person and call: one a stay, and who comes back a hundred times has had a bad day."""


async def add(request: web.Request) -> web.Response:
    """Report what was measured during a stay in a call."""
    user_id = (await signed_in(request)).account.user.id
    body = await read_body(request, NewCallStats)
    async with request.app[DATABASE].transaction() as session:
        await _require_part(session, body.call_id, user_id)
        if await call_stats.count_reports(session, body.call_id, user_id) >= MAX_REPORTS:
            raise ApiError(409, "Too many reports of this call")
        row = await call_stats.add_call_stats(session, body.call_id, user_id, body.measures)
    return answer(CallStatsAnswer.of(row), status=201)


async def own(request: web.Request) -> web.Response:
    """One's own reports, the newest first."""
    user_id = (await signed_in(request)).account.user.id
    query = read_query(request, CallStatsQuery)
    async with request.app[DATABASE].transaction() as session:
        rows = await call_stats.list_call_stats(session, user_id, query.limit)
    return answer(CallStatsList([CallStatsAnswer.of(row) for row in rows]))


async def summary(request: web.Request) -> web.Response:
    """What everybody in a call reported, in short."""
    user_id = (await signed_in(request)).account.user.id
    call_id = request.match_info["call_id"]
    async with request.app[DATABASE].transaction() as session:
        await _require_part(session, call_id, user_id)
        found = await call_stats.summarize_call(session, call_id)
    return answer(CallSummaryAnswer.of(call_id, found))


async def _require_part(session: AsyncSession, call_id: str, user_id: int) -> None:
    has_part = None if "\0" in call_id else await call_stats.took_part(session, call_id, user_id)
    if has_part is None:
        raise ApiError(404, "Call not found")
    if not has_part:
        raise ApiError(403, "Only participants of the call can do this")
