"""Request bodies as models."""

from __future__ import annotations

from typing import Annotated, TypeVar

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from api.errors import invalid

Model = TypeVar("Model", bound=BaseModel)


def without_nul(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("string_nul", "Text must not hold a NUL character")
    return text


Text = Annotated[str, AfterValidator(without_nul)]
"""Text that PostgreSQL can hold."""


async def read_body(request: web.Request, model: type[Model]) -> Model:
    """The JSON body as `model`, whatever its content type says. Raises `Invalid`, and 413 over the limit."""
    try:
        return model.model_validate_json(await request.read())
    except ValidationError as error:
        raise invalid(error, "body") from None
