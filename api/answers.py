"""Models as responses."""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel

_HEADERS = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store"}


def answer(model: BaseModel, *, status: int = 200, without_none: bool = False) -> web.Response:
    """`model` as JSON. Answers are about one person or one moment: nobody may store them."""
    body = model.model_dump_json(exclude_none=without_none).encode()
    return web.Response(body=body, status=status, headers=_HEADERS)
