"""`GET /health`: the process answers. It does not ask the database: nobody is restarted for its absence."""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from pydantic import BaseModel

from api.answers import answer


class Health(BaseModel):
    status: Literal["ok"] = "ok"


class Root(Health):
    message: str = "Tel Call backend is running"


async def get(_request: web.Request) -> web.Response:
    return answer(Health())


async def root(_request: web.Request) -> web.Response:
    """`GET /` where no Mini App is served, and for programs everywhere."""
    return answer(Root())
