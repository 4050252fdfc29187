"""Request bodies as models."""

from __future__ import annotations

import asyncio
import json
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from api.errors import ApiError, Invalid, invalid
from api.keys import CONFIG

Model = TypeVar("Model", bound=BaseModel)


async def read_bytes(request: web.Request, max_bytes: int | None = None) -> bytes:
    """The body. `max_bytes`: another limit than everybody's.

    Raises 413 over the size limit, 408 when the body does not come in time, 415 for a compressed one, and 400
    for one that does not come to its end.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise ApiError(415, "Unsupported Media Type")
    limited = request if max_bytes is None else request.clone(client_max_size=max_bytes)
    try:
        async with asyncio.timeout(request.app[CONFIG].body_read_s):
            return await limited.read()
    except TimeoutError:
        raise ApiError(408, "Request Timeout", {"Connection": "close"}) from None
    except (web.RequestPayloadError, ConnectionError):  # nobody may be there to hear this
        raise ApiError(400, "Bad Request", {"Connection": "close"}) from None


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """The JSON body as `model`, whatever its content type says; none at all is `{}` where that is a good one.
    Raises `Invalid`, and as `read_bytes`."""
    body = await read_bytes(request)
    return parse_body(b"{}" if not body and may_be_left_out(model) else body, model)


def may_be_left_out(model: type[BaseModel]) -> bool:
    """Whether a body of this model has to say nothing."""
    try:
        model.model_validate({})
    except ValidationError:
        return False
    return True


def parse_body(body: bytes, model: type[Model]) -> Model:
    """JSON (RFC 8259) as `model`. Raises `Invalid`, for a name that an object has twice too: which of the two
    counts would be another one for each who reads it."""
    try:
        read = model.model_validate_json(body)
    except ValidationError as error:
        raise invalid(error, "body") from None
    try:
        # It is JSON, and not too deep. Numbers stay texts: they are of any length.
        json.loads(body.decode(), object_pairs_hook=_named_once, parse_int=str, parse_float=str)
    except ValueError:  # a parser that is stricter than the other one
        raise Invalid([{"type": "json_invalid", "loc": ["body"], "msg": "Invalid JSON"}]) from None
    return read


def _named_once(pairs: list[tuple[str, Any]]) -> None:
    if len({name for name, _ in pairs}) < len(pairs):
        raise Invalid([{"type": "duplicate_name", "loc": ["body"], "msg": "A name stands there twice"}])
