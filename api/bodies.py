"""Request bodies as models, and the types of their fields that are stricter than pydantic's own."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, TypeVar

from aiohttp import web
from pydantic import AfterValidator, BaseModel, BeforeValidator, Strict, ValidationError, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.errors import ApiError, invalid
from api.keys import CONFIG

Model = TypeVar("Model", bound=BaseModel)


def without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("string_nul", "Text must not hold a NUL character")
    return text


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value


Text = Annotated[str, AfterValidator(without_nul), WithJsonSchema({"type": "string", "pattern": r"^[^\0]*$"})]
"""Text that PostgreSQL can hold."""
Flag = Annotated[bool, Strict()]
WHOLE = BeforeValidator(_number)
"""Of an integer: neither a text nor a boolean; 5.0 is 5, as for JSON Schema. To stand behind its bounds."""
Number = Annotated[float, Strict()]


async def read_bytes(request: web.Request, max_bytes: int | None = None) -> bytes:
    """The body. `max_bytes`: another limit than everybody's.

    Raises 413 over the size limit, and 408 when the body does not come in time.
    """
    limited = request if max_bytes is None else request.clone(client_max_size=max_bytes)
    try:
        async with asyncio.timeout(request.app[CONFIG].body_read_s):
            return await limited.read()
    except TimeoutError:
        raise ApiError(408, "Request Timeout", {"Connection": "close"}) from None


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """The JSON body as `model`, whatever its content type says. Raises `Invalid`, and as `read_bytes`."""
    body = await read_bytes(request)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise invalid(error, "body") from None
