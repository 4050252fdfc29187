"""Signs of life. They do not ask the database, so that its absence restarts nobody."""

from __future__ import annotations

from aiohttp import web

from api.answers import answer
from api.schemas.health import Health, Root


async def get(_request: web.Request) -> web.Response:
    """The process answers."""
    return answer(Health())


async def root(_request: web.Request) -> web.Response:
    """`GET /` where no Mini App is served, and for programs everywhere."""
    return answer(Root())
