"""Models as responses."""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel


def answer(model: BaseModel, *, status: int = 200, without_none: bool = False) -> web.Response:
    """`model` as JSON. Answers are about one person or one moment: nobody may store them."""
    return web.Response(
        text=model.model_dump_json(exclude_none=without_none),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
