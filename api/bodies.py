"""Request bodies as models."""

from __future__ import annotations

import asyncio
from typing import Annotated, TypeVar

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from api.errors import ApiError, invalid
from api.keys import CONFIG

Model = TypeVar("Model", bound=BaseModel)


def without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("string_nul", "Text must not hold a NUL character")
    return text


Text = Annotated[str, AfterValidator(without_nul)]
"""Text that PostgreSQL can hold."""


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """The JSON body as `model`, whatever its content type says.

    Raises `Invalid`, 413 over the size limit, and 408 when the body does not come in time.
    """
    try:
        async with asyncio.timeout(request.app[CONFIG].body_read_s):
            body = await request.read()
    except TimeoutError:
        raise ApiError(408, "Request Timeout", {"Connection": "close"}) from None
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise invalid(error, "body") from None
